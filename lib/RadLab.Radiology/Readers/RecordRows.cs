using System.Globalization;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>
/// Any CSV or JSON-lines file row by row, for looking at tables that no manifest describes. A row that breaks the rules is an
/// error that names file and line: what is counted and compared must not miss rows in silence.
/// </summary>
public static class RecordRows
{
    /// <summary>The rows of a CSV file as texts; the first is the header, all others have as many fields.</summary>
    /// <exception cref="DataFormatException">The file is not CSV in UTF-8, or a row has more or fewer fields than the header.</exception>
    public static IEnumerable<string[]> Csv(string path, ReaderLimits? limits = null)
    {
        string file = Path.GetFileName(path);
        using var csv = new CsvReader(Open(path), file, limits ?? ReaderLimits.Default);
        int columns = -1;
        while (csv.Read())
        {
            if (csv.Error is { } error) throw At(file, csv.Line, error);
            string[] row = new string[csv.FieldCount];
            for (int i = 0; i < row.Length; i++) row[i] = csv[i];
            if (columns < 0) columns = row.Length;
            if (row.Length != columns) throw At(file, csv.Line, string.Create(CultureInfo.InvariantCulture, $"has {row.Length} fields, and the header has {columns}"));
            yield return row;
        }
    }

    /// <summary>The objects of a JSON-lines file; each is valid until the next is asked for.</summary>
    /// <exception cref="DataFormatException">A line is not a JSON object.</exception>
    public static IEnumerable<JsonElement> JsonLines(string path, ReaderLimits? limits = null)
    {
        string file = Path.GetFileName(path);
        limits ??= ReaderLimits.Default;
        using var lines = new LineReader(Open(path), file, limits);
        while (lines.Read())
        {
            if (lines.Error is { } error) throw At(file, lines.Line, error);
            if (lines.Bytes.Trim(" \t"u8).IsEmpty) continue;
            using var json = Parse(lines.Bytes, file, lines.Line, limits);
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw At(file, lines.Line, "is JSON but no object; a line holds one object");
            yield return json.RootElement;
        }
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> line, string file, long number, ReaderLimits limits)
    {
        try
        {
            return JsonDocument.Parse(line.ToArray(), new JsonDocumentOptions { MaxDepth = limits.MaxJsonDepth });
        }
        catch (JsonException)
        {
            // the parser's own words quote the text, which may be a patient's
            throw At(file, number, "is not JSON");
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);

    private static DataFormatException At(string file, long line, string what) => DataFormatException.At(new Rejection(file, line, what));
}
