using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Bar"/>.</summary>
public sealed record BarChart : Chart
{
    internal BarChart(IReadOnlyList<string> labels, IReadOnlyList<Series> series)
    {
        (Labels, Series) = (labels, series);
        if (series.Count == 0 || labels.Count == 0) throw new ArgumentException("Chart.Bar: needs at least one label and one series.");
        foreach (var s in series)
        {
            s.Check("Chart.Bar");
            if (s.Y.Count != labels.Count) throw new ArgumentException(FormattableString.Invariant($"Chart.Bar: series '{s.Name}' has {s.Y.Count} values for {labels.Count} labels."));
        }
    }

    public IReadOnlyList<string> Labels { get; }
    public IReadOnlyList<Series> Series { get; }

    internal override string Kind => "bar chart";

    private protected override void Draw(Drawing d)
    {
        if (Y.Log) throw new ArgumentException("Chart.Bar: bars begin at zero, which a logarithmic axis does not have; use Chart.Scatter.");
        var y = Scale.Of(Y, Series.SelectMany(s => s.Y.Concat(s.Low ?? []).Concat(s.High ?? [])), zero: true);
        var f = new Frame(d, this, new SlotScale(Labels), y, SeriesMarks.Legend(Series, (page, i, lx, ly) => page.Rectangle(lx + 10, ly - 5, 14, 10, Palette.Series(i))));
        double slot = (f.Right - f.Left) / Labels.Count, width = Math.Min(60, slot * 0.8 / Series.Count), zero = f.ClampY(0);
        bool numbers = width >= 30 && Series.All(s => s.Low is null);
        for (int k = 0; k < Labels.Count; k++)
        {
            for (int i = 0; i < Series.Count; i++)
            {
                var s = Series[i];
                if (!double.IsFinite(s.Y[k])) continue;
                double left = f.X(k) + (i - Series.Count / 2.0) * width, top = f.ClampY(s.Y[k]);
                d.Rectangle(left + 0.5, Math.Min(top, zero), width - 1, Math.Abs(zero - top), Palette.Series(i));
                if (s.Low is not null && s.High is not null) SeriesMarks.Whisker(d, left + width / 2, f.ClampY(s.Low[k]), f.ClampY(s.High[k]), Palette.Ink, Math.Min(6, width / 4));
                if (numbers) d.Text(left + width / 2, s.Y[k] < 0 ? top + 14 : top - 4, Scale.Short(s.Y[k]), 11, Palette.Quiet, TextAnchor.Middle);
                d.Tell(left + width / 2, top, $"{Labels[k]}{(s.Name.Length > 0 ? ", " + s.Name : "")}: {Scale.Short(s.Y[k])}{(s.Low is null || s.High is null ? "" : $" ({Scale.Short(s.Low[k])} to {Scale.Short(s.High[k])})")}");
            }
        }
        d.Line(f.Left, zero, f.Right, zero, Palette.Axis);
    }

    private protected override IEnumerable<(string, JsonNode)> Values() =>
        [("labels", PlotlyJson.Texts(Labels)), ("series", new JsonArray([.. Series.Select(s => (JsonNode)PlotlyJson.Data(s))]))];

    private protected override IEnumerable<JsonObject> Traces()
    {
        for (int i = 0; i < Series.Count; i++)
        {
            var trace = new JsonObject { ["type"] = "bar", ["name"] = Series[i].Name, ["x"] = PlotlyJson.Texts(Labels), ["y"] = PlotlyJson.Numbers(Series[i].Y), ["marker"] = PlotlyJson.Marker(i) };
            PlotlyJson.Interval(trace, Series[i]);
            yield return trace;
        }
    }

    private protected override void Describe(StringBuilder text)
    {
        ChartText.Axes(text, this);
        double most = Series.SelectMany(s => s.Y).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        int label = Labels.Max(l => l.Length), name = Series.Max(s => s.Name.Length), number = Series.SelectMany(s => s.Y).Max(v => Scale.Short(v).Length);
        for (int k = 0; k < Labels.Count; k++)
            foreach (var s in Series)
                text.Append($"{Labels[k].PadRight(label)}  {s.Name.PadRight(name)}{(name > 0 ? "  " : "")}{Scale.Short(s.Y[k]).PadLeft(number)} {ChartText.Bar(most > 0 ? Math.Abs(s.Y[k]) / most : 0)}{(s.Low is null || s.High is null ? "" : $" ({Scale.Short(s.Low[k])} to {Scale.Short(s.High[k])})")}\n");
    }
}
