using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Line"/>.</summary>
public sealed record LineChart : Chart
{
    // Longer series are drawn by the lowest and highest value of each stretch: nothing that a screen can show is lost.
    private const int MostPoints = 1500;
    private const int MostMarkers = 30;

    internal LineChart(IReadOnlyList<Series> series)
    {
        Series = series;
        if (series.Count == 0) throw new ArgumentException("Chart.Line: needs at least one series.");
        foreach (var s in series) s.Check("Chart.Line");
    }

    public IReadOnlyList<Series> Series { get; }

    /// <summary>Least left edge of the plot; see <see cref="PanelChart"/>.</summary>
    internal double Indent { get; init; }

    internal override string Kind => "line chart";

    /// <summary>Where the plot begins, right of the vertical axis' name and numbers.</summary>
    internal double LeftEdge() => FrameOn(new Drawing(Width, Height)).Left;

    /// <summary>The chart drawn with characters: the first series as a line of braille dots, or of means where there are far more values than dots; the others as marks.</summary>
    /// <param name="columns">Width in characters, 40 to 200; what is outside of that is moved there.</param>
    /// <param name="rows">Height of the plot in lines, 6 to 60.</param>
    /// <param name="ascii">For terminals and files without UTF-8.</param>
    public string ToTerminal(int columns = 80, int rows = 16, bool ascii = false) => TerminalPlot.Draw(this, Math.Clamp(columns, 40, 200), Math.Clamp(rows, 6, 60), ascii);

    private Frame FrameOn(Drawing d)
    {
        var x = Scale.Of(X, Series.SelectMany(s => s.X));
        var y = Scale.Of(Y, Series.SelectMany(s => s.Y.Concat(s.Low ?? []).Concat(s.High ?? [])));
        return new Frame(d, this, x, y, SeriesMarks.Legend(Series, (page, i, lx, ly) =>
        {
            page.Line(lx, ly, lx + 24, ly, Palette.Series(i), 2, SeriesMarks.Dash(i));
            if (Marked(Series[i])) SeriesMarks.Point(page, i, lx + 12, ly);
        }), Indent);
    }

    private protected override void Draw(Drawing d)
    {
        var f = FrameOn(d);
        for (int i = 0; i < Series.Count; i++) DrawBand(d, f, Series[i], i);
        for (int i = 0; i < Series.Count; i++)
        {
            var thin = Thinned(Series[i]);
            foreach (var run in Runs(f, thin.X, thin.Y)) d.Polyline(run, Palette.Series(i), 2, SeriesMarks.Dash(i));
            for (int k = 0; k < thin.X.Count; k++)
            {
                if (!f.Shows(thin.X[k], thin.Y[k])) continue;
                if (Marked(Series[i])) SeriesMarks.Point(d, i, f.X(thin.X[k]), f.Y(thin.Y[k]));
                d.Tell(f.X(thin.X[k]), f.Y(thin.Y[k]), $"{Series[i].Name} ({Scale.Short(thin.X[k])}, {Scale.Short(thin.Y[k])})");
            }
        }
    }

    private protected override IEnumerable<(string, JsonNode)> Values() =>
        [("series", new JsonArray([.. Series.Select(s => (JsonNode)PlotlyJson.Data(Thinned(s)))]))];

    private protected override IEnumerable<JsonObject> Traces() => PlotlyJson.Traces(Series, "lines", "line");

    private protected override void Describe(StringBuilder text)
    {
        ChartText.Axes(text, this);
        foreach (var s in Series)
        {
            ChartText.Range(text, s);
            text.Append("  ").Append(ChartText.Sparkline(s.Y)).Append('\n');
        }
    }

    private static bool Marked(Series s) => s.Y.Count <= MostMarkers;

    private static void DrawBand(Drawing d, Frame f, Series s, int i)
    {
        if (s.Low is null || s.High is null) return;
        for (int k = 0; k < s.X.Count;)
        {
            int from = k;
            while (k < s.X.Count && double.IsFinite(s.Low[k]) && double.IsFinite(s.High[k]) && double.IsFinite(f.X(s.X[k])) && double.IsFinite(f.Y(s.Low[k])) && double.IsFinite(f.Y(s.High[k]))) k++;
            var edge = new List<Dot>();
            for (int j = from; j < k; j++) edge.Add(new Dot(f.X(s.X[j]), f.ClampY(s.High[j])));
            for (int j = k - 1; j >= from; j--) edge.Add(new Dot(f.X(s.X[j]), f.ClampY(s.Low[j])));
            d.Polygon(edge, Palette.Series(i), 0.18);
            if (k == from) k++;
        }
    }

    private static IEnumerable<List<Dot>> Runs(Frame f, IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var run = new List<Dot>();
        for (int k = 0; k < x.Count; k++)
        {
            double px = f.X(x[k]), py = f.Y(y[k]);
            if (double.IsFinite(px) && double.IsFinite(py) && px >= f.Left - 1 && px <= f.Right + 1)
            {
                run.Add(new Dot(px, Math.Clamp(py, f.Top, f.Bottom)));
                continue;
            }
            if (run.Count > 0) yield return run;
            run = [];
        }
        if (run.Count > 0) yield return run;
    }

    private static Series Thinned(Series s)
    {
        if (s.Y.Count <= MostPoints) return s;
        var keep = new SortedSet<int> { 0, s.Y.Count - 1 };
        int stretches = MostPoints / 2;
        for (int b = 0; b < stretches; b++)
        {
            int from = (int)((long)b * s.Y.Count / stretches), to = (int)((long)(b + 1) * s.Y.Count / stretches), low = from, high = from;
            for (int k = from; k < to; k++)
            {
                if (double.IsNaN(s.Y[low]) || s.Y[k] < s.Y[low]) low = k;
                if (double.IsNaN(s.Y[high]) || s.Y[k] > s.Y[high]) high = k;
            }
            keep.Add(low);
            keep.Add(high);
        }
        return new Series(s.Name, keep.Select(k => s.X[k]), keep.Select(k => s.Y[k])) { Low = s.Low is { } l ? [.. keep.Select(k => l[k])] : null, High = s.High is { } h ? [.. keep.Select(k => h[k])] : null };
    }
}
