namespace RadLab.Training;

/// <summary>A small raster image, three bytes (red, green, blue) per pixel, rows from the top.</summary>
public sealed class Picture
{
    /// <summary>Longest side that is taken: a chart shows it far smaller.</summary>
    public const int MaxSide = 8192;

    private readonly byte[] _rgb;

    private Picture(int width, int height, byte[] rgb) => (Width, Height, _rgb) = (width, height, rgb);

    public int Width { get; }
    public int Height { get; }

    internal ReadOnlySpan<byte> Rgb => _rgb;

    internal Rgb this[int x, int y]
    {
        get
        {
            int i = (y * Width + x) * 3;
            return new Rgb(_rgb[i], _rgb[i + 1], _rgb[i + 2]);
        }
    }

    /// <param name="rgb">Width × height × 3 bytes; copied.</param>
    public static Picture FromRgb(int width, int height, ReadOnlySpan<byte> rgb)
    {
        Check(width, height);
        if (rgb.Length != width * height * 3)
            throw new ArgumentException(FormattableString.Invariant($"Picture: {width} x {height} pixels need {width * height * 3} bytes (red, green, blue), got {rgb.Length}."));
        return new Picture(width, height, rgb.ToArray());
    }

    /// <summary>Grey levels, [row, column]; the smallest finite value becomes black and the largest white unless <paramref name="low"/> and <paramref name="high"/> say otherwise.</summary>
    public static Picture FromGray(float[,] values, float? low = null, float? high = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        int height = values.GetLength(0), width = values.GetLength(1);
        Check(width, height);
        float min = low ?? float.PositiveInfinity, max = high ?? float.NegativeInfinity;
        foreach (float v in values)
        {
            if (!float.IsFinite(v)) continue;
            if (low is null) min = Math.Min(min, v);
            if (high is null) max = Math.Max(max, v);
        }
        var rgb = new byte[width * height * 3];
        for (int y = 0, i = 0; y < height; y++)
            for (int x = 0; x < width; x++, i += 3)
            {
                double t = max > min ? (values[y, x] - (double)min) / (max - (double)min) : 0.5;
                rgb[i] = rgb[i + 1] = rgb[i + 2] = double.IsNaN(t) ? (byte)0 : (byte)Math.Floor(Math.Clamp(t, 0, 1) * 255 + 0.5);
            }
        return new Picture(width, height, rgb);
    }

    internal static Picture Of(int width, int height, Func<int, int, Rgb> colour)
    {
        var rgb = new byte[width * height * 3];
        for (int y = 0, i = 0; y < height; y++)
            for (int x = 0; x < width; x++, i += 3)
                (rgb[i], rgb[i + 1], rgb[i + 2]) = colour(x, y);
        return new Picture(width, height, rgb);
    }

    /// <summary>As a PNG file.</summary>
    public byte[] ToPng() => Png.Encode(Width, Height, _rgb);

    private static void Check(int width, int height)
    {
        if (width is < 1 or > MaxSide || height is < 1 or > MaxSide)
            throw new ArgumentException(FormattableString.Invariant($"Picture: width and height must be 1 to {MaxSide}, got {width} x {height}."));
    }
}
