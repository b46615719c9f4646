namespace RadLab.Radiology;

/// <summary>
/// Finds many phrases at once in a row of words. Words are recognised by a tree of letters, phrases by a tree of words, so the time depends on the text and
/// hardly on the number of phrases. Immutable once built; any number of threads may search.
/// </summary>
/// <remarks>
/// A pattern is a row of slots with blanks between them: <c>is|are|was? not seen|identified</c>. A slot lists alternatives with |; a trailing ? makes it
/// optional; an alternative that ends in * stands for every word with that beginning.
/// </remarks>
internal sealed class PhraseTable
{
    private const int Letters = 45;   // a-z, 0-9, any other letter, the signs that patterns use, and any other sign
    private const int MostSymbols = 6;
    private const int MostExpansions = 4096;

    // tree of letters: [node * Letters + letter] -> node, 0 for none; symbols at a node: the whole word, and every word with this beginning
    private readonly List<int> _letters = [.. new int[Letters]];
    private readonly List<int> _exact = [-1];
    private readonly List<int> _prefix = [-1];
    private readonly Dictionary<string, int> _symbols = [];

    // tree of words
    private readonly Dictionary<long, int> _next = [];
    private readonly List<List<int>?> _values = [null];

    /// <summary>Adds every phrase of the pattern with the given value; a phrase may have several.</summary>
    public void Add(string pattern, int value)
    {
        string[] slots = pattern.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (slots.Length == 0) throw new ArgumentException("PhraseTable: a pattern must hold at least one word.", nameof(pattern));
        int expansions = 0;
        Expand(slots, 0, 0, value, ref expansions);
    }

    private void Expand(string[] slots, int slot, int node, int value, ref int expansions)
    {
        if (slot == slots.Length)
        {
            if (node == 0) throw new ArgumentException($"PhraseTable: pattern \"{string.Join(' ', slots)}\" must hold a word that is not optional.");
            if (++expansions > MostExpansions) throw new ArgumentException($"PhraseTable: pattern \"{string.Join(' ', slots)}\" has more than {MostExpansions} readings.");
            var values = _values[node] ??= [];
            if (!values.Contains(value)) values.Add(value);
            return;
        }
        string text = slots[slot];
        if (text.Length > 1 && text.EndsWith('?'))
        {
            Expand(slots, slot + 1, node, value, ref expansions);
            text = text[..^1];
        }
        foreach (string word in text.Split('|', StringSplitOptions.RemoveEmptyEntries)) Expand(slots, slot + 1, Child(node, Symbol(word)), value, ref expansions);
    }

    private int Child(int node, int symbol)
    {
        long key = ((long)node << 32) | (uint)symbol;
        if (_next.TryGetValue(key, out int child)) return child;
        _values.Add(null);
        return _next[key] = _values.Count - 1;
    }

    private int Symbol(string word)
    {
        if (_symbols.TryGetValue(word, out int symbol)) return symbol;
        symbol = _symbols.Count;
        _symbols.Add(word, symbol);
        bool prefix = word.Length > 1 && word.EndsWith('*');
        int node = 0;
        foreach (char c in prefix ? word[..^1] : word)
        {
            int at = node * Letters + Letter(c);
            if (_letters[at] == 0)
            {
                _letters[at] = _exact.Count;
                _letters.AddRange(new int[Letters]);
                _exact.Add(-1);
                _prefix.Add(-1);
            }
            node = _letters[at];
        }
        (prefix ? _prefix : _exact)[node] = symbol;
        return symbol;
    }

    private static int Letter(char c) => c switch
    {
        >= 'a' and <= 'z' => c - 'a',
        >= 'A' and <= 'Z' => c - 'A',
        >= '0' and <= '9' => 26 + c - '0',
        _ => char.IsLetter(c) ? 36 : ",;:/-?.".IndexOf(c, StringComparison.Ordinal) is >= 0 and var sign ? 37 + sign : 44,
    };

    /// <summary>Every phrase among the words [first, end), each with its value, by beginning and then by length.</summary>
    public void Find(ReadOnlySpan<char> text, ReadOnlySpan<Word> words, List<PhraseMatch> found)
    {
        Span<int> symbols = stackalloc int[MostSymbols];
        Span<int> open = stackalloc int[64];        // nodes reached, for phrases that begin at one word
        Span<int> reached = stackalloc int[64];
        for (int first = 0; first < words.Length; first++)
        {
            int nodes = 1;
            open[0] = 0;
            for (int w = first; w < words.Length && nodes > 0; w++)
            {
                int known = Symbols(text.Slice(words[w].Start, words[w].Length), symbols);
                int count = 0;
                for (int n = 0; n < nodes; n++)
                    for (int s = 0; s < known; s++)
                        if (_next.TryGetValue(((long)open[n] << 32) | (uint)symbols[s], out int child) && count < reached.Length) reached[count++] = child;
                for (int n = 0; n < count; n++)
                    if (_values[reached[n]] is { } values)
                        foreach (int value in values) found.Add(new PhraseMatch(first, w + 1, value));
                reached[..count].CopyTo(open);
                nodes = count;
            }
        }
    }

    private int Symbols(ReadOnlySpan<char> word, Span<int> symbols)
    {
        int node = 0, count = 0;
        var letters = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_letters);
        foreach (char c in word)
        {
            if (c is '\'' or '’') continue;   // can't is written cant in the patterns
            node = letters[node * Letters + Letter(c)];
            if (node == 0) return count;
            if (_prefix[node] >= 0 && count < symbols.Length) symbols[count++] = _prefix[node];
        }
        if (_exact[node] >= 0 && count < symbols.Length) symbols[count++] = _exact[node];
        return count;
    }
}

/// <summary>A word or a single sign of a text.</summary>
internal readonly record struct Word(int Start, int Length)
{
    public int End => Start + Length;

    /// <summary>Appends the words of a part of the text: runs of letters and digits (an apostrophe within one belongs to it), and every other sign by itself.</summary>
    public static void Split(ReadOnlySpan<char> text, int start, int end, List<Word> words)
    {
        for (int i = start; i < end;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }
            int from = i++;
            if (char.IsLetterOrDigit(text[from]))
                while (i < end && (char.IsLetterOrDigit(text[i]) || (text[i] is '\'' or '’' && i + 1 < end && char.IsLetter(text[i + 1])))) i++;
            words.Add(new Word(from, i - from));
        }
    }
}

/// <param name="First">First word.</param>
/// <param name="End">One past the last word.</param>
internal readonly record struct PhraseMatch(int First, int End, int Value)
{
    public int Length => End - First;
}
