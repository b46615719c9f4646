namespace RadLab.Training;

public abstract partial record Chart
{
    /// <summary>Values joined by lines; intervals become bands.</summary>
    public static LineChart Line(params IEnumerable<Series> series) => new([.. series]);

    /// <summary>Line charts one below the other, each of its own height and as wide as the widest.</summary>
    public static PanelChart Panels(string? title, params IEnumerable<LineChart> panels) => new(title, [.. panels]);

    /// <summary>Points; intervals become whiskers.</summary>
    public static ScatterChart Scatter(params IEnumerable<Series> series) => new([.. series]);

    /// <summary>Values measured more than once at each of some places: single ones as dots, their means joined, intervals as whiskers.</summary>
    /// <param name="places">In order. Numbers stand where they are, others side by side.</param>
    public static RepeatChart Repeats(IEnumerable<string> places, params IEnumerable<RepeatSeries> series) => new([.. places], [.. series]);

    /// <summary>One bar per label and series; intervals become whiskers.</summary>
    /// <param name="series">Their Y stand for the labels in order.</param>
    public static BarChart Bar(IEnumerable<string> labels, params IEnumerable<Series> series) => new([.. labels], [.. series]);

    /// <summary>Median, quartiles, whiskers to the last value within 1.5 quartile distances, and what lies beyond.</summary>
    public static BoxChart Box(params IEnumerable<(string Name, IEnumerable<double> Values)> samples) => new([.. samples.Select(s => new Sample(s.Name, s.Values))]);

    /// <summary>How often values fall into each of a row of equal bins.</summary>
    /// <param name="bins">0 lets the data decide (Freedman and Diaconis).</param>
    public static HistogramChart Histogram(IEnumerable<double> values, int bins = 0) => Histogram([("", values)], bins);

    /// <summary>Histograms of several samples over the same bins.</summary>
    public static HistogramChart Histogram(IEnumerable<(string Name, IEnumerable<double> Values)> samples, int bins = 0) => new([.. samples.Select(s => new Sample(s.Name, s.Values))], bins);

    /// <summary>A matrix as colours, [row, column], first row on top. Data with negative values get a two-sided scale around zero.</summary>
    public static HeatMapChart HeatMap(double[,] values, IEnumerable<string>? rows = null, IEnumerable<string>? columns = null) => new(values, rows, columns);

    /// <summary>Counts of true (rows) against predicted (columns) classes; colours are shares of the row.</summary>
    public static ConfusionChart Confusion(long[,] counts, IEnumerable<string> labels) => new(counts, [.. labels]);

    /// <summary>Pictures beside and below each other, each with its caption.</summary>
    /// <param name="columns">0 chooses.</param>
    public static ImageGridChart Images(IEnumerable<(string Caption, Picture Picture)> images, int columns = 0) => new([.. images], columns);
}
