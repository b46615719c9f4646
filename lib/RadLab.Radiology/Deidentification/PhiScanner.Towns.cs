namespace RadLab.Radiology;

/// <summary>Places in running text.</summary>
internal ref partial struct PhiScanner
{
    /// <summary>"Ridgeview General Hospital", "St. Brendan's", "Tolland Imaging Associates": capitals before a facility's word; in small letters an unknown word.</summary>
    private bool Institution(int i)
    {
        int head = i;
        while (IsWord(head + 1) && _tokens[head + 1].Breaks <= 1 && _tokens[head + 1].Has(WordUse.Facility) && _tokens[head + 1].Capitalised == _tokens[i].Capitalised) head++;
        bool proper = false, hospital = false;
        for (int k = i; k <= head; k++) hospital |= _tokens[k].Has(WordUse.FacilityHead);
        if (Is(head, "home") && !IsAny(head - 1, ["nursing", "care", "rest", "retirement", "convalescent"])) return false;
        bool weak = IsAny(head, ["imaging", "radiology", "health", "healthcare", "diagnostics"]);
        bool flat = _tokens[i].Shouted || !_tokens[i].Capitalised;
        if (!hospital || (weak && IsSymbol(head + 1, ':'))) return false;
        int first = i;
        for (int k = i - 1; k >= 0 && i - k <= 7 && _tokens[k + 1].Breaks <= 1; k--)
        {
            ref readonly var word = ref _tokens[k];
            if (word.Taken)
            {
                if (KindAt(k) != PhiKind.Place) break;
                (first, proper) = (k, true);
                continue;
            }
            if (word.Is('\'') || (word.Is('.') && IsAny(k - 1, ["st", "mt", "ft"])) || word.Is('&') || (word.Is('-') && word.Glued)) continue;
            if (!word.IsWord) break;
            if (word.Length == 1 && IsSymbol(k - 1, '\'')) continue;
            bool caps = word.Capitalised && !word.Shouted;
            if (IsAny(k, ["st", "saint", "mt", "mount", "ft", "san", "santa", "our"]) && (caps || word.Shouted || (first < i && IsWord(k + 1 + (IsSymbol(k + 1, '.') ? 1 : 0))))) { first = k; proper = true; continue; }
            bool before = k > 0 && IsWord(k - 1) && (!SentenceStart(k - 1) || IsSymbol(k - 2, ':'));
            if (flat && first < i && IsAny(k, s_townFirsts)) { first = k; continue; }
            if (IsAny(k, ["of", "and", "de", "del"]) && first < i && (before || (k > 0 && IsWord(k - 1) && _tokens[k - 1].Unknown)) && (flat ? _tokens[k - 1].Unknown && _tokens[k - 1].Length > 3 || Is(k, "of") && IsAny(k - 1, ["heart", "lady", "sisters", "hospital", "university"]) : _tokens[k - 1].Capitalised)) continue;
            if (word.Has(WordUse.Particle) && first < i && k + 1 == first && !Is(k, "st")) { first = k; continue; }
            if (word.Has(WordUse.Function)) break;
            bool unknown = !word.Has(WordUse.Explained) || (word.Has(WordUse.City | WordUse.FamilyName | WordUse.GivenName) && caps);
            bool generic = word.Has(WordUse.Generic | WordUse.Study | WordUse.PersonNoun | WordUse.Facility) || Word(k).EndsWith("ology", StringComparison.OrdinalIgnoreCase);
            if (!caps && !(unknown && word.Length > 2))
            {
                if (generic || IsAny(k, ["women", "children", "family", "valley", "sacred", "lady"])) continue;
                break;
            }
            if (!generic && (unknown || (caps && (!SentenceStart(k) || IsSymbol(k - 1, ':')) && _tokens[head].Capitalised))) proper = true;
            first = k;
        }
        if (!proper && flat && !weak) proper = Led(i, head, ref first);
        if (proper && flat)
            for (int k = first - 1; k > 0 && first - k <= 2 && IsWord(k) && !_tokens[k].Taken && !_tokens[k].Has(WordUse.Function | WordUse.Generic); k--)
                if (IsAny(k - 1, ["at", "from", "to"]) || IsSymbol(k - 1, ':') || IsSymbol(k - 1, ',')) { first = k; break; }
        while (first < i && !_tokens[first].Capitalised && !_tokens[first].Unknown && !_tokens[first].Taken && !proper) first++;
        if (!proper && _tokens[i].Capitalised && !_tokens[i].Shouted) proper = Named(i, head);
        if (weak && flat && !(first < i && (_tokens[first].Unknown || _tokens[i - 1].Unknown))) return false;
        int last = head;
        if (Is(head + 1, "of") && IsWord(head + 2) && (_tokens[head + 2].Unknown || (_tokens[head + 2].Capitalised && !_tokens[head + 2].Shouted)) && !_tokens[head + 2].Has(WordUse.Region))
        {
            last = head + 2;
            proper |= _tokens[last].Unknown;
            while (IsWord(last + 1) && (_tokens[last + 1].Breaks == 0 || (_tokens[last + 1].Breaks == 1 && _tokens[last + 1].Length > 3 && _tokens[last + 1].Unknown)) && !_tokens[last + 1].Has(WordUse.Function) && (_tokens[last + 1].Unknown || _tokens[last + 1].Has(WordUse.PlaceNoun) || (_tokens[last + 1].Case == LetterCase.Capital && !SentenceStart(last + 1)))) proper |= _tokens[++last].Unknown;
        }
        return proper && Take(PhiKind.Place, first, last);
    }

    /// <summary>"FROM HOLY REDEEMER HOSPITAL": where case tells nothing, ordinary words between a preposition and a hospital name it unless all are generic.</summary>
    private readonly bool Led(int i, int head, ref int first)
    {
        if (!IsAny(head, ["hospital", "hospice", "infirmary", "home", "pavilion"]) && !(_tokens[head].Shouted && IsAny(head, ["clinic", "institute", "center"]))) return false;
        int k = i - 1;
        bool named = false;
        for (; k >= 0 && i - k <= 3 && IsWord(k) && !_tokens[k].Has(WordUse.Function | WordUse.PlaceLead) && _tokens[k + 1].Breaks <= 1; k--)
            named |= !_tokens[k].Has(WordUse.Generic | WordUse.Facility | WordUse.PersonNoun | WordUse.Study);
        if (!named || k < 0 || !(IsAny(k, ["at", "from", "to"]) || IsSymbol(k, ':') || IsSymbol(k, ','))) return false;
        first = k + 1;
        return true;
    }

    /// <summary>The facility's own words name it: "Mercy Hospital", "Good Samaritan Medical Center".</summary>
    private readonly bool Named(int i, int head)
    {
        for (int k = i; k <= head; k++)
            if (IsAny(k, ["mercy", "methodist", "baptist", "presbyterian", "lutheran", "samaritan", "trinity", "memorial", "veterans"]) && head > k && _tokens[k].Capitalised) return true;
        return false;
    }

    /// <summary>"University of Millford", "city of Millford": with the institution, where it is one.</summary>
    private void OfTown(int of)
    {
        int count = _found.Count;
        bool institution = _tokens[of - 1].Has(WordUse.Facility);
        if (!TownNamed(of + 1, institution) || !institution) return;
        int last = of + 1;
        while (last + 1 < _tokens.Length && _tokens[last + 1].Taken && _tokens[last + 1].End <= _found[count].End) last++;
        int first = of - 1;
        while (first > 0 && _tokens[first - 1].Has(WordUse.Facility) && _tokens[first].Breaks <= 1) first--;
        Take(PhiKind.Place, first, last);
    }

    private readonly PhiKind? KindAt(int k) => _tokens[k].Taken ? _found[FindingAt(k)].Kind : null;

    /// <summary>"Millford, Ohio", "Millford OH": the town before a state's name or, in capitals, its code.</summary>
    private bool TownBefore(int i)
    {
        ref readonly var state = ref _tokens[i];
        bool code = !state.Has(WordUse.Region);
        if (code && state.Case != LetterCase.Upper) return false;
        int k = IsAny(i - 1, ["new", "north", "south", "west", "rhode"]) && IsAny(i, ["carolina", "dakota", "york", "jersey", "hampshire", "mexico", "virginia", "island"]) ? i - 2 : i - 1;
        bool comma = IsSymbol(k, ',');
        if (comma) k--;
        if (!comma && (code || state.Shouted)) return false;
        int last = k, first = k + 1;
        bool unknown = false;
        while (IsWord(k) && last - k < 3 && !_tokens[k].Taken && _tokens[k + 1].Breaks <= 1)
        {
            ref readonly var word = ref _tokens[k];
            bool caps = word.Capitalised && !word.Shouted;
            if (word.Has(WordUse.Function) || !(caps || word.Unknown || word.Has(WordUse.City)) || word.Has(WordUse.Study | WordUse.Region) || (word.Has(WordUse.Ordinary) && SentenceStart(k) && first > last)) break;
            unknown |= word.Unknown || word.Has(WordUse.City) || (caps && !code && !SentenceStart(k));
            first = k;
            k--;
            if (IsSymbol(k, '.') && IsAny(k - 1, ["st", "mt", "ft"])) k--;
        }
        // "Petrovic, MD" is a credential, which the rules of names read
        if (first > last || !unknown || (code && state.Has(WordUse.Credential) && !Has(Before(first), WordUse.PlaceLead | WordUse.LiveWord))) return false;
        return Take(PhiKind.Place, first, last);
    }

    /// <summary>"Hollis County", "Cedar Grove Township".</summary>
    private bool PlaceBefore(int i)
    {
        if (!IsAny(i, ["county", "parish", "township", "borough", "heights", "beach", "springs", "falls", "village"]) || i == 0) return false;
        int first = i;
        while (first > 0 && i - first < 3 && IsWord(first - 1) && (!_tokens[first - 1].Taken || KindAt(first - 1) == PhiKind.Place) && _tokens[first].Breaks <= 1 && !_tokens[first - 1].Has(WordUse.Function) && (!_tokens[first - 1].Has(WordUse.Generic) || IsAny(first - 1, s_townFirsts)) && (Proper(first - 1) || (_tokens[first - 1].Unknown && _tokens[first - 1].Length > 2))) first--;
        // in capitals a town may be an ordinary word: "IN PORT ANGELES COUNTY"
        if (IsAny(i, ["county", "parish", "township"]) && !(_tokens[i].Capitalised && !_tokens[i].Shouted))
        {
            int k = first - 1;
            while (k >= 0 && first - k < 3 && IsWord(k) && !_tokens[k].Taken && !_tokens[k].Has(WordUse.Function | WordUse.PlaceLead | WordUse.Generic)) k--;
            if (k + 1 < i && k >= 0 && IsAny(k, ["in", "of", "from"])) first = k + 1;
        }
        return first < i && Take(PhiKind.Place, first, i);
    }

    private readonly bool Proper(int k) => _tokens[k].Capitalised && !_tokens[k].Shouted && !(SentenceStart(k) && _tokens[k].Has(WordUse.Explained));

    /// <summary>The town behind "lives in", "resident of", "transferred from", "moved here from", "travelled to".</summary>
    private bool TownAfter(int i)
    {
        int k = i + 1;
        while (k < _tokens.Length && k <= i + 4 && IsWord(k) && !_tokens[k].Has(WordUse.PlaceLead) && !Is(k, "of")) k++;
        if (!IsWord(k) || !(_tokens[k].Has(WordUse.PlaceLead) || Is(k, "of"))) return false;
        return TownNamed(k + 1, shouted: true);
    }

    /// <summary>A town's name at the token: capitals, or unknown words in small letters.</summary>
    private bool TownNamed(int k, bool shouted)
    {
        if (IsAny(k, ["the", "nearby", "downtown", "rural", "north", "south", "east", "west", "city", "town", "village", "of", "greater", "outside", "near"])) k++;
        if (IsAny(k, ["of"])) k++;
        int first = k;
        while (IsWord(k) && k - first < 4 && !_tokens[k].Taken && _tokens[k].Breaks <= 1)
        {
            ref readonly var word = ref _tokens[k];
            bool caps = word.Capitalised && !word.Shouted;
            if (IsAny(k, ["du", "de", "la", "des", "le"]) && k > first && Unnamed(k + 1)) { k++; continue; }
            bool name = (caps && !word.Has(WordUse.Function | WordUse.Study | WordUse.Region)) || (word.Unknown && (word.Length > 2) && !word.Has(WordUse.Unit)) || word.Has(WordUse.City) || (k > first && word.Has(WordUse.PlaceNoun)) || IsAny(k, ["saint", "st", "fort", "mount", "port", "lake", "san", "santa", "los", "el", "new"]) && Unnamed(k + 1);
            if (!name || (word.Has(WordUse.Ordinary) && !caps && k == first && !word.Has(WordUse.City)) && !IsAny(k, ["saint", "fort", "mount", "port", "lake", "new"])) break;
            if (word.Shouted && word.Length < 4 && !shouted) break;
            k++;
            if (GluedSymbol(k, '.') && IsAny(k - 1, ["st", "mt", "ft"])) k++;
        }
        return k > first && Take(PhiKind.Place, first, k - 1);
    }

    private readonly bool Unnamed(int k) => IsWord(k) && (_tokens[k].Unknown || _tokens[k].Capitalised);

    /// <summary>Lindenstraße 12; Calle Mayor 4 is read by its capitals.</summary>
    private bool ForeignStreet(int i)
    {
        var word = Word(i);
        foreach (string ending in s_foreignStreets)
            if (word.EndsWith(ending, StringComparison.OrdinalIgnoreCase) && IsNumber(i + 1) && _tokens[i + 1].Breaks == 0) return Take(PhiKind.Place, i, TownEnd(RunEnd(i + 1, out _, out _, out _, out _)));
        return false;
    }

    /// <summary>A large town's name stands alone where a preposition leads to it.</summary>
    private bool City(int i) => !_tokens[i].Has(WordUse.Ordinary | WordUse.GivenName | WordUse.FamilyName | WordUse.Eponym) && !_tokens[i].Shouted && !IsAny(i + 1, ["criteria", "score", "classification", "protocol", "scale", "scientific", "coma"]) && !(SentenceStart(i) && !Has(i - 1, WordUse.PlaceLead)) && !Has(Before(i), WordUse.Title | WordUse.Signer) && Take(PhiKind.Place, i, i);
}
