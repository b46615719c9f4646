namespace RadLab.Radiology;

/// <summary>Street addresses, postal codes, towns before a state, named institutions, counties, and towns after "lives in" and the like. States stay.</summary>
internal ref partial struct PhiScanner
{
    private static readonly string[] s_plainStreets = ["street", "avenue", "boulevard", "lane", "road", "parkway", "highway", "terrace"];
    private static readonly string[] s_foreignStreets = ["strasse", "straße", "strase", "gasse", "gata", "gatan", "straat", "laan"];

    /// <summary>412 N. Oak Street, Apt 4B, Millford, OH 44090.</summary>
    private bool Address(int i)
    {
        if (_tokens[i].Length > 6 || (_tokens[i].Glued && i > 0 && Chained(i - 1))) return false;
        int k = i + 1;
        if (GluedSymbol(k, '-') && GluedNumber(k + 1)) k += 2;
        if (IsWord(k) && _tokens[k].Glued && _tokens[k].Length == 1) k++;
        if (Measured(k)) return false;
        bool named = false;
        int words = 0;
        for (; words < 5 && k < _tokens.Length && _tokens[k].Breaks <= 1; k++)
        {
            if (IsSymbol(k, '.') && _tokens[k].Glued && Has(k - 1, WordUse.Compass | WordUse.StreetShort | WordUse.Title)) continue;
            if (IsNumber(k) && IsWord(k + 1) && _tokens[k + 1].Glued && IsAny(k + 1, s_ordinals)) { k++; words++; named = true; continue; }
            if (!IsWord(k)) return false;
            ref readonly var word = ref _tokens[k];
            bool street = words > 0 && (word.Has(WordUse.Street) || (word.Has(WordUse.StreetShort) && !(word.Capitalised && IsWord(k + 1) && Has(k + 1, WordUse.Street | WordUse.StreetShort))));
            if (street && Street(k, named)) return Take(PhiKind.Place, i, AddressEnd(k));
            bool caps = word.Capitalised && !word.Shouted;
            if (word.Has(WordUse.Function | WordUse.Unit) && !caps && !word.Shouted && !IsAny(k, ["of", "the"])) return false;
            named |= word.Unknown || (caps && !word.Has(WordUse.Compass)) || (word.Shouted && !word.Has(WordUse.Function | WordUse.Compass | WordUse.Unit | WordUse.Study)) || word.Has(WordUse.FamilyName | WordUse.GivenName | WordUse.City);
            words++;
        }
        return false;
    }

    private readonly bool Street(int k, bool named) => _tokens[k].Has(WordUse.Street) && IsAny(k, s_plainStreets) ? named || !IsNumber(k - 1) : named || (IsAny(k, ["ave", "blvd", "hwy", "pkwy", "rd", "ln", "st", "dr", "ct"]) && !IsNumber(k - 1) && IsSymbol(k + (GluedSymbol(k + 1, '.') ? 2 : 1), ',') && PlainTown(k + (GluedSymbol(k + 1, '.') ? 3 : 2)));

    /// <summary>A town, a state and a postal code follow.</summary>
    private readonly bool PlainTown(int k)
    {
        int words = 0;
        while (IsWord(k) && words < 4) { k++; words++; if (IsSymbol(k, ',')) k++; if (words > 1 && IsNumber(k) && _tokens[k].Length == 5) return true; }
        return false;
    }

    /// <summary>Past apartment, town, state and postal code.</summary>
    private readonly int AddressEnd(int street)
    {
        int last = street;
        if (GluedSymbol(last + 1, '.')) last++;
        if (Has(last + 1, WordUse.Compass) && _tokens[last + 1].Breaks == 0 && _tokens[last + 1].Capitalised) last++;
        int k = last + 1;
        if (IsSymbol(k, ',')) k++;
        if (Has(k, WordUse.AddressUnit) || IsSymbol(k, '#'))
        {
            k++;
            if (GluedSymbol(k, '.')) k++;
            if (IsSymbol(k, '#')) k++;
            if (IsNumber(k) || (IsWord(k) && _tokens[k].Length <= 2)) last = RunEnd(k, out _, out _, out _, out _);
        }
        return TownEnd(last);
    }

    /// <summary>Past ", Town, ST 12345" where it follows the token.</summary>
    private readonly int TownEnd(int last)
    {
        int k = last + 1;
        if (IsSymbol(k, ',') || IsSymbol(k, '-')) k++;
        else if (!(k < _tokens.Length && _tokens[k].Breaks == 1) && !(IsWord(k) && (_tokens[k].Unknown || _tokens[k].Has(WordUse.City)))) return last;
        if (Is(k, "in")) k++;
        int town = k;
        while (IsWord(k) && k - town < 4 && _tokens[k].Breaks <= 1 && !_tokens[k].Has(WordUse.Function) && (_tokens[k].Capitalised || _tokens[k].Unknown || _tokens[k].Has(WordUse.City | WordUse.PlaceNoun) || (k > town && IsAny(k, ["du", "de", "la"]))))
        {
            if (k > town && State(k) && !IsWord(k + 1)) break;
            if (k > town && _tokens[k].Breaks > 0 && !_tokens[k].Has(WordUse.PlaceNoun)) break;
            k++;
            if (GluedSymbol(k, '.') && k - town == 1 && _tokens[k - 1].Length <= 3) k++;
        }
        if (k == town) return last;
        int after = IsSymbol(k, ',') ? k + 1 : k;
        if (!State(after)) return IsNumber(after) && _tokens[after].Length == 5 && _tokens[after].Breaks == 0 ? ZipEnd(after) : IsSymbol(town - 1, ',') || Is(town - 1, "in") ? k - 1 : last;
        int state = after;
        if (Has(state, WordUse.Region) && Has(state + 1, WordUse.Region)) state++;
        int zip = IsSymbol(state + 1, ',') || IsSymbol(state + 1, '.') ? state + 2 : state + 1;
        return IsNumber(zip) && _tokens[zip].Length == 5 && _tokens[zip].Breaks <= 1 ? ZipEnd(zip) : k - 1;
    }

    private readonly bool State(int k) => IsWord(k) && (_tokens[k].Has(WordUse.Region) || (_tokens[k].Has(WordUse.StateCode) && _tokens[k].Case != LetterCase.Capital) || IsAny(k, ["new", "north", "south", "west", "rhode"]) && Has(k + 1, WordUse.Region) || (IsAny(k, ["new"]) && IsAny(k + 1, ["york", "jersey", "hampshire"])));

    private readonly int ZipEnd(int k) => GluedSymbol(k + 1, '-') && GluedNumber(k + 2) && _tokens[k + 2].Length == 4 ? k + 2 : k;

    /// <summary>Five digits behind a state, and 12345-6789 anywhere.</summary>
    private bool Zip(int i)
    {
        if (_tokens[i].Length != 5 || (_tokens[i].Glued && i > 0 && Chained(i - 1))) return false;
        int end = ZipEnd(i);
        int state = IsSymbol(i - 1, ',') ? i - 2 : i - 1;
        if (state > 1 && ZipTown(state, i, end)) return true;
        if (end > i) return Take(PhiKind.Place, i, end);
        return state >= 0 && State(state) && !(_tokens[state].Length == 2 && _tokens[state].Case == LetterCase.Lower && _tokens[state].Has(WordUse.Function)) && !Has(state, WordUse.Study) && Take(PhiKind.Place, i, i);
    }

    /// <summary>"jasperville, wa 67598" in any case: the town before a state that a postal code follows.</summary>
    private bool ZipTown(int state, int zip, int end)
    {
        bool code = _tokens[state].Has(WordUse.StateCode) && _tokens[state].Length == 2;
        int k = state - 1;
        if (!(code || _tokens[state].Has(WordUse.Region)) || _tokens[zip].Breaks > 1) return false;
        if (IsAny(k, ["new", "north", "south", "west", "rhode"])) k--;
        if (IsSymbol(k, ',')) k--;
        else if (!code) return false;
        int last = k;
        while (k >= 0 && last - k < 3 && IsWord(k) && !_tokens[k].Taken && _tokens[k + 1].Breaks <= 1 && !_tokens[k].Has(WordUse.Function) && (k == last || _tokens[k].Capitalised || _tokens[k].Unknown || IsAny(k, s_townFirsts))) k--;
        if (k == last) return false;
        while (k + 1 < last && SentenceStart(k + 1) && _tokens[k + 1].Has(WordUse.Ordinary) && !IsAny(k + 1, s_townFirsts)) k++;
        Take(PhiKind.Place, k + 1, last);
        return Take(PhiKind.Place, zip, end);
    }

    private static readonly string[] s_townFirsts = ["saint", "st", "fort", "mount", "port", "lake", "san", "santa", "los", "el", "new", "north", "south", "east", "west", "cedar", "red", "great", "grand", "little", "big"];

    /// <summary>K1A 0B1; SW1A 1AA.</summary>
    private void Postcode(int i)
    {
        if (_tokens[i].Case != LetterCase.Upper || !GluedNumber(i + 1) || _tokens[i + 1].Length != 1) return;
        int k = i + 2;
        if (IsWord(k) && _tokens[k].Glued && _tokens[k].Length == 1) k++;
        if (!IsNumber(k) || _tokens[k].Breaks > 0 || _tokens[k].Length != 1 || !IsWord(k + 1) || !_tokens[k + 1].Glued || _tokens[k + 1].Case != LetterCase.Upper || _tokens[k + 1].Has(WordUse.Unit)) return;
        if (k == i + 3 && _tokens[k + 1].Length == 1 && GluedNumber(k + 2) && _tokens[k + 2].Length == 1) Take(PhiKind.Place, i, k + 2);
    }

    private void PlaceRules(int i)
    {
        ref readonly var token = ref _tokens[i];
        if (token.Has(WordUse.Facility) && Institution(i)) return;
        if (token.Has(WordUse.Region | WordUse.StateCode) && TownBefore(i)) return;
        if (token.Has(WordUse.PlaceNoun) && PlaceBefore(i)) return;
        if (token.Has(WordUse.LiveWord) && TownAfter(i)) return;
        if (Is(i, "of") && IsAny(i - 1, ["city", "town", "county", "village", "township", "university", "hospital", "borough", "municipality", "outside", "suburb", "clinic", "college", "diocese", "parish"])) OfTown(i);
        else if (Is(i, "of") && i > 0 && _tokens[i - 1].Taken && KindAt(i - 1) == PhiKind.Name) TownNamed(i + 1, shouted: true);
        else if (Is(i, "from") && IsAny(i - 1, ["man", "woman", "male", "female", "gentleman", "lady", "boy", "girl", "patient", "pt", "citizen", "immigrant", "refugee", "veteran", "films", "here"])) TownNamed(i + 1, shouted: true);
        else if (token.Length > 7 && ForeignStreet(i)) return;
        else if (token.Has(WordUse.City) && token.Capitalised && City(i)) return;
    }
}
