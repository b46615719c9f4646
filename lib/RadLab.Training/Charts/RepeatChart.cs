using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>What was measured more than once at one place of an axis, such as a setting with several seeds.</summary>
/// <param name="X">One of the chart's places.</param>
/// <param name="Values">Single values.</param>
public sealed record RepeatPoint(string X, IReadOnlyList<double> Values)
{
    /// <summary>Joined by a line with those of the other places; null for none.</summary>
    public double? Mean { get; init; }

    /// <summary>Lower end of an interval around the mean; together with <see cref="High"/>, or neither.</summary>
    public double? Low { get; init; }

    public double? High { get; init; }

    /// <summary>Single values that do not belong to the mean.</summary>
    public IReadOnlyList<double> Apart { get; init; } = [];

    internal IEnumerable<double> All => [.. Values, .. Apart, .. ((double?[])[Mean, Low, High]).OfType<double>()];
}

public sealed record RepeatSeries(string Name, IReadOnlyList<RepeatPoint> Points);

/// <summary>See <see cref="Chart.Repeats"/>.</summary>
public sealed record RepeatChart : Chart
{
    private readonly IReadOnlyList<string> _places;
    private readonly IReadOnlyList<RepeatSeries> _series;

    internal RepeatChart(IReadOnlyList<string> places, IReadOnlyList<RepeatSeries> series)
    {
        (_places, _series) = (places, series);
        if (places.Count == 0) throw new ArgumentException("Chart.Repeats: needs at least one place.");
        foreach (var s in series)
            foreach (var p in s.Points)
            {
                if (!places.Contains(p.X, StringComparer.Ordinal)) throw new ArgumentException($"Chart.Repeats: series '{s.Name}' has values at '{p.X}', which is none of the places {string.Join(", ", places)}.");
                if ((p.Low is null) != (p.High is null)) throw new ArgumentException($"Chart.Repeats: series '{s.Name}' has {(p.Low is null ? "High without Low" : "Low without High")} at '{p.X}'; give both or neither.");
            }
    }

    /// <summary>What the small dots are, for the legend: "one seed".</summary>
    public string ValueLabel { get; init; } = "";

    /// <summary>What the bars are, for the legend: "95 % interval".</summary>
    public string IntervalLabel { get; init; } = "";

    /// <summary>What the hollow dots are, for the legend: "stopped before the end".</summary>
    public string ApartLabel { get; init; } = "";

    internal override string Kind => "chart of repeated values";

    private protected override void Draw(Drawing d)
    {
        const double inLegend = 16;
        var entries = _series.Select((s, i) => new LegendEntry(s.Name, (page, x, y) =>
        {
            page.Line(x, y, x + 24, y, Palette.Series(i), 2, SeriesMarks.Dash(i));
            SeriesMarks.Point(page, i, x + 12, y, 4.5);
        })).ToList();
        if (ValueLabel.Length > 0) entries.Add(new LegendEntry(ValueLabel, (page, x, y) => page.Circle(x + inLegend, y, 2.5, Palette.Quiet, 0.7)));
        if (IntervalLabel.Length > 0) entries.Add(new LegendEntry(IntervalLabel, (page, x, y) => SeriesMarks.Whisker(page, x + inLegend, y - 5, y + 5, Palette.Quiet)));
        if (ApartLabel.Length > 0) entries.Add(new LegendEntry(ApartLabel, (page, x, y) => Hollow(page, x + inLegend, y, Palette.Quiet)));

        double[] values = [.. _series.SelectMany(s => s.Points).SelectMany(p => p.All).Where(double.IsFinite)];
        var f = new Frame(d, this, PlaceScale.Of(_places), Scale.Of(Y, values), entries);
        if (values.Length == 0) d.Text((f.Left + f.Right) / 2, (f.Top + f.Bottom) / 2, "no values yet", Frame.Normal, Palette.Quiet, TextAnchor.Middle);
        // side by side, so that equal values of two series are both seen
        double aside = Math.Min(14, (f.Right - f.Left) / _places.Count * 0.7 / Math.Max(1, _series.Count));
        for (int i = 0; i < _series.Count; i++)
        {
            double shift = (i - (_series.Count - 1) / 2.0) * aside;
            var points = _series[i].Points.Select(p => (X: f.X(IndexOf(p.X)) + shift, Point: p)).OrderBy(p => p.X).ToList();
            d.Polyline([.. points.Where(p => p.Point.Mean is { } m && f.Shows(IndexOf(p.Point.X), m)).Select(p => new Dot(p.X, f.Y(p.Point.Mean!.Value)))], Palette.Series(i), 1.5, SeriesMarks.Dash(i));
            foreach (var (x, p) in points) Draw(d, f, i, x, p);
        }
    }

