using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Box"/>.</summary>
public sealed record BoxChart : Chart
{
    private readonly IReadOnlyList<Sample> _samples;

    internal BoxChart(IReadOnlyList<Sample> samples)
    {
        _samples = samples;
        if (samples.Count == 0) throw new ArgumentException("Chart.Box: needs at least one sample.");
        if (samples.FirstOrDefault(s => s.Sorted.Length == 0) is { } empty) throw new ArgumentException($"Chart.Box: sample '{empty.Name}' has no finite value.");
    }

    internal override string Kind => "box chart";

    private readonly record struct FiveNumbers(double Low, double Q1, double Median, double Q3, double High, double[] Beyond)
    {
        public static FiveNumbers Of(Sample s)
        {
            double q1 = s.Quantile(0.25), q3 = s.Quantile(0.75), reach = 1.5 * (q3 - q1);
            var inside = s.Sorted.Where(v => v >= q1 - reach && v <= q3 + reach).ToArray();
            return new FiveNumbers(Math.Min(q1, inside[0]), q1, s.Quantile(0.5), q3, Math.Max(q3, inside[^1]), [.. s.Sorted.Where(v => v < q1 - reach || v > q3 + reach)]);
        }
    }

    private protected override void Draw(Drawing d)
    {
        var f = new Frame(d, this, new SlotScale([.. _samples.Select(s => s.Name)]), Scale.Of(Y, _samples.SelectMany(s => s.Sorted)), []);
        double width = Math.Min(70, (f.Right - f.Left) / _samples.Count * 0.5);
        for (int i = 0; i < _samples.Count; i++)
        {
            var b = FiveNumbers.Of(_samples[i]);
            var paint = Palette.Series(0);
            double x = f.X(i), top = f.ClampY(b.Q3), bottom = f.ClampY(b.Q1);
            d.Line(x, f.ClampY(b.High), x, top, paint, 1.5);
            d.Line(x, bottom, x, f.ClampY(b.Low), paint, 1.5);
            d.Line(x - width / 4, f.ClampY(b.High), x + width / 4, f.ClampY(b.High), paint, 1.5);
            d.Line(x - width / 4, f.ClampY(b.Low), x + width / 4, f.ClampY(b.Low), paint, 1.5);
            d.Rectangle(x - width / 2, top, width, bottom - top, paint, 0.25);
            d.Outline(x - width / 2, top, width, bottom - top, paint, 1.5);
            d.Line(x - width / 2, f.ClampY(b.Median), x + width / 2, f.ClampY(b.Median), Palette.Series(1), 2.5);
            foreach (double v in b.Beyond)
                if (f.Shows(i, v)) d.Circle(x, f.Y(v), 2.5, paint, 0.7);
            d.Tell(x, f.ClampY(b.Median), $"{_samples[i].Name}: median {Scale.Short(b.Median)}, quartiles {Scale.Short(b.Q1)} and {Scale.Short(b.Q3)}, {_samples[i].Sorted.Length.ToString(CultureInfo.InvariantCulture)} values");
        }
    }

    private protected override IEnumerable<(string, JsonNode)> Values() =>
        [("samples", new JsonArray([.. _samples.Select(s => (JsonNode)new JsonObject
        {
            ["name"] = s.Name, ["count"] = s.Sorted.Length,
            ["quantiles"] = PlotlyJson.Numbers(new[] { 0, 0.05, 0.25, 0.5, 0.75, 0.95, 1 }.Select(s.Quantile)),
        })]))];

    private protected override IEnumerable<JsonObject> Traces() =>
        _samples.Select((s, i) => new JsonObject { ["type"] = "box", ["name"] = s.Name, ["y"] = PlotlyJson.Numbers(s.Sorted), ["marker"] = PlotlyJson.Marker(i) });

    private protected override void Describe(StringBuilder text)
    {
        ChartText.Axes(text, this);
        var rows = new List<string[]> { new[] { "", "n", "low", "quartile", "median", "quartile", "high", "beyond" } };
        foreach (var s in _samples)
        {
            var b = FiveNumbers.Of(s);
            rows.Add([s.Name, Scale.Format(s.Sorted.Length, 1), Scale.Short(b.Low), Scale.Short(b.Q1), Scale.Short(b.Median), Scale.Short(b.Q3), Scale.Short(b.High), Scale.Format(b.Beyond.Length, 1)]);
        }
        ChartText.Table(text, rows);
    }
}
