namespace RadLab.Training;

/// <summary>A drawing as pixels.</summary>
internal static class RasterWriter
{
    /// <param name="scale">Pixels per unit.</param>
    public static byte[] ToPng(Drawing drawing, bool dark, double scale)
    {
        var raster = new Raster((int)Math.Ceiling(drawing.Width * scale), (int)Math.Ceiling(drawing.Height * scale), Palette.Page.In(dark));
        foreach (var shape in drawing.Shapes) Draw(raster, shape, dark, scale);
        return raster.ToPng();
    }

    private static void Draw(Raster raster, Shape2D shape, bool dark, double s)
    {
        switch (shape)
        {
            case FilledRectangle r:
                raster.Fill([[new(r.X * s, r.Y * s), new((r.X + r.Width) * s, r.Y * s), new((r.X + r.Width) * s, (r.Y + r.Height) * s), new(r.X * s, (r.Y + r.Height) * s)]], r.Fill.In(dark), r.Opacity);
                break;
            case FilledPolygon p:
                raster.Fill([Scaled(p.Points, s)], p.Fill.In(dark), p.Opacity);
                break;
            case FilledCircle c:
                raster.Fill([Outline.Circle(c.X * s, c.Y * s, c.Radius * s)], c.Fill.In(dark), c.Opacity);
                break;
            case StrokedLine l:
                var points = Scaled(l.Points, s);
                var pieces = l.Dash.Count == 0 ? [points] : Outline.Dashes(points, [.. l.Dash.Select(d => d * s)]);
                // one fill for each stretch: a fill looks at all its edges on each line
                foreach (var piece in pieces)
                    foreach (var stretch in Stretches(piece, l.Closed))
                        raster.Fill(Outline.Stroke(stretch, l.Width * s, l.Closed), l.Stroke.In(dark));
                break;
            case TextLine t:
                StrokeFont.Draw(raster, t, dark, s);
                break;
            case PictureBox b:
                Draw(raster, b, s);
                break;
        }
    }

    private static IEnumerable<IReadOnlyList<Dot>> Stretches(IReadOnlyList<Dot> points, bool closed)
    {
        const int most = 64;
        if (closed || points.Count <= most)
        {
            yield return points;
            yield break;
        }
        for (int i = 0; i + 1 < points.Count; i += most)
            yield return [.. points.Skip(i).Take(most + 1)];
    }

    private static Dot[] Scaled(IReadOnlyList<Dot> points, double s) => [.. points.Select(p => new Dot(p.X * s, p.Y * s))];

    // The nearest pixel when it grows, the mean of those covered when it shrinks.
    private static void Draw(Raster raster, PictureBox box, double s)
    {
        int left = (int)Math.Round(box.X * s), top = (int)Math.Round(box.Y * s);
        int width = Math.Max(1, (int)Math.Round((box.X + box.Width) * s) - left), height = Math.Max(1, (int)Math.Round((box.Y + box.Height) * s) - top);
        var content = box.Content;
        for (int y = 0; y < height; y++)
        {
            int y0 = (int)((long)y * content.Height / height), y1 = Math.Max(y0 + 1, (int)((long)(y + 1) * content.Height / height));
            for (int x = 0; x < width; x++)
            {
                int x0 = (int)((long)x * content.Width / width), x1 = Math.Max(x0 + 1, (int)((long)(x + 1) * content.Width / width));
                raster.Set(left + x, top + y, Mean(content, x0, x1, y0, y1));
            }
        }
    }

    private static Rgb Mean(Picture picture, int x0, int x1, int y0, int y1)
    {
        long r = 0, g = 0, b = 0, n = (long)(x1 - x0) * (y1 - y0);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
            {
                var c = picture[x, y];
                (r, g, b) = (r + c.R, g + c.G, b + c.B);
            }
        return new Rgb((byte)((r + n / 2) / n), (byte)((g + n / 2) / n), (byte)((b + n / 2) / n));
    }
}
