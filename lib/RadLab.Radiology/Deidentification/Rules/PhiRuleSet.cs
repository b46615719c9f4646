namespace RadLab.Radiology;

/// <summary>
/// Compiled rules of one pass, indexed by what their first token can be, so that most tokens of a text try none. Rules of a set are tried in their order at
/// each token.
/// </summary>
internal sealed class PhiRuleSet
{
    private readonly Dictionary<int, ulong[]> _byWord = [];
    private readonly Dictionary<char, ulong[]> _bySymbol = [];
    private readonly ulong[] _words = new ulong[Lexicon.MostNumber / 64 + 1];
    private readonly ulong[]?[] _byUse = new ulong[]?[64];
    private readonly ulong[]?[] _byShape = new ulong[]?[32];
    private readonly ulong[] _byFinding;
    private readonly RequiredTokens _required;
    private readonly WordUse _uses;
    private readonly TokenShape _shapes;

    public PhiRuleSet(IReadOnlyList<PhiRule> rules)
    {
        Rules = rules;
        Steps = new PatternStep[rules.Count][];
        var required = new PatternStep[rules.Count][];
        for (int r = 0; r < rules.Count; r++) Steps[r] = TokenPattern.Compile(rules[r].Name, rules[r].Pattern, out required[r]);
        _required = new RequiredTokens(required);
        Slots = (rules.Count + 63) / 64;
        _byFinding = new ulong[Slots];
        for (int r = 0; r < rules.Count; r++)
        {
            var first = new List<PatternStep>();
            if (First(Steps[r], 0, first, [])) throw new InvalidOperationException($"De-identification rule {rules[r].Name}: its pattern matches nothing at all.");
            foreach (var step in first) Enter(r, step);
        }
        for (int bit = 0; bit < 64; bit++) if (_byUse[bit] is not null) _uses |= (WordUse)(1UL << bit);
        for (int bit = 0; bit < 32; bit++) if (_byShape[bit] is not null) _shapes |= (TokenShape)(1U << bit);
    }

    public IReadOnlyList<PhiRule> Rules { get; }

    public PatternStep[][] Steps { get; }

    /// <summary>Words of 64 rules each.</summary>
    public int Slots { get; }

    /// <inheritdoc cref="RequiredTokens.Possible"/>
    public void Possible(ReadOnlySpan<TextToken> tokens, in TextFeatures text, Span<ulong> rules) => _required.Possible(tokens, in text, rules);

    /// <summary>With which uses and shapes one of the possible rules can begin: most texts leave few.</summary>
    public TextFeatures Starts(ReadOnlySpan<ulong> possible)
    {
        var starts = default(TextFeatures);
        for (ulong uses = (ulong)_uses; uses != 0; uses &= uses - 1)
            if (Meets(_byUse[System.Numerics.BitOperations.TrailingZeroCount(uses)]!, possible)) starts.Uses |= (WordUse)(uses & (0 - uses));
        for (uint shapes = (uint)_shapes; shapes != 0; shapes &= shapes - 1)
            if (Meets(_byShape[System.Numerics.BitOperations.TrailingZeroCount(shapes)]!, possible)) starts.Shapes |= (TokenShape)(shapes & (0 - shapes));
        return starts;
    }

    private static bool Meets(ulong[] rules, ReadOnlySpan<ulong> possible)
    {
        ulong any = 0;
        for (int i = 0; i < rules.Length; i++) any |= rules[i] & possible[i];
        return any != 0;
    }

