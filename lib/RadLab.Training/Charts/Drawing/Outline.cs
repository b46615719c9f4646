namespace RadLab.Training;

/// <summary>Turns circles and lines with a width into polygons, all turning the same way so that they unite.</summary>
internal static class Outline
{
    // The sine and cosine of 15 degrees; all other directions follow by rotation, without a library's sine.
    private const double Sin15 = 0.25881904510252074, Cos15 = 0.9659258262890683;

    /// <summary>24 directions, 15 degrees apart, counter-clockwise from (1, 0).</summary>
    public static readonly Dot[] Directions = MakeDirections();

    public static Dot[] Circle(double x, double y, double radius) => [.. Directions.Select(d => new Dot(x + radius * d.X, y + radius * d.Y))];

    /// <summary>A line with round joins and ends.</summary>
    public static List<Dot[]> Stroke(IReadOnlyList<Dot> points, double width, bool closed = false)
    {
        var parts = new List<Dot[]>();
        double r = width / 2;
        for (int i = 0; i < points.Count; i++)
        {
            // for fine lines a round join cannot be seen
            if (r > 0.6 && (closed || i > 0 && i < points.Count - 1 || points.Count == 1)) parts.Add(Circle(points[i].X, points[i].Y, r));
            if (i + 1 < points.Count) AddSegment(parts, points[i], points[i + 1], r);
            else if (closed) AddSegment(parts, points[i], points[0], r);
        }
        return parts;
    }

    public static List<Dot[]> RoundStroke(IReadOnlyList<Dot> points, double width)
    {
        var parts = new List<Dot[]>();
        for (int i = 0; i < points.Count; i++)
        {
            parts.Add(Circle(points[i].X, points[i].Y, width / 2));
            if (i + 1 < points.Count) AddSegment(parts, points[i], points[i + 1], width / 2);
        }
        return parts;
    }

    /// <summary>Cuts a line into its dashes.</summary>
    public static IEnumerable<IReadOnlyList<Dot>> Dashes(IReadOnlyList<Dot> points, IReadOnlyList<double> dash)
    {
        int part = 0;
        double left = dash[0];
        var piece = new List<Dot> { points[0] };
        for (int i = 0; i + 1 < points.Count; i++)
        {
            var (a, b) = (points[i], points[i + 1]);
            double length = Length(a, b), done = 0;
            while (length - done > left)
            {
                done += left;
                var cut = new Dot(a.X + (b.X - a.X) * done / length, a.Y + (b.Y - a.Y) * done / length);
                piece.Add(cut);
                if (part % 2 == 0) yield return piece;
                piece = [cut];
                left = dash[++part % dash.Count];
            }
            left -= length - done;
            piece.Add(b);
        }
        if (part % 2 == 0 && piece.Count > 1) yield return piece;
    }

    private static void AddSegment(List<Dot[]> parts, Dot a, Dot b, double r)
    {
        double length = Length(a, b);
        if (length == 0) return;
        double nx = (a.Y - b.Y) / length * r, ny = (b.X - a.X) / length * r;
        // the same turning as Circle: otherwise windings cancel where parts overlap
        parts.Add([new Dot(a.X - nx, a.Y - ny), new Dot(b.X - nx, b.Y - ny), new Dot(b.X + nx, b.Y + ny), new Dot(a.X + nx, a.Y + ny)]);
    }

    private static double Length(Dot a, Dot b) => Math.Sqrt((b.X - a.X) * (b.X - a.X) + (b.Y - a.Y) * (b.Y - a.Y));

    private static Dot[] MakeDirections()
    {
        var directions = new Dot[24];
        directions[0] = new Dot(1, 0);
        for (int i = 1; i < directions.Length; i++)
        {
            // each quadrant starts exactly on its axis
            var p = i % 6 == 0 ? directions[i - 6] : directions[i - 1];
            directions[i] = i % 6 == 0 ? new Dot(-p.Y, p.X) : new Dot(p.X * Cos15 - p.Y * Sin15, p.X * Sin15 + p.Y * Cos15);
        }
        return directions;
    }
}
