namespace RadLab.Training;

internal sealed record LegendEntry(string Text, Action<Drawing, double, double> Symbol);

/// <summary>Title, legend, axes and grid around a rectangle in which a chart draws its data.</summary>
internal sealed class Frame
{
    public const double Small = 12, Normal = 13, Large = 16, Margin = 14;

    private readonly Scale _x, _y;

    /// <param name="left">Least left edge of the plot: charts above each other share theirs.</param>
    public Frame(Drawing drawing, Chart chart, Scale x, Scale y, IReadOnlyList<LegendEntry> legend, double left = 0)
    {
        (_x, _y) = (x, y);
        Top = DrawHead(drawing, chart.Title, legend);
        bool slots = x is SlotScale;
        Bottom = drawing.Height - Margin - (chart.X.Text.Length > 0 ? Normal + 8 : 0) - Small - 8;
        var rows = y.Ticks(Math.Max(2, (int)((Bottom - Top) / (y is SlotScale ? 1 : 45))));
        Left = Math.Max(left, Margin + (chart.Y.Text.Length > 0 ? Normal + 8 : 0) + Math.Min(drawing.Width * 0.4, rows.Max(t => StrokeFont.Width(t.Label, Small)) + 8));
        Right = drawing.Width - Margin - 6;
        double slot = (Right - Left) / Math.Max(1, slots ? x.Ticks(0).Count : 1);
        bool second = slots && x.Ticks(0).Any(t => Wrap(t.Label, slot - 6).Length > 1);
        if (second) Bottom -= Small + 3;

        DrawRows(drawing, rows, y is SlotScale);
        var columns = x.Ticks(Math.Max(2, (int)((Right - Left) / 80)));
        foreach (var tick in columns)
        {
            double at = Left + tick.Place * (Right - Left);
            if (!slots)
            {
                drawing.Line(at, Top, at, Bottom, Palette.Grid);
                drawing.Line(at, Bottom, at, Bottom + 4, Palette.Axis);
            }
            string[] lines = slots ? Wrap(tick.Label, slot - 6) : [tick.Label];
            for (int i = 0; i < lines.Length; i++) drawing.Text(at, Bottom + 8 + Small * 0.8 + i * (Small + 3), lines[i], Small, Palette.Quiet, TextAnchor.Middle);
        }
        drawing.Line(Left, Bottom, Right, Bottom, Palette.Axis);
        drawing.Line(Left, Top, Left, Bottom, Palette.Axis);
        drawing.Text((Left + Right) / 2, drawing.Height - Margin, chart.X.Text, Normal, Palette.Ink, TextAnchor.Middle);
        drawing.Text(Margin + Normal * 0.8, (Top + Bottom) / 2, chart.Y.Text, Normal, Palette.Ink, TextAnchor.Middle, upward: true);
    }

    public double Left { get; }
    public double Top { get; }
    public double Right { get; }
    public double Bottom { get; }

    public double X(double value) => Left + _x.Place(value) * (Right - Left);

    public double Y(double value) => Bottom - _y.Place(value) * (Bottom - Top);

    public bool Shows(double x, double y) => _x.Place(x) is >= -1e-9 and <= 1 + 1e-9 && _y.Place(y) is >= -1e-9 and <= 1 + 1e-9;

    /// <summary>A value moved to the nearest place on the vertical axis.</summary>
    public double ClampY(double value) => Math.Clamp(Y(value), Top, Bottom);

    /// <summary>Draws title and legend; returns where the rest begins.</summary>
    public static double DrawHead(Drawing drawing, string? title, IReadOnlyList<LegendEntry> legend)
    {
        double y = Margin;
        if (!string.IsNullOrEmpty(title))
        {
            foreach (string line in Wrap(title, drawing.Width - 2 * Margin, Large, bold: true))
            {
                y += Large * 0.8;
                drawing.Text(Margin, y, line, Large, Palette.Ink, bold: true);
                y += Large * 0.5;
            }
        }
        if (legend.Count > 0)
        {
            double x = Margin;
            y += 4;
            foreach (var entry in legend)
            {
                string text = Shortened(entry.Text, drawing.Width - 2 * Margin - 34, Small);
                double width = 30 + StrokeFont.Width(text, Small) + 18;
                if (x > Margin && x + width - 18 > drawing.Width - Margin)
                {
                    x = Margin;
                    y += Small + 7;
                }
                entry.Symbol(drawing, x, y + Small * 0.45);
                drawing.Text(x + 30, y + Small * 0.8, text, Small, Palette.Ink);
                x += width;
            }
            y += Small + 4;
        }
        return y + 8;
    }

    /// <summary>At most two lines; what does not fit ends in an ellipsis.</summary>
    public static string[] Wrap(string text, double width, double size = Small, bool bold = false)
    {
        if (StrokeFont.Width(text, size, bold) <= width) return [text];
        int cut = -1;
        for (int i = 1; i < text.Length; i++)
            if (text[i] is ' ' or '_' or '-' or '/' && StrokeFont.Width(text[..i], size, bold) <= width) cut = i;
        if (cut < 0) return [Shortened(text, width, size, bold)];
        int next = text[cut] == ' ' ? cut + 1 : cut;
        return [text[..cut], Shortened(text[next..], width, size, bold)];
    }

    public static string Shortened(string text, double width, double size = Small, bool bold = false)
    {
        if (StrokeFont.Width(text, size, bold) <= width) return text;
        int n = text.Length - 1;
        while (n > 1 && StrokeFont.Width(text[..n] + "…", size, bold) > width) n--;
        return text[..n] + "…";
    }

    private void DrawRows(Drawing drawing, IReadOnlyList<Tick> rows, bool slots)
    {
        foreach (var tick in rows)
        {
            double at = Bottom - tick.Place * (Bottom - Top);
            if (!slots)
            {
                drawing.Line(Left, at, Right, at, Palette.Grid);
                drawing.Line(Left - 4, at, Left, at, Palette.Axis);
            }
            drawing.Text(Left - 8, at + Small * 0.35, Shortened(tick.Label, drawing.Width * 0.4 - 8), Small, Palette.Quiet, TextAnchor.End);
        }
    }
}
