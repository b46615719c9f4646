using System.Globalization;
using System.Net;
using System.Text;

namespace RadLab.Radiology;

/// <summary>The data card as one self-contained HTML page, as a fragment for notebooks, and as text.</summary>
internal static class DataCardPage
{
    public static string Html(DataCard card, string flow)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(Text($"Data card: {card.Provenance.DataSet}")).Append("</title>\n<style>\n")
            .Append("body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:2em auto;padding:0 1em;color:#1b2733}h1{font-size:1.6em}h2{font-size:1.2em;margin-top:1.8em}")
            .Append("table{border-collapse:collapse;margin:.6em 0}th,td{padding:.25em .8em;text-align:left;border-bottom:1px solid #d5dde5;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}")
            .Append(".terms{border-left:4px solid #b4470f;background:#fdf3ec;padding:.6em 1em}code{font-size:.85em}svg{max-width:100%;height:auto}\n</style></head><body>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>Data card: {Text(card.Provenance.DataSet)}</h1>\n<p>{Text(card.Provenance.Title)}</p>\n");
        Terms(page, card.Provenance);
        page.Append("<h2>From source to training files</h2>\n").Append(flow);
        page.Append("<h2>Every step</h2>\n");
        Steps(page, card);
        page.Append("<h2>Sides</h2>\n");
        Splits(page, card);
        page.Append("<p>").Append(Text(card.Leakage)).Append(".</p>\n<h2>Files</h2>\n<table><tr><th>file</th><th class=\"n\">records</th><th class=\"n\">bytes</th><th>SHA-256</th></tr>\n");
        foreach (var f in card.Files) page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(f.Name)}</td><td class=\"n\">{f.Records:N0}</td><td class=\"n\">{f.Bytes:N0}</td><td><code>{f.Sha256}</code></td></tr>\n");
        page.Append("</table>\n<h2>Sources</h2>\n<table><tr><th>file</th><th>state</th><th class=\"n\">bytes</th><th>SHA-256</th></tr>\n");
        foreach (var f in card.Provenance.Files) page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(f.Path)}</td><td>{Text(f.Digest ?? "local copy, not verified")}</td><td class=\"n\">{f.Bytes:N0}</td><td><code>{f.Sha256}</code></td></tr>\n");
        page.Append("</table>\n<h2>Settings</h2>\n<table>\n");
        foreach (var (name, value) in card.Settings) page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(name)}</td><td>{Text(value)}</td></tr>\n");
        return page.Append("</table>\n</body></html>\n").ToString();
    }

    /// <summary>For a notebook's cell.</summary>
    public static string Fragment(DataCard card)
    {
        var html = new StringBuilder();
        html.Append("<div><p>").Append(Text(card.ToString())).Append("</p>\n");
        Steps(html, card);
        Splits(html, card);
        return html.Append("<p>").Append(Text($"{Licence(card.Provenance)}; {card.Leakage}")).Append("</p></div>").ToString();
    }

    public static string PlainText(DataCard card)
    {
        var text = new StringBuilder();
        text.Append(card.ToString()).Append('\n');
        foreach (var step in card.Steps)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {step.Step,-18} {step.In,12:N0} → {step.Out,12:N0}\n");
            foreach (var d in step.Dropped) text.Append(CultureInfo.InvariantCulture, $"      dropped {d.Count,10:N0}  {d.Reason}: {d.Meaning}\n");
            foreach (var d in step.Done) text.Append(CultureInfo.InvariantCulture, $"              {d.Count,10:N0}  {d.What}\n");
        }
        foreach (var s in card.Splits) text.Append(CultureInfo.InvariantCulture, $"  {s.Split,-18} {s.Records,12:N0} records in {s.Groups:N0} groups\n");
        return text.Append("  ").Append(card.Leakage).Append("\n  ").Append(Licence(card.Provenance)).ToString();
    }

    private static string Licence(DataProvenance p) =>
        $"{p.Licence}; PHI class {ManifestFields.Kebab(p.Phi.Class.ToString())}; adapted text {Use(p.Terms.AdaptedText)}, trained weights {Use(p.Terms.TrainedWeights)}, commercial use {Use(p.Terms.CommercialUse)}";

    private static string Use(TermsOfUse use) => use.ToString().ToLowerInvariant();

    private static void Terms(StringBuilder page, DataProvenance p)
    {
        page.Append("<div class=\"terms\"><b>Terms that travel with these files.</b> ").Append(Text(Licence(p))).Append(".<br>").Append(Text(p.Terms.Note)).Append("<br>").Append(Text(p.Phi.Note)).Append("</div>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p>Licence: {Text(p.Licence.Text)} ({Text(p.Licence.Url)})<br>Cite: {Text(p.Citation)}<br>Home: {Text(p.Home)}</p>\n");
    }

    private static void Steps(StringBuilder html, DataCard card)
    {
        html.Append(CultureInfo.InvariantCulture, $"<table><tr><th>step</th><th class=\"n\">in</th><th class=\"n\">out</th><th>dropped</th><th>done</th></tr>\n<tr><td>read</td><td class=\"n\">{card.Read:N0}</td><td class=\"n\">{card.Read - card.Rejected:N0}</td><td>{(card.Rejected > 0 ? card.Rejected.ToString("N0", CultureInfo.InvariantCulture) + " rejected (rejects.jsonl)" : "")}</td><td></td></tr>\n");
        foreach (var s in card.Steps)
        {
            string dropped = string.Join("<br>", s.Dropped.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Count:N0} {Text(d.Reason)}: {Text(d.Meaning)}")));
            string done = string.Join("<br>", s.Done.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Count:N0} {Text(d.What)}")));
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(s.Step)}</td><td class=\"n\">{s.In:N0}</td><td class=\"n\">{s.Out:N0}</td><td>{dropped}</td><td>{done}</td></tr>\n");
        }
        html.Append(CultureInfo.InvariantCulture, $"<tr><th>in all</th><th class=\"n\">{card.Read:N0}</th><th class=\"n\">{card.Kept:N0}</th><th>{card.Dropped:N0} dropped, {card.Rejected:N0} rejected</th><th></th></tr></table>\n");
    }

    private static void Splits(StringBuilder html, DataCard card)
    {
        html.Append("<table><tr><th>side</th><th class=\"n\">records</th><th class=\"n\">share</th><th class=\"n\">groups</th></tr>\n");
        foreach (var s in card.Splits)
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{s.Split}</td><td class=\"n\">{s.Records:N0}</td><td class=\"n\">{(card.Kept == 0 ? 0 : 100.0 * s.Records / card.Kept):0.0} %</td><td class=\"n\">{s.Groups:N0}</td></tr>\n");
        html.Append("</table>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>How notebooks show a card.</summary>
internal sealed class DataCardFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
        [new TypeFormatter<DataCard>("text/html", DataCardPage.Fragment), new TypeFormatter<DataCard>("text/plain", DataCardPage.PlainText)];
}
