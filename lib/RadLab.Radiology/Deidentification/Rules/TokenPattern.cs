using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Compiles the notation of the rules. <c>word</c> that word; <c>Class</c> a list of <see cref="WordUse"/> or a <see cref="TokenShape"/>, combined as
/// <c>A&amp;B&amp;!C</c>; <c>','</c> a symbol; <c>@Name</c> a finding of that kind, <c>@Found</c> of any; <c>$part</c> a definition of <c>grammar.txt</c>;
/// <c>(a|b)</c>, <c>?</c>, <c>*</c> (up to 6), <c>+</c> (up to 7), <c>{m,n}</c>; <c>[ ]</c> what is found; before a token <c>~</c> nothing stands between,
/// <c>=</c> no line break, <c>^</c> a line break (otherwise one at most may); <c>!( )</c> must not follow, <c>&lt;( )</c> and <c>&lt;!( )</c> the token before
/// must or must not be so; <c>EOL</c> the end of a line.
/// </summary>
internal sealed class TokenPattern
{
    private readonly List<PatternStep> _steps = [];
    private readonly List<PatternStep> _required = [];
    private readonly string _rule;
    private readonly string _text;
    private int _at;

    private TokenPattern(string rule, string text) => (_rule, _text) = (rule, text);

    /// <param name="rule">Its name, for messages.</param>
    /// <param name="pattern">Its pattern.</param>
    /// <param name="required">Tests that some token of a text must pass, or the pattern matches nowhere in it.</param>
    public static PatternStep[] Compile(string rule, string pattern, out PatternStep[] required)
    {
        var parser = new TokenPattern(rule, PhiGrammar.Expanded(rule, pattern));
        parser.Choice();
        if (parser._at < parser._text.Length) throw parser.Wrong("ends too early");
        parser._steps.Add(new PatternStep { Op = PatternOp.Accept });
        required = [.. parser._required];
        return [.. parser._steps];
    }

    /// <summary>The words that a pattern names, which the lexicon must know.</summary>
    public static IEnumerable<string> Words(string pattern)
    {
        for (int i = 0; i < pattern.Length;)
        {
            int n = i;
            while (n < pattern.Length && (char.IsLetterOrDigit(pattern[n]) || pattern[n] == '_')) n++;
            if (n == i) { i += pattern[i] == '\'' ? 3 : 1; continue; }
            if (char.IsAsciiLetterLower(pattern[i]) && (i == 0 || pattern[i - 1] is not '$')) yield return pattern[i..n];
            i = n;
        }
    }

    private void Choice()
    {
        int start = _steps.Count, required = _required.Count;
        Sequence();
        while (Next() == '|')
        {
            _at++;
            Optional(required);
            // the branch so far moves behind a fork
            Insert(start, new PatternStep { Op = PatternOp.Either, A = start + 1 });
            _steps.Add(new PatternStep { Op = PatternOp.Jump, A = -1 });
            int jump = _steps.Count - 1;
            _steps[start] = _steps[start] with { B = _steps.Count };
            Choice();
            Optional(required);
            _steps[jump] = _steps[jump] with { A = _steps.Count };
        }
    }

    private void Sequence()
    {
        while (Next() is var c && c is not ('\0' or ')' or ']' or '|'))
        {
            int start = _steps.Count, required = _required.Count;
            Element(c);
            if (_steps.Count == start + 1 && _steps[start].Op == PatternOp.Token)
            {
                Optional(required);
                _required.Add(_steps[start]);
            }
            Repeat(start, required);
        }
    }

    // what one branch or a repetition that may be empty asks for is not required
    private void Optional(int required) => _required.RemoveRange(required, _required.Count - required);

    private void Element(char c)
    {
        switch (c)
        {
            case '(' when PlainWords(out int[] words): _steps.Add(new PatternStep { Op = PatternOp.Token, Words = words }); break;
            case '(': Group(); break;
            case '[':
                _steps.Add(new PatternStep { Op = PatternOp.Mark });
                _at++;
                Choice();
                if (Next() != ']') throw Wrong("misses ]");
                _at++;
                _steps.Add(new PatternStep { Op = PatternOp.Mark });
                break;
            case '!' when _text[_at + 1] == '(':
                _at++;
                int at = _steps.Count;
                int required = _required.Count;
                _steps.Add(new PatternStep { Op = PatternOp.Unless, A = at + 1 });
                Group();
                Optional(required);
                _steps.Add(new PatternStep { Op = PatternOp.Accept });
                _steps[at] = _steps[at] with { B = _steps.Count };
                break;
            case '<':
                bool not = _text[++_at] == '!';
                if (not) _at++;
                if (_text[_at++] != '(') throw Wrong("needs ( behind <");
                Token();
                if (Next() != ')') throw Wrong("looks back at one token only");
                _at++;
                _steps[^1] = _steps[^1] with { Op = not ? PatternOp.NotBefore : PatternOp.Before };
                break;
            default: Token(); break;
        }
    }

    private void Group()
    {
        int start = _steps.Count;
        _at++;
        Choice();
        if (Next() != ')') throw Wrong("misses )");
        _at++;
        Merge(start);
    }

