namespace RadLab.Radiology;

/// <summary>Identifiers behind a label: "MRN: 4452310", "Accession # CT-14-0034512", "policy no. XGH 449 210 88", "fingerprint on file".</summary>
internal ref partial struct PhiScanner
{
    private static readonly string[] s_fillers = ["number", "numbers", "no", "num", "nr", "nos", "id", "ids", "is", "was", "of", "code", "reads", "as", "ending", "in", "with", "recorded", "assigned", "listed", "noted", "the", "reading", "at", "under", "from", "identifier", "shows", "template", "scan", "hash", "record", "records", "file", "enrollment", "pattern"];

    private bool Labelled(int i)
    {
        var labels = PhiLabels.StartingWith(Word(i));
        if (labels.Length == 0) labels = PhiLabels.StartingWith(Lexicon.Meant(Word(i)));
        foreach (var label in labels)
        {
            int k = PhraseEnd(i, label);
            if (k < 0) continue;
            if (label.LeastDigits == 0) return Mention(label.Kind, i, k);
            if (Value(i, k, label) is var end and >= 0) return end >= 0;
        }
        return false;
    }

    /// <summary>One past the label's last token, or -1.</summary>
    private readonly int PhraseEnd(int i, PhiLabel label)
    {
        if (i + label.Words.Length > _tokens.Length) return -1;
        for (int w = 1; w < label.Words.Length; w++)
            if (_tokens[i + w].Breaks > 1 || !(Is(i + w, label.Words[w]) || (label.Words[w] is [var sign] && !char.IsLetterOrDigit(sign) && IsSymbol(i + w, sign)))) return -1;
        return i + label.Words.Length;
    }

    /// <summary>The phrase is the finding; an identifier or a file name behind it belongs to it.</summary>
    private bool Mention(PhiKind kind, int first, int k)
    {
        int last = k - 1, value = Skip(k, out _);
        if (value < _tokens.Length && (IsWord(value) || IsNumber(value)) && _tokens[value].Breaks <= 1)
        {
            int end = RunEnd(value, out int digits, out _, out _, out _);
            if (digits >= 3 && !Measured(end + 1) && !IsTakenBetween(value, end)) last = end;
        }
        return Take(kind, first, last);
    }

    /// <summary>Past "number", "no.", ":", "#" and the like; tells whether anything was said at all.</summary>
    private readonly int Skip(int k, out bool explicitly)
    {
        explicitly = false;
        for (int steps = 0; steps < 6 && k < _tokens.Length && _tokens[k].Breaks <= 1; steps++)
        {
            ref readonly var token = ref _tokens[k];
            if (token.Kind == TokenKind.Symbol && token.Symbol is ':' or '#' or '=' or '(' or '.' or '-' or '*' or '"' or '[' or '\'') explicitly |= token.Symbol is ':' or '#' or '=';
            else if (IsAny(k, s_fillers) && !(token.Length == 2 && token.Case == LetterCase.Upper && !token.Shouted && IsNumber(k + 1) && !IsAny(k, ["no", "id"])) && !(Is(k, "nr") && IsNumber(k + 1)) && !(k + 1 < _tokens.Length && _tokens[k + 1].Glued && (IsNumber(k + 1) || (IsSymbol(k + 1, '-') && k + 2 < _tokens.Length && _tokens[k + 2].Glued)))) explicitly = true;
            else break;
            k++;
        }
        return k;
    }

    private int Value(int label, int k, PhiLabel phrase)
    {
        // "SN-16-616772" is one code, not a label with a value
        if (GluedSymbol(k, '-') && k + 1 < _tokens.Length && _tokens[k + 1].Glued && IsNumber(k + 1)) return -1;
        int first = Skip(k, out bool explicitly);
        if (first >= _tokens.Length || _tokens[first].Breaks > 1 || _tokens[first].Taken) return -1;
        if (phrase.Kind is PhiKind.Phone or PhiKind.Fax && NumberOfPhone(first, phrase, explicitly) is var phone and >= 0) return phone;
        if (phrase.Kind == PhiKind.Phone && !explicitly && !IsAny(label, ["pager", "beeper", "ext", "extension", "pgr", "tel", "ph", "extn", "page", "bleep", "bleeper"])) return -1;
        if (phrase.Kind == PhiKind.SocialSecurity && IsNumber(first) && SocialSecurity(first)) return first;
        if (Date(first)) return -1;
        int last = Groups(first, out int digits, out int letters, out bool points);
        if (last < 0 || digits < phrase.LeastDigits || IsTakenBetween(first, last)) return -1;
        if (letters == 0 && points && digits < 7) return -1;
        if (Measured(last + 1) && !IsAny(last + 1, ["in", "us", "m", "f", "y", "x"])) return -1;
        bool vague = phrase.Words.Length == 1 && !explicitly;
        if (vague && !(digits >= 5 || (letters > 0 && digits >= phrase.LeastDigits) || IsAny(label, ["mrn", "ssn", "vin", "ext", "accession", "sn", "urn", "npi", "dea", "pager", "beeper", "extension", "pgr"]))) return -1;
        if (letters == 0 && last == first && !explicitly && _tokens[first].Length == 4 && IsYear(_tokens[first].Value)) return -1;
        if (letters > 0 && Word(first) is var word && _tokens[first].Has(WordUse.Ordinary) && _tokens[first].Case == LetterCase.Lower && word.Length > 3 && digits < 5) return -1;
        for (int w = first; vague && w <= last; w++)
            if (IsWord(w) && _tokens[w].Length > 3 && _tokens[w].Case == LetterCase.Lower && _tokens[w].Has(WordUse.Ordinary)) return -1;
        Take(phrase.Kind, first, last);
        return last;
    }

    private int NumberOfPhone(int first, PhiLabel phrase, bool explicitly)
    {
        int start = IsSymbol(first - 1, '(') && _tokens[first].Length == 3 ? first - 1 : first;
        if (start < first && PhoneEnd(start) < 0) start = first;
        if (PhoneEnd(start) is var whole and >= 0)
        {
            whole = Extended(whole);
            Take(phrase.Kind, start, whole);
            return whole;
        }
        if (!IsNumber(first) || !explicitly && _tokens[first].Length < 4) return -1;
        int last = first, digits = _tokens[first].Length;
        while (Next(last) is var next and >= 0 && _tokens[next].Length >= 2 && digits < 15 && !GluedSymbol(next + 1, '/'))
        {
            if (IsSymbol(last + 1, '.') && !_tokens[next].Glued) break;
            digits += _tokens[next].Length;
            last = next;
        }
        if (digits < 3 || Measured(last + 1) || (IsSymbol(first + 1, '.') && GluedNumber(first + 2) && digits < 7)) return -1;
        last = Extended(last);
        Take(phrase.Kind, first, last);
        return last;
    }

    /// <summary>The run at the token and the blank-separated groups that continue it: "449 210 88", "KXB 4921", "1EG4 TE5 MK73".</summary>
    private readonly int Groups(int first, out int digits, out int letters, out bool points)
    {
        digits = letters = 0;
        points = false;
        if (!IsWord(first) && !IsNumber(first)) return -1;
        int last = RunEnd(first, out digits, out letters, out int joints, out points);
        if (digits == 0 && !(letters <= 4 && !(_tokens[first].Has(WordUse.Function) && !(_tokens[first].Case == LetterCase.Upper && IsNumber(first + 1) && _tokens[first + 1].Length >= 5)) && (_tokens[first].Case == LetterCase.Upper || (IsNumber(first + 1) && _tokens[first + 1].Length >= 3 && _tokens[first + 1].Breaks <= 1)))) return -1;
        for (int steps = 0; steps < 5; steps++)
        {
            int k = last + 1;
            bool wrapped = k < _tokens.Length && _tokens[k].Breaks == 1 && (digits < 6 || (digits == 6 && letters == 3 && IsNumber(k) && _tokens[k].Length == 2 && !Measured(k + 1) && !GluedSymbol(k + 1, '/'))) && ((IsNumber(k) && _tokens[k].Length >= (digits == 6 ? 2 : 3)) || (letters > 0 && _tokens[k].Case == LetterCase.Upper && _tokens[k].Length == 3));
            if (k >= _tokens.Length || (_tokens[k].Breaks > 0 && !wrapped) || !(IsNumber(k) || (IsWord(k) && (_tokens[k].Case == LetterCase.Upper || _tokens[k].Unknown) && _tokens[k].Length <= 4 && !_tokens[k].Has(WordUse.Function | WordUse.Study | WordUse.Unit)))) break;
            int end = RunEnd(k, out int d, out int l, out _, out bool p);
            bool first4 = digits + letters <= 5 || steps > 0;
            if (d == 0 && l == 3 && digits is >= 2 and <= 4 && letters is >= 1 and <= 3 && !p) { letters += l; last = end; break; }
            if (p || d == 0 || d + l > 7 || d + l < 2 || !first4 || Measured(end + 1) || GluedSymbol(end + 1, '/') || IsTakenBetween(k, end)) break;
            if (letters == 0 && l > 0 && d < 2) break;
            digits += d;
            letters += l;
            last = end;
        }
        return last;
    }
}
