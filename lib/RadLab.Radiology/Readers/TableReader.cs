using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>
/// CSV with a header row, and JSON objects one a line, by the columns of a manifest. Streams: memory does not grow with the file. Every row or line gives
/// one record or one rejection.
/// </summary>
internal static class TableReader
{
    public delegate T Make<T>(RecordFields fields, string source, string file, long line, bool hasId, out string? error);

    public static IEnumerable<ReadResult<T>> Csv<T>(Func<Stream> open, string file, DataFile description, string source, Make<T> make, ReaderLimits limits)
        where T : class
    {
        using var csv = new CsvReader(open(), file, limits);
        if (!csv.Read()) throw new DataFormatException($"{file}:1: is empty; it must begin with a header row");
        if (csv.Error is not null) throw new DataFormatException($"{file}:1: the header row {csv.Error}");
        var header = new List<string>();
        for (int i = 0; i < csv.FieldCount; i++) header.Add(csv[i].Trim());
        if (header.GroupBy(h => h, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new DataFormatException($"{file}:1: the column {twice.Key} stands twice; rename one");

        int[] roles = new int[header.Count];
        Array.Fill(roles, -1);
        foreach (var column in description.Columns.Where(c => c.Role is not null))
        {
            int at = header.IndexOf(column.Name);
            if (at < 0) throw new DataFormatException($"{file}:1: has no column {column.Name} (for {column.Role}); columns: {string.Join(", ", header)}");
            roles[at] = RecordFields.IndexOf(column.Role!);
        }
        bool hasId = description.Columns.Any(c => c.Role == ColumnRoles.Id);
        var fields = new RecordFields(description.Constants);
        while (csv.Read())
        {
            string? error = csv.Error;
            if (error is null && csv.FieldCount != header.Count)
                error = string.Create(CultureInfo.InvariantCulture, $"has {csv.FieldCount} fields where the header has {header.Count}");
            if (error is null)
            {
                fields.Clear();
                for (int i = 0; i < roles.Length; i++)
                    if (roles[i] >= 0) fields.Set(roles[i], csv[i]);
                var record = make(fields, source, file, csv.Line, hasId, out error);
                if (error is null) yield return new ReadResult<T>(record, file, csv.Line);
            }
            if (error is not null) yield return new ReadResult<T>(new Rejection(file, csv.Line, error));
        }
    }

    public static IEnumerable<ReadResult<T>> JsonLines<T>(Func<Stream> open, string file, DataFile description, string source, Make<T> make, ReaderLimits limits)
        where T : class
    {
        using var lines = new LineReader(open(), file, limits);
        var columns = description.Columns.Where(c => c.Role is not null).Select(c => (Name: Encoding.UTF8.GetBytes(c.Name), Column: c.Name, Role: RecordFields.IndexOf(c.Role!))).ToArray();
        bool hasId = description.Columns.Any(c => c.Role == ColumnRoles.Id);
        var fields = new RecordFields(description.Constants);
        bool[] seen = new bool[columns.Length];
        while (lines.Read())
        {
            string? error = lines.Error;
            if (error is null && lines.Bytes.Trim(" \t"u8).IsEmpty) continue;
            fields.Clear();
            Array.Clear(seen);
            error ??= Object(lines.Bytes, columns, seen, fields, limits);
            if (error is null && Array.IndexOf(seen, false) is >= 0 and var missing) error = $"has no field {columns[missing].Column}";
            if (error is null)
            {
                var record = make(fields, source, file, lines.Line, hasId, out error);
                if (error is null) yield return new ReadResult<T>(record, file, lines.Line);
            }
            if (error is not null) yield return new ReadResult<T>(new Rejection(file, lines.Line, error));
        }
    }

    private static string? Object(ReadOnlySpan<byte> line, (byte[] Name, string Column, int Role)[] columns, bool[] seen, RecordFields fields, ReaderLimits limits)
    {
        try
        {
            var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = limits.MaxJsonDepth });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return "is not a JSON object";
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                int at = -1;
                for (int i = 0; i < columns.Length && at < 0; i++)
                    if (json.ValueTextEquals(columns[i].Name)) at = i;
                json.Read();
                if (at < 0)
                {
                    json.Skip();
                    continue;
                }
                if (seen[at]) return $"gives {columns[at].Column} twice";
                seen[at] = true;
                switch (json.TokenType)
                {
                    case JsonTokenType.String:
                        fields.Set(columns[at].Role, json.GetString()!);
                        break;
                    case JsonTokenType.Number:
                        fields.Set(columns[at].Role, Encoding.UTF8.GetString(json.ValueSpan));
                        break;
                    case JsonTokenType.Null:
                        break;
                    default:
                        return $"has {columns[at].Column} as {json.TokenType}, which must be a text";
                }
            }
            while (json.Read()) { }   // what follows the object is an error too
            return null;
        }
        catch (JsonException)
        {
            return "is not valid JSON";
        }
        catch (InvalidOperationException)
        {
            return "has a text with half of a surrogate pair";
        }
    }
}
