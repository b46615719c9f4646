using System.Globalization;
using System.Text;

namespace RadLab.Training;

/// <summary>Parts of the text form of charts.</summary>
internal static class ChartText
{
    private const string Levels = "▁▂▃▄▅▆▇█";
    private const int Most = 48;

    /// <summary>A row of little columns; more values than fit are averaged.</summary>
    public static string Sparkline(IReadOnlyList<double> values)
    {
        var shown = new List<double>();
        int n = Math.Min(Most, values.Count);
        for (int i = 0; i < n; i++)
        {
            int from = (int)((long)i * values.Count / n), to = Math.Max(from + 1, (int)((long)(i + 1) * values.Count / n));
            double sum = 0;
            int count = 0;
            for (int k = from; k < to; k++)
                if (double.IsFinite(values[k])) (sum, count) = (sum + values[k], count + 1);
            shown.Add(count == 0 ? double.NaN : sum / count);
        }
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double v in shown.Where(double.IsFinite)) (low, high) = (Math.Min(low, v), Math.Max(high, v));
        return string.Concat(shown.Select(v => double.IsNaN(v) ? ' ' : Levels[high > low ? (int)Math.Min(7, (v - low) / (high - low) * 8) : 3]));
    }

    public static string Bar(double share)
    {
        int full = (int)Math.Round(Math.Clamp(share, 0, 1) * 24);
        return new string('█', full);
    }

    public static void Axes(StringBuilder text, Chart chart)
    {
        if (chart.X.Text.Length + chart.Y.Text.Length > 0) text.Append(CultureInfo.InvariantCulture, $"x: {chart.X.Text}, y: {chart.Y.Text}\n");
    }

    public static void Range(StringBuilder text, Series s)
    {
        var finite = s.Y.Where(double.IsFinite).ToList();
        if (finite.Count == 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{s.Name}: no values\n");
            return;
        }
        text.Append(CultureInfo.InvariantCulture, $"{s.Name}: {s.Y.Count} values, first {Scale.Short(finite[0])}, last {Scale.Short(finite[^1])}, least {Scale.Short(finite.Min())}, greatest {Scale.Short(finite.Max())}\n");
    }

    public static void Table(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        int columns = rows.Max(r => r.Length);
        int[] widths = [.. Enumerable.Range(0, columns).Select(c => rows.Max(r => c < r.Length ? r[c].Length : 0))];
        foreach (string[] row in rows)
            text.Append(string.Join("  ", row.Select((cell, c) => c == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[c]))).TrimEnd()).Append('\n');
    }
}
