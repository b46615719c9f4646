using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.HeatMap"/>.</summary>
public sealed record HeatMapChart : Chart
{
    private const int MostCells = 4_000_000;
    private const int MostWritten = 144;

    private readonly double[,] _values;
    private readonly string[]? _rows, _columns;
    private readonly double _low, _high;
    private readonly bool _twoSided;

    internal HeatMapChart(double[,] values, IEnumerable<string>? rows, IEnumerable<string>? columns)
    {
        ArgumentNullException.ThrowIfNull(values);
        _values = (double[,])values.Clone();
        int r = values.GetLength(0), c = values.GetLength(1);
        if (r == 0 || c == 0 || values.Length > MostCells) throw new ArgumentException(FormattableString.Invariant($"Chart.HeatMap: needs 1 to {MostCells} cells, got {r} x {c}."));
        (_rows, _columns) = (rows?.ToArray(), columns?.ToArray());
        if (_rows is not null && _rows.Length != r) throw new ArgumentException(FormattableString.Invariant($"Chart.HeatMap: {r} rows need as many row labels, got {_rows.Length}."));
        if (_columns is not null && _columns.Length != c) throw new ArgumentException(FormattableString.Invariant($"Chart.HeatMap: {c} columns need as many column labels, got {_columns.Length}."));
        (_low, _high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double v in values)
            if (double.IsFinite(v)) (_low, _high) = (Math.Min(_low, v), Math.Max(_high, v));
        if (_low > _high) (_low, _high) = (0, 1);
        _twoSided = _low < 0 && _high > 0;
        if (_twoSided) (_low, _high) = (-Math.Max(-_low, _high), Math.Max(-_low, _high));
        if (_low == _high) _high = _low + 1;
    }

    /// <summary>What the colours mean, beside the scale.</summary>
    public Axis Color { get; init; } = new();

    internal override string Kind => "heat map";

    private protected override void Draw(Drawing d)
    {
        int rows = _values.GetLength(0), columns = _values.GetLength(1);
        double bar = 16, top = Frame.DrawHead(d, Title, []), bottom = d.Height - Frame.Margin - (X.Text.Length > 0 ? Frame.Normal + 8 : 0) - (Frame.Small + 8);
        string[] left = _rows ?? Numbers(rows), below = _columns ?? Numbers(columns);
        double x0 = Frame.Margin + (Y.Text.Length > 0 ? Frame.Normal + 8 : 0) + Math.Min(d.Width * 0.3, left.Max(t => StrokeFont.Width(t, Frame.Small)) + 8);
        var scale = new LinearScale(_low, _high);
        var ticks = scale.Ticks(5);
        double legend = bar + 8 + ticks.Max(t => StrokeFont.Width(t.Label, Frame.Small)) + (Color.Text.Length > 0 ? Frame.Normal + 8 : 0);
        double x1 = d.Width - Frame.Margin - legend - 18, w = (x1 - x0) / columns, h = (bottom - top) / rows;

        d.Picture(x0, top, x1 - x0, bottom - top, Picture.Of(columns, rows, (c, r) => Colour(_values[r, c])));
        bool written = _values.Length <= MostWritten && w >= 34 && h >= 16;
        for (int r = 0; r < rows && _values.Length <= 4096; r++)
            for (int c = 0; c < columns; c++)
            {
                double cx = x0 + (c + 0.5) * w, cy = top + (r + 0.5) * h;
                if (written) d.Text(cx, cy + 4, Scale.Short(_values[r, c]), 11, Paint.Same(Colour(_values[r, c]).Luma > 0.5 ? new Rgb(0, 0, 0) : new Rgb(255, 255, 255)), TextAnchor.Middle);
                d.Tell(cx, cy, $"{left[r]}, {below[c]}: {Scale.Short(_values[r, c])}");
            }
        Labels(d, left, below, x0, top, w, h, bottom);
        d.Text((x0 + x1) / 2, d.Height - Frame.Margin, X.Text, Frame.Normal, Palette.Ink, TextAnchor.Middle);
        d.Text(Frame.Margin + Frame.Normal * 0.8, (top + bottom) / 2, Y.Text, Frame.Normal, Palette.Ink, TextAnchor.Middle, upward: true);

        double bx = x1 + 18;
        d.Picture(bx, top, bar, bottom - top, Picture.Of(1, 128, (_, y) => Colour(_high - (y + 0.5) / 128 * (_high - _low))));
        foreach (var t in ticks)
        {
            double y = bottom - t.Place * (bottom - top);
            d.Line(bx + bar, y, bx + bar + 3, y, Palette.Axis);
            d.Text(bx + bar + 7, y + Frame.Small * 0.35, t.Label, Frame.Small, Palette.Quiet);
        }
        d.Text(d.Width - Frame.Margin, (top + bottom) / 2, Color.Text, Frame.Normal, Palette.Ink, TextAnchor.Middle, upward: true);
    }

