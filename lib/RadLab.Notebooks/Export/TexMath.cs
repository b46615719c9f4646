using System.Text;

namespace RadLab.Notebooks;

/// <summary>
/// TeX formulas as MathML, which browsers draw without a script. The subset that course texts use: letters and symbols,
/// scripts, fractions, roots, accents, fences, alphabets, matrices, cases and aligned lines. What is not known stays as its source.
/// </summary>
internal sealed partial class TexMath
{
    private const int MostCharacters = 20_000;
    private const int MaxDepth = 60;

    private readonly string _tex;
    private readonly bool _display;
    private int _at, _depth;

    private TexMath(string tex, bool display) => (_tex, _display) = (tex, display);

    /// <param name="display">A formula on a line of its own: sums carry their bounds above and below.</param>
    public static string ToMathMl(string tex, bool display)
    {
        tex = tex.Trim();
        string source = Escape(tex), mode = display ? " display=\"block\"" : "";
        if (tex.Length > MostCharacters) return $"<code>{source}</code>";
        try
        {
            string row = new TexMath(tex, display).Row(stop: null);
            // the source travels along: for readers who copy it, and for those to whom MathML says nothing
            return $"<math{mode}><semantics>{row}<annotation encoding=\"application/x-tex\">{source}</annotation></semantics></math>";
        }
        catch (FormatException)
        {
            return $"<code>{source}</code>";
        }
    }

    // Everything up to the stop (a closing brace, \right, &, \\ or \end), which is not consumed.
    private string Row(string? stop)
    {
        if (++_depth > MaxDepth) throw new FormatException("too deep");
        var row = new StringBuilder("<mrow>");
        while (true)
        {
            Blanks();
            if (_at >= _tex.Length)
            {
                if (stop is not null) throw new FormatException("something is not closed");
                break;
            }
            if (Stops(stop)) break;
            row.Append(Scripted());
        }
        _depth--;
        return row.Append("</mrow>").ToString();
    }

    private bool Stops(string? stop) => stop switch
    {
        null => _tex[_at] == '}' ? throw new FormatException("a brace too many") : false,
        "cell" => _tex[_at] == '&' || Ahead(@"\\") || AheadCommand("end"),
        @"\right" => AheadCommand("right"),
        _ => Ahead(stop),
    };

    // An atom with what hangs on it.
    private string Scripted()
    {
        string? limits = null;
        int start = _at;
        string atom = _tex[_at] is '^' or '_' ? "<mrow></mrow>" : Atom(ref limits);
        string? below = null, above = null;
        for (Blanks(); _at < _tex.Length && _tex[_at] is '^' or '_' or '\''; Blanks())
        {
            char kind = _tex[_at++];
            if (kind == '\'')
            {
                above = above is null ? "<mo>′</mo>" : $"<mrow>{above}<mo>′</mo></mrow>";
                continue;
            }
            string script = Argument();
            if (kind == '^') above = above is null ? script : $"<mrow>{above}{script}</mrow>";
            else if (below is null) below = script;
            else throw new FormatException("two subscripts");
        }
        if (_at == start) throw new FormatException("nothing read");
        bool stacked = limits == "always" || limits == "display" && _display;
        return (below, above) switch
        {
            (null, null) => atom,
            (not null, null) => stacked ? $"<munder>{atom}{below}</munder>" : $"<msub>{atom}{below}</msub>",
            (null, not null) => stacked ? $"<mover>{atom}{above}</mover>" : $"<msup>{atom}{above}</msup>",
            _ => stacked ? $"<munderover>{atom}{below}{above}</munderover>" : $"<msubsup>{atom}{below}{above}</msubsup>",
        };
    }

    private string Atom(ref string? limits)
    {
        char c = _tex[_at];
        if (c == '\\') return Command(ref limits);
        if (c == '{') return Group();
        if (c is >= '0' and <= '9' || c == '.' && _at + 1 < _tex.Length && char.IsAsciiDigit(_tex[_at + 1]))
        {
            int start = _at;
            while (_at < _tex.Length && (char.IsAsciiDigit(_tex[_at]) || _tex[_at] is '.' or ',' && _at + 1 < _tex.Length && char.IsAsciiDigit(_tex[_at + 1]))) _at++;
            return $"<mn>{_tex[start.._at]}</mn>";
        }
        int length = char.IsHighSurrogate(c) && _at + 1 < _tex.Length ? 2 : 1;
        string text = _tex.Substring(_at, length);
        _at += length;
        if (char.IsLetter(text, 0)) return $"<mi>{text}</mi>";
        return c switch
        {
            '-' => "<mo>−</mo>",
            '*' => "<mo>∗</mo>",
            '~' => "<mspace width=\"0.3em\"/>",
            '(' or ')' or '[' or ']' or '|' or '/' => $"<mo stretchy=\"false\">{text}</mo>",
            _ => $"<mo>{Escape(text)}</mo>",
        };
    }

