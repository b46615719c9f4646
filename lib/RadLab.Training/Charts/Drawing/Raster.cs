namespace RadLab.Training;

/// <summary>
/// Pixels and one operation on them: fill polygons, every point inside that the outlines wind around (non-zero rule).
/// Coverage is exact across and sampled in 16 lines per pixel down, so edges are smooth and the result is the same everywhere.
/// </summary>
internal sealed class Raster
{
    private const int Lines = 16;

    private readonly byte[] _rgb;
    private readonly float[] _coverage;
    private readonly List<(double X, int Winding)> _crossings = [];

    public Raster(int width, int height, Rgb background)
    {
        (Width, Height) = (width, height);
        _rgb = new byte[width * height * 3];
        _coverage = new float[width + 2];
        for (int i = 0; i < _rgb.Length; i += 3) (_rgb[i], _rgb[i + 1], _rgb[i + 2]) = background;
    }

    public int Width { get; }
    public int Height { get; }

    public byte[] ToPng() => Png.Encode(Width, Height, _rgb);

    public void Fill(IReadOnlyList<Dot[]> polygons, Rgb colour, double opacity = 1)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var polygon in polygons)
            foreach (var p in polygon) (low, high) = (Math.Min(low, p.Y), Math.Max(high, p.Y));
        int first = Math.Max(0, (int)Math.Floor(low)), last = Math.Min(Height - 1, (int)Math.Floor(high));
        for (int y = first; y <= last; y++)
        {
            int from = int.MaxValue, to = -1;
            for (int line = 0; line < Lines; line++) Sample(polygons, y + (line + 0.5) / Lines, ref from, ref to);
            if (from <= to) Blend(y, from, Math.Min(to, Width - 1), colour, opacity);
        }
    }

    public void Set(int x, int y, Rgb colour)
    {
        if ((uint)x >= (uint)Width || (uint)y >= (uint)Height) return;
        int i = (y * Width + x) * 3;
        (_rgb[i], _rgb[i + 1], _rgb[i + 2]) = colour;
    }

    private void Sample(IReadOnlyList<Dot[]> polygons, double y, ref int from, ref int to)
    {
        _crossings.Clear();
        foreach (var polygon in polygons)
        {
            var a = polygon[^1];
            foreach (var b in polygon)
            {
                if (a.Y <= y != b.Y <= y) _crossings.Add((a.X + (y - a.Y) / (b.Y - a.Y) * (b.X - a.X), a.Y < b.Y ? 1 : -1));
                a = b;
            }
        }
        _crossings.Sort(static (p, q) => p.X.CompareTo(q.X));
        int winding = 0;
        for (int i = 0; i + 1 < _crossings.Count; i++)
        {
            winding += _crossings[i].Winding;
            if (winding != 0) Span(_crossings[i].X, _crossings[i + 1].X, ref from, ref to);
        }
    }

    private void Span(double left, double right, ref int from, ref int to)
    {
        left = Math.Max(0, left);
        right = Math.Min(Width, right);
        if (right <= left) return;
        int a = (int)left, b = Math.Min((int)right, Width);
        (from, to) = (Math.Min(from, a), Math.Max(to, b));
        if (a == b)
        {
            _coverage[a] += (float)(right - left);
            return;
        }
        _coverage[a] += (float)(a + 1 - left);
        for (int x = a + 1; x < b; x++) _coverage[x] += 1;
        _coverage[b] += (float)(right - b);
    }

    private void Blend(int y, int from, int to, Rgb colour, double opacity)
    {
        for (int x = from; x <= to; x++)
        {
            double alpha = Math.Min(1, _coverage[x] / Lines) * opacity;
            int i = (y * Width + x) * 3;
            (_rgb[i], _rgb[i + 1], _rgb[i + 2]) = Rgb.Mix(new Rgb(_rgb[i], _rgb[i + 1], _rgb[i + 2]), colour, alpha);
        }
        Array.Clear(_coverage, from, Math.Min(to + 2, _coverage.Length) - from);
    }
}
