using System.Globalization;
using System.Text;

namespace RadLab.Training;

/// <summary>A line chart as lines of text with axes.</summary>
internal static class TerminalPlot
{
    private const string Marks = "●◆▲■", AsciiMarks = "ox+#";

    public static string Draw(LineChart chart, int columns, int rows, bool ascii)
    {
        var (line, each) = Averaged(chart.Series[0], ascii ? columns : 2 * columns);
        Series[] series = [line, .. chart.Series.Skip(1)];
        var finite = series.SelectMany(s => s.X.Zip(s.Y)).Where(p => double.IsFinite(p.First) && double.IsFinite(p.Second)).ToList();
        var x = Scale.Of(chart.X, finite.Select(p => p.First));
        var y = Scale.Of(chart.Y, finite.Select(p => p.Second));
        var yTicks = y.Ticks(Math.Max(2, rows / 3));
        int left = Math.Min(columns / 3, yTicks.Select(t => t.Label.Length).DefaultIfEmpty(0).Max()), width = columns - left - 2;
        var canvas = new CharacterCanvas(width, rows, ascii);
        for (int i = 0; i < series.Length; i++) Put(canvas, series[i], x, y, i == 0 ? null : MarkOf(i, ascii));
        if (finite.Count == 0) canvas.Write((width - 13) / 2, rows / 2, "no values yet");

        var text = new StringBuilder();
        if (!string.IsNullOrEmpty(chart.Title)) text.Append(chart.Title).Append('\n');
        if (chart.Y.Text.Length > 0) text.Append(chart.Y.Text).Append('\n');
        var labels = yTicks.GroupBy(t => (int)Math.Round((1 - t.Place) * (rows - 1), MidpointRounding.AwayFromZero)).ToDictionary(g => g.Key, g => g.First().Label);
        for (int row = 0; row < rows; row++)
        {
            string? label = labels.GetValueOrDefault(row);
            text.Append((label ?? "").PadLeft(left)[..left]).Append(label is null ? '│' : '┤').Append(canvas.Row(row)).Append('\n');
        }
        text.Append(Below(x, left, width, chart.X.Text));
        string mean = each > 1 ? string.Create(CultureInfo.InvariantCulture, $" (means of {each})") : "";
        if (series.Length > 1 || mean.Length > 0)
        {
            string[] legend = [.. series.Select((s, i) => $"{(i == 0 ? canvas.LineSample : MarkOf(i, ascii))} {s.Name}{(i == 0 ? mean : "")}")];
            bool fits = left + 1 + legend.Sum(l => l.Length + 3) - 3 <= columns;
            string margin = new(' ', left + 1);
            text.Append(margin).Append(string.Join(fits ? "   " : "\n" + margin, legend)).Append('\n');
        }
        string drawn = string.Join('\n', text.ToString().Split('\n').Select(l => l.TrimEnd())).TrimEnd('\n');
        return ascii ? Plain(drawn) : drawn;
    }

    private static string MarkOf(int series, bool ascii) => (ascii ? AsciiMarks : Marks)[(series - 1) % Marks.Length].ToString();

    // far more values than dots would be a blot: means of as many as fall on one dot
    private static (Series Line, int Each) Averaged(Series s, int dots)
    {
        int each = s.Y.Count / dots;
        if (each < 2) return (s, 1);
        var parts = Enumerable.Range(0, (s.Y.Count + each - 1) / each).Select(i => Enumerable.Range(i * each, Math.Min(each, s.Y.Count - i * each)).Where(k => double.IsFinite(s.Y[k])).ToList()).Where(p => p.Count > 0).ToList();
        return (new Series(s.Name, parts.Select(p => p.Average(k => s.X[k])), parts.Select(p => p.Average(k => s.Y[k]))), each);
    }

    // mark: null for a line
    private static void Put(CharacterCanvas canvas, Series s, Scale x, Scale y, string? mark)
    {
        (double X, double Y)? before = null;
        for (int k = 0; k < s.Y.Count; k++)
        {
            double px = x.Place(s.X[k]), py = y.Place(s.Y[k]);
            if (!(px is >= 0 and <= 1 && py is >= 0 and <= 1))   // outside of a fixed axis, or no number: a gap
            {
                before = null;
                continue;
            }
            if (mark is not null) canvas.Mark(px, py, mark[0]);
            else canvas.Line(before ?? (px, py), (px, py));
            before = (px, py);
        }
    }