    private string Command(ref string? limits)
    {
        string name = Name();
        if (s_letters.TryGetValue(name, out string? letter)) return char.IsUpper(letter, 0) || letter is "∞" or "∅" or "…" or "⋯" or "⋮" or "⋱" ? $"<mi mathvariant=\"normal\">{letter}</mi>" : $"<mi>{letter}</mi>";
        if (s_large.TryGetValue(name, out string? large))
        {
            limits = large is "∫" or "∮" ? null : "display";
            return $"<mo>{large}</mo>";
        }
        if (s_operators.TryGetValue(name, out string? sign)) return $"<mo>{Escape(sign)}</mo>";
        if (s_fences.TryGetValue(name, out string? fence)) return $"<mo stretchy=\"false\">{fence}</mo>";
        if (s_spaces.TryGetValue(name, out string? width)) return $"<mspace width=\"{width}\"/>";
        if (s_functions.Contains(name))
        {
            limits = name is "max" or "min" or "argmax" or "argmin" or "lim" or "sup" or "inf" ? "display" : null;
            return Function(name switch { "argmax" => "arg max", "argmin" => "arg min", _ => name });
        }
        if (s_accents.TryGetValue(name, out string? accent)) return $"<mover accent=\"true\">{Argument()}<mo stretchy=\"{(name is "overline" or "widehat" or "widetilde" ? "true" : "false")}\">{accent}</mo></mover>";
        switch (name)
        {
            case "frac" or "dfrac" or "tfrac":
                string over = Argument();
                return $"<mfrac>{over}{Argument()}</mfrac>";
            case "binom":
                string top = Argument();
                return $"<mrow><mo>(</mo><mfrac linethickness=\"0\">{top}{Argument()}</mfrac><mo>)</mo></mrow>";
            case "sqrt":
                Blanks();
                if (_at >= _tex.Length || _tex[_at] != '[') return $"<msqrt>{Argument()}</msqrt>";
                _at++;
                string root = Row("]");
                _at++;
                return $"<mroot>{Argument()}{root}</mroot>";
            case "underline":
                return $"<munder>{Argument()}<mo stretchy=\"true\">_</mo></munder>";
            case "underbrace" or "overbrace":
                limits = "always";
                string under = name == "underbrace" ? "munder" : "mover";
                return $"<{under}>{Argument()}<mo stretchy=\"true\">{(under == "munder" ? "⏟" : "⏞")}</mo></{under}>";
            case "text" or "textrm" or "textit" or "textbf" or "texttt" or "mbox":
                return $"<mtext>{Escape(Raw()).Replace(" ", "\u00a0", StringComparison.Ordinal)}</mtext>";
            case "operatorname" or "mathrm" or "mathit" or "mathbf" or "boldsymbol" or "mathcal" or "mathbb" or "mathsf" or "mathtt":
                return Alphabet(name, Raw());
            case "left":
                string open = Delimiter(), inside = Row(@"\right");
                Name();
                return $"<mrow>{Fence(open)}{inside}{Fence(Delimiter())}</mrow>";
            case "big" or "Big" or "bigg" or "Bigg" or "bigl" or "bigr" or "Bigl" or "Bigr" or "biggl" or "biggr" or "Biggl" or "Biggr":
                return Fence(Delimiter());
            case "begin":
                return Environment(Raw());
            case "displaystyle" or "textstyle" or "limits" or "nolimits" or "nonumber" or "notag":
                return "";
            case "not":
                string? none = null;
                Blanks();
                if (_at >= _tex.Length) throw new FormatException("\\not stands alone");
                return Atom(ref none).Replace("</mo>", "\u0338</mo>", StringComparison.Ordinal);
            default:
                return $"<mtext class=\"tex\">\\{Escape(name)}</mtext>";
        }
    }

