using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Scatter"/>.</summary>
public sealed record ScatterChart : Chart
{
    internal ScatterChart(IReadOnlyList<Series> series)
    {
        Series = series;
        if (series.Count == 0) throw new ArgumentException("Chart.Scatter: needs at least one series.");
        foreach (var s in series) s.Check("Chart.Scatter");
    }

    public IReadOnlyList<Series> Series { get; }

    internal override string Kind => "scatter chart";

    private protected override void Draw(Drawing d)
    {
        var x = Scale.Of(X, Series.SelectMany(s => s.X));
        var y = Scale.Of(Y, Series.SelectMany(s => s.Y.Concat(s.Low ?? []).Concat(s.High ?? [])));
        var f = new Frame(d, this, x, y, SeriesMarks.Legend(Series, (page, i, lx, ly) => SeriesMarks.Point(page, i, lx + 16, ly, 4)));
        // crowded clouds are seen through
        double opacity = Series.Sum(s => s.Y.Count) > 200 ? 0.5 : 0.9;
        for (int i = 0; i < Series.Count; i++)
        {
            var s = Series[i];
            for (int k = 0; k < s.Y.Count; k++)
            {
                if (!f.Shows(s.X[k], s.Y[k])) continue;
                double px = f.X(s.X[k]), py = f.Y(s.Y[k]);
                if (s.Low is not null && s.High is not null && double.IsFinite(f.Y(s.Low[k])) && double.IsFinite(f.Y(s.High[k])))
                    SeriesMarks.Whisker(d, px, f.ClampY(s.Low[k]), f.ClampY(s.High[k]), Palette.Series(i));
                SeriesMarks.Point(d, i, px, py, 4, opacity);
                d.Tell(px, py, $"{s.Name} ({Scale.Short(s.X[k])}, {Scale.Short(s.Y[k])}){(s.Low is null || s.High is null ? "" : $", {Scale.Short(s.Low[k])} to {Scale.Short(s.High[k])}")}");
            }
        }
    }

    private protected override IEnumerable<(string, JsonNode)> Values() => [("series", new JsonArray([.. Series.Select(s => (JsonNode)PlotlyJson.Data(s))]))];

    private protected override IEnumerable<JsonObject> Traces() => PlotlyJson.Traces(Series, "markers", "marker");

    private protected override void Describe(StringBuilder text)
    {
        ChartText.Axes(text, this);
        foreach (var s in Series)
        {
            ChartText.Range(text, s);
            if (s.Y.Count > 12) continue;
            for (int k = 0; k < s.Y.Count; k++)
                text.Append($"  ({Scale.Short(s.X[k])}, {Scale.Short(s.Y[k])}{(s.Low is null || s.High is null ? "" : $"; {Scale.Short(s.Low[k])} to {Scale.Short(s.High[k])}")})\n");
        }
    }
}