    // the axis with its ticks, their labels, and what they are of
    private static string Below(Scale x, int left, int width, string name)
    {
        char[] axis = [.. Enumerable.Repeat('─', width)], labels = [.. Enumerable.Repeat(' ', width)];
        int free = 0;
        foreach (var tick in x.Ticks(Math.Max(2, width / 10)))
        {
            int at = (int)Math.Round(tick.Place * (width - 1), MidpointRounding.AwayFromZero), from = Math.Clamp(at - tick.Label.Length / 2, 0, Math.Max(0, width - tick.Label.Length));
            if (at < 0 || at >= width) continue;
            axis[at] = '┬';
            if (from < free || from + tick.Label.Length > width) continue;
            tick.Label.CopyTo(0, labels, from, tick.Label.Length);
            free = from + tick.Label.Length + 1;
        }
        string margin = new(' ', left), text = $"{margin}└{new string(axis)}\n{margin} {new string(labels)}\n";
        return name.Length == 0 ? text : $"{text}{margin} {new string(' ', Math.Max(0, (width - name.Length) / 2))}{name}\n";
    }

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (char c in text)
            plain.Append(c switch { '│' => '|', '┤' or '└' or '┬' => '+', '─' or '−' => '-', _ => char.IsAscii(c) ? c : '?' });
        return plain.ToString();
    }
}

/// <summary>Characters that hold several dots each: braille (2 × 4), or ' . : in plain ASCII (1 × 2).</summary>
internal sealed class CharacterCanvas(int columns, int rows, bool ascii)
{
    private readonly int _across = ascii ? 1 : 2, _down = ascii ? 2 : 4;
    private readonly byte[,] _dots = new byte[rows, columns];
    private readonly char[,] _marks = new char[rows, columns];

    public string LineSample => ascii ? "':." : "⠤⠤";

    /// <param name="from">Places from 0 to 1, upwards.</param>
    public void Line((double X, double Y) from, (double X, double Y) to)
    {
        var (x0, y0) = DotOf(from.X, from.Y);
        var (x1, y1) = DotOf(to.X, to.Y);
        int n = Math.Max(Math.Abs(x1 - x0), Math.Abs(y1 - y0));
        for (int i = 0; i <= n; i++)
            Set(x0 + (n == 0 ? 0 : (int)Math.Round((double)(x1 - x0) * i / n, MidpointRounding.AwayFromZero)), y0 + (n == 0 ? 0 : (int)Math.Round((double)(y1 - y0) * i / n, MidpointRounding.AwayFromZero)));
    }

    public void Mark(double x, double y, char mark)
    {
        var (dx, dy) = DotOf(x, y);
        _marks[dy / _down, dx / _across] = mark;
    }

    public void Write(int column, int row, string text)
    {
        for (int i = 0; i < text.Length; i++) _marks[row, column + i] = text[i];
    }

    public string Row(int row) => string.Create(columns, row, (line, r) =>
    {
        for (int c = 0; c < line.Length; c++) line[c] = At(r, c);
    });

    private char At(int row, int column)
    {
        if (_marks[row, column] != '\0') return _marks[row, column];
        byte dots = _dots[row, column];
        return dots == 0 ? ' ' : ascii ? " '.:"[dots] : (char)(0x2800 + dots);
    }

    private (int X, int Y) DotOf(double x, double y) =>
        ((int)Math.Round(x * (columns * _across - 1), MidpointRounding.AwayFromZero), (int)Math.Round((1 - y) * (rows * _down - 1), MidpointRounding.AwayFromZero));

    private void Set(int x, int y)
    {
        // braille numbers its dots down the columns, the last row being a later addition
        ReadOnlySpan<byte> bits = ascii ? [1, 2] : [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80];
        _dots[y / _down, x / _across] |= bits[x % _across * _down + y % _down];
    }
}