    private protected override IEnumerable<(string, JsonNode)> Values()
    {
        // of a large matrix the picture's own cells: means over blocks
        yield return ("rows", _values.GetLength(0));
        yield return ("columns", _values.GetLength(1));
        yield return ("values", PlotlyJson.Matrix(Blocks(_values, 64)));
    }

    private protected override IEnumerable<JsonObject> Traces()
    {
        var trace = new JsonObject { ["type"] = "heatmap", ["z"] = PlotlyJson.Matrix(_values), ["zmin"] = _low, ["zmax"] = _high, ["colorscale"] = _twoSided ? "RdBu" : "Viridis" };
        if (_twoSided) trace["reversescale"] = true;
        if (_columns is not null) trace["x"] = PlotlyJson.Texts(_columns);
        if (_rows is not null) trace["y"] = PlotlyJson.Texts(_rows);
        return [trace];
    }

    private protected override void Layout(JsonObject layout) => layout["yaxis"]!["autorange"] = "reversed";

    private protected override void Describe(StringBuilder text)
    {
        ChartText.Axes(text, this);
        int rows = _values.GetLength(0), columns = _values.GetLength(1);
        text.Append(FormattableString.Invariant($"{rows} x {columns} values from {Scale.Short(_values.Cast<double>().Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min())} to {Scale.Short(_values.Cast<double>().Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max())}\n"));
        if (rows > 12 || columns > 12)
        {
            const string shades = " ░▒▓█";
            var small = Blocks(_values, 24);
            for (int r = 0; r < small.GetLength(0); r++)
                text.Append(string.Concat(Enumerable.Range(0, small.GetLength(1)).Select(c => shades[double.IsNaN(small[r, c]) ? 0 : (int)Math.Clamp((small[r, c] - _low) / (_high - _low) * 5, 0, 4)])).TrimEnd()).Append('\n');
            return;
        }
        string[] left = _rows ?? Numbers(rows), below = _columns ?? Numbers(columns);
        ChartText.Table(text, [["", .. below], .. Enumerable.Range(0, rows).Select(r => (string[])[left[r], .. Enumerable.Range(0, columns).Select(c => Scale.Short(_values[r, c]))])]);
    }

    private Rgb Colour(double v)
    {
        double t = (v - _low) / (_high - _low);
        return _twoSided ? Palette.Diverging(t) : Palette.Sequential(t);
    }

    private static void Labels(Drawing d, string[] left, string[] below, double x0, double top, double w, double h, double bottom)
    {
        int everyRow = Every(16 / h), everyColumn = Every((below.Max(t => Math.Min(80, StrokeFont.Width(t, Frame.Small))) + 8) / w);
        for (int r = 0; r < left.Length; r += everyRow) d.Text(x0 - 8, top + (r + 0.5) * h + Frame.Small * 0.35, Frame.Shortened(left[r], d.Width * 0.3 - 8), Frame.Small, Palette.Quiet, TextAnchor.End);
        for (int c = 0; c < below.Length; c += everyColumn) d.Text(x0 + (c + 0.5) * w, bottom + 8 + Frame.Small * 0.8, Frame.Shortened(below[c], w * everyColumn - 2), Frame.Small, Palette.Quiet, TextAnchor.Middle);
    }

    // 1, 2, 5, 10, 20, ...
    private static int Every(double least)
    {
        int n = 1;
        for (int i = 0; n < least; i++) n = i % 3 == 1 ? n / 2 * 5 : n * 2;
        return n;
    }

    private static string[] Numbers(int n) => [.. Enumerable.Range(0, n).Select(i => Scale.Format(i, 1))];

    internal static double[,] Blocks(double[,] values, int most)
    {
        int rows = values.GetLength(0), columns = values.GetLength(1), r = Math.Min(rows, most), c = Math.Min(columns, most);
        if (r == rows && c == columns) return values;
        var blocks = new double[r, c];
        for (int i = 0; i < r; i++)
            for (int j = 0; j < c; j++)
            {
                double sum = 0;
                long n = 0;
                for (int y = (int)((long)i * rows / r); y < (int)((long)(i + 1) * rows / r); y++)
                    for (int x = (int)((long)j * columns / c); x < (int)((long)(j + 1) * columns / c); x++, n++) sum += values[y, x];
                blocks[i, j] = sum / n;
            }
        return blocks;
    }
}
