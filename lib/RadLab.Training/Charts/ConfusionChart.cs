using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Confusion"/>.</summary>
public sealed record ConfusionChart : Chart
{
    private readonly long[,] _counts;
    private readonly string[] _labels;

    internal ConfusionChart(long[,] counts, string[] labels)
    {
        ArgumentNullException.ThrowIfNull(counts);
        int n = labels.Length;
        if (n == 0 || counts.GetLength(0) != n || counts.GetLength(1) != n)
            throw new ArgumentException(FormattableString.Invariant($"Chart.Confusion: {n} labels need {n} x {n} counts, got {counts.GetLength(0)} x {counts.GetLength(1)}."));
        if (counts.Cast<long>().Any(c => c < 0)) throw new ArgumentException("Chart.Confusion: counts must not be negative.");
        (_counts, _labels) = ((long[,])counts.Clone(), labels);
        (X, Y, Width, Height) = ("predicted", "true", 520, 460);
    }

    internal override string Kind => "confusion matrix";

    /// <summary>Share of the true class <paramref name="row"/> that was predicted as <paramref name="column"/>; NaN where the class does not occur.</summary>
    public double Share(int row, int column) => Total(row) == 0 ? double.NaN : (double)_counts[row, column] / Total(row);

    private protected override void Draw(Drawing d)
    {
        int n = _labels.Length;
        double top = Frame.DrawHead(d, Title, []), label = Math.Min(d.Width * 0.3, _labels.Max(l => StrokeFont.Width(l, Frame.Small)) + 8);
        double x0 = Frame.Margin + Frame.Normal + 8 + label, x1 = d.Width - Frame.Margin, bottom = d.Height - Frame.Margin - Frame.Normal - 8 - 2 * (Frame.Small + 4);
        double w = (x1 - x0) / n, h = (bottom - top) / n;
        for (int r = 0; r < n; r++)
        {
            d.Text(x0 - 8, top + (r + 0.5) * h + Frame.Small * 0.35, Frame.Shortened(_labels[r], label - 8), Frame.Small, Palette.Quiet, TextAnchor.End);
            for (int c = 0; c < n; c++) Cell(d, r, c, x0 + c * w, top + r * h, w, h);
        }
        for (int i = 1; i < n; i++)
        {
            d.Line(x0, top + i * h, x1, top + i * h, Palette.Page, 1.5);
            d.Line(x0 + i * w, top, x0 + i * w, bottom, Palette.Page, 1.5);
        }
        for (int c = 0; c < n; c++)
        {
            string[] lines = Frame.Wrap(_labels[c], w - 4);
            for (int i = 0; i < lines.Length; i++) d.Text(x0 + (c + 0.5) * w, bottom + 8 + Frame.Small * 0.8 + i * (Frame.Small + 3), lines[i], Frame.Small, Palette.Quiet, TextAnchor.Middle);
        }
        d.Text((x0 + x1) / 2, d.Height - Frame.Margin, X.Text, Frame.Normal, Palette.Ink, TextAnchor.Middle);
        d.Text(Frame.Margin + Frame.Normal * 0.8, (top + bottom) / 2, Y.Text, Frame.Normal, Palette.Ink, TextAnchor.Middle, upward: true);
    }

    private void Cell(Drawing d, int r, int c, double x, double y, double w, double h)
    {
        double share = Share(r, c);
        var fill = Palette.Blues(double.IsNaN(share) ? 0 : share);
        d.Rectangle(x, y, w, h, Paint.Same(fill));
        var ink = Paint.Same(fill.Luma > 0.5 ? new Rgb(0x1f, 0x23, 0x28) : new Rgb(255, 255, 255));
        string percent = double.IsNaN(share) ? "–" : (share * 100).ToString("0", CultureInfo.InvariantCulture) + " %";
        bool both = h >= 34 && w >= 34;
        if (w >= 18 && h >= 14) d.Text(x + w / 2, y + h / 2 + (both ? -2 : 4), Scale.Format(_counts[r, c], 1), Math.Min(14, Math.Max(9, w / 3.2)), ink, TextAnchor.Middle, bold: r == c);
        if (both) d.Text(x + w / 2, y + h / 2 + 13, percent, Math.Min(11, w / 4), ink, TextAnchor.Middle);
        d.Tell(x + w / 2, y + h / 2, $"true {_labels[r]}, predicted {_labels[c]}: {Scale.Format(_counts[r, c], 1)} ({percent})");
    }

    private protected override IEnumerable<(string, JsonNode)> Values() => [("labels", PlotlyJson.Texts(_labels)), ("counts", PlotlyJson.Matrix(Doubles()))];

    private protected override IEnumerable<JsonObject> Traces() =>
        [new JsonObject { ["type"] = "heatmap", ["x"] = PlotlyJson.Texts(_labels), ["y"] = PlotlyJson.Texts(_labels), ["z"] = PlotlyJson.Matrix(Doubles()), ["colorscale"] = "Blues", ["reversescale"] = true }];

    private protected override void Layout(JsonObject layout) => layout["yaxis"]!["autorange"] = "reversed";

    private protected override void Describe(StringBuilder text)
    {
        text.Append("rows: true class, columns: predicted\n");
        int n = _labels.Length;
        ChartText.Table(text, [["", .. _labels, "share right"], .. Enumerable.Range(0, n).Select(r =>
            (string[])[_labels[r], .. Enumerable.Range(0, n).Select(c => Scale.Format(_counts[r, c], 1)), double.IsNaN(Share(r, r)) ? "–" : Share(r, r).ToString("0.000", CultureInfo.InvariantCulture)])]);
    }

    private long Total(int row) => Enumerable.Range(0, _labels.Length).Sum(c => _counts[row, c]);

    private double[,] Doubles()
    {
        var values = new double[_labels.Length, _labels.Length];
        for (int r = 0; r < _labels.Length; r++)
            for (int c = 0; c < _labels.Length; c++) values[r, c] = _counts[r, c];
        return values;
    }
}
