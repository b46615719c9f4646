using System.Net;
using System.Text;

namespace RadLab.Radiology;

/// <summary>Reports as two-column tables: section and text.</summary>
internal sealed class ReportFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
        [new TypeFormatter<Report>("text/html", r => ReportPage.Html(new ReportView(r, []))), new TypeFormatter<Report>("text/plain", r => ReportPage.Text(new ReportView(r, [])))];
}

/// <summary>The same with highlights.</summary>
internal sealed class ReportViewFormatters
{
    public IEnumerable<object> CreateTypeFormatters() => [new TypeFormatter<ReportView>("text/html", ReportPage.Html), new TypeFormatter<ReportView>("text/plain", ReportPage.Text)];
}

/// <summary>A generated report with its entities marked, and their table.</summary>
internal sealed class SyntheticReportFormatters
{
    private static readonly string[] s_columns = ["entity", "status", "organ", "place", "side", "severity", "mm", "change", "attributes", "stated in"];

    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new TypeFormatter<SyntheticReport>("text/html", r => ReportPage.Html(ReportView.Of(r)) + "\n" + PlainTable.Html(s_columns, Rows(r))),
        new TypeFormatter<SyntheticReport>("text/plain", r => ReportPage.Text(ReportView.Of(r)) + "\n\n" + PlainTable.Text(s_columns, Rows(r))),
    ];

    private static List<string[]> Rows(SyntheticReport report) =>
        [.. report.Entities.Select(EntityRow.Of).Select(r => new[] { r.Entity, r.Status, r.Organ, r.Place, r.Side, r.Severity, r.SizeMm, r.Change, r.Attributes, r.StatedIn })];
}

/// <summary>A report's page in both forms.</summary>
internal static class ReportPage
{
    // own colours for text and ground, so that dark themes stay readable; the label is the tooltip
    private static readonly Dictionary<HighlightKind, (string Style, char Open, char Close)> s_kinds = new()
    {
        [HighlightKind.Present] = ("background:#ffe08a;color:#222", '[', ']'),
        [HighlightKind.Uncertain] = ("background:#ffe9c7;color:#222;border-bottom:1px dashed #a60", '[', '?'),
        [HighlightKind.Absent] = ("background:#e3e8ee;color:#444", '(', ')'),
        [HighlightKind.Flag] = ("background:#ffb3b3;color:#222", '<', '>'),
    };

    public static string Html(ReportView view)
    {
        var html = new StringBuilder("<table>\n");
        Row(html, "Report", WebUtility.HtmlEncode($"{view.Report.Source}/{view.Report.Id}"));
        if (Exam(view.Report) is { Length: > 0 } exam) Row(html, "Examination", WebUtility.HtmlEncode(exam));
        foreach (var (section, text) in view.Checked().Sections())
            Row(html, section.ToString(), Marked(view, section, text, s => WebUtility.HtmlEncode(s).Replace("\n", "<br>", StringComparison.Ordinal), (h, s) => $"<span style=\"{s_kinds[h.Kind].Style}\" title=\"{WebUtility.HtmlEncode(h.Label)}\">{s}</span>"));
        return html.Append("</table>").ToString();
    }

    public static string Text(ReportView view)
    {
        var text = new StringBuilder($"{view.Report.Source}/{view.Report.Id}");
        if (Exam(view.Report) is { Length: > 0 } exam) text.Append('\n').Append(exam);
        foreach (var (section, body) in view.Checked().Sections())
            text.Append('\n').Append(section.ToString().ToUpperInvariant()).Append(": ").Append(Marked(view, section, body, s => s, (h, s) => $"{s_kinds[h.Kind].Open}{s}{s_kinds[h.Kind].Close}"));
        return text.ToString();
    }

    private static string Exam(Report report) => report.Modality is { Length: > 0 } modality ? $"{report.Exam} ({modality})" : report.Exam;

    private static void Row(StringBuilder html, string name, string content) => html.Append($"<tr><th align=\"left\" valign=\"top\">{name}</th><td align=\"left\">{content}</td></tr>\n");

    private static string Marked(ReportView view, ReportSection section, string text, Func<string, string> plain, Func<ReportHighlight, string, string> marked)
    {
        var result = new StringBuilder();
        int at = 0;
        foreach (var h in view.Highlights.Where(h => h.Section == section).OrderBy(h => h.Start).ThenByDescending(h => h.Length))
        {
            if (h.Start < at || h.Length == 0) continue;
            result.Append(plain(text[at..h.Start])).Append(marked(h, plain(text.Substring(h.Start, h.Length))));
            at = h.Start + h.Length;
        }
        return result.Append(plain(text[at..])).ToString();
    }
}
