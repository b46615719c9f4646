using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Histogram(IEnumerable{double}, int)"/>.</summary>
public sealed record HistogramChart : Chart
{
    private const int MostBins = 500;

    private readonly IReadOnlyList<Sample> _samples;
    private readonly double _start, _width;
    private readonly long[][] _counts;

    internal HistogramChart(IReadOnlyList<Sample> samples, int bins)
    {
        _samples = samples;
        Y = "count";
        if (samples.Count == 0 || samples.All(s => s.Sorted.Length == 0)) throw new ArgumentException("Chart.Histogram: needs at least one finite value.");
        if (bins is < 0 or > MostBins) throw new ArgumentException(FormattableString.Invariant($"Chart.Histogram: bins must be 0 (automatic) to {MostBins}, got {bins}."));
        var all = new Sample("", samples.SelectMany(s => s.Sorted));
        double low = all.Sorted[0], high = all.Sorted[^1];
        if (low == high) (low, high) = (low - 0.5, high + 0.5);
        if (bins == 0) bins = Automatic(all, high - low);
        (_start, _width) = (low, (high - low) / bins);
        _counts = [.. samples.Select(s => Count(s, bins))];
    }

    /// <summary>The edges of the bins, one more than bins.</summary>
    public IReadOnlyList<double> Edges => [.. Enumerable.Range(0, _counts[0].Length + 1).Select(i => _start + i * _width)];

    /// <summary>How many values of a sample fall into each bin; a value on an edge counts above it, the greatest in the last bin.</summary>
    public IReadOnlyList<long> Counts(int sample = 0) => _counts[sample];

    internal override string Kind => "histogram";

    private protected override void Draw(Drawing d)
    {
        var x = Scale.Of(X, Edges);
        var y = Scale.Of(Y, _counts.SelectMany(c => c).Select(c => (double)c), zero: true);
        bool several = _samples.Count > 1;
        List<LegendEntry> legend = several ? [.. _samples.Select((s, i) => new LegendEntry(s.Name, (page, lx, ly) => page.Rectangle(lx + 10, ly - 5, 14, 10, Palette.Series(i), 0.55)))] : [];
        var f = new Frame(d, this, x, y, legend);
        for (int i = 0; i < _samples.Count; i++)
        {
            var steps = new List<Dot> { new(f.X(_start), f.Bottom) };
            for (int b = 0; b < _counts[i].Length; b++)
            {
                double left = f.X(_start + b * _width), right = f.X(_start + (b + 1) * _width), top = f.ClampY(_counts[i][b]);
                d.Rectangle(left + (several ? 0 : 0.5), top, right - left - (several ? 0 : 1), f.Bottom - top, Palette.Series(i), several ? 0.35 : 0.9);
                steps.Add(new Dot(left, top));
                steps.Add(new Dot(right, top));
                d.Tell((left + right) / 2, top, $"{_samples[i].Name} {Scale.Short(_start + b * _width)} to {Scale.Short(_start + (b + 1) * _width)}: {Scale.Format(_counts[i][b], 1)}".TrimStart());
            }
            steps.Add(new Dot(f.X(_start + _counts[i].Length * _width), f.Bottom));
            if (several) d.Polyline(steps, Palette.Series(i), 1.5, SeriesMarks.Dash(i));
        }
    }

    private protected override IEnumerable<(string, JsonNode)> Values() =>
    [
        ("edges", PlotlyJson.Numbers(Edges)),
        ("counts", new JsonArray([.. _counts.Select(c => (JsonNode)PlotlyJson.Numbers(c.Select(n => (double)n)))])),
    ];

    private protected override IEnumerable<JsonObject> Traces() => _samples.Select((s, i) => new JsonObject
    {
        ["type"] = "bar", ["name"] = s.Name, ["x"] = PlotlyJson.Numbers(_counts[i].Select((_, b) => _start + (b + 0.5) * _width)),
        ["y"] = PlotlyJson.Numbers(_counts[i].Select(n => (double)n)), ["width"] = _width, ["opacity"] = _samples.Count > 1 ? 0.5 : 1, ["marker"] = PlotlyJson.Marker(i),
    });

    private protected override void Layout(JsonObject layout) => layout["barmode"] = "overlay";

    private protected override void Describe(StringBuilder text)
    {
        ChartText.Axes(text, this);
        for (int i = 0; i < _samples.Count; i++)
        {
            if (_samples[i].Name.Length > 0) text.Append(_samples[i].Name).Append('\n');
            double most = Math.Max(1, _counts[i].Max());
            var rows = _counts[i].Select((n, b) => new[] { $"{Scale.Short(_start + b * _width)} to {Scale.Short(_start + (b + 1) * _width)}", Scale.Format(n, 1), ChartText.Bar(n / most) }).ToList();
            int label = rows.Max(r => r[0].Length), number = rows.Max(r => r[1].Length);
            foreach (string[] row in rows) text.Append($"{row[0].PadRight(label)}  {row[1].PadLeft(number)} {row[2]}".TrimEnd()).Append('\n');
        }
    }

    // Freedman and Diaconis: a width of 2 quartile distances over the cube root of n.
    private static int Automatic(Sample all, double range)
    {
        double spread = all.Quantile(0.75) - all.Quantile(0.25);
        int n = all.Sorted.Length, least = Math.Min(8, Math.Max(1, n));
        double root = 1;
        while (root * root * root < n) root += 1.0 / 16;
        double bins = spread > 0 ? Math.Ceiling(range / (2 * spread / root)) : least;
        return (int)Math.Clamp(bins, least, 60);
    }

    private long[] Count(Sample s, int bins)
    {
        var counts = new long[bins];
        foreach (double v in s.Sorted) counts[Math.Clamp((int)Math.Floor((v - _start) / _width), 0, bins - 1)]++;
        return counts;
    }
}
