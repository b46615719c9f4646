namespace RadLab.Radiology;

/// <summary>Opens a data set's file as a stream of records. Memory is bounded by one record, whatever the size of the file.</summary>
public static class DataReaders
{
    public static IReadOnlyList<string> Formats { get; } = ["csv", "jsonl", "nlm-xml", "text-folders"];

    /// <summary>Reports of a CSV, JSON-lines, NLM XML or text-folder source.</summary>
    /// <param name="path">Where the file or folder lies.</param>
    /// <param name="source">Id of the data set.</param>
    public static IEnumerable<ReadResult<Report>> Reports(string path, DataFile description, string source, ReaderLimits? limits = null)
    {
        limits ??= ReaderLimits.Default;
        DataUse.NoteSource(source);
        return description.Format switch
        {
            "csv" => TableReader.Csv(() => Open(path), Path.GetFileName(path), description, source, ToReport, limits),
            "jsonl" => TableReader.JsonLines(() => Open(path), Path.GetFileName(path), description, source, ToReport, limits),
            "nlm-xml" => NlmXmlReader.Read(path, description, source, limits),
            "text-folders" => TextFolderReader.Read(path, description, source, limits),
            _ => throw Unknown(description),
        };
    }

    /// <summary>Provider notes with their protocols of a CSV or JSON-lines source.</summary>
    public static IEnumerable<ReadResult<ProtocolNote>> Notes(string path, DataFile description, string source, ReaderLimits? limits = null)
    {
        limits ??= ReaderLimits.Default;
        DataUse.NoteSource(source);
        return description.Format switch
        {
            "csv" => TableReader.Csv(() => Open(path), Path.GetFileName(path), description, source, ToNote, limits),
            "jsonl" => TableReader.JsonLines(() => Open(path), Path.GetFileName(path), description, source, ToNote, limits),
            _ => throw Unknown(description),
        };
    }

    private static Report ToReport(RecordFields fields, string source, string file, long line, bool hasId, out string? error) => fields.ToReport(source, file, line, hasId, out error);

    private static ProtocolNote ToNote(RecordFields fields, string source, string file, long line, bool hasId, out string? error) => fields.ToNote(source, file, line, hasId, out error);

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);

    private static DataFormatException Unknown(DataFile description) => new($"{description.Path}: the format {description.Format} is none of {string.Join(", ", Formats)}");
}
