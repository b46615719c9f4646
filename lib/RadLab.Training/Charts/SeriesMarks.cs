namespace RadLab.Training;

/// <summary>How series differ besides colour: shape of their points, dashes of their lines.</summary>
internal static class SeriesMarks
{
    private static readonly double[][] s_dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

    public static double[] Dash(int series) => s_dashes[series % s_dashes.Length];

    public static void Point(Drawing d, int series, double x, double y, double radius = 3.5, double opacity = 1)
    {
        var fill = Palette.Series(series);
        double r = radius;
        switch (series % 5)
        {
            case 0: d.Circle(x, y, r, fill, opacity); break;
            case 1: d.Rectangle(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8, fill, opacity); break;
            case 2: d.Polygon([new(x, y - r * 1.2), new(x + r * 1.15, y + r * 0.8), new(x - r * 1.15, y + r * 0.8)], fill, opacity); break;
            case 3: d.Polygon([new(x, y - r * 1.3), new(x + r * 1.3, y), new(x, y + r * 1.3), new(x - r * 1.3, y)], fill, opacity); break;
            default: d.Polygon([new(x, y + r * 1.2), new(x + r * 1.15, y - r * 0.8), new(x - r * 1.15, y - r * 0.8)], fill, opacity); break;
        }
    }

    public static void Whisker(Drawing d, double x, double low, double high, Paint stroke, double half = 4)
    {
        d.Line(x, low, x, high, stroke, 1.5);
        d.Line(x - half, low, x + half, low, stroke, 1.5);
        d.Line(x - half, high, x + half, high, stroke, 1.5);
    }

    public static List<LegendEntry> Legend(IReadOnlyList<Series> series, Action<Drawing, int, double, double> symbol) =>
        series.Count == 1 && series[0].Name.Length == 0 ? [] : [.. series.Select((s, i) => new LegendEntry(s.Name, (d, x, y) => symbol(d, i, x, y)))];
}
