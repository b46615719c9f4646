using System.Globalization;
using System.Net;
using System.Text;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>Draws a chart as SVG without scripts: it looks the same in a browser, in a notebook and on a code host, and takes the reader's light or dark colours.</summary>
internal static class SvgChart
{
    /// <summary>More cannot be told apart.</summary>
    public const int MostSeries = 8;

    private const double Width = 760, PlotTop = 52, PlotHeight = 300, Left = 78, Right = 20, LogFrom = 5, CharacterWidth = 7;

    // at least 3:1 against their background
    private static readonly string[] s_light = ["#0067a5", "#c24d00", "#007a55", "#a8458a", "#7a5c00", "#5a4fcf", "#a32020", "#4a5568"], s_dark = ["#5cb3f0", "#ff9a4d", "#3fcf9f", "#f08cc8", "#e0c050", "#a79bff", "#ff8080", "#b8c4d0"];

    public static string Draw(Chart chart)
    {
        double[] values = [.. chart.Series.SelectMany(s => s.Points).SelectMany(p => p.All).Where(double.IsFinite)];
        var y = ChartScale.Of(values);
        double[] at = XPositions(chart.XValues);
        var svg = new StringBuilder();
        Axes(svg, chart, y, at);
        for (int s = 0; s < chart.Series.Count; s++) Series(svg, chart, s, y, at);
        if (values.Length == 0) svg.Append(Text(Left + (Width - Left - Right) / 2, PlotTop + PlotHeight / 2, "no values yet", "muted", "middle"));
        double height = Legend(svg, chart);
        return Number($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height:0}\" width=\"{Width}\" height=\"{height:0}\" role=\"img\" font-family=\"system-ui,sans-serif\" font-size=\"13\">\n")
            + $"<title>{Escaped(chart.Title)}</title>\n<style>{Style()}</style>\n<rect width=\"100%\" height=\"100%\" class=\"paper\"/>\n{svg}</svg>\n";
    }

    private static string Style()
    {
        return Colours("#ffffff", "#1b2733", "#5b6875", "#e1e6eb", s_light) + ".line{fill:none;stroke-width:2}.dot{fill-opacity:.55}.hollow{fill:none;stroke-width:1.5}.bar{stroke-width:1.5}"
            + "@media(prefers-color-scheme:dark){" + Colours("#14191f", "#e6ebf0", "#9fabb7", "#323c46", s_dark) + "}";

        static string Colours(string paper, string ink, string muted, string grid, string[] series) =>
            $".paper{{fill:{paper}}}.ink{{fill:{ink}}}.muted{{fill:{muted}}}.grid{{stroke:{grid}}}.axis{{stroke:{muted}}}" + string.Concat(series.Select((c, i) => $".f{i}{{fill:{c}}}.s{i}{{stroke:{c}}}"));
    }

    private static void Axes(StringBuilder svg, Chart chart, ChartScale y, double[] at)
    {
        svg.Append(Text(Left, 26, Cut(chart.Title, 90), "ink", "start", "font-size=\"15\" font-weight=\"600\""));
        foreach (var (value, label) in y.Ticks)
        {
            double py = Y(y, value);
            svg.Append(Number($"<path d=\"M{Left} {py:0.#}H{Width - Right}\" class=\"grid\"/>\n")).Append(Text(Left - 8, py + 4, label, "muted", "end"));
        }
        double bottom = PlotTop + PlotHeight, free = double.NegativeInfinity;
        svg.Append(Number($"<path d=\"M{Left} {bottom}H{Width - Right}\" class=\"axis\"/>\n"));
        for (int i = 0; i < at.Length; i++)
        {
            string label = Cut(chart.XValues[i], 24);
            double half = label.Length * CharacterWidth / 2.0;
            svg.Append(Number($"<path d=\"M{at[i]:0.#} {bottom}v5\" class=\"axis\"/>\n"));
            if (at[i] - half < free) continue;   // would lie on its neighbour
            svg.Append(Text(at[i], bottom + 20, label, "muted", "middle"));
            free = at[i] + half + 6;
        }
        svg.Append(Text(Left + (Width - Left - Right) / 2, bottom + 42, chart.XLabel, "ink", "middle"));
        svg.Append(Number($"<text transform=\"translate(20 {PlotTop + PlotHeight / 2}) rotate(-90)\" text-anchor=\"middle\" class=\"ink\">{Escaped(chart.YLabel)}</text>\n"));
    }

    private static void Series(StringBuilder svg, Chart chart, int s, ChartScale y, double[] at)
    {
        // side by side, so that equal values of two series are both seen
        double aside = (s - (chart.Series.Count - 1) / 2.0) * 7;
        var points = chart.Series[s].Points.Select(p => (X: at[IndexOf(chart.XValues, p.X)] + aside, Point: p)).OrderBy(p => p.X).ToList();
        var means = points.Where(p => p.Point.Mean is not null).ToList();
        if (means.Count > 1) svg.Append($"<path d=\"M{string.Join('L', means.Select(p => Number($"{p.X:0.#} {Y(y, p.Point.Mean!.Value):0.#}")))}\" class=\"line s{s}\"/>\n");
        foreach (var (x, p) in points)
        {
            if (p is { Low: { } low, High: { } high })
                svg.Append(Number($"<path d=\"M{x:0.#} {Y(y, low):0.#}V{Y(y, high):0.#}M{x - 4:0.#} {Y(y, low):0.#}h8M{x - 4:0.#} {Y(y, high):0.#}h8\" class=\"bar s{s}\" fill=\"none\"/>\n"));
            foreach (double dot in p.Dots) svg.Append(Number($"<circle cx=\"{x:0.#}\" cy=\"{Y(y, dot):0.#}\" r=\"3\" class=\"dot f{s}\"/>\n"));
            foreach (double dot in p.Hollow) svg.Append(Number($"<circle cx=\"{x:0.#}\" cy=\"{Y(y, dot):0.#}\" r=\"3.5\" class=\"hollow s{s}\"/>\n"));
            if (p.Mean is { } mean) svg.Append(Marker(s, x, Y(y, mean)));
        }
    }

    // shapes besides colours: for readers who see few of them
    private static string Marker(int s, double x, double y) => (s % 4) switch
    {
        0 => Number($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"5\" class=\"f{s}\"/>\n"),
        1 => Number($"<rect x=\"{x - 4.5:0.#}\" y=\"{y - 4.5:0.#}\" width=\"9\" height=\"9\" class=\"f{s}\"/>\n"),
        2 => Number($"<path d=\"M{x:0.#} {y - 6:0.#}l6 6l-6 6l-6 -6z\" class=\"f{s}\"/>\n"),
        _ => Number($"<path d=\"M{x:0.#} {y - 6:0.#}l6 10h-12z\" class=\"f{s}\"/>\n"),
    };

    private static double Legend(StringBuilder svg, Chart chart)
    {
        double x = Left, y = PlotTop + PlotHeight + 70;
        for (int s = 0; s < chart.Series.Count; s++)
        {
            string name = Cut(chart.Series[s].Name, 90);
            double width = 34 + name.Length * CharacterWidth;
            if (x > Left && x + width > Width - Right) (x, y) = (Left, y + 20);
            svg.Append(Number($"<path d=\"M{x:0.#} {y - 4:0.#}h22\" class=\"line s{s}\"/>\n")).Append(Marker(s, x + 11, y - 4)).Append(Text(x + 28, y, name, "ink", "start"));
            x += width + 12;
        }
        if (chart.Note.Length > 0) svg.Append(Text(Left, y += 22, chart.Note, "muted", "start"));
        return y + 16;
    }

    private static double[] XPositions(IReadOnlyList<string> values)
    {
        const double inset = 36;
        double from = Left + inset, to = Width - Right - inset;
        double[] at = [.. values.Select(v => double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out double n) && double.IsFinite(n) ? n : double.NaN)];
        if (at.Length < 2) return [.. at.Select(_ => (from + to) / 2)];
        if (at.Any(double.IsNaN) || at.Distinct().Count() < at.Length) return [.. at.Select((_, i) => from + (to - from) * i / (at.Length - 1))];
        if (at.Min() > 0 && at.Max() / at.Min() >= LogFrom) at = [.. at.Select(DoubleMath.Log)];
        double low = at.Min(), high = at.Max();
        return [.. at.Select(v => from + (to - from) * (v - low) / (high - low))];
    }

    private static double Y(ChartScale scale, double value) => PlotTop + PlotHeight * (scale.High - value) / (scale.High - scale.Low);

    private static int IndexOf(IReadOnlyList<string> values, string value)
    {
        for (int i = 0; i < values.Count; i++)
            if (values[i] == value) return i;
        throw new ArgumentException($"Chart: the point's x must be among the chart's x values, got '{value}'.");
    }

    private static string Text(double x, double y, string text, string style, string anchor, string more = "") =>
        Number($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" class=\"{style}\"") + $"{(more.Length > 0 ? " " + more : "")}>{Escaped(text)}</text>\n";

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>An axis from a little below the lowest value to a little above the highest, with ticks at round numbers.</summary>
internal sealed record ChartScale(double Low, double High, IReadOnlyList<(double Value, string Label)> Ticks)
{
    private const int MostTicks = 8;

    public static ChartScale Of(IReadOnlyCollection<double> values)
    {
        double low = values.Count > 0 ? values.Min() : 0, high = values.Count > 0 ? values.Max() : 1;
        double room = high > low ? 0.06 * (high - low) : Math.Max(Math.Abs(low) * 0.05, 1e-3);
        (low, high) = (low - room, high + room);
        // decimals, so that ticks are the numbers that their labels say
        decimal step = 1e-9m;
        int digits = 9;
        for (int i = 0; (double)step * MostTicks < high - low && i < 60; i++)
        {
            step *= i % 3 == 1 ? 2.5m : 2m;   // 1, 2, 5, 10
            if (i % 3 == 2) digits = Math.Max(0, digits - 1);
        }
        var ticks = new List<(double, string)>();
        string format = digits == 0 ? "0" : "0." + new string('0', digits);
        if (Math.Abs(low) < 1e15 && Math.Abs(high) < 1e15)
            for (decimal tick = Math.Ceiling((decimal)low / step) * step; (double)tick <= high; tick += step) ticks.Add(((double)tick, tick.ToString(format, CultureInfo.InvariantCulture)));
        return new ChartScale(low, high, ticks);
    }
}