    /// <summary>Sets the rules that may begin at the token; false, and nothing set, where there are none.</summary>
    /// <param name="starts">What <see cref="Starts"/> gives.</param>
    public bool Candidates(in TextToken token, in TextFeatures starts, Span<ulong> rules)
    {
        if (token.TakenAs != 0 || token.Kind == TokenKind.Marker)
        {
            rules.Clear();
            return Add(_byFinding, rules);
        }
        if (token.Kind == TokenKind.Symbol)
        {
            if (!_bySymbol.TryGetValue(token.Symbol, out var bySymbol)) return false;
            rules.Clear();
            return Add(bySymbol, rules);
        }
        ulong uses = (ulong)(token.Use & starts.Uses);
        uint shapes = (uint)(token.Shape & starts.Shapes);
        bool word = (_words[token.Number >> 6] >> (token.Number & 63) & 1) != 0;
        if (uses == 0 && shapes == 0 && !word) return false;
        rules.Clear();
        if (word) Add(_byWord[token.Number], rules);
        for (; uses != 0; uses &= uses - 1) Add(_byUse[System.Numerics.BitOperations.TrailingZeroCount(uses)]!, rules);
        for (; shapes != 0; shapes &= shapes - 1) Add(_byShape[System.Numerics.BitOperations.TrailingZeroCount(shapes)]!, rules);
        return true;
    }

    private static bool Add(ulong[] more, Span<ulong> rules)
    {
        ulong any = 0;
        for (int i = 0; i < more.Length; i++) any |= rules[i] |= more[i];
        return any != 0;
    }

    /// <summary>Collects the token tests that can come first; true where the pattern can match without any token.</summary>
    private static bool First(PatternStep[] steps, int at, List<PatternStep> first, HashSet<int> seen)
    {
        while (true)
        {
            if (!seen.Add(at)) return false;
            ref readonly var step = ref steps[at];
            switch (step.Op)
            {
                case PatternOp.Token or PatternOp.Finding: first.Add(step); return false;
                case PatternOp.Either:
                    if (First(steps, step.A, first, seen)) return true;
                    at = step.B;
                    break;
                case PatternOp.Jump: at = step.A; break;
                case PatternOp.Unless: at = step.B; break;
                case PatternOp.Accept or PatternOp.EndOfLine: return true;
                default: at++; break;
            }
        }
    }

    private void Enter(int rule, in PatternStep step)
    {
        if (step.Any is { } any) foreach (var test in any) Enter(rule, in test);
        else if (step.Op == PatternOp.Finding) Set(_byFinding, rule);
        else if (step.Words is { } words)
        {
            foreach (int word in words)
            {
                Set(Of(_byWord, word), rule);
                _words[word >> 6] |= 1UL << (word & 63);
            }
        }
        else if (step.Symbol != 0) Set(Of(_bySymbol, step.Symbol), rule);
        // the list is rarer than the look
        else if (step.All != 0) Set(_byUse[System.Numerics.BitOperations.TrailingZeroCount((ulong)step.All)] ??= new ulong[Slots], rule);
        else if (Rarest(step.ShapeAll) is var shape and >= 0) Set(_byShape[shape] ??= new ulong[Slots], rule);
        else throw new InvalidOperationException($"De-identification rule {Rules[rule].Name}: its first token could be nearly any word; name a list or a rare shape.");
    }

    private static readonly TokenShape[] s_rare = [TokenShape.OldAge, TokenShape.StreetName, TokenShape.Unknown, TokenShape.Initial, TokenShape.Named, TokenShape.Abbr, TokenShape.Clear, TokenShape.HouseNumber, TokenShape.FiveDigits, TokenShape.MonthNumber, TokenShape.DayNumber, TokenShape.Year, TokenShape.Flat, TokenShape.Upper, TokenShape.Letters, TokenShape.Letter, TokenShape.Number];

    private static int Rarest(TokenShape shape)
    {
        foreach (var rare in s_rare)
            if ((shape & rare) != 0) return System.Numerics.BitOperations.TrailingZeroCount((uint)rare);
        return -1;
    }

    private ulong[] Of<T>(Dictionary<T, ulong[]> by, T key) where T : notnull => by.TryGetValue(key, out var rules) ? rules : by[key] = new ulong[Slots];

    private static void Set(ulong[] rules, int rule) => rules[rule >> 6] |= 1UL << (rule & 63);
}
