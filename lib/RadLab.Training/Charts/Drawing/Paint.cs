using System.Globalization;

namespace RadLab.Training;

/// <summary>A colour, 8 bits per channel, sRGB.</summary>
internal readonly record struct Rgb(byte R, byte G, byte B)
{
    public static Rgb Of(string hex) => new(
        byte.Parse(hex.AsSpan(1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        byte.Parse(hex.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        byte.Parse(hex.AsSpan(5, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{R:x2}{G:x2}{B:x2}");

    /// <summary>How bright it looks, 0 to 1: decides between dark and light text on it.</summary>
    public double Luma => (0.299 * R + 0.587 * G + 0.114 * B) / 255;

    public static Rgb Mix(Rgb a, Rgb b, double t) => new(Channel(a.R, b.R, t), Channel(a.G, b.G, t), Channel(a.B, b.B, t));

    private static byte Channel(byte a, byte b, double t) => (byte)Math.Clamp(Math.Floor(a + (b - a) * t + 0.5), 0, 255);
}

/// <summary>One role's colour on a light and on a dark page.</summary>
internal readonly record struct Paint(Rgb Light, Rgb Dark)
{
    public static Paint Of(string light, string dark) => new(Rgb.Of(light), Rgb.Of(dark));

    public static Paint Same(Rgb colour) => new(colour, colour);

    public Rgb In(bool dark) => dark ? Dark : Light;
}

/// <summary>
/// The colours of all charts. Series colours follow Okabe and Ito (jfly.uni-koeln.de/color): told apart with every common
/// colour blindness; on dark pages the same hues are lighter. Series differ in marker and dash as well, never in colour alone.
/// </summary>
internal static class Palette
{
    public static readonly Paint Page = Paint.Of("#ffffff", "#1b1e23");
    public static readonly Paint Ink = Paint.Of("#1f2328", "#e6e8eb");
    public static readonly Paint Quiet = Paint.Of("#57606a", "#a0a8b2");
    public static readonly Paint Axis = Paint.Of("#8c959f", "#6e7681");
    public static readonly Paint Grid = Paint.Of("#e4e7eb", "#31363d");

    private static readonly Paint[] s_series =
    [
        Paint.Of("#0072b2", "#5ab4f0"), Paint.Of("#d55e00", "#ff8c42"), Paint.Of("#009e73", "#2fcf9f"), Paint.Of("#b3589a", "#e79ac8"),
        Paint.Of("#b88600", "#f2c14e"), Paint.Of("#3d9bd1", "#9fd8ff"), Paint.Of("#6e6e6e", "#bdbdbd"), Paint.Of("#000000", "#ffffff"),
    ];

    // viridis at nine even places (van der Walt and Smith, CC0): even in brightness, so it also survives a grey print
    private static readonly Rgb[] s_sequential = [.. new[] { "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725" }.Select(Rgb.Of)];

    private static readonly Rgb[] s_diverging = [.. new[] { "#053061", "#2166ac", "#4393c3", "#92c5de", "#f7f7f7", "#f4a582", "#d6604d", "#b2182b", "#67001f" }.Select(Rgb.Of)];

    private static readonly Rgb[] s_blues = [.. new[] { "#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b" }.Select(Rgb.Of)];

    public static Paint Series(int i) => s_series[i % s_series.Length];

    /// <param name="t">0 (low) to 1 (high); NaN gives grey.</param>
    public static Rgb Sequential(double t) => Along(s_sequential, t);

    public static Rgb Diverging(double t) => Along(s_diverging, t);

    public static Rgb Blues(double t) => Along(s_blues, t);

    private static Rgb Along(Rgb[] stops, double t)
    {
        if (double.IsNaN(t)) return new Rgb(0x9a, 0x9a, 0x9a);
        double at = Math.Clamp(t, 0, 1) * (stops.Length - 1);
        int i = Math.Min((int)at, stops.Length - 2);
        return Rgb.Mix(stops[i], stops[i + 1], at - i);
    }
}
