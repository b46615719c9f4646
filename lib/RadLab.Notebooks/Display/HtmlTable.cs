using System.Collections;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Text;

namespace RadLab.Notebooks;

/// <summary>A table without script or style sheet, so that it shows in every front end; and the same table as text.</summary>
internal sealed class HtmlTable
{
    /// <summary>Further rows are not shown, only mentioned.</summary>
    public const int MaxRows = 200;

    private readonly List<string> _columns = [];
    private readonly List<bool> _numeric = [];
    private readonly List<string[]> _rows = [];
    private string? _left;

    /// <summary>One row per element, one column per public property; elements without properties fill one column.</summary>
    public static HtmlTable OfRows(IEnumerable rows, Type element)
    {
        var table = new HtmlTable();
        var properties = Columns(element);
        if (properties.Count == 0) table.AddColumn("value", element);
        foreach (var property in properties) table.AddColumn(property.Name, property.PropertyType);
        foreach (object? row in rows)
        {
            if (table.IsFull(rows)) break;
            table._rows.Add(properties.Count == 0 || row is null ? [PlainText.Of(row), .. Enumerable.Repeat("", table._columns.Count - 1)]
                : [.. properties.Select(p => PlainText.Of(p.GetValue(row)))]);
        }
        return table;
    }

    public static HtmlTable OfDictionary(IDictionary dictionary)
    {
        var table = new HtmlTable();
        var types = dictionary.GetType().GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IDictionary<,>))?.GetGenericArguments();
        table.AddColumn("key", types?[0] ?? typeof(object));
        table.AddColumn("value", types?[1] ?? typeof(object));
        foreach (DictionaryEntry entry in dictionary)
        {
            if (table.IsFull(dictionary)) break;
            table._rows.Add([PlainText.Of(entry.Key), PlainText.Of(entry.Value)]);
        }
        return table;
    }

    /// <param name="total">Of all rows, also of those that <paramref name="rows"/> does not give.</param>
    /// <param name="more">There are rows that nobody counted.</param>
    public static HtmlTable OfColumns(IReadOnlyList<string> columns, IReadOnlyList<bool> numeric, IEnumerable<IReadOnlyList<object?>> rows, int total, bool more)
    {
        var table = new HtmlTable();
        table._columns.AddRange(columns);
        table._numeric.AddRange(numeric);
        foreach (var row in rows.Take(MaxRows)) table._rows.Add([.. row.Select(PlainText.Of)]);
        if (more) table._left = FormattableString.Invariant($"the first {total} rows were read, and there are more");
        else if (total > MaxRows) table._left = FormattableString.Invariant($"{total - MaxRows} more rows");
        return table;
    }

    /// <summary>The properties that make the columns of a type; empty for types without.</summary>
    public static IReadOnlyList<PropertyInfo> Columns(Type element) => IsRow(element) ? Properties(element) : [];

    /// <summary>Whether values of a type have columns: records, anonymous types and other classes with properties of their own.</summary>
    public static bool IsRow(Type type) =>
        !type.IsPrimitive && !type.IsEnum && type != typeof(string) && type != typeof(object)
        && !typeof(IFormattable).IsAssignableFrom(type) && !typeof(IEnumerable).IsAssignableFrom(type) && Properties(type).Length > 0;

    public static Type? ElementType(Type sequence) =>
        sequence.GetInterfaces().Append(sequence).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    public string ToHtml()
    {
        var html = new StringBuilder("<table>\n<thead><tr>");
        for (int c = 0; c < _columns.Count; c++) html.Append($"<th{Align(c)}>{WebUtility.HtmlEncode(_columns[c])}</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (string[] row in _rows)
        {
            html.Append("<tr>");
            for (int c = 0; c < row.Length; c++) html.Append($"<td{Align(c)}>{WebUtility.HtmlEncode(row[c]).ReplaceLineEndings("<br>")}</td>");
            html.Append("</tr>\n");
        }
        html.Append("</tbody>\n</table>");
        if (_left is not null) html.Append($"\n<p>{_left}</p>");
        return html.ToString();
    }

    public string ToText()
    {
        int[] widths = [.. _columns.Select((name, c) => _rows.SelectMany(r => Lines(r[c])).Select(l => l.Length).Append(name.Length).Max())];
        var text = new StringBuilder();
        AddLine(text, [.. _columns], widths);
        AddLine(text, [.. widths.Select(w => new string('-', w))], widths);
        foreach (string[] row in _rows)
        {
            string[][] cells = [.. row.Select(Lines)];
            for (int i = 0; i < cells.Select(c => c.Length).DefaultIfEmpty(1).Max(); i++) AddLine(text, [.. cells.Select(c => i < c.Length ? c[i] : "")], widths);
        }
        if (_left is not null) text.Append(_left).Append('\n');
        return text.ToString(0, text.Length - 1);
    }

    private static PropertyInfo[] Properties(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanRead && p.GetIndexParameters().Length == 0)];

    private static bool IsNumber(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type).GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(INumber<>));

    private void AddColumn(string name, Type type)
    {
        _columns.Add(name);
        _numeric.Add(IsNumber(type));
    }

    // A sequence is not counted to its end: it may have none.
    private bool IsFull(IEnumerable rows)
    {
        if (_rows.Count < MaxRows) return false;
        _left = rows is ICollection all ? FormattableString.Invariant($"{all.Count - MaxRows} more rows") : "more rows follow";
        return true;
    }

    private static string[] Lines(string cell) => cell.ReplaceLineEndings("\n").Split('\n');

    private string Align(int column) => _numeric[column] ? " align=\"right\"" : "";

    private void AddLine(StringBuilder text, string[] row, int[] widths)
    {
        var cells = row.Select((cell, c) => _numeric[c] ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]));
        text.Append(string.Join("  ", cells).TrimEnd()).Append('\n');
    }
}
