namespace RadLab.Radiology;

/// <summary>What all tokens of a text have together: enough to see that most rules cannot match anywhere in it.</summary>
internal struct TextFeatures
{
    private WordUse _uses;
    private TokenShape _shapes;
    private ulong _symbols;
    private ulong _words0, _words1, _words2, _words3;

    public void Add(in TextToken token)
    {
        if (token.Kind == TokenKind.Symbol)
        {
            _symbols |= 1UL << (token.Symbol & 63);
            return;
        }
        _uses |= token.Use;
        _shapes |= token.Shape;
        if (token.Number == 0) return;
        ulong bit = 1UL << (token.Number & 63);
        switch ((token.Number >> 6) & 3)
        {
            case 0: _words0 |= bit; break;
            case 1: _words1 |= bit; break;
            case 2: _words2 |= bit; break;
            default: _words3 |= bit; break;
        }
    }

    /// <summary>Whether some token might pass the test; it may say so wrongly, never the other way.</summary>
    public readonly bool Allows(in PatternStep step)
    {
        if (step.Any is { } any)
        {
            foreach (ref readonly var test in any.AsSpan())
                if (Allows(in test)) return true;
            return false;
        }
        if (step.Symbol != 0) return (_symbols >> (step.Symbol & 63) & 1) != 0;
        if (step.Words is { } words)
        {
            foreach (int word in words)
                if (((((word >> 6) & 3) switch { 0 => _words0, 1 => _words1, 2 => _words2, _ => _words3 }) >> (word & 63) & 1) != 0) return true;
            return false;
        }
        return (_uses & step.All) == step.All && (_shapes & step.ShapeAll) == step.ShapeAll;
    }
}
