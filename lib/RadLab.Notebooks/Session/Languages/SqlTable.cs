using System.Collections;
using System.Globalization;

namespace RadLab.Notebooks;

/// <summary>What a SQL statement found: rows of named columns. Shown as a table; in C# and F# a list of rows.</summary>
[TypeFormatterSource(typeof(SqlTableFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class SqlTable : IReadOnlyList<SqlRow>
{
    /// <summary>Further rows of an answer are left out, and the table says so.</summary>
    public const int MaxRows = 100_000;

    private readonly List<SqlRow> _rows = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.OrdinalIgnoreCase);

    internal SqlTable(IReadOnlyList<string> columns)
    {
        Columns = columns;
        // of two columns of one name, the first answers to it
        for (int i = 0; i < columns.Count; i++) _places.TryAdd(columns[i], i);
    }

    public IReadOnlyList<string> Columns { get; }

    public int Count => _rows.Count;

    /// <summary>The answer had more rows than are here.</summary>
    public bool IsCut { get; internal set; }

    public SqlRow this[int index] => _rows[index];

    /// <summary>All values of a column, null where a row has none.</summary>
    public IEnumerable<object?> Column(string name)
    {
        int place = PlaceOf(name);
        return _rows.Select(r => r[place]);
    }

    public IEnumerator<SqlRow> GetEnumerator() => _rows.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(object?[] values) => _rows.Add(new SqlRow(this, values));

    internal int PlaceOf(string column) => _places.TryGetValue(column, out int place) ? place
        : throw new ArgumentException($"SqlTable: there is no column '{column}'; the columns are {string.Join(", ", Columns)}.");

    internal HtmlTable ToTable()
    {
        bool[] numeric = [.. Columns.Select((_, c) => _rows.Exists(r => r[c] is long or double) && _rows.TrueForAll(r => r[c] is null or long or double))];
        return HtmlTable.OfColumns(Columns, numeric, _rows.Select(r => (IReadOnlyList<object?>)[.. r.Values.Select(v => v is byte[] bytes ? FormattableString.Invariant($"({bytes.Length} bytes)") : v)]), Count, IsCut);
    }
}

/// <summary>One row of a <see cref="SqlTable"/>: long, double, string, byte[] or null in each column.</summary>
public sealed class SqlRow
{
    private readonly SqlTable _table;

    internal SqlRow(SqlTable table, object?[] values) => (_table, Values) = (table, values);

    public IReadOnlyList<object?> Values { get; }

    public object? this[int column] => Values[column];

    public object? this[string column] => Values[_table.PlaceOf(column)];

    /// <summary>The value as a type of .NET: <c>row.Get&lt;int&gt;("n")</c>.</summary>
    /// <exception cref="ArgumentException">There is no such column, or its value is not of that type.</exception>
    public T Get<T>(string column)
    {
        object? value = this[column];
        if (value is T typed) return typed;
        var type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        if (value is null && (!typeof(T).IsValueType || type != typeof(T))) return default!;
        try
        {
            if (value is not null) return (T)Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is InvalidCastException or FormatException or OverflowException)
        {
            // told below, without the value: it may be a patient's
        }
        throw new ArgumentException($"SqlRow.Get<{type.Name}>: column '{column}' holds {value?.GetType().Name ?? "null"}, which is no {type.Name}.");
    }

    public override string ToString() => string.Join(", ", _table.Columns.Select((c, i) => $"{c}: {PlainText.Of(Values[i])}"));
}

internal sealed class SqlTableFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
        [new ValueFormatter<SqlTable>("text/html", t => t.ToTable().ToHtml()), new ValueFormatter<SqlTable>("text/plain", t => t.ToTable().ToText())];
}
