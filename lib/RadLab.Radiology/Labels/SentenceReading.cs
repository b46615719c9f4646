using System.Runtime.InteropServices;

namespace RadLab.Radiology;

/// <summary>One sentence as the rules see it: its words, the phrases found in it, its cues and its clauses. Filled anew for every sentence; one for each thread.</summary>
internal sealed class SentenceReading
{
    private readonly List<Word> _words = [];
    private readonly List<PhraseMatch> _found = [];
    private readonly List<PhraseMatch> _cueMatches = [];
    private readonly List<PhraseMatch> _grammar = [];
    private readonly List<int> _clause = [];
    private int[] _symbols = [];

    /// <summary>Values from here on are not cues but the caller's own.</summary>
    public const int FirstOwnValue = 64;

    public List<PhraseMatch> Cues { get; } = [];

    /// <summary>The caller's phrases, by beginning and then by length.</summary>
    public List<PhraseMatch> Own { get; } = [];

    public ReadOnlySpan<Word> Words => CollectionsMarshal.AsSpan(_words);

    /// <summary>Whether the sentence holds more than signs.</summary>
    public bool HasWords(ReadOnlySpan<char> text)
    {
        foreach (var word in _words)
            if (char.IsLetterOrDigit(text[word.Start])) return true;
        return false;
    }

    public ReadOnlySpan<int> Clause => CollectionsMarshal.AsSpan(_clause);

    /// <summary>Whether anything of the caller's was found; without it cues and clauses are not worked out.</summary>
    public bool Read(ReadOnlySpan<char> text, int start, int end, PhraseTable phrases)
    {
        _words.Clear();
        Word.Split(text, start, end, _words);
        _found.Clear();
        phrases.Find(text, Words, _found, ref _symbols);
        Own.Clear();
        _cueMatches.Clear();
        foreach (var match in _found) (match.Value >= FirstOwnValue ? Own : _cueMatches).Add(match);
        if (Own.Count == 0) return false;
        Interpret(text);
        return true;
    }

    /// <summary>As above for a sentence in which the caller knows a place himself; returns its words. Words of the place are no cues, but its verbs count for the clauses.</summary>
    public (int First, int End) ReadAround(ReadOnlySpan<char> text, int start, int end, int placeStart, int placeEnd, PhraseTable cues)
    {
        _words.Clear();
        Word.Split(text, start, end, _words);
        int first = _words.FindIndex(w => w.End > placeStart && w.Start < placeEnd);
        if (first < 0) return (-1, -1);
        int last = _words.FindLastIndex(w => w.End > placeStart && w.Start < placeEnd) + 1;
        _cueMatches.Clear();
        cues.Find(text, Words, _cueMatches, ref _symbols);
        _cueMatches.RemoveAll(m => m.Value < (int)CueKind.Verb && m.First < last && m.End > first);
        Interpret(text);
        return (first, last);
    }

    private void Interpret(ReadOnlySpan<char> text)
    {
        AssertionRules.Choose(_cueMatches, Cues, _grammar);
        CollectionsMarshal.SetCount(_clause, _words.Count);
        AssertionRules.Clauses(text, Words, Cues, _grammar, CollectionsMarshal.AsSpan(_clause));
    }

    /// <summary>Adds the cues to a table of the caller's phrases.</summary>
    public static PhraseTable WithCues(PhraseTable table)
    {
        foreach (var (kind, patterns) in AssertionCues.All)
            foreach (string pattern in patterns) table.Add(pattern, (int)kind);
        return table;
    }
}
