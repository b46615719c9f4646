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
    private const int MostOpen = 32;

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
        if (_letterTable.Length > 0) throw new InvalidOperationException("PhraseTable: a phrase cannot be added after Freeze.");
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

    private static readonly byte[] s_letters = AsciiLetters();

    private static int Letter(char c) => c < 128 ? s_letters[c] : char.IsLetter(c) ? 36 : 44;

    private static byte[] AsciiLetters()
    {
        byte[] table = new byte[128];
        for (char c = '\0'; c < 128; c++)
        {
            int sign = ",;:/-?.".IndexOf(c, StringComparison.Ordinal);
            table[c] = (byte)(char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' : char.IsAsciiDigit(c) ? 26 + c - '0' : sign >= 0 ? 37 + sign : 44);
        }
        return table;
    }

    // the trees once no more phrases come: arrays, and the branches of the words as an open-addressing table
    private int[] _letterTable = [];
    private int[] _firstNode = [];   // symbol -> node of the phrases that begin with it
    private long[] _keys = [];
    private int[] _children = [];

    /// <summary>Makes the table ready for searching; no phrase can be added afterwards. Returns the table.</summary>
    public PhraseTable Freeze()
    {
        int slots = 16;
        while (slots < 3 * _next.Count) slots *= 2;
        (_keys, _children) = (new long[slots], new int[slots]);
        _firstNode = new int[_symbols.Count];
        foreach (var (key, child) in _next)
        {
            if (key >> 32 == 0) _firstNode[(int)key] = child;
            int slot = Slot(key, slots - 1);
            while (_children[slot] != 0) slot = (slot + 1) & (slots - 1);
            (_keys[slot], _children[slot]) = (key, child);
        }
        _letterTable = [.. _letters];
        return this;
    }

    private static int Slot(long key, int mask) => (int)((ulong)(key * -7046029254386353131) >> 40) & mask;

    private int Next(int node, int symbol)
    {
        long key = ((long)node << 32) | (uint)symbol;
        int mask = _keys.Length - 1;
        for (int slot = Slot(key, mask); _children[slot] != 0; slot = (slot + 1) & mask)
            if (_keys[slot] == key) return _children[slot];
        return 0;
    }

    /// <summary>Appends every phrase among the words, each with its value, by beginning and then by length.</summary>
    /// <param name="symbols">Working space, kept by the caller from sentence to sentence.</param>
    public void Find(ReadOnlySpan<char> text, ReadOnlySpan<Word> words, List<PhraseMatch> found, ref int[] symbols)
    {
        if (_letterTable.Length == 0) throw new InvalidOperationException("PhraseTable: Freeze must be called before Find.");
        const int Row = MostSymbols + 1;   // a count, then the symbols
        if (symbols.Length < words.Length * Row) symbols = new int[2 * words.Length * Row];
        for (int w = 0; w < words.Length; w++)
            symbols[w * Row] = Symbols(text.Slice(words[w].Start, words[w].Length), symbols.AsSpan(w * Row + 1, MostSymbols));

        Span<int> open = stackalloc int[MostOpen];        // nodes reached, for phrases that begin at one word
        Span<int> reached = stackalloc int[MostOpen];
        for (int first = 0; first < words.Length; first++)
        {
            int nodes = 0;
            foreach (int symbol in symbols.AsSpan(first * Row + 1, symbols[first * Row]))
                if (_firstNode[symbol] is > 0 and var node) open[nodes++] = node;
            for (int w = first; nodes > 0; w++)
            {
                for (int n = 0; n < nodes; n++)
                    if (_values[open[n]] is { } values)
                        foreach (int value in values) found.Add(new PhraseMatch(first, w + 1, value));
                if (w + 1 == words.Length) break;
                int count = 0;
                foreach (int symbol in symbols.AsSpan((w + 1) * Row + 1, symbols[(w + 1) * Row]))
                    for (int n = 0; n < nodes; n++)
                        if (Next(open[n], symbol) is > 0 and var child && count < MostOpen) reached[count++] = child;
                reached[..count].CopyTo(open);
                nodes = count;
            }
        }
    }

    private int Symbols(ReadOnlySpan<char> word, Span<int> symbols)
    {
        int node = 0, count = 0;
        foreach (char c in word)
        {
            if (c is '\'' or '’') continue;   // can't is written cant in the patterns
            node = _letterTable[node * Letters + Letter(c)];
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
