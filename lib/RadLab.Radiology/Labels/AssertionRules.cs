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

    /// <summary>The longest cues of each place; a cue inside a longer one does not count. Verbs and subjects are kept apart in <paramref name="grammar"/>.</summary>
    public static void Choose(List<PhraseMatch> matches, List<PhraseMatch> cues, List<PhraseMatch> grammar)
    {
        cues.Clear();
        grammar.Clear();
        var all = CollectionsMarshal.AsSpan(matches);
        for (int i = 0; i < all.Length; i++)
        {
            var kind = (CueKind)all[i].Value;
            if (kind is CueKind.Verb or CueKind.SeenVerb or CueKind.Subject)
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

    private static bool Organ(CueKind kind) => kind is CueKind.Normal or CueKind.Enlarged or CueKind.Unknown;

    /// <summary>Numbers the clauses of a sentence, word by word.</summary>
    public static void Clauses(ReadOnlySpan<char> text, ReadOnlySpan<Word> words, List<PhraseMatch> cues, List<PhraseMatch> grammar, Span<int> clause)
    {
        clause.Clear();
        foreach (var cue in cues)
            if ((CueKind)cue.Value == CueKind.Ends) clause[cue.First]++;

        // what is known of the clause so far: a verb, or a negation at its beginning, makes a following subject with a verb a clause of its own
        bool complete = false;
        int number = 0, cueAt = 0, grammarAt = 0;
        for (int w = 0; w < words.Length; w++)
        {
            if (clause[w] > 0)
            {
                number++;
                complete = false;
            }
            else if (complete && IsJoint(text, words[w]) && BeginsClause(text, words, grammar, grammarAt, w + 1))
            {
                number++;
                complete = false;
            }
            for (; grammarAt < grammar.Count && grammar[grammarAt].First <= w; grammarAt++)
                if ((CueKind)grammar[grammarAt].Value is CueKind.Verb or CueKind.SeenVerb) complete = true;
            for (; cueAt < cues.Count && cues[cueAt].First <= w; cueAt++)
                if ((CueKind)cues[cueAt].Value is CueKind.NegatesAfter or CueKind.NoNew) complete = true;
            clause[w] = number;
        }
    }

    /// <summary>What is said of the words [first, end) of a sentence.</summary>
    public static Assertion Judge(List<PhraseMatch> cues, ReadOnlySpan<int> clause, int first, int end, bool noNewIsOpen)
    {
        bool absent = false, open = false;
        foreach (var cue in cues)
        {
            // where a cue stands: before what it could reach, behind it, or neither (it overlaps, is too far, or in another clause)
            bool after = cue.End <= first && first - cue.End < ReachAfter && clause[cue.End - 1] == clause[first];
            bool before = cue.First >= end && cue.First - end < ReachBefore && clause[cue.First] == clause[end - 1];
            switch ((CueKind)cue.Value)
            {
                case CueKind.OpensAfterFirst when after:
                case CueKind.OpensBeforeFirst when before:
                case CueKind.NoNew when after && noNewIsOpen:
                    return Assertion.Uncertain;
                case CueKind.NoNew when after:
                case CueKind.NegatesAfter when after:
                case CueKind.NegatesBefore when before:
                    absent = true;
                    break;
                case CueKind.OpensAfter when after:
                case CueKind.OpensBefore when before:
                case CueKind.Alternative when (before && cue.First == end) || (after && first - cue.End <= 2):
                    open = true;
                    break;
            }
        }
        return absent ? Assertion.Absent : open ? Assertion.Uncertain : Assertion.Present;
    }

    private static bool IsJoint(ReadOnlySpan<char> text, Word word)
    {
        var t = text.Slice(word.Start, word.Length);
        return t is "," || t.Equals("and", StringComparison.OrdinalIgnoreCase) || t.Equals("with", StringComparison.OrdinalIgnoreCase);
    }

    // whether the words up to the next comma hold a verb, and do not read as the end of a list
    private static bool BeginsClause(ReadOnlySpan<char> text, ReadOnlySpan<Word> words, List<PhraseMatch> grammar, int grammarAt, int from)
    {
        if (from >= words.Length) return false;
        if (text.Slice(words[from].Start, words[from].Length) is var t && (t.Equals("or", StringComparison.OrdinalIgnoreCase) || t.Equals("nor", StringComparison.OrdinalIgnoreCase))) return false;
        int to = from;
        while (to < words.Length && text[words[to].Start] != ',') to++;
        bool subject = false, verb = false, seen = false;
        for (int g = grammarAt; g < grammar.Count && grammar[g].First < to; g++)
        {
            if (grammar[g].First < from) continue;
            switch ((CueKind)grammar[g].Value)
            {
                case CueKind.Subject: subject |= grammar[g].First == from; break;
                case CueKind.SeenVerb: seen = true; break;
                default: verb = true; break;
            }
        }
        return verb && (subject || !seen);
    }
}
