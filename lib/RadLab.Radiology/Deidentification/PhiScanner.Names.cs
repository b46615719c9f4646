namespace RadLab.Radiology;

/// <summary>
/// Names, from their surroundings: titles, labels, signatures, "discussed with", degrees behind the name, relatives, acts of persons; and from their shape,
/// where two unknown capitalised words stand together or one stands inside a sentence. Eponyms and trade names are explained unless a title precedes them.
/// </summary>
internal ref partial struct PhiScanner
{
    /// <summary>How much the surroundings promise a name.</summary>
    private enum Promise
    {
        /// <summary>Nothing but the shape: unknown capitalised words only.</summary>
        Shape,

        /// <summary>"discussed with", "patient": unknown words in any case.</summary>
        Likely,

        /// <summary>"Dr.", "Name:", "signed by": ordinary words too, where they carry a capital.</summary>
        Sure,
    }

    private bool NameRules(int i)
    {
        ref readonly var token = ref _tokens[i];
        if (token.Has(WordUse.Title) && Titled(i)) return true;
        if (token.Has(WordUse.NameLabel) && NameLabelled(i)) return true;
        if (token.Has(WordUse.Signer | WordUse.Told) && SignedOrTold(i)) return true;
        if (token.Has(WordUse.PersonNoun) && (Likely(i + 1) || (IsSymbol(i + 1, ',') && Likely(i + 2)))) return true;
        if ((token.Has(WordUse.Credential | WordUse.Suffix) || Dotted(i)) && BeforeDegree(i)) return true;
        if (Is(i, "per") && Likely(i + 1)) return true;
        if (Is(i, "by") && (i > 0 && (_tokens[i - 1].Taken || Has(i - 1, WordUse.Signer))) && Name(i + 1, Promise.Sure, out _)) return true;
        if (IsAny(i, ["by", "with", "for"]) && IsWord(i + 1) && _tokens[i + 1].Capitalised && Likely(i + 1)) return true;
        if (token.Length == 1 && GluedSymbol(i + 1, '.') && InitialAndName(i)) return true;
        if (token.Has(WordUse.GivenName) && GivenName(i)) return true;
        if (token.Case == LetterCase.Upper && token.Length is 2 or 3 && Initials(i)) return true;
        if (token.Has(WordUse.Eponym) && !token.Has(WordUse.Ordinary) && token.Case == LetterCase.Capital && Has(i + 1, WordUse.PersonAct) && !IsAny(i + 1, s_copulas) && !IsAny(i + 1, ["reported", "reports", "described", "notes", "noted", "states"]) && _tokens[i + 1].Case == LetterCase.Lower) return Take(PhiKind.Name, i, i);
        if (token.Case == LetterCase.Capital && token.Has(WordUse.Ordinary) && OrdinarySubject(i)) return true;
        if (token.Case == LetterCase.Lower) return _small && token.Unknown && Uncapitalised(i);
        return token.Unknown && Unexplained(i);
    }

    private bool Likely(int k)
    {
        while (IsAny(k, ["named", "called"])) k++;
        return IsWord(k) && (_small || _tokens[k].Case != LetterCase.Lower || _tokens[k].Has(WordUse.Particle)) && Name(k, Promise.Likely, out _);
    }

    private bool Titled(int i)
    {
        ref readonly var title = ref _tokens[i];
        // "MS" and "MR" in capitals are a disease and a machine, "md" and "st" are read elsewhere
        bool abbreviation = IsAny(i, ["ms", "mr", "lt", "fr", "sra", "maj", "col", "cpt", "rev", "sir", "judge", "don"]);
        // "46 ms. Sinus node": milliseconds
        if (Is(i, "ms") && i > 0 && IsNumber(i - 1)) return false;
        int k = i + 1;
        bool point = GluedSymbol(k, '.');
        if (point) k++;
        // "MR C-SPINE" is an examination, "MR conditional" a property of an implant
        if (Is(i, "mr") && !point && (IsAny(k, ["conditional", "unsafe", "safe", "compatible"]) || (title.Case == LetterCase.Upper && IsAny(k, ["c", "t", "l", "ls"]) && GluedSymbol(k + 1, '-')))) return false;
        if (abbreviation && !point && title.Case == LetterCase.Upper && !title.Shouted && !(IsWord(k) && _tokens[k].Unknown && _tokens[k].Case == LetterCase.Capital)) return false;
        if (abbreviation && title.Shouted && !point && !(IsWord(k) && (_tokens[k].Unknown || (!_tokens[k].Has(WordUse.Function | WordUse.Study | WordUse.EponymNoun) && Has(k + 1, WordUse.PersonAct) && !IsAny(k + 1, s_copulas))))) return false;
        bool words = IsAny(i, ["doctor", "miss", "professor", "sir", "judge", "lt", "fr", "col", "maj", "rev", "captain", "reverend", "father", "sister", "ms", "prof"]);
        if (IsSymbol(k, ':') || IsSymbol(k, ',')) k++;
        while (Has(k, WordUse.Title) && !Has(k, WordUse.Unit)) { k++; if (GluedSymbol(k, '.')) k++; }
        // several are named after one title: "Drs. Petrov and Lind"
        bool plural = Is(i, "drs");
        if (GluedSymbol(k, '\'') && Is(k + 1, "s")) (k, plural) = (k + 2, true);
        bool machine = IsAny(i, ["mr", "ms"]) && title.Case == LetterCase.Upper && !title.Shouted;
        if (!Name(k, (words && !point) || machine ? Promise.Likely : Promise.Sure, out int last))
        {
            if (!plural || !IsAny(k + 1, ["and"])) return false;
            last = k;
        }
        for (int more = 0; more < 4 && (plural || IsSymbol(last + 1, '/')); more++)
        {
            int next = last + 1;
            if (IsSymbol(next, ',')) next++;
            if (IsAny(next, ["and", "or"]) || IsSymbol(next, '&') || IsSymbol(next, '/')) next++;
            if (next == last + 1 || !Name(next, Promise.Sure, out last)) break;
        }
        return true;
    }

    /// <summary>"Patient name:", "Radiologist:", "cc:", "Dear": a colon, a line break or "is" makes sure of it.</summary>
    private bool NameLabelled(int i)
    {
        int k = i + 1;
        while (IsAny(k, ["name", "names", "physician", "doctor", "provider", "md", "radiologist", "nurse", "signature", "technologist", "clinician", "surgeon", "contact", "by", "person"]) && !IsTaken(k)) k++;
        bool colon = IsSymbol(k, ':') || (IsSymbol(k, '-') && !_tokens[k].Glued) || IsSymbol(k, '=') || IsSymbol(k, '#');
        if (IsSymbol(k, '(') && (IsWord(k + 1)) ) k++;
        if (!colon && GluedSymbol(k, '(') && Is(k + 1, "s")) k += 3;
        if (IsSymbol(k, ',') && k + 1 < _tokens.Length && _tokens[k + 1].Breaks > 0 && IsAny(i, ["sincerely", "regards", "respectfully"])) k++;
        while (IsSymbol(k, ':') || IsSymbol(k, '-') || IsSymbol(k, '=') || IsSymbol(k, '"') || IsSymbol(k, '*')) k++;
        bool named = (colon && !IsAny(i, ["cc", "to", "from", "re", "regarding", "subject", "attention", "contact", "recipient", "reader", "signed", "dictated", "transcribed", "assistant", "assistants"])) || IsAny(i, ["name", "surname", "dear", "attn", "alias", "aka", "surnames", "forename", "sincerely", "regards", "respectfully"]);
        if (colon && IsAny(i, ["from", "to", "re", "regarding", "subject", "resident", "fellow", "tech", "technique"]) && !IsWord(k)) return false;
        if (Is(k, "is") || Is(k, "was")) k++;
        if (!named && !colon && !Has(i, WordUse.PersonNoun)) return false;
        if (IsAny(i, ["to", "from", "re", "by", "subject", "regarding"]) && !colon) return false;
        bool last = Name(k, named ? Promise.Sure : Promise.Likely, out int end);
        if (!last && colon && IsWord(k) && !_tokens[k].Taken && !_tokens[k].Has(WordUse.Function | WordUse.Credential) && IsSymbol(k + 1, ',') && IsWord(k + 2) && _tokens[k + 2].Unknown && _tokens[k + 2].Length > 2 && _tokens[k + 2].Breaks == 0) return Take(PhiKind.Name, k, NameEnd(k + 2, Promise.Likely) is var given && given >= k + 2 ? given : k + 2);
        if (last && named && IsSymbol(end + 1, ',') && !_tokens[end + 1].Taken) Reversed(end);
        return last;
    }

    /// <summary>"Petrovic, Anna M.": the given names behind the comma.</summary>
    private void Reversed(int end)
    {
        int k = end + 2;
        if (!IsWord(k) || _tokens[k].Length == 1 || _tokens[k].Breaks > 0 || _tokens[k].Has(WordUse.Credential | WordUse.Function | WordUse.PersonNoun | WordUse.Study) || !(_tokens[k].Capitalised || _tokens[k].Unknown) || _tokens[k].Taken) return;
        int last = NameEnd(k, Promise.Sure);
        if (last >= k) Take(PhiKind.Name, k, last);
    }

    /// <summary>"electronically signed by", "dictated:", "discussed with", "notified", "results given to".</summary>
    private bool SignedOrTold(int i)
    {
        int k = i + 1;
        bool by = false, to = false, colon = false;
        for (int steps = 0; steps < 4 && k < _tokens.Length; steps++)
        {
            if (Is(k, "by")) by = true;
            else if (IsAny(k, ["to", "with"])) to = true;
            else if (IsSymbol(k, ':')) colon = true;
            else if (IsAny(k, ["and", "the", "referring", "ordering", "attending", "on", "through", "back", "down", "out", "directly", "verbally", "electronically", "telephone", "phone", "via", "nurse", "resident", "patient", "doctor", "physician", "over", "both", "fellow", "physicians", "phoned", "radiologist", "surgeon", "pa", "np", "rn", "charge", "technologist", "team", "member", "findings", "results", "pcp", "colleague"]) && !(Has(k, WordUse.Title))) { }
            else if (IsSymbol(k, '-') || IsSymbol(k, '/') || _tokens[k].Has(WordUse.Signer)) { }
            else break;
            k++;
        }
        if (!by && !to && !colon && !_tokens[i].Has(WordUse.Told) && !IsAny(i, ["recommended"])) return false;
        if (!by && !to && !_small && IsWord(k) && _tokens[k].Case == LetterCase.Lower) return false;
        bool signed = by && !Is(k - 1, "the");
        bool found = Name(k, signed ? Promise.Sure : Promise.Likely, out int last);
        // "phoned through to Rivers at 5:16": an ordinary word in capitals that is no department
        if (!found && to && IsWord(k) && !_tokens[k].Taken && _tokens[k].Case == LetterCase.Capital && !SentenceStart(k) && IsAny(k + 1, ["at", "on", "by"]) && !_tokens[k].Has(WordUse.Function | WordUse.Generic | WordUse.PersonNoun | WordUse.Facility | WordUse.NameLabel | WordUse.Region | WordUse.Brand | WordUse.Study) && !Word(k).EndsWith("ology", StringComparison.OrdinalIgnoreCase)) return Take(PhiKind.Name, k, k);
        if (found && signed && IsSymbol(last + 1, ',')) Reversed(last);
        for (int more = 0; found && more < 3 && (IsAny(last + 1, ["and"]) || IsSymbol(last + 1, '/') || IsSymbol(last + 1, '&')); more++)
            if (!Name(last + 2, Promise.Likely, out last)) break;
        return found;
    }

    /// <summary>"Petrovic, MD", "A. Lind M.D.", "Lind RN": the name before a degree.</summary>
    private bool BeforeDegree(int i)
    {
        ref readonly var degree = ref _tokens[i];
        bool comma = IsSymbol(i - 1, ',');
        // "Chest, PA and lateral": a projection
        if (Is(i, "pa") && (IsAny(i + 1, ["and", "or", "view", "views", "chest", "projection", "radiograph", "only"]) || (IsSymbol(i + 1, ',') && IsAny(i + 2, ["lateral", "and"])) || (GluedSymbol(i + 1, '/') && IsAny(i + 2, ["lateral", "lat", "ap"])))) return false;
        bool dotted = degree.Has(WordUse.Suffix) && GluedSymbol(i + 1, '.');
        if (!comma && !dotted && !(degree.Case is LetterCase.Upper or LetterCase.Mixed && !degree.Shouted) && !IsAny(i, ["md", "phd", "mbbs", "jr"])) return false;
        int k = comma ? i - 2 : i - 1, last = k;
        if (IsSymbol(k, '.') && k > 0 && _tokens[k - 1].Length == 1) k--;
        int first = last + 1;
        bool likely = false;
        while (k >= 0 && last - k < 8 && _tokens[k + 1].Breaks <= 1)
        {
            ref readonly var word = ref _tokens[k];
            if (word.Taken) return false;
            if (word.Is('.') && k > 0 && IsWord(k - 1) && _tokens[k - 1].Length == 1) { k--; continue; }
            if (word.Is('-') && word.Glued) { k--; continue; }
            if (!word.IsWord || word.Has(WordUse.Credential | WordUse.Function | WordUse.Title | WordUse.Signer | WordUse.PersonNoun | WordUse.Study)) break;
            bool lowerDegree = degree.Case == LetterCase.Lower;
            bool fits = word.Unknown || word.Has(WordUse.GivenName | WordUse.FamilyName | WordUse.Particle) || (word.Capitalised && !word.Shouted && !lowerDegree && (comma || IsAny(i, ["md", "do", "phd", "jr"]))) || (word.Shouted && comma && !word.Has(WordUse.Unit));
            if (!fits || (word.Has(WordUse.Ordinary) && SentenceStart(k) && first > last && !comma)) break;
            likely |= !word.Has(WordUse.Ordinary) || (comma && word.Capitalised && !word.Shouted);
            first = k--;
        }
        if (first > last || !likely) return false;
        while (_tokens[last].Kind == TokenKind.Symbol && last > first && !_tokens[last].Is('.')) last--;
        return Take(PhiKind.Name, first, last);
    }

    /// <summary>M.D., D.O., R.N., Ph.D.</summary>
    private readonly bool Dotted(int i) => _tokens[i].Length <= 2 && IsSymbol(i - 1, ',') && GluedSymbol(i + 1, '.') && IsAny(i, ["m", "d", "r", "p", "ph", "n"]) && IsAny(i + 2, ["d", "o", "n", "a", "p"]) && _tokens[i + 2].Glued;

    private bool GivenName(int i)
    {
        int last = NameEnd(i, Promise.Likely);
        if (last <= i) return false;
        bool follows = false;
        for (int k = i + 1; k <= last; k++) follows |= IsWord(k) && _tokens[k].Length > 1 && (_tokens[k].Unknown || _tokens[k].Has(WordUse.FamilyName | WordUse.GivenName));
        bool plain = _tokens[i].Has(WordUse.Ordinary | WordUse.Function) && !(_tokens[i].Capitalised && !_tokens[i].Shouted);
        if (GluedSymbol(i + 1, '-') && IsWord(i + 2) && _tokens[i + 2].Unknown) plain = false;
        return follows && !plain && Take(PhiKind.Name, i, last);
    }

    /// <summary>"R. Halvorsen", "R.T. Halvorsen" without any promise: capital initials before an unknown word, or before any word on a line of their own.</summary>
    private bool InitialAndName(int i)
    {
        if (!(_tokens[i].Case == LetterCase.Upper || _small) || (_tokens[i].Glued && i > 0 && !IsSymbol(i - 1, '(')) || IsAny(i - 1, ["grade", "type", "hepatitis", "group", "vitamin", "weber", "stage", "class", "influenza", "protein", "factor", "category", "zone", "level", "segment", "series", "part", "view", "lead"])) return false;
        int k = i;
        while (IsWord(k) && _tokens[k].Length == 1 && GluedSymbol(k + 1, '.')) k += 2;
        while (Has(k, WordUse.Particle) && (IsWord(k + 1) || GluedSymbol(k + 1, '.'))) k += GluedSymbol(k + 1, '.') ? 2 : 1;
        if (!IsWord(k) || _tokens[k].Breaks > 1 || _tokens[k].Length < 3) return false;
        bool line = _tokens[i].Breaks > 0 && !_tokens[k].Has(WordUse.Function) && (k + 1 >= _tokens.Length || _tokens[k + 1].Breaks > 0 || IsSymbol(k + 1, ','));
        bool unknown = _tokens[k].Unknown || _tokens[k].Has(WordUse.FamilyName);
        bool several = k > i + 2 && _tokens[k].Case == LetterCase.Capital && !_tokens[k].Has(WordUse.Function) && !Is(i, "u");
        bool referred = IsAny(i - 2, ["ref", "per", "by"]) || IsAny(i - 1, ["ref", "per", "by"]);
        if (!(unknown || line || several || (referred && !_tokens[k].Has(WordUse.Function | WordUse.Study | WordUse.Unit))) || !(_tokens[k].Capitalised || _small)) return false;
        return Take(PhiKind.Name, i, Math.Max(k, NameEnd(k, Promise.Sure)));
    }

    /// <summary>"JKL/mb", "D: ab", "initials JK": the dictation line's letters.</summary>
    private bool Initials(int i)
    {
        if (IsAny(i - 1, ["initials", "initialed", "by"]) || (IsSymbol(i - 1, ':') && IsAny(i - 2, ["initials", "initial"]))) return !_tokens[i].Has(WordUse.Study | WordUse.Credential) && !(_tokens[i].Has(WordUse.Ordinary) && Is(i - 1, "by")) && Take(PhiKind.Name, i, i);
        bool slash = (GluedSymbol(i + 1, '/') || GluedSymbol(i + 1, ':')) && IsWord(i + 2) && _tokens[i + 2].Glued && _tokens[i + 2].Case == LetterCase.Lower && _tokens[i + 2].Length is 2 or 3 && !_tokens[i + 2].Has(WordUse.Ordinary);
        bool alone = _tokens[i].Breaks > 0 && (i + 3 >= _tokens.Length || _tokens[i + 3].Breaks > 0);
        return slash && alone && Take(PhiKind.Name, i, i + 2);
    }
}
