namespace RadLab.Radiology;

/// <summary>
/// Dates that begin with a number: 3/14/2014 and its relatives with points, hyphens and blanks, 2014-03-14, 14 March 2014, 14-Mar-14, 03/2014; 3/14 and
/// "the 14th" only where the neighbours speak of time. Years alone stay.
/// </summary>
internal ref partial struct PhiScanner
{
    private static readonly string[] s_firmLeads = ["on", "dated", "date", "since", "from", "until", "till", "thru", "through", "before", "after", "signed", "time", "dictated", "circa", "prior", "previous", "comparison", "compared", "obtained", "performed", "done", "during", "around"];

    // what fractions count: "10/12 ribs", "5/5 strength", "3/6 murmur"
    private static readonly string[] s_fractionNouns = ["ribs", "rib", "strength", "murmur", "systolic", "diastolic", "power", "vision", "lobes", "segments", "views", "nodes", "positive", "negative", "margins", "cores", "pain", "patients", "cases", "levels", "muscles", "leads", "images", "slices", "teeth", "scale", "point", "points", "score", "motor", "throughout", "pulses", "bilaterally", "vertebral", "disc", "strengths", "weakness", "reflexes"];

    private static readonly string[] s_ordinals = ["st", "nd", "rd", "th"];

    private bool Date(int i)
    {
        ref readonly var a = ref _tokens[i];
        if (a.Value < 0 || a.Length > 8 || (a.Glued && i > 0 && Chained(i - 1))) return false;
        if (a.Length == 8) return Compact(i);
        if (a.Length > 4) return false;
        int end = Numeric3(i);
        if (end < 0) end = DayThenMonth(i);
        if (end < 0) end = MonthAndYear(i);
        if (end < 0) end = DayAndMonth(i);
        if (end < 0) end = DayAlone(i);
        // 7DEC1J1 is a code
        if (end >= 0 && end + 1 < _tokens.Length && _tokens[end + 1].Glued && (IsNumber(end + 1) || (IsWord(end + 1) && !Is(end + 1, "t") && !IsAny(end + 1, s_ordinals)))) return false;
        return end >= 0 && Take(PhiKind.Date, i, WithClock(end));
    }

    /// <summary>The number continues a decimal, a fraction or a code.</summary>
    private readonly bool Chained(int k)
    {
        if (_tokens[k].IsWord) return true;
        bool joins = _tokens[k].Kind == TokenKind.Symbol && _tokens[k].Symbol is '.' or '/' or '-' or '_';
        return joins && k > 0 && _tokens[k].Glued && !_tokens[k - 1].Taken && (_tokens[k - 1].IsNumber || (_tokens[k - 1].IsWord && _tokens[k].Symbol != '.' && _tokens[k - 1].Length < 3));
    }

    private readonly int Numeric3(int i)
    {
        if (i + 4 >= _tokens.Length || !IsNumber(i + 2) || !IsNumber(i + 4)) return -1;
        ref readonly var first = ref _tokens[i + 1];
        if (first.Kind != TokenKind.Symbol || first.Symbol is not ('/' or '-' or '.') || !_tokens[i + 3].Is(first.Symbol)) return -1;
        ref readonly var a = ref _tokens[i];
        ref readonly var b = ref _tokens[i + 2];
        ref readonly var c = ref _tokens[i + 4];
        if (b.Value < 0 || c.Value < 0 || b.Length > 2) return -1;
        bool tight = first.Glued && b.Glued && _tokens[i + 3].Glued && c.Glued;
        if (a.Length == 4) return IsYear(a.Value) && b.Value is >= 1 and <= 12 && c.Value is >= 1 and <= 31 && c.Length <= 2 && (tight || first.Symbol != '.') ? i + 4 : -1;
        if (!DayMonth(a.Value, b.Value) || a.Length > 2) return -1;
        if (GluedSymbol(i + 5, '/') || (GluedSymbol(i + 5, '.') && GluedNumber(i + 6))) return -1;
        if (c.Length == 4) return IsYear(c.Value) && (tight || first.Symbol != '.') ? i + 4 : -1;
        if (c.Length != 2 || !tight || (first.Symbol != '/' && Measured(i + 5) && !Is(i + 5, "in"))) return -1;
        return first.Symbol switch
        {
            '/' => i + 4,
            '-' => a.Length == 2 || b.Length == 2 ? i + 4 : -1,
            _ => (a.Length == 2 && b.Length == 2) || Lead(i) ? i + 4 : -1,
        };
    }

    /// <summary>20140314 and 03142014.</summary>
    private bool Compact(int i)
    {
        int v = _tokens[i].Value;
        bool yearFirst = IsYear(v / 10000) && v / 100 % 100 is >= 1 and <= 12 && v % 100 is >= 1 and <= 31;
        bool yearLast = IsYear(v % 10000) && DayMonth(v / 1_000_000, v / 10000 % 100);
        return (yearFirst || (yearLast && Lead(i))) && Take(PhiKind.Date, i, WithClock(i));
    }

    /// <summary>14 March 2014, 14th of March, 14-Mar-14, 14MAR2014.</summary>
    private readonly int DayThenMonth(int i)
    {
        if (_tokens[i].Value is < 1 or > 31 || _tokens[i].Length > 2) return -1;
        int k = i + 1;
        bool ordinal = IsWord(k) && _tokens[k].Glued && IsAny(k, s_ordinals);
        if (ordinal) k++;
        if (Is(k, "day")) k++;
        if (Is(k, "of")) k++;
        if (IsSymbol(k, '-') || IsSymbol(k, '/') || IsSymbol(k, '.') || IsSymbol(k, ',') || IsSymbol(k, ' ')) k++;
        if (!Has(k, WordUse.AnyMonth) || _tokens[k].Breaks > 1) return -1;
        int end = YearAfter(k);
        if (end > k) return end;
        bool doubtful = Is(k, "may") || Is(k, "march") || Is(k, "mar") || Is(k, "dec");
        return !doubtful || ordinal || _tokens[k].Capitalised || (IsAny(Before(i), ["on", "by", "since", "until", "before", "after", "from"]) && !IsAny(k + 1, ["be", "have", "represent", "need"])) ? k : -1;
    }

    /// <summary>The last token of a year behind a month: "March 2014", "March, 2014", "Mar '14", "Mar-14", "March of 2014"; the month itself where none follows.</summary>
    private readonly int YearAfter(int month)
    {
        int k = month + 1;
        if (GluedSymbol(k, '.') && Has(month, WordUse.MonthShort)) k++;
        if (Is(k, "of") || IsSymbol(k, ',') || IsSymbol(k, '-') || IsSymbol(k, '/') || IsSymbol(k, '\'')) k++;
        if (IsSymbol(k, '\'')) k++;
        if (!IsNumber(k) || _tokens[k].Breaks > 1) return month;
        if (_tokens[k].Length == 4 && IsYear(_tokens[k].Value)) return k;
        bool two = _tokens[k].Length == 2 && _tokens[k].Glued && k > month + 1 && (IsSymbol(k - 1, '-') || IsSymbol(k - 1, '/') || IsSymbol(k - 1, '\''));
        return two ? k : month;
    }

    /// <summary>03/2014, 3-2014, 2014-03.</summary>
    private readonly int MonthAndYear(int i)
    {
        if (!(GluedSymbol(i + 1, '/') || GluedSymbol(i + 1, '-')) || !GluedNumber(i + 2) || GluedSymbol(i + 3, '/') || (GluedSymbol(i + 3, '-') && GluedNumber(i + 4))) return -1;
        int a = _tokens[i].Value, b = _tokens[i + 2].Value;
        if (_tokens[i].Length <= 2 && a is >= 1 and <= 12 && _tokens[i + 2].Length == 4 && IsYear(b)) return i + 2;
        // 10/95: no day of a month, so the second number is a year
        if (_tokens[i].Length <= 2 && a is >= 1 and <= 12 && _tokens[i + 2].Length == 2 && b >= 32 && _tokens[i + 1].Symbol == '/' && !Measured(i + 3) && !GluedSymbol(i + 3, '%') && TimeSpokenOf(i)) return i + 2;
        return _tokens[i].Length == 4 && IsYear(a) && _tokens[i + 2].Length == 2 && b is >= 1 and <= 12 && _tokens[i + 1].Symbol == '-' && !Measured(i + 3) ? i + 2 : -1;
    }

    /// <summary>"in 10/95", "by 1/96", "since 4/94", "(10/95)", a list item "10/95 biopsy": and no pressure, ratio or score.</summary>
    private readonly bool TimeSpokenOf(int i) =>
        IsAny(Before(i), ["in", "by", "since", "until", "from", "to", "on", "and", "before", "after", "till", "of", "early", "late", "dx", "last", "fusion", "repair", "surgery", "resection", "removal", "extraction", "implant", "detachment"])
        || SentenceStart(i) || IsSymbol(i - 1, '(') || IsSymbol(i - 1, ',') || _datesExpected;

    /// <summary>3/14, where what stands before it speaks of time and what follows is nothing that fractions count.</summary>
    private readonly int DayAndMonth(int i)
    {
        bool slash = GluedSymbol(i + 1, '/');
        if (!(slash || GluedSymbol(i + 1, '-')) || !GluedNumber(i + 2) || _tokens[i + 2].Length > 2 || _tokens[i].Length > 2 || !DayMonth(_tokens[i].Value, _tokens[i + 2].Value)) return -1;
        int next = i + 3;
        if (next < _tokens.Length && _tokens[next].Glued && !(_tokens[next].Kind == TokenKind.Symbol && _tokens[next].Symbol is ',' or '.' or ')' or ';' or ':' or '-')) return -1;
        if (GluedSymbol(next, '.') && GluedNumber(next + 1)) return -1;
        if ((Measured(next) && !Is(next, "in")) || IsAny(next, s_fractionNouns)) return -1;
        bool closes = !IsWord(next) || _tokens[next].Breaks > 0 || Has(next, WordUse.Function | WordUse.DateFollow | WordUse.PersonAct);
        bool firm = IsAny(Before(i), s_firmLeads) || Has(Before(i), WordUse.AnyWeekday) || FollowsDate(i);
        if (!slash) return firm && closes && IsAny(Before(i), ["on", "dated", "since"]) ? i + 2 : -1;
        return firm || ((_datesExpected || Compares(i) || Lead(i) || Has(next, WordUse.DateFollow)) && closes) ? i + 2 : -1;
    }

    /// <summary>In the line, or the sentence, of the comparison.</summary>
    private readonly bool Compares(int i)
    {
        for (int k = i - 1; k >= 0 && k > i - 24; k--)
        {
            if (IsAny(k, ["comparison", "comparisons", "compared", "priors"])) return true;
            if (_tokens[k + 1].Breaks > 1 || (_tokens[k].Is('.') && !Has(k - 1, WordUse.Title))) return false;
        }
        return false;
    }

    /// <summary>"on the 14th", and nothing that is counted after it.</summary>
    private readonly int DayAlone(int i)
    {
        if (_tokens[i].Value is < 1 or > 31 || !IsWord(i + 1) || !_tokens[i + 1].Glued || !IsAny(i + 1, s_ordinals) || !Is(i - 1, "the")) return -1;
        return IsAny(i - 2, ["on", "since", "until", "from", "before", "after", "by"]) && !(IsWord(i + 2) && _tokens[i + 2].Breaks == 0 && !Has(i + 2, WordUse.Function)) ? i + 1 : -1;
    }

    /// <summary>The nearest word before the token, past brackets, commas and colons.</summary>
    private readonly int Before(int i)
    {
        int k = i - 1;
        while (k >= 0 && _tokens[k].Kind == TokenKind.Symbol && _tokens[k].Symbol is '(' or ',' or ':' or '#' or '.' or '~' or '-') k--;
        return k;
    }

    private readonly bool Lead(int i) => (Is(Before(i), "of") && Has(Before(i) - 1, WordUse.Study | WordUse.DateFollow)) || Has(Before(i), WordUse.DateLead | WordUse.DateFollow | WordUse.AnyWeekday | WordUse.Study) || IsAny(Before(i), ["dob", "born", "birth", "dos", "dod", "doa", "edc", "edd", "lmp", "visit", "admitted", "discharged", "d", "t"]);

    /// <summary>Continues an enumeration or a span of dates.</summary>
    private readonly bool FollowsDate(int i)
    {
        int k = i - 1;
        if (k < 1 || !(IsSymbol(k, '-') || IsSymbol(k, ',') || IsSymbol(k, '&') || IsAny(k, ["to", "and", "through", "or", "thru", "until"]))) return false;
        if (IsAny(k, ["and", "or"]) && IsSymbol(k - 1, ',')) k--;
        return k >= 1 && _tokens[k - 1].Taken && _tokens[k - 1].IsNumber;
    }

    private static bool DayMonth(int a, int b) => (a is >= 1 and <= 12 && b is >= 1 and <= 31) || (a is >= 1 and <= 31 && b is >= 1 and <= 12);

    private static bool IsYear(int value) => value is >= 1900 and <= 2100;
}
