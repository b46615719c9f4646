namespace RadLab.Radiology;

/// <summary>
/// One scan of one text. The rules run over tokens in passes: identifiers with a shape of their own (addresses of the net, dates, numbers, labelled values), then the
/// tables of <see cref="PhiRules"/> for what only its surroundings give away, then further mentions of the names that were found.
/// </summary>
/// <remarks>Each rule file states what its rules accept. A rule that fires takes its tokens, and later rules see them as taken.</remarks>
internal ref partial struct PhiScanner
{
    private readonly ReadOnlySpan<char> _text;
    private readonly Span<TextToken> _tokens;
    private readonly List<PhiFinding> _found;
    private readonly bool _datesExpected;
    private readonly PatternSearch _search = PatternSearch.OfThisThread;
    private TextFeatures _features;
    private readonly List<PhiRule>? _fired;
    private int _from;

    /// <summary>Nearly no capitals: names are written small too.</summary>
    private readonly bool _small;

    /// <param name="text">What to scan.</param>
    /// <param name="buffer">At least as many tokens as the text has characters.</param>
    /// <param name="found">Receives the findings, unordered.</param>
    /// <param name="datesExpected">The text is a list of earlier examinations, where 3/14 is a date.</param>
    /// <param name="fired">Receives the rules that found something.</param>
    public PhiScanner(ReadOnlySpan<char> text, Span<TextToken> buffer, List<PhiFinding> found, bool datesExpected, List<PhiRule>? fired = null)
    {
        _text = text;
        _tokens = buffer[..TextTokens.Split(text, buffer)];
        _found = found;
        _fired = fired;
        _datesExpected = datesExpected;
        int words = 0, capitals = 0;
        foreach (ref readonly var token in _tokens)
        {
            if (!token.IsWord || token.Length < 2) continue;
            words++;
            if (token.Case == LetterCase.Capital) capitals++;
        }
        _small = capitals * 50 < words;
        Shapes();
    }

    /// <param name="passes">How many passes of the tables to run; numbers are read behind the first.</param>
    public void Run(int passes = int.MaxValue)
    {
        for (int i = 0; i < _tokens.Length; i++)
            if (_tokens[i].Kind == TokenKind.Symbol && !_tokens[i].Taken) Web(i);
        for (int pass = 0; pass < PhiRules.Sets.Count && pass < passes; pass++)
        {
            bool any = Apply(PhiRules.Sets[pass]);
            if (pass == 0) Numbers();
            if (pass == PhiRules.Names && any) FurtherMentions();
        }
    }

    private void Numbers()
    {
        for (int i = 0; i < _tokens.Length; i++)
        {
            ref var token = ref _tokens[i];
            if (token.Taken) continue;
            if (token.IsNumber) NumberRules(i);
            else if (token.IsWord) WordRules(i, ref token);
            else if (token.Kind == TokenKind.Symbol && token.Symbol is '(' or '+') Phone(i);
        }
    }

    private void NumberRules(int i)
    {
        if (Date(i) || SocialSecurity(i) || Phone(i) || Clock(i) || Age(i)) return;
        Code(i);
    }

    private void WordRules(int i, ref TextToken token)
    {
        if (token.Has(WordUse.Label) && Labelled(i)) return;
        if (token.Has(WordUse.AnyMonth | WordUse.AnyWeekday | WordUse.Holiday) && (DateOfMonth(i) || NamedDay(i))) return;
        if (token.Has(WordUse.NumberWord) && AgeInWords(i)) return;
        if (i + 1 < _tokens.Length && _tokens[i + 1].Glued) Code(i);
    }

    /// <summary>Records tokens first .. last as one finding; findings that it touches become part of it, so that nothing found is lost again.</summary>
    private bool Take(PhiKind kind, int first, int last)
    {
        for (int k = first; k <= last; k++)
        {
            if (!_tokens[k].Taken) continue;
            int f = FindingAt(k);
            while (first > 0 && _tokens[first - 1].Start >= _found[f].Start) first--;
            while (last + 1 < _tokens.Length && _tokens[last + 1].Start < _found[f].End) last++;
            k = Math.Max(k, LastToken(k, _found[f].End));
            _found.RemoveAt(f);
        }
        for (int k = first; k <= last; k++) (_tokens[k].TakenAs, _tokens[k].TakenTo) = ((byte)(1 + (int)kind), last);
        int start = _tokens[first].Start;
        _found.Add(new PhiFinding(kind, start, _tokens[last].End - start));
        return true;
    }

    private readonly int LastToken(int k, int end)
    {
        while (k + 1 < _tokens.Length && _tokens[k + 1].Start < end) k++;
        return k;
    }

    private readonly int FindingAt(int k)
    {
        for (int f = 0; f < _found.Count; f++)
            if (_tokens[k].Start >= _found[f].Start && _tokens[k].Start < _found[f].End) return f;
        throw new InvalidOperationException("De-identification: a token is taken by no finding.");
    }

    private readonly ReadOnlySpan<char> Word(int i) => _text.Slice(_tokens[i].Start, _tokens[i].Length);

    private readonly bool Is(int i, string word) => (uint)i < (uint)_tokens.Length && Word(i).Equals(word, StringComparison.OrdinalIgnoreCase);

    private readonly bool IsAny(int i, ReadOnlySpan<string> words)
    {
        if ((uint)i >= (uint)_tokens.Length) return false;
        var word = Word(i);
        foreach (string candidate in words)
            if (word.Equals(candidate, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    private readonly bool IsSymbol(int i, char symbol) => (uint)i < (uint)_tokens.Length && _tokens[i].Is(symbol);

    private readonly bool GluedSymbol(int i, char symbol) => IsSymbol(i, symbol) && _tokens[i].Glued;

    private readonly bool IsNumber(int i) => (uint)i < (uint)_tokens.Length && _tokens[i].IsNumber;

    private readonly bool GluedNumber(int i) => IsNumber(i) && _tokens[i].Glued;

    private readonly bool IsWord(int i) => (uint)i < (uint)_tokens.Length && _tokens[i].IsWord;

    private readonly bool Has(int i, WordUse use) => (uint)i < (uint)_tokens.Length && _tokens[i].Has(use);

    private readonly bool IsTaken(int i) => (uint)i < (uint)_tokens.Length && _tokens[i].Taken;

    /// <summary>A measure follows: "12 mm", "40%", "3 x 4".</summary>
    private readonly bool Measured(int i) => (Has(i, WordUse.Unit) && _tokens[i].Breaks == 0 && !(Is(i, "x") && IsNumber(i + 1) && _tokens[i + 1].Length > 2)) || IsSymbol(i, '%') || GluedSymbol(i, '\u00B0');

    /// <summary>The token begins a sentence, a line or an item of a list, so that its capital says little.</summary>
    private readonly bool SentenceStart(int i)
    {
        if (i == 0 || _tokens[i].Breaks > 1) return true;
        ref readonly var before = ref _tokens[i - 1];
        if (before.Kind == TokenKind.Symbol && before.Symbol is '.' or '!' or '?' or ':' or ';' or '*' or '"' or '>' or '|') return !Abbreviated(i - 1);
        if (_tokens[i].Breaks == 0) return before.Is('-') && (i < 2 || _tokens[i - 1].Breaks > 0);
        if (before.IsWord && before.Case == LetterCase.Capital && i > 1) return SentenceStart(i - 1);
        return !(before.IsWord && before.Case == LetterCase.Lower) && !before.Is(',');
    }

    /// <summary>The point ends a title or an initial, not a sentence.</summary>
    private readonly bool Abbreviated(int i) => IsSymbol(i, '.') && i > 0 && _tokens[i].Glued && _tokens[i - 1].IsWord && (_tokens[i - 1].Has(WordUse.Title) || (_tokens[i - 1].Length == 1 && _tokens[i - 1].Case == LetterCase.Upper));
}
