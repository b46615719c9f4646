namespace RadLab.Radiology;

/// <summary>How a change since the prior study is said: after the noun ({since}) or before it ({new}).</summary>
internal static class ChangeWords
{
    private static readonly string[] s_new = [", new since {prior}", ", new from {prior}", ", not present on {prior}"];
    private static readonly string[] s_bigger = [", previously {old}", ", increased from {old}", ", larger than on {prior} ({old})", ", increased in size since {prior}, when it measured {old}"];
    private static readonly string[] s_smaller = [", previously {old}", ", decreased from {old}", ", smaller than on {prior} ({old})", ", decreased in size since {prior}, when it measured {old}"];
    private static readonly string[] s_biggerNoSize = [", increased in size since {prior}", ", larger than on {prior}", ", increased from {prior}"];
    private static readonly string[] s_smallerNoSize = [", decreased in size since {prior}", ", smaller than on {prior}", ", decreased from {prior}"];
    private static readonly string[] s_manyBigger = [", previously up to {old}", ", increased from {old}", ", larger than on {prior} ({old})"];
    private static readonly string[] s_manySmaller = [", previously up to {old}", ", decreased from {old}", ", smaller than on {prior} ({old})"];
    private static readonly string[] s_more = [", increased since {prior}", ", increased from {prior}", ", progressed since {prior}", ", worse than on {prior}"];
    private static readonly string[] s_less = [", decreased since {prior}", ", improved from {prior}", ", less than on {prior}", ", improved since {prior}"];
    private static readonly string[] s_same = [", unchanged", ", unchanged from {prior}", ", stable since {prior}", ", similar to {prior}", ", without significant interval change", ", not significantly changed"];

    private static readonly string[] s_newBefore = ["new"];
    private static readonly string[] s_biggerBefore = ["enlarging", "enlarged", "growing"];
    private static readonly string[] s_smallerBefore = ["decreased", "shrinking", "smaller"];
    private static readonly string[] s_moreBefore = ["worsening", "increased", "progressive", "increasing"];
    private static readonly string[] s_lessBefore = ["improving", "decreased", "decreasing", "improved"];
    private static readonly string[] s_sameBefore = ["stable", "unchanged", "persistent"];

    /// <summary>Writes the clause with its comma, or nothing; true where it gives the prior size.</summary>
    /// <param name="mayGiveSize">False: the findings do not give the prior size, so the impression cannot.</param>
    public static bool After(FindingState state, bool many, bool mayGiveSize, ReportStyle style, SectionText text, SeededRandom random)
    {
        string[]? wordings = state.Change switch
        {
            EntityChange.New => s_new,
            EntityChange.Increased => !IsSized(state) ? s_more : !mayGiveSize ? s_biggerNoSize : many ? s_manyBigger : s_bigger,
            EntityChange.Decreased => !IsSized(state) ? s_less : !mayGiveSize ? s_smallerNoSize : many ? s_manySmaller : s_smaller,
            EntityChange.Unchanged => s_same,
            _ => null,
        };
        if (wordings is null) return false;
        string clause = style.Pick(wordings, random).Replace("{prior}", style.Prior, StringComparison.Ordinal);
        bool sized = clause.Contains("{old}", StringComparison.Ordinal);
        text.Append(sized ? clause.Replace("{old}", style.Size(state.PriorSizeMm), StringComparison.Ordinal) : clause);
        return sized;
    }

    /// <summary>Writes the adjective, or nothing.</summary>
    public static void Before(FindingState state, bool mass, ReportStyle style, SectionText text, SeededRandom random)
    {
        string[]? words = state.Change switch
        {
            EntityChange.New => s_newBefore,
            EntityChange.Increased => IsSized(state) && !mass ? s_biggerBefore : s_moreBefore,
            EntityChange.Decreased => IsSized(state) && !mass ? s_smallerBefore : s_lessBefore,
            EntityChange.Unchanged => s_sameBefore,
            _ => null,
        };
        if (words is not null) text.Append(style.Pick(words, random));
    }

    private static bool IsSized(FindingState state) => state.SizeMm.Length > 0 && state.PriorSizeMm.Length > 0;
}
