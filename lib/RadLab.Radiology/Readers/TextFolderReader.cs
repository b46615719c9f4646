using System.Globalization;
using System.Text;

namespace RadLab.Radiology;

/// <summary>
/// One free-text report a file, in folders that name the patient, as MIMIC-CXR has them: <c>p10/p10000032/s50414267.txt</c> is report s50414267 of patient
/// p10000032. Files come in the order of their names, whatever the file system gives.
/// </summary>
internal static class TextFolderReader
{
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    public static IEnumerable<ReadResult<Report>> Read(string folder, DataFile description, string source, ReaderLimits limits)
    {
        string root = Path.GetFullPath(folder);
        foreach (string path in Files(root, ".txt"))
        {
            string file = Path.GetRelativePath(root, path).Replace('\\', '/');
            string? text = Text(path, limits, out string? error);
            if (text is null)
            {
                yield return new ReadResult<Report>(new Rejection(file, 1, error!));
                continue;
            }
            string parent = Path.GetDirectoryName(path)!;
            yield return new ReadResult<Report>(new Report
            {
                Id = Path.GetFileNameWithoutExtension(path),
                Source = source,
                PatientId = parent == root ? null : Path.GetFileName(parent),
                Modality = description.Constants.GetValueOrDefault(ColumnRoles.Modality),
                Exam = description.Constants.GetValueOrDefault(ColumnRoles.Exam) ?? "",
                Text = text,
            }, file, 1);
        }
    }

    /// <summary>Files of a folder and its folders, sorted by name within each: one folder's names are in memory at a time.</summary>
    public static IEnumerable<string> Files(string folder, string extension)
    {
        string[] files = Directory.GetFiles(folder), folders = Directory.GetDirectories(folder);
        Array.Sort(files, StringComparer.Ordinal);
        Array.Sort(folders, StringComparer.Ordinal);
        foreach (string file in files)
            if (file.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) yield return file;
        foreach (string inner in folders)
            foreach (string file in Files(inner, extension))
                yield return file;
    }

    private static string? Text(string path, ReaderLimits limits, out string? error)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        if (stream.Length > limits.MaxRecordBytes)
        {
            error = string.Create(CultureInfo.InvariantCulture, $"is longer than {limits.MaxRecordBytes} bytes; a record may not be");
            return null;
        }
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var content = bytes.AsSpan();
        if (((ReadOnlySpan<byte>)content).StartsWith(ByteWindow.ByteOrderMark)) content = content[ByteWindow.ByteOrderMark.Length..];
        error = CsvReader.Bad(content);
        return error is null ? s_utf8.GetString(content) : null;
    }
}
