namespace RadLab.Radiology;

/// <summary>How far a name reaches, and when the shape alone is enough.</summary>
internal ref partial struct PhiScanner
{
    private bool Name(int k, Promise promise, out int last)
    {
        last = k;
        if (!IsWord(k) || _tokens[k].Breaks > (promise == Promise.Sure ? 2 : 1) || _tokens[k].Taken) return false;
        int end = NameEnd(k, promise);
        if (end < k) return false;
        last = end;
        Take(PhiKind.Name, k, end);
        // "referred by Anna Petrovic of Millford"
        if (Is(end + 1, "of") && !IsTaken(end + 2)) TownNamed(end + 2, shouted: true);
        return true;
    }

    /// <summary>The last token of the name that begins here, or one before it where none does.</summary>
    private readonly int NameEnd(int first, Promise promise)
    {
        int last = first - 1, words = 0;
        for (int k = first; k < _tokens.Length && words < 7; k++)
        {
            ref readonly var token = ref _tokens[k];
            if (token.Taken || (k > first && token.Breaks > 1)) break;
            if (token.Kind == TokenKind.Symbol)
            {
                bool joins = (token.Is('-') && token.Glued && IsWord(k + 1) && _tokens[k + 1].Glued && words > 0) || (token.Is('.') && token.Glued && IsWord(k - 1) && k > first && (_tokens[k - 1].Length == 1 || IsAny(k - 1, ["st", "jr", "sr", "chr", "wm", "th"])) && words > 0)
                    || (token.Is('\'') && token.Glued && IsWord(k + 1) && _tokens[k + 1].Glued && words > 0 && !Is(k + 1, "s"));
                if (!joins) break;
                if (token.Is('.')) last = k;
                continue;
            }
            if (!token.IsWord) break;
            if (words > 0 && token.Breaks > 0 && IsSymbol(k + 1, ',') && IsWord(k + 2) && (token.Shouted || _tokens[k + 2].Unknown)) break;
            if (words > 0 && token.Breaks == 1 && token.Case == LetterCase.Capital && token.Has(WordUse.Ordinary) && promise != Promise.Shape && Surname(k, first, promise)) { words++; last = k; continue; }
            if (words > 0 && token.Breaks > 0 && !(token.Has(WordUse.Suffix) && token.Breaks == 1 && token.Capitalised) && (!token.Unknown || token.Has(WordUse.Label | WordUse.NameLabel) || (!token.Shouted && !(token.Capitalised && token.Case != LetterCase.Upper) && promise == Promise.Shape) || (IsSymbol(k + 1, ':') && promise == Promise.Shape))) break;
            if (!Fits(k, words, promise, first)) break;
            if (token.Length == 1 && !GluedSymbol(k + 1, '.') && words == 0 && promise != Promise.Sure) break;
            words++;
            last = k;
        }
        // a particle or an initial alone is no name
        if (words == 1 && last == first && _tokens[first].Has(WordUse.Particle) && _tokens[first].Case == LetterCase.Lower) return first - 1;
        if (words == 1 && _tokens[first].Length == 1 && promise != Promise.Sure) return first - 1;
        return last;
    }

    private readonly bool Fits(int k, int words, Promise promise, int first)
    {
        ref readonly var token = ref _tokens[k];
        bool caps = token.Capitalised && !token.Shouted;
        if (token.Has(WordUse.Title) && !(caps && words > 0 && token.Has(WordUse.FamilyName | WordUse.GivenName))) return false;
        if (token.Has(WordUse.Suffix) && words > 0) return true;
        if (token.Has(WordUse.Particle) && Follows(k, promise)) return words > 0 || caps || promise == Promise.Sure || !token.Has(WordUse.Function);
        if (token.Length == 1 && token.Case == LetterCase.Lower) return promise != Promise.Shape && !GluedNumber(k + 1) && ((GluedSymbol(k + 1, '.') && (words > 0 || Follows(k, promise) || (IsWord(k + 2) && (_tokens[k + 2].Length == 1 || (_small && !_tokens[k + 2].Has(WordUse.Function | WordUse.Unit)))))) || (words > 0 && promise == Promise.Sure && _tokens[first].Unknown && !Is(k, "a")) || (words > 0 && _small && Follows(k, promise)));
        if (token.Length == 1) return token.Case == LetterCase.Upper && !GluedNumber(k + 1) && !GluedSymbol(k + 1, '/') && (promise != Promise.Shape || GluedSymbol(k + 1, '.') || Follows(k, promise)) && (words > 0 || GluedSymbol(k + 1, '.') || promise == Promise.Sure) && !(Is(k, "a") && !GluedSymbol(k + 1, '.') && !(words > 0 && (promise == Promise.Sure || Follows(k, Promise.Shape)))) && (words > 0 || GluedSymbol(k + 1, '.') || !Is(k, "I"));
        bool joined = k > first && _tokens[k].Glued && IsSymbol(k - 1, '-');
        if (joined && token.Has(WordUse.Particle)) return true;
        if (joined && !token.Has(WordUse.Function) && (token.Shouted || (promise != Promise.Shape && IsWord(k - 2) && _tokens[k - 2].Unknown))) return true;
        if (token.Has(WordUse.Function | WordUse.Study | WordUse.Credential) && !(caps && words > 0 && token.Has(WordUse.FamilyName))) return joined && token.Has(WordUse.Function) && caps;
        // short capitals are abbreviations before they are names
        if (token.Unknown && caps && token.Case == LetterCase.Upper && token.Length <= 4 && !joined && !(promise == Promise.Sure && words == 0) && !(words > 0 && _tokens[first].Case == LetterCase.Upper && _tokens[first].Length > 4)) return false;
        if (token.Unknown) return caps || token.Shouted || (token.Case == LetterCase.Lower && promise != Promise.Shape && !(words > 0 && _tokens[first].Case == LetterCase.Capital && !joined && !token.Has(WordUse.GivenName | WordUse.FamilyName)));
        if (joined && caps) return true;
        if (token.Has(WordUse.GivenName | WordUse.FamilyName) && (caps || (promise != Promise.Shape && !token.Has(WordUse.Ordinary | WordUse.Month)))) return promise == Promise.Sure || words > 0 || !token.Has(WordUse.Ordinary) || (caps && !SentenceStart(k) && Follows(k, promise));
        // "Benedetta Field", "E. Winter", "ENRIQUE RIVERS, MD": an ordinary word behind an unknown one or an initial
        if (words > 0 && Surname(k, first, promise)) return true;
        if (promise != Promise.Sure) return false;
        // "seen by Doppler examination": an eponym before its noun
        if (token.Has(WordUse.Brand) || (token.Has(WordUse.Eponym) && !HardTitle(k) && ((Has(k + 1, WordUse.EponymNoun | WordUse.Study) && (_tokens[k + 1].Case != LetterCase.Capital || _tokens[k + 1].Shouted)) || (IsWord(k + 1) && _tokens[k + 1].Case == LetterCase.Lower && !Has(k + 1, WordUse.Function | WordUse.PersonAct))))) return false;
        if (token.Has(WordUse.PersonAct | WordUse.Facility | WordUse.Signer | WordUse.Told)) return words == 0 && caps && IsNameShape(k);
        // an ordinary word in capitals behind a title or a signature: "Dr. Long", "Signed by: Grace Frost"
        if (words == 0 && _small && Is(k - 1, ":") && (k + 1 >= _tokens.Length || _tokens[k + 1].Breaks > 0)) return !token.Has(WordUse.Generic | WordUse.PersonNoun | WordUse.NameLabel);
        if (words == 0) return (!token.Has(WordUse.Generic | WordUse.PersonNoun) || (caps && HardTitle(k))) && (caps || token.Shouted || HardTitle(k)) && (caps || !token.Shouted || token.Length > 2);
        return caps && token.Case != LetterCase.Upper && !SentenceStart(k) && token.Breaks == 0 && !IsSymbol(k + 1, ':') && !token.Has(WordUse.Generic | WordUse.PersonNoun | WordUse.NameLabel | WordUse.Region | WordUse.Brand) && !Proper2(k);
    }

    private readonly bool Surname(int k, int first, Promise promise)
    {
        ref readonly var token = ref _tokens[k];
        int p = IsSymbol(k - 1, '.') ? k - 2 : k - 1;
        if (p < first || token.Length < 3 || token.Has(WordUse.Brand | WordUse.Region | WordUse.PersonNoun | WordUse.Facility | WordUse.NameLabel | WordUse.EponymNoun | WordUse.Signer | WordUse.Told | WordUse.Unit | WordUse.Generic | WordUse.DateFollow | WordUse.Label) || (IsSymbol(k + 1, ':') && promise != Promise.Sure) || token.Breaks > 1) return false;
        bool initial = _tokens[p].Length == 1, unknown = _tokens[p].Unknown || _tokens[p].Has(WordUse.GivenName);
        if (!initial && !unknown) return false;
        // "Ms. KOVACEVIC returned": a word in small letters goes on with a name only where the name is in small letters too
        if (token.Case == LetterCase.Lower && _tokens[p].Case != LetterCase.Lower) return false;
        bool caps = token.Case == LetterCase.Capital;
        if (caps && token.Breaks == 0) return initial || _tokens[p].Case != LetterCase.Lower;
        if ((promise == Promise.Shape && !(token.Shouted && IsSymbol(k + 1, '|'))) || (!caps && !token.Shouted && token.Case != LetterCase.Lower)) return false;
        int next = k + 1;
        return next >= _tokens.Length || _tokens[next].Kind == TokenKind.Symbol || _tokens[next].Breaks > 0 || _tokens[next].Taken || _tokens[next].Has(WordUse.Function | WordUse.PersonAct | WordUse.Suffix | WordUse.Credential | WordUse.Signer) || (promise == Promise.Sure && _tokens[next].Has(WordUse.Label));
    }

    /// <summary>"dr long" in small letters: only the unmistakable titles carry an ordinary word.</summary>
    private readonly bool HardTitle(int k)
    {
        int t = IsSymbol(k - 1, '.') ? k - 2 : k - 1;
        return (IsAny(t, ["dr", "mr", "mrs"]) || (Is(t, "ms") && t == k - 2)) && _tokens[k].Breaks == 0 && !Has(k, WordUse.DateFollow | WordUse.Unit | WordUse.LiveWord);
    }

    private readonly bool IsNameShape(int k) => _tokens[k].Has(WordUse.GivenName | WordUse.FamilyName) || (!IsSymbol(k + 1, ':') && Has(k, WordUse.Ordinary) && _tokens[k].Case == LetterCase.Capital);

    // the word after next begins something else, as in "Dr. Novak Chest CT": two ordinary capitalised words in a row are a heading
    private readonly bool Proper2(int k) => IsWord(k + 1) && _tokens[k + 1].Breaks == 0 && _tokens[k + 1].Capitalised && _tokens[k + 1].Has(WordUse.Ordinary) && !_tokens[k + 1].Has(WordUse.FamilyName | WordUse.Credential);

    private readonly bool Follows(int k, Promise promise)
    {
        int next = k + 1;
        if (GluedSymbol(next, '.') || (IsSymbol(next, '-') && _tokens[next].Glued) || GluedSymbol(next, '\'')) next++;
        if (!IsWord(next) || _tokens[next].Breaks > 0) return false;
        if (_tokens[next].Has(WordUse.Particle) && IsWord(next + 1)) return _tokens[next + 1].Unknown;
        return _tokens[next].Unknown || (_tokens[next].Has(WordUse.GivenName | WordUse.FamilyName) && _tokens[next].Capitalised) || (promise == Promise.Sure && _tokens[next].Capitalised && !_tokens[next].Shouted && !_tokens[next].Has(WordUse.Function));
    }

    /// <summary>An unknown word without a promise: two in capitals together, one before an act of a person, one inside a sentence.</summary>
    private bool Unexplained(int i)
    {
        ref readonly var token = ref _tokens[i];
        if (token.Length < 2 || token.Has(WordUse.Title | WordUse.Credential | WordUse.Study | WordUse.Unit | WordUse.StateCode | WordUse.Particle) || (i + 1 < _tokens.Length && _tokens[i + 1].Glued && (IsNumber(i + 1))) || (token.Glued && i > 0 && IsNumber(i - 1))) return false;
        if (token.Glued && i > 0 && _tokens[i - 1].Kind == TokenKind.Symbol && _tokens[i - 1].Symbol is '/' or '-' or '_' or '.' && _tokens[i - 1].Glued && !Has(i - 2, WordUse.Particle)) return false;
        if (!token.Capitalised) return false;
        int last = NameEnd(i, Promise.Shape), unknown = 0, longest = 0;
        if (last < i) return false;
        int begin = Backwards(i);
        for (int k = i; k <= last; k++)
        {
            if (!IsWord(k) || !_tokens[k].Unknown) continue;
            unknown++;
            longest = Math.Max(longest, _tokens[k].Length);
        }
        bool act = Acts(last + 1);
        bool possessive = GluedSymbol(last + 1, '\'') && Is(last + 2, "s");
        if ((Has(last + 1, WordUse.EponymNoun) && (_tokens[last + 1].Case == LetterCase.Lower || _tokens[last + 1].Shouted)) || (possessive && Has(last + 3, WordUse.EponymNoun))) return false;
        bool reversed = token.Shouted && longest >= 4 && IsSymbol(last + 1, ',') && IsWord(last + 2) && _tokens[last + 2].Unknown && _tokens[last + 2].Length >= 3 && _tokens[last + 2].Breaks == 0 && (token.Breaks > 0 || begin < i || Fenced(i));
        if (reversed) return Take(PhiKind.Name, begin, Math.Max(last + 2, NameEnd(last + 2, Promise.Shape)));
        if (token.Shouted && longest >= 4 && begin < i && IsSymbol(begin + 1, ',')) return Take(PhiKind.Name, begin, last);
        if (token.Shouted && last == i && Has(i + 2, WordUse.Suffix) && longest >= 4 && !Has(i + 1, WordUse.Function)) return Take(PhiKind.Name, i, i + 2);
        if (token.Shouted && last > i && IsSymbol(last + 1, '|') && longest >= 4) return Take(PhiKind.Name, begin, last);
        if (token.Shouted) return longest >= 4 && (unknown >= 2 || ((act || possessive) && longest >= 5)) && Take(PhiKind.Name, begin, last);
        bool upper = token.Case == LetterCase.Upper && last == i;
        if (upper && (token.Length < 5 || !(act || possessive))) return false;
        if (SentenceStart(begin) && unknown == 1 && last > i && _tokens[last].Has(WordUse.Ordinary) && !(act || possessive || IsSymbol(last + 1, ',') || IsSymbol(last + 1, '(') || IsSymbol(last + 1, '|') || _tokens[last].Has(WordUse.Suffix) || (IsSymbol(begin - 1, ':') && !(IsWord(last + 1) && _tokens[last + 1].Case == LetterCase.Lower && _tokens[last + 1].Breaks == 0)))) return false;
        if ((last > i || begin < i) && unknown >= 1 && longest >= 3) return Take(PhiKind.Name, begin, last);
        if (IsSymbol(last + 1, ',') && IsWord(last + 2) && _tokens[last + 2].Breaks == 0 && _tokens[last + 2].Capitalised && _tokens[last + 2].Case == LetterCase.Capital && (_tokens[last + 2].Unknown || _tokens[last + 2].Has(WordUse.GivenName)))
        {
            int given = NameEnd(last + 2, Promise.Shape);
            if (given >= last + 2) return Take(PhiKind.Name, begin, given);
        }
        if (token.Length < 3) return false;
        if (IsNumber(last + 1) || GluedSymbol(last + 1, '=') || OfMedicines(i)) return false;
        if (SentenceStart(i)) return (act || possessive) && Take(PhiKind.Name, begin, last);
        if (token.Case == LetterCase.Mixed && !act && !possessive) return false;
        return Take(Has(i - 1, WordUse.PlaceLead) && !act ? PhiKind.Place : PhiKind.Name, begin, last);
    }

    /// <summary>Particles and a capitalised ordinary word before the name belong to it: "van der Merwe", "Grace Petrovic".</summary>
    private readonly int Backwards(int i)
    {
        int k = i;
        while (k > 0 && !_tokens[k - 1].Taken && _tokens[k].Breaks <= 1)
        {
            int p = (_tokens[k - 1].Is('-') || _tokens[k - 1].Is('.')) && k > 1 && _tokens[k - 1].Glued ? k - 2 : k - 1;
            if (!IsWord(p) || _tokens[p].Taken || !_tokens[p].Has(WordUse.Particle) || (p == k - 1 && _tokens[p].Has(WordUse.Function) && _tokens[p].Case == LetterCase.Lower) || (p < k - 1 && _tokens[k - 1].Is('.') && !Is(p, "st"))) break;
            k = p;
        }
        // "Rivers, Ranjit" on a line of its own
        if (k > 1 && IsSymbol(k - 1, ',') && IsWord(k - 2) && (_tokens[k - 2].Breaks > 0 || (Fenced(k - 2) && _tokens[i].Unknown)) && _tokens[k - 2].Capitalised && !_tokens[k - 2].Taken && _tokens[k - 2].Has(WordUse.Ordinary | WordUse.Eponym) && !_tokens[k - 2].Has(WordUse.Function | WordUse.Study) && (i + 1 >= _tokens.Length || _tokens[i + 1].Breaks > 0 || _tokens[i + 1].Length == 1 || IsSymbol(i + 1, ',') || IsSymbol(i + 1, '|'))) return k - 2;
        if (k == 0) return k;
        ref readonly var before = ref _tokens[k - 1];
        bool given = before.IsWord && !before.Taken && before.Case == LetterCase.Capital && before.Length > 2 && _tokens[k].Breaks == 0 && !SentenceStart(k - 1);
        return given && !before.Has(WordUse.Function | WordUse.Study | WordUse.Title | WordUse.Facility | WordUse.PersonNoun | WordUse.Generic | WordUse.Signer | WordUse.Told | WordUse.Brand | WordUse.Region | WordUse.Month | WordUse.NameLabel | WordUse.Unit | WordUse.Label) ? k - 1 : k;
    }

    /// <summary>Behind a sign that parts the fields of a heading line.</summary>
    private readonly bool Fenced(int i) => i > 0 && _tokens[i - 1].Kind == TokenKind.Symbol && _tokens[i - 1].Symbol is '|' or ':' or '/' or ',' or '-' && !(_tokens[i].Glued && _tokens[i - 1].Glued);

    /// <summary>In small letters: two unknown words together, or one before an act of a person or 's.</summary>
    private bool Uncapitalised(int i)
    {
        ref readonly var token = ref _tokens[i];
        if (token.Length < 4 || Odd(i)) return false;
        int next = i + 1;
        bool pair = IsWord(next) && _tokens[next].Unknown && _tokens[next].Length >= 3 && _tokens[next].Breaks <= 1 && _tokens[next].Case == LetterCase.Lower && !Odd(next) && !_tokens[next].Taken;
        if (pair) return Take(PhiKind.Name, i, Math.Max(next, NameEnd(i, Promise.Likely)));
        int reach = NameEnd(i, Promise.Likely), unknown = 0;
        for (int k = i; k <= reach; k++) unknown += IsWord(k) && _tokens[k].Unknown && _tokens[k].Length > 2 ? 1 : 0;
        if (unknown >= 2) return Take(PhiKind.Name, i, reach);
        if (IsSymbol(next, ',') && (token.Breaks > 0 || Fenced(i)) && IsWord(next + 1) && _tokens[next + 1].Unknown && _tokens[next + 1].Length >= 3 && !Odd(next + 1)) return Take(PhiKind.Name, i, next + 1);
        bool act = Acts(next) && !Has(next, WordUse.Signer);
        bool possessive = GluedSymbol(next, '\'') && Is(next + 1, "s") && !Has(next + 2, WordUse.EponymNoun);
        return (act || possessive) && Take(PhiKind.Name, Backwards(i), i);
    }

    /// <summary>Part of a code or a compound, not a word of its own.</summary>
    private readonly bool Odd(int k) => _tokens[k].Has(WordUse.Title | WordUse.Credential | WordUse.Study | WordUse.Unit | WordUse.Label) || (_tokens[k].Glued && k > 0 && !IsSymbol(k - 1, '(') && !IsSymbol(k - 1, ':')) || (k + 1 < _tokens.Length && _tokens[k + 1].Glued && (IsNumber(k + 1) || (IsSymbol(k + 1, '-') && !(IsWord(k + 2) && _tokens[k + 2].Glued && (_tokens[k + 2].Unknown || _tokens[k + 2].Has(WordUse.GivenName)))) || IsSymbol(k + 1, '/') || IsSymbol(k + 1, '_')));

    /// <summary>The line lists drugs or laboratory values.</summary>
    private readonly bool OfMedicines(int i)
    {
        while (i > 0 && _tokens[i].Breaks == 0) i--;
        return IsAny(i, ["meds", "medications", "medication", "medicines", "drugs", "allergies", "labs", "laboratory", "laboratories", "pertinent", "concomitant"]);
    }

    private static readonly string[] s_copulas = ["was", "is", "has", "had"];
    private static readonly string[] s_ofPersons = ["seen", "referred", "brought", "admitted", "transferred", "informed", "notified", "examined", "here", "sent", "evaluated", "discharged", "instructed", "scheduled", "asked", "taken", "told", "accompanied", "born", "a", "an", "not", "also", "last", "consented", "counseled", "unable", "able", "been", "no", "paged", "contacted", "called", "aware", "made"];

    /// <summary>A verb of persons; after "was" and the like the next word must speak of a person too.</summary>
    private readonly bool Acts(int k)
    {
        if (!Has(k, WordUse.PersonAct) || _tokens[k].Breaks > 1 || _tokens[k].Case == LetterCase.Capital) return false;
        return !IsAny(k, s_copulas) || IsAny(k + 1, s_ofPersons);
    }

    private static readonly string[] s_acts = ["complains", "complained", "denies", "denied", "tolerated", "consented", "lives", "resides", "ambulated"];
    private static readonly string[] s_owned = ["prior", "previous", "wife", "husband", "daughter", "son", "family", "mother", "father", "brother", "sister", "films", "chart", "records"];

    /// <summary>"Winter complains of", "Banks's prior films": an ordinary word where only a person can stand.</summary>
    private bool OrdinarySubject(int i)
    {
        if (_tokens[i].Has(WordUse.Function | WordUse.PersonNoun | WordUse.Title | WordUse.Generic | WordUse.NameLabel | WordUse.Month | WordUse.Weekday) || !SentenceStart(i) || IsAny(i, ["today", "yesterday", "tomorrow", "nobody", "everybody", "man", "woman", "child", "lady", "gentleman", "boy", "girl", "male", "female", "person", "family"])) return false;
        bool acts = IsAny(i + 1, s_acts) && _tokens[i + 1].Case == LetterCase.Lower;
        bool owns = GluedSymbol(i + 1, '\'') && Is(i + 2, "s") && IsAny(i + 3, s_owned);
        return (acts || owns) && Take(PhiKind.Name, i, i);
    }

    /// <summary>Every further mention of a name that was found: "Petrovic" after "Mrs. Anna Petrovic".</summary>
    private void FurtherMentions()
    {
        int count = _found.Count;
        for (int f = 0; f < count; f++)
        {
            var finding = _found[f];
            if (finding.Kind != PhiKind.Name) continue;
            for (int k = 0; k < _tokens.Length && _tokens[k].Start < finding.End; k++)
            {
                if (_tokens[k].Start < finding.Start || !IsWord(k) || _tokens[k].Length < 3 || (_tokens[k].Case == LetterCase.Upper && _tokens[k].Length < 5 && !_tokens[k].Shouted) || _tokens[k].Has(WordUse.Function | WordUse.Title | WordUse.Particle)) continue;
                Mentions(k);
            }
        }
    }

    private void Mentions(int name)
    {
        bool explained = !_tokens[name].Unknown;
        for (int k = 0; k < _tokens.Length; k++)
        {
            ref readonly var token = ref _tokens[k];
            if (token.Taken || !token.IsWord || token.Length != _tokens[name].Length || !Word(k).Equals(Word(name), StringComparison.OrdinalIgnoreCase)) continue;
            // a name that is also a word counts again only in its own capitals, inside a sentence and before no disease
            if (explained && (token.Case != LetterCase.Capital || SentenceStart(k) || Has(k + 1, WordUse.EponymNoun) || (GluedSymbol(k + 1, '\'') && Has(k + 3, WordUse.EponymNoun)))) continue;
            Take(PhiKind.Name, k, k);
        }
    }
}
