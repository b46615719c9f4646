using System.Net;
using System.Text;

namespace RadLab.Radiology;

/// <summary>A table of texts, as HTML without style or script and as aligned text.</summary>
internal static class PlainTable
{
    public static string Html(IReadOnlyList<string> columns, IReadOnlyList<string[]> rows)
    {
        var html = new StringBuilder("<table>\n<thead><tr>");
        foreach (string column in columns) html.Append($"<th align=\"left\">{WebUtility.HtmlEncode(column)}</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (string[] row in rows)
        {
            html.Append("<tr>");
            foreach (string cell in row) html.Append($"<td align=\"left\">{WebUtility.HtmlEncode(cell)}</td>");
            html.Append("</tr>\n");
        }
        return html.Append("</tbody>\n</table>").ToString();
    }

    /// <summary>First column to the left, the others to the right; the first row is the heading.</summary>
    public static string Aligned(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(row => row[c].Length))];
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd()));
    }

    public static string Text(IReadOnlyList<string> columns, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. columns.Select((name, c) => rows.Select(r => r[c].Length).Append(name.Length).Max())];
        return string.Join('\n', rows.Prepend([.. widths.Select(w => new string('-', w))]).Prepend([.. columns])
            .Select(row => string.Join("  ", row.Select((cell, c) => cell.PadRight(widths[c]))).TrimEnd()));
    }
}
