using System.Globalization;
using System.Text.RegularExpressions;

namespace RadLab.Notebooks;

/// <summary>Compares texts: everything between the numbers must be the same, the numbers may be a little off where a tolerance says so.</summary>
internal static partial class TextComparison
{
    /// <param name="tolerance">Two numbers a and b are the same when |a - b| ≤ tolerance · max(1, |a|, |b|); with 0 their text counts.</param>
    public static string? Difference(string stored, string now, double tolerance)
    {
        if (stored == now) return null;
        string[] before = stored.Split('\n'), after = now.Split('\n');
        for (int i = 0; i < Math.Min(before.Length, after.Length); i++)
            if (!Same(before[i].TrimEnd('\r'), after[i].TrimEnd('\r'), tolerance))
                return FormattableString.Invariant($"line {i + 1} was '{Around(before[i], after[i])}' and is now '{Around(after[i], before[i])}'");
        return before.Length == after.Length ? null : FormattableString.Invariant($"it had {before.Length} lines and has {after.Length}");
    }

    private static bool Same(string a, string b, double tolerance)
    {
        if (a == b) return true;
        if (tolerance == 0) return false;
        var (first, second) = (Numbers().Matches(a), Numbers().Matches(b));
        if (first.Count != second.Count || Numbers().Replace(a, "#") != Numbers().Replace(b, "#")) return false;
        for (int i = 0; i < first.Count; i++)
        {
            double x = Value(first[i]), y = Value(second[i]);
            if (!(Math.Abs(x - y) <= tolerance * Math.Max(1, Math.Max(Math.Abs(x), Math.Abs(y))))) return false;
        }
        return true;
    }

    private static double Value(Match number) => double.Parse(number.Value.Replace('−', '-').Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    // The stretch where the two part, short enough for a line on a terminal.
    private static string Around(string text, string other)
    {
        const int most = 60;
        int same = text.AsSpan().CommonPrefixLength(other), start = Math.Max(0, Math.Min(same - most / 3, text.Length - most));
        string cut = text.Substring(start, Math.Min(most, text.Length - start));
        return (start > 0 ? "…" : "") + cut + (start + cut.Length < text.Length ? "…" : "");
    }

    // A digit after a letter belongs to a name (q4, sha256), not to a number; thousands may have commas.
    [GeneratedRegex(@"(?<![\p{L}\p{Nd}_.#])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+−]?\d+)?(?![\p{L}\p{Nd}_])")]
    private static partial Regex Numbers();
}
