using System.Runtime.InteropServices;

namespace RadLab.Radiology;

/// <summary>
/// Decides from the cues of a sentence whether what it mentions is there, is not there or is left open: NegEx's windows, with clauses in place of a fixed
/// number of words. A cue reaches over its clause, forwards at most 30 words and backwards at most 12.
/// </summary>
/// <remarks>
/// A clause ends at a word such as "but" or ";" and at a comma or "and" behind which a new subject gets a verb of its own ("no effusion, and the heart is
/// enlarged"), not within lists ("no effusion, pneumothorax, or consolidation is seen"). In order: "cannot exclude" and its like leave open; negations
/// negate; "possible" and its like, and alternatives ("atelectasis or infiltrate"), leave open; all else is present.
/// </remarks>
internal static class AssertionRules
{
    private const int ReachAfter = 30;
    private const int ReachBefore = 12;
    private const int LongestPhrase = 10;

    /// <summary>The longest cues of each place; a cue inside a longer one does not count. Verbs, subjects and participles are kept apart in <paramref name="grammar"/>.</summary>
    public static void Choose(List<PhraseMatch> matches, List<PhraseMatch> cues, List<PhraseMatch> grammar)
    {
        cues.Clear();
        grammar.Clear();
        var all = CollectionsMarshal.AsSpan(matches);
        for (int i = 0; i < all.Length; i++)
        {
            var kind = (CueKind)all[i].Value;
            if (kind >= CueKind.Verb)
            {
                grammar.Add(all[i]);
                continue;
            }
            // a longer one that holds this one begins no later, and at most a phrase's length before
            bool inside = false;
            for (int j = i; j >= 0 && all[i].First - all[j].First <= LongestPhrase && !inside; j--) inside = Holds(all[j], all[i]);
            for (int j = i + 1; j < all.Length && all[j].First == all[i].First && !inside; j++) inside = Holds(all[j], all[i]);
            if (!inside) cues.Add(all[i]);
        }
    }

    private static bool Holds(PhraseMatch longer, PhraseMatch match) =>
        longer.Length > match.Length && longer.First <= match.First && longer.End >= match.End && Shadows((CueKind)longer.Value, (CueKind)match.Value);

    // words about size ("no change", "normal") mean something to organs besides what they mean to findings
    private static bool Shadows(CueKind longer, CueKind shorter) => (Organ(longer) == Organ(shorter) && longer < CueKind.Verb) || (longer == CueKind.NoCue && shorter != CueKind.Unknown);

    private static bool Organ(CueKind kind) => kind is CueKind.Normal or CueKind.Enlarged or CueKind.Borderline or CueKind.Unknown;

    /// <summary>Numbers the clauses of a sentence, word by word.</summary>
    public static void Clauses(ReadOnlySpan<char> text, ReadOnlySpan<Word> words, List<PhraseMatch> cues, List<PhraseMatch> grammar, Span<int> clause)
    {
        clause.Clear();
        foreach (var cue in cues)
            if ((CueKind)cue.Value == CueKind.Ends) clause[cue.First]++;

        // what is known of the clause so far: a verb, or a negation at its beginning, makes a following subject with a verb a clause of its own
        bool complete = false;
        int number = 0, highest = 0, outside = -1, cueAt = 0, grammarAt = 0;
        for (int w = 0; w < words.Length; w++)
        {
            char sign = text[words[w].Start];
            if (clause[w] > 0)
            {
                number = ++highest;
                complete = false;
            }
            else if (sign == '(' && outside < 0)
            {
                // what stands in brackets says nothing of what stands outside
                outside = number;
                number = ++highest;
            }
            else if (sign == ')' && outside >= 0)
            {
                number = outside;
                outside = -1;
            }
            else if (complete && IsJoint(text, words[w]) && BeginsClause(text, words, grammar, grammarAt, w + 1))
            {
                number = ++highest;
                complete = false;
            }
            for (; grammarAt < grammar.Count && grammar[grammarAt].First <= w; grammarAt++)
                if ((CueKind)grammar[grammarAt].Value != CueKind.Subject) complete = true;
            for (; cueAt < cues.Count && cues[cueAt].First <= w; cueAt++)
                if ((CueKind)cues[cueAt].Value is CueKind.NegatesAfter or CueKind.NoNew) complete = true;
            clause[w] = number;
        }
    }

