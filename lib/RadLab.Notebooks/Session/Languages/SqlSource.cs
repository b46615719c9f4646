using System.Collections;
using System.Globalization;
using System.Text.Json;
using RadLab.Radiology;

namespace RadLab.Notebooks;

/// <summary>
/// A table that is to be loaded: from a CSV or JSON-lines file, or from a sequence that another language made. The rows are
/// read twice: once to learn what the columns hold, once to load them.
/// </summary>
/// <param name="Columns">Name and type, SQLite's INTEGER, REAL or TEXT.</param>
internal sealed record SqlSource(IReadOnlyList<(string Name, string Type)> Columns, IEnumerable<object?[]> Rows)
{
    public const long MaxFileBytes = 1L << 30;
    public const int MaxColumns = 1000;

    private static readonly ReaderLimits s_limits = new() { MaxColumns = MaxColumns, MaxRecordBytes = 16 << 20 };

    /// <summary>Columns of whole numbers become INTEGER, of numbers REAL, all others TEXT; an empty field is NULL among numbers.</summary>
    public static SqlSource Csv(string path)
    {
        string[]? header = null;
        ColumnKind[] kinds = [];
        foreach (string[] row in RecordRows.Csv(path, s_limits))
        {
            if (header is null)
            {
                header = row;
                kinds = new ColumnKind[row.Length];
                continue;
            }
            for (int c = 0; c < row.Length; c++) kinds[c] = Joined(kinds[c], KindOf(row[c]));
        }
        if (header is null) throw new DataFormatException($"{Path.GetFileName(path)}: is empty; the first line of a CSV file names its columns");
        var columns = Named(header, Path.GetFileName(path)).Zip(kinds, (name, kind) => (name, Type(kind))).ToList();
        return new SqlSource(columns, RecordRows.Csv(path, s_limits).Skip(1).Select(row => (object?[])[.. row.Select((text, c) => Value(text, kinds[c]))]));
    }

    /// <summary>The columns are the members of all objects, in the order in which they first appear; objects and lists in them stay JSON text.</summary>
    public static SqlSource JsonLines(string path)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var kinds = new List<ColumnKind>();
        foreach (var row in RecordRows.JsonLines(path, s_limits))
            foreach (var member in row.EnumerateObject())
            {
                if (!places.TryGetValue(member.Name, out int place))
                {
                    if (places.Count == MaxColumns) throw new DataFormatException($"{Path.GetFileName(path)}: has more than {MaxColumns} different members");
                    places.Add(member.Name, place = kinds.Count);
                    kinds.Add(ColumnKind.Nothing);
                }
                kinds[place] = Joined(kinds[place], KindOf(member.Value));
            }
        if (places.Count == 0) throw new DataFormatException($"{Path.GetFileName(path)}: holds no JSON object with members");
        var columns = Named([.. places.Keys], Path.GetFileName(path)).Select((name, i) => (name, Type(kinds[i]))).ToList();
        return new SqlSource(columns, RecordRows.JsonLines(path, s_limits).Select(row =>
        {
            var values = new object?[columns.Count];
            foreach (var member in row.EnumerateObject()) values[places[member.Name]] = Value(member.Value);
            return values;
        }));
    }

    /// <summary>One row per element, one column per public property; elements without properties fill one column. Null for what is no sequence.</summary>
    public static SqlSource? Of(object? value)
    {
        if (value is SqlTable table)
            return new SqlSource([.. Named(table.Columns, "the table").Select((name, c) => (name, Type(table.Select(r => r[c]).Aggregate(ColumnKind.Nothing, (kind, v) => Joined(kind, KindOf(v))))))], table.Select(r => r.Values.ToArray()));
        if (value is string or byte[] || value is not IEnumerable sequence) return null;
        var rows = new List<object?>();
        foreach (object? item in sequence)
        {
            if (rows.Count == SqlDatabase.MaxLoadedRows) throw new ArgumentException(FormattableString.Invariant($"more than {SqlDatabase.MaxLoadedRows} rows; take fewer"));
            rows.Add(item);
        }
        var element = HtmlTable.ElementType(value.GetType()) ?? typeof(object);
        if (element == typeof(object) && rows.FirstOrDefault(r => r is not null) is { } first && rows.TrueForAll(r => r is null || r.GetType() == first.GetType())) element = first.GetType();
        var properties = HtmlTable.Columns(element);
        if (properties.Count > MaxColumns) throw new ArgumentException(FormattableString.Invariant($"more than {MaxColumns} columns"));
        List<object?[]> values = [.. rows.Select(r => (object?[])(properties.Count == 0 ? [Plain(r)] : [.. properties.Select(p => r is null ? null : Plain(p.GetValue(r)))]))];
        string[] names = properties.Count == 0 ? ["value"] : [.. properties.Select(p => p.Name)];
        return new SqlSource([.. Named(names, element.Name).Select((name, c) => (name, Type(values.Aggregate(ColumnKind.Nothing, (kind, row) => Joined(kind, KindOf(row[c]))))))], values);
    }

    /// <summary>As SQLite stores it: long, double, text, bytes or null.</summary>
    public static object? Plain(object? value) => value switch
    {
        null or DBNull => null,
        string or long or double or byte[] => value,
        bool flag => flag ? 1L : 0L,
        float or Half or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        ulong big when big > long.MaxValue => big.ToString(CultureInfo.InvariantCulture),
        byte or sbyte or short or ushort or int or uint or ulong => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        DateTime time => time.ToString("o", CultureInfo.InvariantCulture),
        _ => PlainText.Of(value),
    };

    private enum ColumnKind
    {
        Nothing,
        Whole,
        Number,
        Text,
    }

    private static ColumnKind Joined(ColumnKind a, ColumnKind b) => a > b ? a : b;

    private static string Type(ColumnKind kind) => kind switch { ColumnKind.Whole => "INTEGER", ColumnKind.Number => "REAL", _ => "TEXT" };

    private static ColumnKind KindOf(object? value) => value switch { null => ColumnKind.Nothing, long => ColumnKind.Whole, double => ColumnKind.Number, _ => ColumnKind.Text };

    private static ColumnKind KindOf(JsonElement value) => KindOf(Value(value));

    // 007 and +5 are codes, not numbers; what a number would not give back as it stands stays text
    private static ColumnKind KindOf(string text)
    {
        if (text.Length == 0) return ColumnKind.Nothing;
        if (text[0] == '+' || text.Length > 24 || text.TrimStart('-') is ['0', >= '0' and <= '9', ..]) return ColumnKind.Text;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return ColumnKind.Whole;
        return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? ColumnKind.Number : ColumnKind.Text;
    }

    private static object? Value(string text, ColumnKind kind) => kind switch
    {
        ColumnKind.Whole or ColumnKind.Number when text.Length == 0 => null,
        ColumnKind.Whole => long.Parse(text, CultureInfo.InvariantCulture),
        ColumnKind.Number => double.Parse(text, CultureInfo.InvariantCulture),
        _ => text,
    };

    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => 1L,
        JsonValueKind.False => 0L,
        JsonValueKind.Number => value.TryGetInt64(out long whole) ? whole : value.GetDouble(),
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static List<string> Named(IReadOnlyList<string> given, string owner)
    {
        var names = new List<string>();
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string name in given)
        {
            string own = name.Trim().Length > 0 ? name.Trim() : FormattableString.Invariant($"column{names.Count + 1}");
            if (!taken.Add(own)) throw new DataFormatException($"{owner}: two columns are called '{own}' (SQL does not tell capitals apart); rename one");
            names.Add(own);
        }
        return names;
    }
}
