using System.Numerics;

namespace RadLab.Radiology;

/// <summary>
/// Which rules of a set a text allows at all: of the tokens that a rule's pattern cannot do without, the rarest one must stand somewhere in the text. Most texts
/// rule out most rules by that.
/// </summary>
internal sealed class RequiredTokens
{
    // how many words of ordinary text are of one use, one shape; only their order matters
    private const int Symbols = 50, Uses = 200, Shapes = 1000;

    private readonly Dictionary<int, ulong[]> _byWord = [];
    private readonly Dictionary<char, ulong[]> _bySymbol = [];
    private readonly ulong[]?[] _byUse = new ulong[]?[64];
    private readonly ulong[]?[] _byShape = new ulong[]?[32];
    private readonly ulong[] _words = new ulong[Lexicon.MostNumber / 64 + 1];
    private readonly ulong[] _always;
    private readonly WordUse _uses;
    private readonly TokenShape _shapes;
    private UInt128 _symbols;

    /// <param name="required">By rule: tests that some token of a text must pass.</param>
    public RequiredTokens(PatternStep[][] required)
    {
        _always = new ulong[(required.Length + 63) / 64];
        for (int r = 0; r < required.Length; r++)
        {
            if (required[r].Length > 0 && required[r].MinBy(Breadth) is var rarest && Breadth(rarest) < int.MaxValue) Enter(r, in rarest);
            else _always[r >> 6] |= 1UL << (r & 63);
        }
        for (int bit = 0; bit < 64; bit++) if (_byUse[bit] is not null) _uses |= (WordUse)(1UL << bit);
        for (int bit = 0; bit < 32; bit++) if (_byShape[bit] is not null) _shapes |= (TokenShape)(1U << bit);
    }

    /// <param name="tokens">Of the text.</param>
    /// <param name="text">Of the same tokens.</param>
    /// <param name="rules">Gets the rules that may match somewhere; it may hold others, and never lacks one.</param>
    public void Possible(ReadOnlySpan<TextToken> tokens, in TextFeatures text, Span<ulong> rules)
    {
        _always.CopyTo(rules);
        foreach (ref readonly var token in tokens)
        {
            if (token.Kind == TokenKind.Symbol)
            {
                if (token.Symbol >= 128 || (_symbols >> token.Symbol & 1) != 0) Add(_bySymbol.GetValueOrDefault(token.Symbol), rules);
            }
            else if ((_words[token.Number >> 6] >> (token.Number & 63) & 1) != 0) Add(_byWord[token.Number], rules);
        }
        for (ulong uses = (ulong)(text.Uses & _uses); uses != 0; uses &= uses - 1) Add(_byUse[BitOperations.TrailingZeroCount(uses)], rules);
        for (uint shapes = (uint)(text.Shapes & _shapes); shapes != 0; shapes &= shapes - 1) Add(_byShape[BitOperations.TrailingZeroCount(shapes)], rules);
    }

    private static void Add(ulong[]? more, Span<ulong> rules)
    {
        for (int i = 0; more is not null && i < more.Length; i++) rules[i] |= more[i];
    }

    private static int Breadth(PatternStep step)
    {
        if (step.Any is { } any) return (int)Math.Min(int.MaxValue, any.Sum(s => (long)Breadth(s)));
        if (step.Words is { } words) return words.Length;
        return step.Symbol != 0 ? Symbols : step.All != 0 ? Uses : step.ShapeAll != 0 ? Shapes : int.MaxValue;
    }

    private void Enter(int rule, in PatternStep step)
    {
        if (step.Any is { } any)
        {
            foreach (ref readonly var test in any.AsSpan()) Enter(rule, in test);
        }
        else if (step.Words is { } words)
        {
            foreach (int word in words)
            {
                if (!_byWord.TryGetValue(word, out var byWord)) _byWord[word] = byWord = new ulong[_always.Length];
                Set(byWord, rule);
                _words[word >> 6] |= 1UL << (word & 63);
            }
        }
        else if (step.Symbol != 0)
        {
            if (!_bySymbol.TryGetValue(step.Symbol, out var bySymbol)) _bySymbol[step.Symbol] = bySymbol = new ulong[_always.Length];
            Set(bySymbol, rule);
            if (step.Symbol < 128) _symbols |= UInt128.One << step.Symbol;
        }
        // of several looks one is enough to ask for
        else if (step.All != 0) Set(_byUse[BitOperations.TrailingZeroCount((ulong)step.All)] ??= new ulong[_always.Length], rule);
        else Set(_byShape[BitOperations.TrailingZeroCount((uint)step.ShapeAll)] ??= new ulong[_always.Length], rule);
    }

    private static void Set(ulong[] rules, int rule) => rules[rule >> 6] |= 1UL << (rule & 63);
}
