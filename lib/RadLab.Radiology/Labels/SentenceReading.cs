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

    /// <summary>Values from here on are not cues but the caller's own.</summary>
    public const int FirstOwnValue = 64;

    public List<PhraseMatch> Cues { get; } = [];

    /// <summary>The caller's phrases, by beginning and then by length.</summary>
    public List<PhraseMatch> Own { get; } = [];

    public ReadOnlySpan<Word> Words => CollectionsMarshal.AsSpan(_words);

    public ReadOnlySpan<int> Clause => CollectionsMarshal.AsSpan(_clause);

    /// <summary>Whether anything of the caller's was found; without it cues and clauses are not worked out.</summary>
    public bool Read(ReadOnlySpan<char> text, int start, int end, PhraseTable phrases)
    {
        _words.Clear();
        Word.Split(text, start, end, _words);
        _found.Clear();
        phrases.Find(text, Words, _found);
        Own.Clear();
        _cueMatches.Clear();
        foreach (var match in _found) (match.Value >= FirstOwnValue ? Own : _cueMatches).Add(match);
        if (Own.Count == 0) return false;
        Interpret(text);
        return true;
    }

    /// <summary>As above for a sentence in which the caller knows the places himself.</summary>
    public void ReadCues(ReadOnlySpan<char> text, PhraseTable cues)
    {
        _words.Clear();
        Word.Split(text, 0, text.Length, _words);
        _cueMatches.Clear();
        cues.Find(text, Words, _cueMatches);
        Interpret(text);
    }

    private void Interpret(ReadOnlySpan<char> text)
    {
        AssertionRules.Choose(_cueMatches, Cues, _grammar);
        CollectionsMarshal.SetCount(_clause, _words.Count);
        AssertionRules.Clauses(text, Words, Cues, _grammar, CollectionsMarshal.AsSpan(_clause));
    }

    /// <summary>Adds the cues of every language rule to a table of the caller's phrases.</summary>
    public static PhraseTable WithCues(PhraseTable table)
    {
        foreach (var (kind, patterns) in AssertionCues.All)
            foreach (string pattern in patterns) table.Add(pattern, (int)kind);
        return table;
    }
}
