namespace RadLab.Radiology;

/// <summary>The engine of the rule tables: tries the candidates at every token, by backtracking over their steps.</summary>
internal ref partial struct PhiScanner
{
    /// <summary>Applies a set at every token, from left to right; true where anything was found.</summary>
    public bool Apply(PhiRuleSet set)
    {
        bool any = false;
        Span<ulong> rules = stackalloc ulong[set.Slots], possible = stackalloc ulong[set.Slots];
        set.Possible(_tokens, in _features, possible);
        var starts = set.Starts(possible);
        for (int i = 0; i < _tokens.Length; i++)
        {
            if (!set.Candidates(in _tokens[i], in starts, rules)) continue;
            for (int slot = 0; slot < rules.Length; slot++)
            {
                for (ulong left = rules[slot] & possible[slot]; left != 0; left &= left - 1)
                {
                    int rule = (slot << 6) + System.Numerics.BitOperations.TrailingZeroCount(left);
                    _search.Begin();
                    _from = i;
                    if (!Match(set.Steps[rule], 0, i)) continue;
                    for (int m = 0; m + 1 < _search.Count; m += 2)
                    {
                        if (_search.Marks[m + 1] <= _search.Marks[m]) continue;
                        any = true;
                        _fired?.Add(set.Rules[rule]);
                        Take(set.Rules[rule].Kind, _search.Marks[m], _search.Marks[m + 1] - 1);
                    }
                }
            }
        }
        return any;
    }

    /// <summary>Whether the steps from one on match the tokens from one on; leaves the bounds of what was found in the marks.</summary>
    private readonly bool Match(PatternStep[] steps, int step, int at)
    {
        while (true)
        {
            ref readonly var s = ref steps[step];
            switch (s.Op)
            {
                case PatternOp.Token:
                    if (at >= _tokens.Length || !Passes(in s, at, in _tokens[at])) return false;
                    at++;
                    step++;
                    break;
                case PatternOp.Finding:
                    if (at >= _tokens.Length || !Gap(s.Gap, at) || !Holds(in s, in _tokens[at])) return false;
                    at = _tokens[at].TakenAs != 0 ? _tokens[at].TakenTo + 1 : at + 1;
                    step++;
                    break;
                case PatternOp.Either:
                    ref readonly var first = ref steps[s.A];
                    if (first.Op != PatternOp.Token || (at < _tokens.Length && Passes(in first, at, in _tokens[at])))
                    {
                        // a fork that failed at a token fails there again, so that no text makes the search long
                        if (!_search.Failed(step, at - _from))
                        {
                            int marks = _search.Count;
                            if (Match(steps, s.A, at)) return true;
                            _search.Count = marks;
                            _search.Fail(step, at - _from);
                        }
                    }
                    step = s.B;
                    break;
                case PatternOp.Jump: step = s.A; break;
                case PatternOp.Mark:
                    _search.Mark(at);
                    step++;
                    break;
                case PatternOp.EndOfLine:
                    if (at < _tokens.Length && _tokens[at].Breaks == 0) return false;
                    step++;
                    break;
                case PatternOp.Unless:
                    int kept = _search.Count;
                    bool follows = Match(steps, s.A, at);
                    _search.Count = kept;
                    if (follows) return false;
                    step = s.B;
                    break;
                case PatternOp.Before or PatternOp.NotBefore:
                    bool before = at > 0 && (s.Kind != 0 || s.Symbol == 0 && s.Words is null && s.Any is null && s.All == 0 && s.ShapeAll == 0 && s.None == 0 ? Holds(in s, in _tokens[at - 1]) : PassesBefore(in s, in _tokens[at - 1]));
                    if (before != (s.Op == PatternOp.Before)) return false;
                    step++;
                    break;
                default: return true;
            }
        }
    }

    private readonly bool Passes(in PatternStep s, int at, in TextToken token) => token.TakenAs == 0 && Gap(s.Gap, at) && Is(in s, in token);

    private static bool PassesBefore(in PatternStep s, in TextToken token) => token.TakenAs == 0 && Is(in s, in token);

    private static bool Is(in PatternStep s, in TextToken token)
    {
        if (s.Any is { } any)
        {
            foreach (ref readonly var test in any.AsSpan())
                if (Is(in test, in token)) return true;
            return false;
        }
        if (s.Symbol != 0) return token.Kind == TokenKind.Symbol && token.Symbol == s.Symbol;
        if (token.Kind is TokenKind.Symbol or TokenKind.Marker) return false;
        if (s.Words is { } words) return token.Number != 0 && Array.IndexOf(words, token.Number) >= 0;
        return (token.Use & s.All) == s.All && (token.Use & s.None) == 0 && (token.Shape & s.ShapeAll) == s.ShapeAll && (token.Shape & s.ShapeNone) == 0;
    }

    private static bool Holds(in PatternStep s, in TextToken token) => (token.Kind == TokenKind.Marker && s.Kind == 0) || (token.TakenAs != 0 && (s.Kind == 0 || s.Kind == token.TakenAs));

    private readonly bool Gap(TokenGap gap, int at)
    {
        if (at == 0) return gap != TokenGap.Glued;
        ref readonly var token = ref _tokens[at];
        return gap switch
        {
            TokenGap.Glued => token.Glued,
            TokenGap.SameLine => token.Breaks == 0,
            TokenGap.NewLine => token.Breaks > 0,
            _ => token.Breaks <= 1 || at == _from,
        };
    }
}
