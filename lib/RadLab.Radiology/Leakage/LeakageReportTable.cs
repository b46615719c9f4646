using System.Globalization;
using System.Net;
using System.Text;

namespace RadLab.Radiology;

/// <summary>A leakage report as notebooks show it: the summary and the first 20 pairs.</summary>
internal sealed class LeakageReportTable
{
    public IEnumerable<object> CreateTypeFormatters() => [new TypeFormatter<LeakageReport>("text/html", Html), new TypeFormatter<LeakageReport>("text/plain", r => r.ToString())];

    private static string Html(LeakageReport report)
    {
        var html = new StringBuilder().Append(CultureInfo.InvariantCulture, $"<p>{WebUtility.HtmlEncode(report.Summary())}</p>");
        if (report.Pairs.Count == 0) return html.ToString();
        html.Append("<table><thead><tr><th>training</th><th>evaluation</th><th>how</th><th>similarity</th></tr></thead><tbody>");
        foreach (var pair in report.Pairs.Take(20))
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{WebUtility.HtmlEncode(pair.TrainingId)}</td><td>{WebUtility.HtmlEncode(pair.EvaluationId)}</td><td>{LeakageReport.Name(pair.Kind)}</td><td>{pair.Similarity:0.00}</td></tr>");
        return html.Append("</tbody></table>").ToString();
    }
}
