namespace RadLab.Training;

/// <summary>
/// Letters as lines with a width: text in PNG without a font file. Widths are those of Helvetica, which the SVG form asks
/// for, so both forms have the same layout.
/// </summary>
internal static partial class StrokeFont
{
    // In thousandths of the size, for the characters from blank to ~ (Adobe's metrics of Helvetica).
    private static readonly short[] s_widths =
    [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
        1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
        333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ];

    private const double UnitsPerSize = 19.4;   // capitals of 14 units are 0.72 of the size
    private const double OtherWidth = 0.58;

    /// <summary>Length of a text in the units of <paramref name="size"/>. Bold letters are a little wider.</summary>
    public static double Width(string text, double size, bool bold = false)
    {
        double width = 0;
        foreach (char c in text) width += Advance(c);
        return width * size * (bold ? 1.06 : 1);
    }

    public static void Draw(Raster raster, TextLine t, bool dark, double scale)
    {
        double size = t.Size * scale, unit = size / UnitsPerSize, wide = t.Bold ? 1.06 : 1, pen = size * (t.Bold ? 0.125 : 0.085);
        double x = -Width(t.Text, size, t.Bold) * t.Anchor switch { TextAnchor.Start => 0, TextAnchor.Middle => 0.5, _ => 1 };
        foreach (char c in t.Text)
        {
            double advance = Advance(c) * size * wide;
            var glyph = s_glyphs.TryGetValue(c, out var known) ? known : s_unknown;
            if (glyph.Length > 0)
            {
                double left = glyph.Min(s => s.Min(p => p.X)), right = glyph.Max(s => s.Max(p => p.X));
                // narrower where a glyph would touch its neighbours
                double fit = Math.Min(1, (advance - pen * 1.5) / Math.Max(1e-9, (right - left) * unit));
                double start = x + (advance - (right - left) * unit * fit) / 2;
                var parts = new List<Dot[]>();
                foreach (var stroke in glyph)
                {
                    // a dot is wider than the pen, or it is lost in small sizes
                    bool dot = stroke.Length == 2 && stroke[0] == stroke[1];
                    parts.AddRange(Outline.RoundStroke([.. stroke.Select(p => Place(t, scale, start + (p.X - left) * unit * fit, p.Y * unit))], dot ? pen * 1.5 : pen));
                }
                raster.Fill(parts, t.Fill.In(dark));
            }
            x += advance;
        }
    }

    // A box says that a letter is missing; the SVG form has it.
    private static readonly Dot[][] s_unknown = [[new(0, 0), new(0, 13), new(7, 13), new(7, 0), new(0, 0)]];

    private static double Advance(char c) => c switch
    {
        >= ' ' and <= '~' => s_widths[c - ' '] / 1000.0,
        '·' or '…' => c == '…' ? 1 : 0.278,
        '°' or '²' or '³' or '¹' or (>= '⁰' and <= '₉') => 0.36,
        '→' or '—' => 0.95,
        'Ä' or 'Ö' or 'Ü' => 0.72,
        '∞' => 0.75,
        _ => OtherWidth,
    };

    private static Dot Place(TextLine t, double scale, double along, double up) =>
        t.Upward ? new Dot(t.X * scale - up, t.Y * scale - along) : new Dot(t.X * scale + along, t.Y * scale - up);
}
