namespace RadLab.Training;

internal readonly record struct Dot(double X, double Y);

internal enum TextAnchor
{
    Start,
    Middle,
    End,
}

/// <summary>Something drawn: one drawing model, written as SVG by <see cref="SvgWriter"/> and as pixels by <see cref="RasterWriter"/>.</summary>
internal abstract record Shape2D
{
    /// <summary>The same, so far down.</summary>
    public abstract Shape2D Down(double by);
}

internal sealed record FilledRectangle(double X, double Y, double Width, double Height, Paint Fill, double Opacity) : Shape2D
{
    public override Shape2D Down(double by) => this with { Y = Y + by };
}

internal sealed record FilledPolygon(IReadOnlyList<Dot> Points, Paint Fill, double Opacity) : Shape2D
{
    public override Shape2D Down(double by) => this with { Points = [.. Points.Select(p => p with { Y = p.Y + by })] };
}

internal sealed record StrokedLine(IReadOnlyList<Dot> Points, Paint Stroke, double Width, IReadOnlyList<double> Dash, bool Closed) : Shape2D
{
    public override Shape2D Down(double by) => this with { Points = [.. Points.Select(p => p with { Y = p.Y + by })] };
}

internal sealed record FilledCircle(double X, double Y, double Radius, Paint Fill, double Opacity) : Shape2D
{
    public override Shape2D Down(double by) => this with { Y = Y + by };
}

/// <param name="Y">Of the base line.</param>
/// <param name="Upward">Turned a quarter to the left, as y axis labels are.</param>
internal sealed record TextLine(double X, double Y, string Text, double Size, Paint Fill, TextAnchor Anchor, bool Bold, bool Upward) : Shape2D
{
    public override Shape2D Down(double by) => this with { Y = Y + by };
}

/// <summary>Pixels stretched over a rectangle without smoothing.</summary>
internal sealed record PictureBox(double X, double Y, double Width, double Height, Picture Content) : Shape2D
{
    public override Shape2D Down(double by) => this with { Y = Y + by };
}

/// <summary>A place that tells more when pointed at, in the interactive form.</summary>
internal sealed record Mark(double X, double Y, string Text);

/// <summary>A page of shapes in order of painting; units are CSS pixels, y downwards.</summary>
internal sealed class Drawing(double width, double height)
{
    private static readonly double[] s_solid = [];
    private readonly List<Shape2D> _shapes = [];
    private readonly List<Mark> _marks = [];

    public double Width => width;
    public double Height => height;
    public IReadOnlyList<Shape2D> Shapes => _shapes;
    public IReadOnlyList<Mark> Marks => _marks;

    public void Rectangle(double x, double y, double w, double h, Paint fill, double opacity = 1)
    {
        if (w > 0 && h > 0) _shapes.Add(new FilledRectangle(x, y, w, h, fill, opacity));
    }

    public void Polygon(IReadOnlyList<Dot> points, Paint fill, double opacity = 1)
    {
        if (points.Count > 2) _shapes.Add(new FilledPolygon(points, fill, opacity));
    }

    public void Line(double x1, double y1, double x2, double y2, Paint stroke, double lineWidth = 1, double[]? dash = null) =>
        _shapes.Add(new StrokedLine([new Dot(x1, y1), new Dot(x2, y2)], stroke, lineWidth, dash ?? s_solid, Closed: false));

    public void Polyline(IReadOnlyList<Dot> points, Paint stroke, double lineWidth, double[]? dash = null)
    {
        if (points.Count > 1) _shapes.Add(new StrokedLine(points, stroke, lineWidth, dash ?? s_solid, Closed: false));
    }

    public void Outline(double x, double y, double w, double h, Paint stroke, double lineWidth = 1) =>
        _shapes.Add(new StrokedLine([new Dot(x, y), new Dot(x + w, y), new Dot(x + w, y + h), new Dot(x, y + h)], stroke, lineWidth, s_solid, Closed: true));

    public void Circle(double x, double y, double radius, Paint fill, double opacity = 1) => _shapes.Add(new FilledCircle(x, y, radius, fill, opacity));

    public void Text(double x, double y, string text, double size, Paint fill, TextAnchor anchor = TextAnchor.Start, bool bold = false, bool upward = false)
    {
        if (text.Length > 0) _shapes.Add(new TextLine(x, y, text, size, fill, anchor, bold, upward));
    }

    public void Picture(double x, double y, double w, double h, Picture content) => _shapes.Add(new PictureBox(x, y, w, h, content));

    /// <summary>Adds all of another page, so far down.</summary>
    public void Add(Drawing other, double down)
    {
        _shapes.AddRange(other.Shapes.Select(s => s.Down(down)));
        _marks.AddRange(other.Marks.Select(m => m with { Y = m.Y + down }));
    }

    public void Tell(double x, double y, string text) => _marks.Add(new Mark(x, y, text));
}