    private protected override IEnumerable<(string, JsonNode)> Values() =>
    [
        ("places", PlotlyJson.Texts(_places)),
        ("series", new JsonArray([.. _series.Select(s => (JsonNode)new JsonObject { ["name"] = s.Name, ["points"] = new JsonArray([.. s.Points.Select(p => (JsonNode)Data(p))]) })])),
    ];

    private protected override IEnumerable<JsonObject> Traces()
    {
        for (int i = 0; i < _series.Count; i++)
        {
            var means = _series[i].Points.Where(p => p.Mean is not null).ToList();
            var trace = new JsonObject
            {
                ["type"] = "scatter", ["mode"] = "lines+markers", ["name"] = _series[i].Name, ["x"] = PlotlyJson.Texts(means.Select(p => p.X)), ["y"] = PlotlyJson.Numbers(means.Select(p => p.Mean!.Value)), ["marker"] = PlotlyJson.Marker(i),
            };
            if (means.Any(p => p.High is not null))
                trace["error_y"] = new JsonObject
                {
                    ["type"] = "data", ["symmetric"] = false,
                    ["array"] = PlotlyJson.Numbers(means.Select(p => p.High - p.Mean ?? 0)), ["arrayminus"] = PlotlyJson.Numbers(means.Select(p => p.Mean - p.Low ?? 0)),
                };
            yield return trace;
            var single = _series[i].Points.SelectMany(p => p.Values.Concat(p.Apart).Select(v => (p.X, Value: v))).ToList();
            yield return new JsonObject
            {
                ["type"] = "scatter", ["mode"] = "markers", ["name"] = _series[i].Name, ["showlegend"] = false, ["opacity"] = 0.5, ["x"] = PlotlyJson.Texts(single.Select(v => v.X)), ["y"] = PlotlyJson.Numbers(single.Select(v => v.Value)), ["marker"] = PlotlyJson.Marker(i),
            };
        }
    }

    private protected override void Describe(StringBuilder text)
    {
        ChartText.Axes(text, this);
        var rows = new List<string[]> { new[] { X.Text, "series", "mean", "interval", "values" } };
        foreach (string place in _places)
            foreach (var s in _series)
                foreach (var p in s.Points.Where(p => p.X == place))
                    rows.Add([place, s.Name, p.Mean is { } m ? Scale.Short(m) : "-", p is { Low: { } low, High: { } high } ? $"{Scale.Short(low)} to {Scale.Short(high)}" : "-", string.Join(", ", p.Values.Select(Scale.Short).Concat(p.Apart.Select(v => $"({Scale.Short(v)})")))]);
        ChartText.Table(text, rows);
    }

    private static JsonObject Data(RepeatPoint p)
    {
        var json = new JsonObject { ["x"] = p.X, ["values"] = PlotlyJson.Numbers(p.Values) };
        if (p.Apart.Count > 0) json["apart"] = PlotlyJson.Numbers(p.Apart);
        if (p.Mean is { } mean) json["mean"] = PlotlyJson.Number(mean);
        if (p is { Low: { } low, High: { } high }) json["interval"] = PlotlyJson.Numbers([low, high]);
        return json;
    }

    private void Draw(Drawing d, Frame f, int series, double x, RepeatPoint p)
    {
        int at = IndexOf(p.X);
        var paint = Palette.Series(series);
        if (p is { Low: { } low, High: { } high } && double.IsFinite(f.Y(low)) && double.IsFinite(f.Y(high))) SeriesMarks.Whisker(d, x, f.ClampY(low), f.ClampY(high), paint);
        foreach (double v in p.Values.Where(v => f.Shows(at, v))) d.Circle(x, f.Y(v), 2.5, paint, 0.5);
        foreach (double v in p.Apart.Where(v => f.Shows(at, v))) Hollow(d, x, f.Y(v), paint);
        if (p.Mean is not { } mean || !f.Shows(at, mean)) return;
        SeriesMarks.Point(d, series, x, f.Y(mean), 4.5);
        d.Tell(x, f.Y(mean), $"{_series[series].Name}, {p.X}: {Scale.Short(mean)}{(p is { Low: { } l, High: { } h } ? $" ({Scale.Short(l)} to {Scale.Short(h)})" : "")}");
    }

    private static void Hollow(Drawing d, double x, double y, Paint paint)
    {
        d.Circle(x, y, 3.5, paint);
        d.Circle(x, y, 2.2, Palette.Page);
    }

    private int IndexOf(string place)
    {
        int at = 0;
        while (_places[at] != place) at++;
        return at;
    }
}
