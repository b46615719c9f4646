using System.Globalization;
using System.Net;
using System.Text;

namespace RadLab.Radiology;

/// <summary>The steps as a chart of boxes, as clinical studies show whom they excluded: what goes on is drawn downwards, what is dropped to the right.</summary>
internal static class FlowChart
{
    private const int Width = 900, BoxLeft = 30, BoxWidth = 310, SideLeft = 410, SideWidth = 460, Line = 19, Padding = 12, Gap = 30, MaxReasons = 8;

    public static string Svg(DataCard card)
    {
        var svg = new StringBuilder();
        int y = 10;
        int read = Box(svg, BoxLeft, y, BoxWidth, ["Read", Count(card.Read)], "#e8f0f8", "#3b6ea5");
        Sides(svg, y, read, card.Rejected > 0 ? [("rejected, see rejects.jsonl", card.Rejected)] : []);
        y += read;
        foreach (var step in card.Steps)
        {
            var dropped = step.Dropped.Select(d => (d.Meaning, d.Count)).ToList();
            if (dropped.Count > MaxReasons) dropped = [.. dropped.Take(MaxReasons - 1), ("other reasons", dropped.Skip(MaxReasons - 1).Sum(d => d.Count))];
            Arrow(svg, BoxLeft + BoxWidth / 2, y, y + Gap);
            y += Gap;
            int side = dropped.Count == 0 ? 0 : Height(dropped.Count + 1);
            int height = Math.Max(Height(2), side);
            Box(svg, BoxLeft, y, BoxWidth, [Capital(step.Step), Count(step.Out)], "#e8f0f8", "#3b6ea5", height);
            Sides(svg, y, height, dropped);
            y += height;
        }

        int count = Math.Max(1, card.Splits.Count), each = (Width - 60 - 20 * (count - 1)) / count;
        int middle = BoxLeft + BoxWidth / 2, fork = y + Gap / 2, top = y + Gap + 10;
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{middle} {y}V{fork}\" stroke=\"#3b6ea5\" fill=\"none\"/>\n");
        for (int i = 0; i < card.Splits.Count; i++)
        {
            var s = card.Splits[i];
            int left = 30 + i * (each + 20), centre = left + each / 2;
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{middle} {fork}H{centre}\" stroke=\"#3b6ea5\" fill=\"none\"/>\n");
            Arrow(svg, centre, fork, top);
            Box(svg, left, top, each, [Capital(s.Split), Count(s.Records), string.Create(CultureInfo.InvariantCulture, $"{s.Groups:N0} {(s.Groups == 1 ? "group" : "groups")}")], "#eaf5ea", "#3d7d3d");
        }
        int bottom = top + Height(3) + 10;
        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {bottom}\" width=\"{Width}\" height=\"{bottom}\" role=\"img\" font-family=\"system-ui,sans-serif\" font-size=\"14\">\n<title>{Text($"Flow of the records of {card.Provenance.DataSet}")}</title>\n<rect width=\"{Width}\" height=\"{bottom}\" fill=\"#ffffff\"/>\n{svg}</svg>\n");
    }

    private static void Sides(StringBuilder svg, int y, int height, IReadOnlyList<(string Meaning, long Count)> dropped)
    {
        if (dropped.Count == 0) return;
        int middle = y + height / 2;
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{BoxLeft + BoxWidth} {middle}H{SideLeft - 7}\" stroke=\"#a5563b\" fill=\"none\"/>\n<path d=\"M{SideLeft} {middle}l-9 -4v8z\" fill=\"#a5563b\"/>\n");
        string[] lines = [string.Create(CultureInfo.InvariantCulture, $"Left out: {dropped.Sum(d => d.Count):N0}"), .. dropped.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Count:N0}  {d.Meaning}"))];
        int own = Height(lines.Length);
        Box(svg, SideLeft, middle - own / 2, SideWidth, lines, "#fbeee8", "#a5563b", left: true);
    }

    private static int Height(int lines) => lines * Line + 2 * Padding;

    private static int Box(StringBuilder svg, int x, int y, int width, string[] lines, string fill, string stroke, int height = 0, bool left = false)
    {
        int own = Height(lines.Length);
        if (height < own) height = own;
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" stroke=\"{stroke}\"/>\n");
        int text = y + (height - own) / 2 + Padding + 14;
        for (int i = 0; i < lines.Length; i++)
        {
            string anchor = left ? $"x=\"{(x + 14).ToString(CultureInfo.InvariantCulture)}\"" : $"x=\"{(x + width / 2).ToString(CultureInfo.InvariantCulture)}\" text-anchor=\"middle\"";
            svg.Append(CultureInfo.InvariantCulture, $"<text {anchor} y=\"{text + i * Line}\"{(i == 0 ? " font-weight=\"600\"" : "")} fill=\"#1b2733\">{Text(Cut(lines[i], left ? 64 : 40))}</text>\n");
        }
        return height;
    }

    private static void Arrow(StringBuilder svg, int x, int from, int to) =>
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x} {from}V{to - 7}\" stroke=\"#3b6ea5\" fill=\"none\"/>\n<path d=\"M{x} {to}l-4 -9h8z\" fill=\"#3b6ea5\"/>\n");

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";

    private static string Count(long n) => string.Create(CultureInfo.InvariantCulture, $"{n:N0} {(n == 1 ? "record" : "records")}");

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
