namespace RadLab.Radiology;

/// <summary>
/// The tables of rules, <c>rules-*.txt</c>, in the order of their passes. Addresses and dates of several parts come before single numbers are read; places
/// before names, because institutions are named after persons; what lies beside a finding comes last.
/// </summary>
internal static class PhiRules
{
    private static readonly PhiRule[][] s_passes =
    [
        [.. Table("addresses"), .. Table("dates")],
        [.. Table("letters"), .. Table("institutions")],
        Table("towns"),
        [.. Table("fields"), .. Table("signatures"), .. Table("names"), .. Table("shapes")],
        Table("neighbours"),
    ];

    // compiled once the lexicon knows the words
    private static readonly Lazy<PhiRuleSet[]> s_sets = new(() => [.. s_passes.Select(p => new PhiRuleSet(p))]);

    public static IEnumerable<PhiRule> All => s_passes.SelectMany(p => p);

    /// <summary>The words that rules name.</summary>
    public static IEnumerable<string> Words => All.Select(r => r.Pattern).Concat(PhiGrammar.Parts).SelectMany(TokenPattern.Words).Distinct(StringComparer.Ordinal);

    /// <summary>One set a pass.</summary>
    public static IReadOnlyList<PhiRuleSet> Sets => s_sets.Value;

    /// <summary>The pass of persons, behind which further mentions of their names are looked for.</summary>
    public const int Names = 3;

    /// <summary>The pass in which a rule runs.</summary>
    public static int PassOf(PhiRule rule) => Array.FindIndex(s_passes, p => p.Contains(rule));

    /// <summary>Six lines a rule: rule, kind, match, finds, leaves, why.</summary>
    private static PhiRule[] Table(string name) => Read(name, [.. WordLists.Lines("rules-" + name)]);

    internal static PhiRule[] Read(string name, string[] lines)
    {
        string[] fields = ["rule: ", "kind: ", "match: ", "finds: ", "leaves: ", "why: "];
        for (int i = 0; i < lines.Length; i++)
            if (!lines[i].StartsWith(fields[i % 6], StringComparison.Ordinal)) throw new InvalidOperationException($"De-identification: rules-{name}.txt must give \"{fields[i % 6]}\" where it has \"{lines[i]}\".");
        if (lines.Length % 6 != 0) throw new InvalidOperationException($"De-identification: the last rule of rules-{name}.txt lacks lines; a rule has rule, kind, match, finds, leaves and why.");
        return [.. lines.Chunk(6).Select(l => new PhiRule(l[0][6..], Enum.Parse<PhiKind>(l[1][6..]), l[2][7..], l[3][7..], l[4][8..], l[5][5..]))];
    }
}
