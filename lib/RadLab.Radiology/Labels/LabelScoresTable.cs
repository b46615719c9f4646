using System.Globalization;
using System.Net;
using System.Text;

namespace RadLab.Radiology;

/// <summary>Label scores as notebooks show them.</summary>
internal sealed class LabelScoresTable
{
    public IEnumerable<object> CreateTypeFormatters() => [new TypeFormatter<LabelScores>("text/html", Html), new TypeFormatter<LabelScores>("text/plain", s => s.ToString())];

    private static string Html(LabelScores scores)
    {
        var html = new StringBuilder("<table><thead><tr><th>label</th><th>gold</th><th>precision</th><th>recall</th><th>F1</th></tr></thead><tbody>");
        foreach (var l in scores.Labels)
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{WebUtility.HtmlEncode(l.Label)}</td><td>{l.Gold}</td><td>{l.Precision:0.000}</td><td>{l.Recall:0.000}</td><td>{l.F1:0.000}</td></tr>");
        return html.Append(CultureInfo.InvariantCulture, $"</tbody><tfoot><tr><td colspan=\"4\">macro</td><td>{scores.MacroF1:0.000}</td></tr><tr><td colspan=\"4\">micro</td><td>{scores.MicroF1:0.000}</td></tr></tfoot></table>").ToString();
    }
}