    /// <summary>What is said of the words [first, end) of a sentence.</summary>
    public static Shade Judge(List<PhraseMatch> cues, ReadOnlySpan<int> clause, int first, int end)
    {
        // of "cannot exclude" and "no" before a mention the nearer one counts: "to rule out obstruction, shows no free air"
        var before = Shade.Present;
        int nearest = -1;
        bool negated = false, excludable = false, open = false, suggested = false, favoured = false;
        foreach (var cue in cues)
        {
            // where the mention lies: behind the cue, in front of it, or neither (they overlap, are too far apart, or in different clauses)
            bool behind = cue.End <= first && first - cue.End < ReachAfter && clause[cue.End - 1] == clause[first];
            bool infront = cue.First >= end && cue.First - end < ReachBefore && clause[cue.First] == clause[end - 1];
            switch ((CueKind)cue.Value)
            {
                case CueKind.OpensAfterFirst or CueKind.NoNew or CueKind.NegatesAfter when behind && cue.End > nearest:
                    nearest = cue.End;
                    before = (CueKind)cue.Value switch { CueKind.OpensAfterFirst => Shade.Open, CueKind.NoNew => Shade.NoNew, _ => Shade.Absent };
                    break;
                case CueKind.OpensBeforeFirst when infront: excludable = true; break;
                case CueKind.NegatesBefore when infront: negated = true; break;
                case CueKind.OpensAfter when behind: open = true; break;
                case CueKind.OpensBefore when infront: open = true; break;
                case CueKind.SuggestsAfter when behind: suggested = true; break;
                case CueKind.FavoursAfter when behind: favoured = true; break;
                case CueKind.FavoursBefore when infront: favoured = true; break;
                case CueKind.Alternative when (infront && cue.First == end) || (behind && first - cue.End <= 2): favoured = true; break;
            }
        }
        if (excludable) return Shade.Open;
        if (before != Shade.Present) return before;
        return negated ? Shade.Absent : open ? Shade.Open : suggested ? Shade.Suggested : favoured ? Shade.Favoured : Shade.Present;
    }

    private static bool IsJoint(ReadOnlySpan<char> text, Word word) =>
        text[word.Start] == ',' || Is(text, word, "and") || Is(text, word, "with");

    private static bool Is(ReadOnlySpan<char> text, Word word, string what) => text.Slice(word.Start, word.Length).Equals(what, StringComparison.OrdinalIgnoreCase);

    // whether the words up to the next comma hold a verb, and do not read as the end of a list
    private static bool BeginsClause(ReadOnlySpan<char> text, ReadOnlySpan<Word> words, List<PhraseMatch> grammar, int grammarAt, int from)
    {
        if (from >= words.Length) return false;
        int to = from;
        for (; to < words.Length && text[words[to].Start] != ','; to++)
            if (Is(text, words[to], "or") || Is(text, words[to], "nor")) return false;
        // "no cardiomegaly with small effusions": what comes with something is there
        bool with = Is(text, words[from - 1], "with");
        bool subject = false, verb = false, seen = false;
        for (int g = grammarAt; g < grammar.Count && grammar[g].First < to; g++)
        {
            if (grammar[g].First < from) continue;
            switch ((CueKind)grammar[g].Value)
            {
                case CueKind.Subject: subject |= grammar[g].First == from; break;
                case CueKind.SeenVerb: seen = true; break;
                case CueKind.Verb: verb = true; break;
            }
        }
        return (verb && (subject || !seen)) || (with && subject);
    }
}
