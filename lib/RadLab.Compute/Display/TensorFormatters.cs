using System.Globalization;
using System.Text;

namespace RadLab.Compute;

/// <summary>
/// Names how a type is displayed in notebooks. Notebook engines find it by its simple name, so this library needs none of them.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = true, AllowMultiple = false)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;
    public string[]? PreferredMimeTypes { get; set; }
}

/// <summary>A tensor in a notebook: shape, type and place, range of its values, and a small picture of them.</summary>
internal sealed class TensorFormatters
{
    public IEnumerable<object> CreateTypeFormatters() => [new Formatter("text/html", Html), new Formatter("text/plain", Text)];

    internal sealed class Formatter(string mimeType, Func<Tensor, string> format)
    {
        public string MimeType => mimeType;

        public bool Format(object instance, TextWriter writer)
        {
            if (instance is not Tensor tensor) return false;
            writer.Write(format(tensor));
            return true;
        }
    }

    private const int MostRows = 12, MostColumns = 24, MostValues = 1 << 24;

    private static string Text(Tensor t) => t.IsAlive ? $"{t}{(Summary(t) is { } s ? ", " + s.ToText() : "")}" : t.ToString();

    private static string Html(Tensor t)
    {
        if (!t.IsAlive) return "<p>Tensor (freed)</p>";
        var html = new StringBuilder("<table>\n");
        html.Append(CultureInfo.InvariantCulture, $"<tr><th align=\"left\">Tensor</th><td>{t.Shape}</td><td>{t.DType}</td><td>{t.Device}</td><td align=\"right\">{t.SizeBytes:N0} bytes</td></tr>\n");
        if (Summary(t) is { } s)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td colspan=\"5\">{s.ToText()}</td></tr>\n</table>\n<table cellspacing=\"0\" cellpadding=\"0\">\n");
            // plain coloured cells: seen wherever tables are, also where styles and pictures are stripped
            for (int r = 0; r < s.Cells.GetLength(0); r++)
            {
                html.Append("<tr>");
                for (int c = 0; c < s.Cells.GetLength(1); c++) html.Append(CultureInfo.InvariantCulture, $"<td bgcolor=\"{s.Colour(s.Cells[r, c])}\" width=\"14\" height=\"14\"></td>");
                html.Append("</tr>\n");
            }
        }
        return html.Append("</table>").ToString();
    }

    private static TensorSummary? Summary(Tensor t) =>
        t.DType is DType.F32 or DType.BF16 && t.Count is > 0 and <= MostValues ? TensorSummary.Of(t.ToFloats(), t.Shape.Last, MostRows, MostColumns) : null;
}

/// <summary>Range and mean of values, and block means of them laid out as rows of the last dimension.</summary>
internal sealed record TensorSummary(float Low, float High, double Mean, long NotFinite, double[,] Cells)
{
    public static TensorSummary Of(ReadOnlySpan<float> values, int width, int mostRows, int mostColumns)
    {
        float low = float.PositiveInfinity, high = float.NegativeInfinity;
        double sum = 0;
        long bad = 0;
        foreach (float v in values)
        {
            if (!float.IsFinite(v))
            {
                bad++;
                continue;
            }
            (low, high, sum) = (Math.Min(low, v), Math.Max(high, v), sum + v);
        }
        int height = values.Length / width, rows = Math.Min(height, mostRows), columns = Math.Min(width, mostColumns);
        var cells = new double[rows, columns];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
            {
                double block = 0;
                long n = 0;
                for (long y = (long)r * height / rows; y < (long)(r + 1) * height / rows; y++)
                    for (long x = (long)c * width / columns; x < (long)(c + 1) * width / columns; x++, n++) block += values[(int)(y * width + x)];
                cells[r, c] = block / n;
            }
        return new TensorSummary(low, high, values.Length > bad ? sum / (values.Length - bad) : double.NaN, bad, cells);
    }

    public string ToText() => Low > High ? "no finite value" : string.Create(CultureInfo.InvariantCulture, $"values {Low:g4} to {High:g4}, mean {Mean:g4}{(NotFinite > 0 ? $", {NotFinite} not finite" : "")}");

    /// <summary>White at zero, blue below and orange above (told apart with every colour blindness); grey where not finite.</summary>
    public string Colour(double v)
    {
        if (!double.IsFinite(v)) return "#808080";
        double most = Math.Max(Math.Abs(Low), Math.Abs(High)), t = most > 0 ? Math.Min(1, Math.Abs(v) / most) : 0;
        var (r, g, b) = v < 0 ? (0, 114, 178) : (213, 94, 0);
        return string.Create(CultureInfo.InvariantCulture, $"#{Mix(r, t):x2}{Mix(g, t):x2}{Mix(b, t):x2}");
    }

    private static int Mix(int channel, double t) => (int)Math.Floor(255 + (channel - 255) * t + 0.5);
}
