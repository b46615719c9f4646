namespace RadLab.Radiology;

/// <summary>The parts of patterns that several rules share, from <c>grammar.txt</c>: what a name, a degree, a town or a street looks like.</summary>
internal static class PhiGrammar
{
    private const int LongestPattern = 100_000;

    private static readonly Dictionary<string, string> s_parts = WordLists.Lines("grammar").Select(l => l.Split(" = ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);

    /// <summary>All parts, for the words that they name.</summary>
    public static IEnumerable<string> Parts => s_parts.Values;

    /// <summary>The pattern with every $part written out.</summary>
    public static string Expanded(string rule, string pattern)
    {
        for (int at; (at = pattern.IndexOf('$', StringComparison.Ordinal)) >= 0;)
        {
            int end = at + 1;
            while (end < pattern.Length && char.IsAsciiLetterLower(pattern[end])) end++;
            string name = pattern[(at + 1)..end];
            if (!s_parts.TryGetValue(name, out string? part)) throw new InvalidOperationException($"De-identification rule {rule}: its pattern names the part ${name}, which grammar.txt does not define.");
            pattern = $"{pattern[..at]}({part}){pattern[end..]}";
            if (pattern.Length > LongestPattern) throw new InvalidOperationException($"De-identification rule {rule}: its pattern grows without end; a part names itself.");
        }
        return pattern;
    }
}
