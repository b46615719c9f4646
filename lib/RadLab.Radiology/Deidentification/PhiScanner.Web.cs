namespace RadLab.Radiology;

/// <summary>E-mail and web addresses, IP and MAC addresses, DICOM identifiers: found from the symbol in their middle.</summary>
internal ref partial struct PhiScanner
{
    private static readonly string[] s_domains = ["com", "org", "net", "edu", "gov", "mil", "info", "io", "health", "hospital", "clinic", "care", "uk", "de", "fr", "ca", "au", "eu", "ch", "jp", "biz", "app", "dev", "cloud", "test", "example", "local", "med", "tv", "nl", "nz", "ie", "pl", "es", "se"];

    private void Web(int i)
    {
        switch (_tokens[i].Symbol)
        {
            case '@': Email(i); break;
            case ':': if (!Scheme(i)) Hexadecimal(i); break;
            case '.': if (!Numeric(i)) Domain(i); break;
            case '\\': NetworkPath(i); break;
        }
    }

    /// <summary>local@domain, also with blanks around the sign where the domain ends as one does.</summary>
    private void Email(int at)
    {
        if (at == 0 || at + 1 >= _tokens.Length || !(IsWord(at + 1) || IsNumber(at + 1))) return;
        int first = at - 1;
        if (!IsWord(first) && !IsNumber(first)) return;
        while (first > 0 && _tokens[first].Glued && LocalPart(first - 1)) first--;
        int last = at + 1;
        bool dotted = false;
        while (last + 1 < _tokens.Length && _tokens[last + 1].Glued && (IsWord(last + 1) || IsNumber(last + 1) || IsSymbol(last + 1, '.') || IsSymbol(last + 1, '-')))
        {
            dotted |= IsSymbol(last + 1, '.') && IsWord(last + 2) && _tokens[last + 2].Glued;
            last++;
        }
        while (_tokens[last].Kind == TokenKind.Symbol) last--;
        bool tight = _tokens[at].Glued && _tokens[at + 1].Glued;
        if (tight || (dotted && IsAny(last, s_domains))) Take(PhiKind.Email, first, last);
    }

    private readonly bool LocalPart(int k) => IsWord(k) || IsNumber(k) || (_tokens[k].Kind == TokenKind.Symbol && _tokens[k].Symbol is '.' or '_' or '-' or '+' or '%');

    /// <summary>scheme://anything up to white space.</summary>
    private bool Scheme(int colon)
    {
        if (colon == 0 || !IsWord(colon - 1) || !_tokens[colon].Glued || !GluedSymbol(colon + 1, '/') || !GluedSymbol(colon + 2, '/')) return false;
        return Take(PhiKind.Url, colon - 1, PathEnd(colon + 2));
    }

    /// <summary>www.name.tld/path and name.tld; a sentence's end without a blank after it is no domain because its next word has a capital.</summary>
    private void Domain(int point)
    {
        if (point == 0 || !_tokens[point].Glued || !IsWord(point + 1) || !_tokens[point + 1].Glued || _tokens[point - 1].Taken || !(IsWord(point - 1) || IsNumber(point - 1))) return;
        bool www = Is(point - 1, "www");
        if (!www && !(IsAny(point + 1, s_domains) && _tokens[point + 1].Case == _tokens[point - 1].Case && _tokens[point + 1].Case is LetterCase.Lower or LetterCase.Upper)) return;
        if (!www && _tokens[point - 1].Length < 3) return;
        int first = point - 1;
        while (first > 0 && _tokens[first].Glued && (IsWord(first - 1) || IsNumber(first - 1) || IsSymbol(first - 1, '-') || IsSymbol(first - 1, '.'))) first--;
        while (_tokens[first].Kind == TokenKind.Symbol) first++;
        Take(PhiKind.Url, first, PathEnd(point + 1));
    }

    private readonly int PathEnd(int last)
    {
        while (last + 1 < _tokens.Length && _tokens[last + 1].Glued && !(_tokens[last + 1].Kind == TokenKind.Symbol && _tokens[last + 1].Symbol is '<' or '>' or '"' or '|')) last++;
        while (_tokens[last].Kind == TokenKind.Symbol && _tokens[last].Symbol is not '/') last--;
        return last;
    }

    /// <summary>\\server\share\name and C:\name\name.</summary>
    private void NetworkPath(int i)
    {
        bool drive = i > 1 && _tokens[i].Glued && IsSymbol(i - 1, ':') && IsWord(i - 2) && _tokens[i - 2].Length == 1;
        bool share = GluedSymbol(i + 1, '\\') && IsWord(i + 2) && _tokens[i + 2].Glued;
        if (drive && i + 1 < _tokens.Length && _tokens[i + 1].Glued) Take(PhiKind.Url, i - 2, PathEnd(i));
        else if (share) Take(PhiKind.Url, i, PathEnd(i + 1));
    }

    /// <summary>1.2.3.4 is an IP address unless a version is spoken of; five and more numbers between points are a DICOM identifier.</summary>
    private bool Numeric(int point)
    {
        int first = point - 1;
        if (point == 0 || !IsNumber(first) || !_tokens[point].Glued) return false;
        int parts = 1, last = first, digits = _tokens[first].Length;
        bool bytes = _tokens[first].Value is >= 0 and <= 255;
        while (GluedSymbol(last + 1, '.') && GluedNumber(last + 2))
        {
            last += 2;
            parts++;
            digits += _tokens[last].Length;
            bytes &= _tokens[last].Value is >= 0 and <= 255;
        }
        if (parts >= 5 && digits >= 9) return Take(PhiKind.OtherId, first, last);
        if (parts != 4 || !bytes || IsAny(first - 1, ["v", "version", "ver", "release", "firmware", "software", "build", "rev", "section"])) return false;
        return Take(PhiKind.IpAddress, first, last);
    }

    /// <summary>Groups of hexadecimal digits between colons: six of two are a MAC address, three and more colons an IPv6 address.</summary>
    private void Hexadecimal(int colon)
    {
        int start = _tokens[colon].Start;
        while (start > 0 && (char.IsAsciiHexDigit(_text[start - 1]) || _text[start - 1] == ':')) start--;
        if (start > 0 && char.IsLetterOrDigit(_text[start - 1])) return;
        int end = _tokens[colon].End;
        while (end < _text.Length && (char.IsAsciiHexDigit(_text[end]) || _text[end] == ':')) end++;
        if (end < _text.Length && char.IsLetterOrDigit(_text[end])) return;
        while (end > start && _text[end - 1] == ':') end--;
        var run = _text[start..end];
        int colons = run.Count(':'), digits = run.Length - colons;
        bool doubled = run.IndexOf("::", StringComparison.Ordinal) >= 0;
        if (digits < 3 || run.Length < 6 || !(colons >= 4 || (doubled && colons >= 2))) return;
        int first = colon, last = colon;
        while (first > 0 && _tokens[first - 1].Start >= start) first--;
        while (last + 1 < _tokens.Length && _tokens[last + 1].Start < end) last++;
        Take(colons == 5 && run.Length == 17 ? PhiKind.Device : PhiKind.IpAddress, first, last);
    }
}
