namespace RadLab.Radiology;

/// <summary>Social security numbers, telephone numbers and codes that give themselves away by their shape, without a label.</summary>
internal ref partial struct PhiScanner
{
    /// <summary>123-45-6789, with hyphens, points or blanks; xxx-xx-6789.</summary>
    private bool SocialSecurity(int i)
    {
        if (_tokens[i].Length != 3 || (_tokens[i].Glued && i > 0 && Chained(i - 1))) return false;
        int b = Next(i), c = b < 0 ? -1 : Next(b);
        if (c < 0 || _tokens[b].Length != 2 || _tokens[c].Length != 4 || b - i != c - b || GluedNumberChain(c)) return false;
        // Medicare's old numbers carry a letter behind it
        return Take(PhiKind.SocialSecurity, i, GluedSymbol(c + 1, '-') && IsWord(c + 2) && _tokens[c + 2].Glued && _tokens[c + 2].Length <= 2 ? c + 2 : c);
    }

    /// <summary>The next number of a group, behind one hyphen, point or blank; -1 where there is none.</summary>
    private readonly int Next(int i)
    {
        if (IsNumber(i + 1) && _tokens[i + 1].Breaks <= 1) return i + 1;
        return i + 2 < _tokens.Length && _tokens[i + 1].Kind == TokenKind.Symbol && _tokens[i + 1].Symbol is '-' or '.' or '/' && IsNumber(i + 2) && _tokens[i + 2].Breaks <= 1 ? i + 2 : -1;
    }

    private readonly bool GluedNumberChain(int last) => last + 2 < _tokens.Length && _tokens[last + 1].Glued && _tokens[last + 1].Kind == TokenKind.Symbol && _tokens[last + 1].Symbol is '-' or '/' && GluedNumber(last + 2);

    /// <summary>Ten digits as 3-3-4, seven as 3-4, anything behind a plus, groups that begin with a zero; an extension belongs to it.</summary>
    private bool Phone(int i)
    {
        int first = i;
        if (first > 0 && _tokens[first].Glued && (IsNumber(first - 1) || (IsSymbol(first - 1, '.') && first > 1 && IsNumber(first - 2)))) return false;
        int end = PhoneEnd(i);
        if (end < 0) return false;
        if (first > 0 && IsSymbol(first - 1, '+')) first--;
        return Take(FaxSpokenOf(first) ? PhiKind.Fax : PhiKind.Phone, first, Extended(end));
    }

    private readonly int PhoneEnd(int i)
    {
        int k = i;
        bool plus = IsSymbol(k, '+') && GluedNumber(k + 1);
        if (plus) k++;
        Span<int> groups = stackalloc int[8];
        int count = 0, digits = 0, last = -1;
        bool blanks = true, bracket = false;
        while (k < _tokens.Length && count < groups.Length)
        {
            int start = k;
            if (count > 0)
            {
                if (_tokens[k].Breaks > 1) break;
                if (_tokens[k].Kind == TokenKind.Symbol && _tokens[k].Symbol is '-' or '.' or '/' && !(_tokens[k].Symbol == '/' && count > 1)) { blanks = false; k++; }
            }
            if (IsSymbol(k, '(') && IsNumber(k + 1) && IsSymbol(k + 2, ')')) { bracket = true; k++; }
            if (!IsNumber(k) || _tokens[k].Length > 12 || (count > 0 && _tokens[k].Breaks > 1)) { k = start; break; }
            groups[count++] = _tokens[k].Length;
            digits += _tokens[k].Length;
            last = k++;
            if (bracket && IsSymbol(k, ')')) k++;
            if (Shape(groups[..count], digits, i, plus, bracket, blanks) && !MorePhone(k, groups[..count], plus)) return last;
        }
        return -1;
    }

    /// <summary>Whether the groups so far are a whole number in themselves.</summary>
    private readonly bool Shape(ReadOnlySpan<int> g, int digits, int i, bool plus, bool bracket, bool blanks)
    {
        if (plus) return digits is >= 8 and <= 15 && g.Length >= 2;
        if (g.Length == 3 && g[0] == 3 && g[1] == 3 && g[2] == 4) return true;
        if (g.Length == 4 && g[0] == 1 && g[1] == 3 && g[2] == 3 && g[3] == 4) return true;
        if (g.Length == 2 && g[0] == 3 && g[1] == 7 && (bracket || !blanks)) return true;
        int at = IsSymbol(i, '(') ? i + 1 : i;
        if (g.Length == 2 && g[0] == 3 && g[1] == 4 && !blanks) return _tokens[at].Value >= 200 && IsSymbol(i + 1, '-') && !Measured(i + 3);
        bool trunk = IsNumber(at) && _text[_tokens[at].Start] == '0' && g[0] is >= 3 and <= 5;
        return trunk && g.Length >= 2 && digits is >= 9 and <= 12 && !IsSymbol(i + 1, '.');
    }

    /// <summary>Further digit groups follow that belong to a number of this style.</summary>
    private readonly bool MorePhone(int k, ReadOnlySpan<int> g, bool plus)
    {
        bool nanp = g.Length >= 2 && g[^1] == 4 && g[^2] == 3;
        if (nanp && !plus) return false;
        bool open = IsNumber(k) && _tokens[k].Breaks <= (plus ? 1 : 0) && _tokens[k].Length is >= 2 and <= 4 && !Measured(k + 1) && !GluedSymbol(k + 1, '/');
        bool joined = (IsSymbol(k, '-') || IsSymbol(k, '.')) && GluedNumber(k + 1) && _tokens[k].Glued;
        return open || joined;
    }

    /// <summary>Past "x4521", "ext. 4521" and "extension 4521".</summary>
    private readonly int Extended(int end)
    {
        int k = end + 1;
        if (IsSymbol(k, ',') || IsSymbol(k, ';') || IsSymbol(k, '(')) k++;
        if (!IsAny(k, ["x", "ext", "extension", "extn", "xt"])) return end;
        k++;
        if (IsSymbol(k, '.')) k++;
        if (IsSymbol(k, ':') || IsSymbol(k, '#')) k++;
        return IsNumber(k) && _tokens[k].Length <= 6 ? k : end;
    }

    private readonly bool FaxSpokenOf(int i)
    {
        for (int k = i - 1; k >= 0 && k >= i - 5 && _tokens[k].Breaks == 0; k--)
        {
            if (IsAny(k, ["fax", "faxed", "facsimile", "telefax", "efax"])) return true;
            if (_tokens[k].Taken || IsAny(k, ["phone", "tel", "telephone", "cell", "pager"])) return false;
        }
        return i > 0 && IsAny(i - 1, ["fax", "facsimile"]);
    }

    // names of image files carry numbers of patients and of cameras
    private static readonly string[] s_imageFiles = ["jpg", "jpeg", "png", "dcm", "tif", "tiff", "bmp", "heic", "mp4", "mov", "avi", "gif", "dicom"];

    /// <summary>Six digits and more in one piece, or five and more mixed with letters or hyphens.</summary>
    private bool Code(int i)
    {
        if (i > 0 && _tokens[i].Glued && JoinsCode(i - 1)) return false;
        int last = RunEnd(i, out int digits, out int letters, out int joints, out bool points);
        if (digits >= 3 && joints > 0 && IsAny(last, s_imageFiles) && IsSymbol(last - 1, '.')) return Take(PhiKind.OtherId, i, last);
        if (digits < 5 || IsTakenBetween(i, last)) return false;
        int end = _tokens[last].End, start = _tokens[i].Start;
        bool measured = Measured(last + 1) && !Is(last + 1, "in") && !Is(last + 1, "us");
        if (letters == 0 && joints == 0) return digits >= 6 && !measured && !Decimal(i, last) && Take(PhiKind.OtherId, i, last);
        if (letters == 0) return !points && digits >= 7 && !measured && !Range(i, last) && Take(PhiKind.OtherId, i, last);
        if (_tokens[last].Has(WordUse.Unit) && IsNumber(last - 1)) return false;
        if (end - start == 17 && joints == 0 && digits is >= 5 and <= 16) return Take(PhiKind.Vehicle, i, last);
        if (joints == 0 && end - start >= 32 && !_text[start..end].ContainsAnyExcept("0123456789abcdef")) return false;
        if (points && letters <= 2 && digits < 7) return false;
        return Spoken(i, last, digits) && Take(PhiKind.OtherId, i, last);
    }

    /// <summary>3150-4500: two numbers of one length, the smaller first, are limits of a normal value.</summary>
    private readonly bool Range(int i, int last) => last == i + 2 && _tokens[i].Length == _tokens[last].Length && _tokens[i].Value < _tokens[last].Value && !IsYear(_tokens[i].Value);

    /// <summary>Longer words inside a run mean prose joined by hyphens or slashes, unless one piece alone looks like a code.</summary>
    private readonly bool Spoken(int i, int last, int digits)
    {
        for (int k = i; k <= last; k++)
            if (IsWord(k) && _tokens[k].Length > 3 && _tokens[k].Case == LetterCase.Lower && _tokens[k].Has(WordUse.Ordinary)) return digits >= 8;
        return true;
    }

    private readonly bool Decimal(int i, int last) => (i > 1 && _tokens[i].Glued && _tokens[i - 1].Kind == TokenKind.Symbol && _tokens[i - 1].Symbol is '.' or ',' && IsNumber(i - 2)) || (_tokens.Length > last + 2 && (GluedSymbol(last + 1, '.') || GluedSymbol(last + 1, ',')) && GluedNumber(last + 2));

    private readonly bool JoinsCode(int k) => IsWord(k) || IsNumber(k) || (_tokens[k].Kind == TokenKind.Symbol && _tokens[k].Symbol is '-' or '_' or '.' or '/' && k > 0 && _tokens[k].Glued && (IsWord(k - 1) || IsNumber(k - 1)));

    /// <summary>The last token of a run of letters and digits joined by - _ . or /, and what it is made of.</summary>
    private readonly int RunEnd(int i, out int digits, out int letters, out int joints, out bool points)
    {
        digits = letters = joints = 0;
        points = false;
        int last = i;
        for (int k = i; k < _tokens.Length && (k == i || _tokens[k].Glued); k++)
        {
            ref readonly var token = ref _tokens[k];
            if (token.IsNumber) { digits += token.Length; last = k; }
            else if (token.IsWord) { letters += token.Length; last = k; }
            else if (token.Kind == TokenKind.Symbol && token.Symbol is '-' or '_' or '.' or '/' && k + 1 < _tokens.Length && _tokens[k + 1].Glued && (IsWord(k + 1) || IsNumber(k + 1)))
            {
                // a sentence that ends without a blank after its point
                if (token.Symbol == '.' && IsWord(k + 1) && _tokens[k + 1].Case == LetterCase.Capital && _tokens[k + 1].Length > 1) break;
                joints++;
                points |= token.Symbol is '.' or '/';
            }
            else break;
        }
        return last;
    }

    private readonly bool IsTakenBetween(int first, int last)
    {
        for (int k = first; k <= last; k++)
            if (_tokens[k].Taken) return true;
        return false;
    }
}