    private string Environment(string name)
    {
        if (name.TrimEnd('*') is "array") Raw();   // the alignment of its columns
        string align = name.TrimEnd('*') switch { "aligned" or "align" or "split" => " columnalign=\"right left\"", "cases" or "array" => " columnalign=\"left\"", "gathered" or "gather" or "matrix" or "pmatrix" or "bmatrix" or "vmatrix" or "Vmatrix" => "", _ => throw new FormatException("unknown environment") };
        bool aligned = align.StartsWith(" columnalign=\"right", StringComparison.Ordinal);
        string Style(int column) => aligned ? $" style=\"text-align:{(column % 2 == 0 ? "right" : "left")};padding-left:0;padding-right:0\"" : align.Length > 0 ? " style=\"text-align:left\"" : "";
        var table = new StringBuilder($"<mtable{align}><mtr>");
        for (int column = 0; ; column++)
        {
            table.Append($"<mtd{Style(column)}>").Append(Row("cell")).Append("</mtd>");
            if (_tex[_at] == '&')
            {
                _at++;
                continue;
            }
            string next = Name();
            if (next == "end") break;
            Blanks();
            if (AheadCommand("end"))
            {
                Name();
                break;
            }
            table.Append("</mtr><mtr>");
            column = -1;
        }
        if (Raw() != name) throw new FormatException("\\end of something else");
        table.Append("</mtr></mtable>");
        var (open, close) = name switch { "pmatrix" => ("(", ")"), "bmatrix" => ("[", "]"), "vmatrix" => ("|", "|"), "Vmatrix" => ("‖", "‖"), "cases" => ("{", ""), _ => ("", "") };
        return $"<mrow>{Fence(open)}{table}{Fence(close)}</mrow>";
    }

    // the letters of alphabets shall stay letters, which HtmlEncode would write as numbers
    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    // as an operator it keeps its distance from what stands beside it
    private static string Function(string name) => $"<mo lspace=\"0.1667em\" rspace=\"0.1667em\">{Escape(name)}</mo>";

    private static string Fence(string sign) => sign.Length == 0 ? "" : $"<mo stretchy=\"true\">{Escape(sign)}</mo>";

    private string Delimiter()
    {
        Blanks();
        if (_at >= _tex.Length) throw new FormatException("a fence is missing");
        if (_tex[_at] != '\\') return _tex[_at++] is var c && c == '.' ? "" : c.ToString();
        string name = Name();
        return s_fences.TryGetValue(name, out string? fence) ? fence : throw new FormatException("unknown fence");
    }

    // One group, command or character.
    private string Argument()
    {
        Blanks();
        if (_at >= _tex.Length) throw new FormatException("an argument is missing");
        if (_tex[_at] == '{') return Group();
        if (char.IsAsciiDigit(_tex[_at])) return $"<mn>{_tex[_at++]}</mn>";
        string? limits = null;
        if (++_depth > MaxDepth) throw new FormatException("too deep");
        string atom = Atom(ref limits);
        _depth--;
        return atom.Length == 0 ? "<mrow></mrow>" : atom;
    }

    private string Group()
    {
        _at++;
        string row = Row("}");
        _at++;
        return row;
    }

    // The characters between braces as they stand.
    private string Raw()
    {
        Blanks();
        if (_at >= _tex.Length || _tex[_at] != '{') throw new FormatException("a group is missing");
        int start = ++_at;
        for (int open = 1; _at < _tex.Length; _at++)
        {
            if (_tex[_at] == '\\' && _at + 1 < _tex.Length) _at++;
            else if (_tex[_at] == '{') open++;
            else if (_tex[_at] == '}' && --open == 0) return _tex[start.._at++].Replace("\\_", "_", StringComparison.Ordinal).Replace("\\%", "%", StringComparison.Ordinal).Replace("\\&", "&", StringComparison.Ordinal).Replace("\\#", "#", StringComparison.Ordinal);
        }
        throw new FormatException("a group is not closed");
    }

    private string Name()
    {
        int start = ++_at;
        if (_at >= _tex.Length) throw new FormatException("a backslash at the end");
        while (_at < _tex.Length && char.IsAsciiLetter(_tex[_at])) _at++;
        if (_at == start) _at++;
        return _tex[start.._at];
    }

    private void Blanks()
    {
        while (_at < _tex.Length && char.IsWhiteSpace(_tex[_at])) _at++;
    }

    private bool Ahead(string text) => string.CompareOrdinal(_tex, _at, text, 0, text.Length) == 0;

    private bool AheadCommand(string name) => Ahead("\\" + name) && (_at + name.Length + 1 >= _tex.Length || !char.IsAsciiLetter(_tex[_at + name.Length + 1]));
}
