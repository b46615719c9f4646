using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RadLab.Training;

/// <summary>
/// A drawing as SVG: no script, no outside font or file. The colours of a light page stand in the elements; a style sheet
/// replaces them where the reader prefers dark. Names are unique per chart, since several can stand inline on one page.
/// </summary>
internal static class SvgWriter
{
    private const string Fonts = "Helvetica, Arial, 'Liberation Sans', sans-serif";

    /// <param name="title">What screen readers say.</param>
    /// <param name="data">JSON of what the chart shows, kept as metadata: two charts are compared by it.</param>
    public static string ToSvg(Drawing drawing, string title, string data)
    {
        var paints = new List<Paint>();
        var body = new StringBuilder();
        Element(body, new FilledRectangle(0, 0, drawing.Width, drawing.Height, Palette.Page, 1), paints);
        foreach (var shape in drawing.Shapes) Element(body, shape, paints);

        string id = "c" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body + data)).AsSpan(0, 5));
        var style = new StringBuilder();
        for (int i = 0; i < paints.Count; i++)
            if (paints[i].Dark != paints[i].Light) style.Append(CultureInfo.InvariantCulture, $"#{id} .f{i}{{fill:{paints[i].Dark}}}#{id} .s{i}{{stroke:{paints[i].Dark}}}");

        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"{id}\" width=\"{N(drawing.Width)}\" height=\"{N(drawing.Height)}\" viewBox=\"0 0 {N(drawing.Width)} {N(drawing.Height)}\" role=\"img\" font-family=\"{Fonts}\">\n")
            .Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title>\n<metadata><{Chart.DataElement} xmlns=\"urn:radlab:chart\">{Escape(data)}</{Chart.DataElement}></metadata>\n")
            .Append(CultureInfo.InvariantCulture, $"<style>@media (prefers-color-scheme:dark){{{style}}}</style>\n")
            .Append(body)
            .Append("</svg>")
            .ToString();
    }

    public static string N(double value)
    {
        double rounded = Math.Round(value, 2, MidpointRounding.AwayFromZero);
        return (rounded == 0 ? 0 : rounded).ToString("0.##", CultureInfo.InvariantCulture);
    }

    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
            escaped.Append(c switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                // XML has no other control characters, escaped or not
                < ' ' when c is not ('\n' or '\t') => "\ufffd",
                _ => c.ToString(),
            });
        return escaped.ToString();
    }

    private static void Element(StringBuilder svg, Shape2D shape, List<Paint> paints)
    {
        string text = shape switch
        {
            FilledRectangle r => $"<rect x=\"{N(r.X)}\" y=\"{N(r.Y)}\" width=\"{N(r.Width)}\" height=\"{N(r.Height)}\"{Fill(r.Fill, paints)}{Opacity(r.Opacity)}/>",
            FilledPolygon p => $"<path d=\"{Path(p.Points, closed: true)}\"{Fill(p.Fill, paints)}{Opacity(p.Opacity)}/>",
            FilledCircle c => $"<circle cx=\"{N(c.X)}\" cy=\"{N(c.Y)}\" r=\"{N(c.Radius)}\"{Fill(c.Fill, paints)}{Opacity(c.Opacity)}/>",
            StrokedLine l => $"<path d=\"{Path(l.Points, l.Closed)}\" fill=\"none\"{Stroke(l.Stroke, paints)}{(l.Width == 1 ? "" : $" stroke-width=\"{N(l.Width)}\"")}{(l.Points.Count > 2 ? " stroke-linejoin=\"round\"" : "")}{(l.Dash.Count == 0 ? "" : $" stroke-dasharray=\"{string.Join(' ', l.Dash.Select(N))}\"")}/>",
            TextLine t => Text(t, paints),
            PictureBox b => $"<image x=\"{N(b.X)}\" y=\"{N(b.Y)}\" width=\"{N(b.Width)}\" height=\"{N(b.Height)}\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{Convert.ToBase64String(b.Content.ToPng())}\"/>",
            _ => throw new InvalidOperationException($"SvgWriter: no element for {shape.GetType().Name}."),
        };
        svg.Append(text).Append('\n');
    }

    private static string Text(TextLine t, List<Paint> paints)
    {
        string anchor = t.Anchor switch { TextAnchor.Start => "", TextAnchor.Middle => " text-anchor=\"middle\"", _ => " text-anchor=\"end\"" };
        string turn = t.Upward ? $" transform=\"rotate(-90 {N(t.X)} {N(t.Y)})\"" : "";
        return $"<text x=\"{N(t.X)}\" y=\"{N(t.Y)}\" font-size=\"{N(t.Size)}\"{(t.Bold ? " font-weight=\"600\"" : "")}{anchor}{turn}{Fill(t.Fill, paints)}>{Escape(t.Text)}</text>";
    }

    private static string Path(IReadOnlyList<Dot> points, bool closed)
    {
        var path = new StringBuilder();
        for (int i = 0; i < points.Count; i++) path.Append(i == 0 ? "M" : "L").Append(N(points[i].X)).Append(' ').Append(N(points[i].Y));
        return path.Append(closed ? "Z" : "").ToString();
    }

    private static string Fill(Paint paint, List<Paint> paints) => $" fill=\"{paint.Light}\"{Class('f', paint, paints)}";

    private static string Stroke(Paint paint, List<Paint> paints) => $" stroke=\"{paint.Light}\"{Class('s', paint, paints)}";

    private static string Class(char kind, Paint paint, List<Paint> paints)
    {
        if (paint.Light == paint.Dark) return "";
        int at = paints.IndexOf(paint);
        if (at < 0)
        {
            at = paints.Count;
            paints.Add(paint);
        }
        return string.Create(CultureInfo.InvariantCulture, $" class=\"{kind}{at}\"");
    }

    private static string Opacity(double opacity) => opacity == 1 ? "" : $" opacity=\"{N(opacity)}\"";
}