    /// <summary>Either-or of single tokens becomes one test.</summary>
    private void Merge(int start)
    {
        var tests = new List<PatternStep>();
        int at = start;
        while (at < _steps.Count)
        {
            bool either = _steps[at].Op == PatternOp.Either;
            if (either) at++;
            if (at >= _steps.Count || _steps[at].Op != PatternOp.Token || (tests.Count > 0 && _steps[at].Gap != tests[0].Gap)) return;
            tests.Add(_steps[at++]);
            if (!either) break;
            if (at >= _steps.Count || _steps[at++].Op != PatternOp.Jump) return;
        }
        if (tests.Count < 2 || at != _steps.Count) return;
        _steps.RemoveRange(start, _steps.Count - start);
        _steps.Add(new PatternStep { Op = PatternOp.Token, Gap = tests[0].Gap, Any = [.. tests.SelectMany(t => t.Any ?? [t])] });
    }

    /// <summary>A group of words alone is one test.</summary>
    private bool PlainWords(out int[] words)
    {
        int close = _text.IndexOf(')', _at);
        words = [];
        if (close < 0 || _text.AsSpan(_at + 1, close - _at - 1).ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789| ")) return false;
        string[] parts = _text[(_at + 1)..close].Split('|', StringSplitOptions.TrimEntries);
        if (parts.Any(w => w.Contains(' ') || w.Length == 0)) return false;
        words = [.. parts.Select(Lexicon.Number)];
        _at = close + 1;
        return true;
    }

    private void Token()
    {
        var step = new PatternStep { Op = PatternOp.Token };
        char c = Next();
        if (c is '~' or '=' or '^')
        {
            step.Gap = c switch { '~' => TokenGap.Glued, '=' => TokenGap.SameLine, _ => TokenGap.NewLine };
            c = _text[++_at];
        }
        if (c == '(')
        {
            if (!PlainWords(out int[] words)) throw Wrong("puts a gap before a group of more than words; put it before each token");
            step.Words = words;
        }
        else if (c == '\'')
        {
            step.Symbol = _text[_at + 1];
            _at += 3;
        }
        else if (c == '@')
        {
            _at++;
            string kind = Word();
            step.Op = PatternOp.Finding;
            step.Kind = kind == "Found" ? (byte)0 : (byte)(1 + (int)Enum.Parse<PhiKind>(kind));
        }
        else if (char.IsAsciiLetterLower(c)) step.Words = [Lexicon.Number(Word())];
        else if (char.IsAsciiLetterUpper(c) || c == '!') Classes(ref step);
        else throw Wrong("has a sign that the notation does not know");
        if (step.Op == PatternOp.Token && step.ShapeAll == (TokenShape)uint.MaxValue) step = new PatternStep { Op = PatternOp.EndOfLine };
        _steps.Add(step);
    }

    private void Classes(ref PatternStep step)
    {
        while (true)
        {
            bool not = _text[_at] == '!';
            if (not) _at++;
            string name = Word();
            if (name == "EOL") { step.ShapeAll = (TokenShape)uint.MaxValue; return; }
            if (Enum.TryParse<TokenShape>(name, out var shape)) { if (not) step.ShapeNone |= shape; else step.ShapeAll |= shape; }
            else if (Enum.TryParse<WordUse>(name, out var use)) { if (not) step.None |= use; else step.All |= use; }
            else throw Wrong($"names the class {name}, which does not exist");
            if (_at >= _text.Length || _text[_at] != '&') return;
            _at++;
        }
    }

    private void Repeat(int start, int required)
    {
        int least, most;
        char c = _at < _text.Length ? _text[_at] : '\0';
        if (c is '?' or '*' or '+')
        {
            (least, most) = c switch { '?' => (0, 1), '*' => (0, 6), _ => (1, 7) };
            _at++;
        }
        else if (c == '{')
        {
            int close = _text.IndexOf('}', _at);
            string[] limits = _text[(_at + 1)..close].Split(',');
            (least, most) = (int.Parse(limits[0], CultureInfo.InvariantCulture), int.Parse(limits[^1], CultureInfo.InvariantCulture));
            _at = close + 1;
        }
        else return;
        if (least == 0) Optional(required);
        var body = _steps.GetRange(start, _steps.Count - start);
        _steps.RemoveRange(start, body.Count);
        var forks = new List<int>();
        for (int n = 0; n < most; n++)
        {
            if (n >= least)
            {
                forks.Add(_steps.Count);
                _steps.Add(new PatternStep { Op = PatternOp.Either, A = _steps.Count + 1 });
            }
            int moved = _steps.Count - start;
            foreach (var step in body) _steps.Add(Moved(step, moved));
        }
        foreach (int fork in forks) _steps[fork] = _steps[fork] with { B = _steps.Count };
    }

    private void Insert(int at, PatternStep step)
    {
        for (int i = at; i < _steps.Count; i++) _steps[i] = Moved(_steps[i], 1);
        _steps.Insert(at, step);
    }

    private static PatternStep Moved(PatternStep step, int by) => step.Op is PatternOp.Either or PatternOp.Jump or PatternOp.Unless ? step with { A = step.A + by, B = step.B + by } : step;

    private string Word()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_')) _at++;
        return _text[start.._at];
    }

    private char Next()
    {
        while (_at < _text.Length && _text[_at] <= ' ') _at++;
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private InvalidOperationException Wrong(string what) => new($"De-identification rule {_rule}: its pattern {what}, near \"{_text[Math.Max(0, _at - 20)..Math.Min(_text.Length, _at + 20)]}\".");
}
