namespace RadLab.Radiology;

/// <summary>Dates that begin with a word (March 14, 2014; March 2014; Monday; Thanksgiving), clock times, and ages over 89.</summary>
internal ref partial struct PhiScanner
{
    private static readonly string[] s_halves = ["am", "pm"];
    private static readonly string[] s_zones = ["hours", "hrs", "hr", "h", "hour", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "utc", "gmt", "z", "cet", "uhr", "local", "et", "ct", "pt"];

    private bool DateOfMonth(int i)
    {
        if (!Has(i, WordUse.AnyMonth)) return false;
        int k = i + 1;
        if (GluedSymbol(k, '.') && Has(i, WordUse.MonthShort)) k++;
        if (IsSymbol(k, '-') || IsSymbol(k, '/') || Is(k, "the")) k++;
        if (IsNumber(k) && _tokens[k].Breaks <= 1 && _tokens[k].Length <= 2 && _tokens[k].Value is >= 1 and <= 31)
        {
            int end = k;
            bool ordinal = IsWord(k + 1) && _tokens[k + 1].Glued && IsAny(k + 1, s_ordinals);
            if (ordinal) end++;
            int year = YearOfDay(end);
            bool plain = Doubtful(i) && _tokens[i].Case == LetterCase.Lower;
            if (year > end) return Take(PhiKind.Date, i, WithClock(year));
            bool counted = Measured(end + 1) || (GluedSymbol(end + 1, '.') && GluedNumber(end + 2)) || GluedSymbol(end + 1, '/');
            if (!counted && (!plain || ordinal || Lead(i) || Compares(i) || FollowsDate(i))) return Take(PhiKind.Date, i, WithClock(end));
            if (!counted) return false;
        }
        int withYear = IsSymbol(i + 1, '.') && GluedSymbol(i + 3, '/') ? i : YearAfter(i);
        if (withYear > i) return Take(PhiKind.Date, i, withYear);
        if (!Has(i, WordUse.Month)) return false;
        if (Doubtful(i) && !(IsAny(i - 1, ["in", "since", "last", "next", "early", "late", "mid", "until", "during"]) || (_tokens[i].Case == LetterCase.Capital && IsAny(i - 1, ["this", "by", "of", "from", "to"])) || (IsSymbol(i - 1, '-') && Is(i - 2, "mid")))) return false;
        return NameAfterMonth(i) ? false : Take(PhiKind.Date, i, i);
    }

    /// <summary>April, June, August and May are also given names: "April Novak".</summary>
    private readonly bool NameAfterMonth(int i) => IsAny(i, ["april", "june", "may", "august", "january"]) && (Has(Before(i), WordUse.Title) || (IsWord(i + 1) && _tokens[i + 1].Breaks == 0 && _tokens[i + 1].Capitalised && !_tokens[i + 1].Shouted && (_tokens[i + 1].Unknown || _tokens[i + 1].Has(WordUse.FamilyName))));

    /// <summary>Months whose names are ordinary words in small letters.</summary>
    private readonly bool Doubtful(int i) => IsAny(i, ["may", "march", "mar", "dec", "august"]);

    private readonly int YearOfDay(int day)
    {
        int k = day + 1;
        if (IsSymbol(k, ',') || GluedSymbol(k, '.') || IsSymbol(k, '-') || IsSymbol(k, '/') || Is(k, "of")) k++;
        if (IsSymbol(k, '\'')) k++;
        if (!IsNumber(k) || _tokens[k].Breaks > 1) return day;
        // Nov 5 1920h
        if (_tokens[k].Length == 4 && IsYear(_tokens[k].Value)) return k == day + 1 && IsAny(k + 1, ["h", "hrs", "hours"]) ? day : k;
        bool two = _tokens[k].Length == 2 && k > day + 1 && !IsSymbol(k - 1, '.') && !Is(k - 1, "of") && (_tokens[k].Glued || IsSymbol(k - 1, ',')) && !Measured(k + 1) && !GluedSymbol(k + 1, '-') && !GluedSymbol(k + 1, '/');
        return two ? k : day;
    }

    private bool NamedDay(int i)
    {
        ref readonly var token = ref _tokens[i];
        if (token.Has(WordUse.Weekday)) return Take(PhiKind.Date, i, i);
        if (token.Has(WordUse.Holiday)) return token.Capitalised && !token.Shouted && Take(PhiKind.Date, i, i);
        if (!token.Has(WordUse.WeekdayShort) || !token.Capitalised) return false;
        int k = i + 1;
        while (IsSymbol(k, '.') || IsSymbol(k, ',')) k++;
        bool beforeDate = (IsNumber(k) && (IsSymbol(k + 1, '/') || IsSymbol(k + 1, '-') || Has(k + 1, WordUse.AnyMonth))) || (Has(k, WordUse.AnyMonth) && IsNumber(k + 1));
        return (beforeDate || Is(i - 1, "on")) && Take(PhiKind.Date, i, i);
    }

    /// <summary>A clock time right behind a date belongs to it.</summary>
    private readonly int WithClock(int end)
    {
        int k = end + 1;
        if (IsSymbol(k, ',')) k++;
        if (IsSymbol(k, '@') || IsSymbol(k, '-') || IsAny(k, ["at", "t"])) k++;
        return IsNumber(k) && _tokens[k].Breaks <= 1 && ClockEnd(k, afterDate: true, points: true) is var last and >= 0 ? last : end;
    }

    private bool Clock(int i)
    {
        int end = ClockEnd(i, IsAny(Before(i), ["at", "time", "timed", "around", "approximately", "by", "since", "until", "t", "was"]) || IsSymbol(i - 1, '@') || IsSymbol(i - 1, '~'));
        return end >= 0 && Take(PhiKind.Date, i, end);
    }

    /// <summary>10:22, 10:22:05, 10:22 PM, 5 pm, 1715 hours; bare ones only where the words before expect a time. "6:00 position" is a place on a clock face.</summary>
    private readonly int ClockEnd(int i, bool afterDate, bool points = false)
    {
        ref readonly var hour = ref _tokens[i];
        if (hour.Value < 0 || (hour.Glued && i > 0 && IsSymbol(i - 1, '.'))) return -1;
        int end = -1;
        if (hour.Length <= 2 && hour.Value <= 24 && (GluedSymbol(i + 1, ':') || (GluedSymbol(i + 1, '.') && points && !GluedSymbol(i + 3, '.'))) && GluedNumber(i + 2) && _tokens[i + 2].Length == 2 && _tokens[i + 2].Value < 60)
        {
            end = i + 2;
            if (GluedSymbol(end + 1, ':') && GluedNumber(end + 2) && _tokens[end + 2].Length == 2) end += 2;
            if (end > i + 2 && GluedSymbol(end + 1, '.') && GluedNumber(end + 2)) end += 2;
            if (IsAny(end + 1, ["position", "clock", "o'clock"]) || (IsSymbol(end + 1, '-') && !afterDate)) return -1;
        }
        else if (hour.Length == 4 && hour.Value / 100 < 24 && hour.Value % 100 < 60 && (Zoned(i + 1) || (afterDate && _tokens[i - 1].Taken) || (afterDate && Is(i - 1, "at") && Has(i - 2, WordUse.Weekday))))
        {
            end = i;
        }
        int half = HalfDay(end < 0 ? i + 1 : end + 1);
        if (half > 0) return end >= 0 || hour.Value is >= 1 and <= 12 && hour.Length <= 2 ? half : -1;
        if (end < 0) return -1;
        bool twenty = hour.Length == 2 && hour.Value < 24 && !hour.Glued && !IsAny(i - 1, ["ratio", "from", "of", "dilution"]);
        return Zoned(end + 1) ? end + 1 : afterDate || end > i + 2 || twenty ? end : -1;
    }

    private readonly bool Zoned(int k) => IsWord(k) && _tokens[k].Breaks <= 1 && IsAny(k, s_zones) && !(IsAny(k, ["ct", "pt", "et"]) && !_tokens[k].Capitalised);

    /// <summary>The last token of am, pm, a.m. or p.m. at k; 0 where there is none.</summary>
    private readonly int HalfDay(int k)
    {
        if (!IsWord(k) || _tokens[k].Breaks > 1) return 0;
        if (IsAny(k, s_halves)) return k;
        return IsAny(k, ["a", "p"]) && GluedSymbol(k + 1, '.') && Is(k + 2, "m") ? GluedSymbol(k + 3, '.') ? k + 3 : k + 2 : 0;
    }

    private static readonly string[] s_years = ["year", "years", "yr", "yrs", "yo", "y", "yof", "yom", "yearold", "y.o", "yro", "jährige"];

    /// <summary>90 and more, where years of life are meant: the number is the finding, "-year-old" stays.</summary>
    private bool Age(int i)
    {
        if (_tokens[i].Value is < 90 or > 125 || (i > 0 && _tokens[i].Glued && !IsSymbol(i - 1, '(') && !IsSymbol(i - 1, ':') && !IsSymbol(i - 1, '/') && !IsSymbol(i - 1, '-'))) return false;
        int k = i + 1;
        if (IsSymbol(k, '-')) k++;
        int lead = Before(i);
        bool years = IsAny(k, s_years);
        bool said = AgeLine(i) || IsAny(lead, ["age", "aged", "ages", "turned"]) || (IsAny(lead, ["of", "is", "was"]) && IsAny(lead - 1, ["age"])) || (years && IsAny(lead, ["is", "was"]) && IsAny(lead - 1, ["patient", "she", "he", "pt"]));
        bool open = i == 0 || Has(i - 1, WordUse.Function) || SentenceStart(i) || IsSymbol(i - 1, ',') || IsSymbol(i - 1, '(');
        bool glued = open && IsWord(i + 1) && _tokens[i + 1].Glued && IsAny(i + 1, ["f", "m", "yo", "yof", "yom", "y", "yr", "yrs", "yf", "ym", "year", "years", "w"]);
        bool old = years && (IsAny(k, ["yo", "yof", "yom", "yearold", "yro"]) || (IsAny(k, ["y"]) && (IsSymbol(k + 1, '/') || IsSymbol(k + 1, '.') || Is(k + 1, "o"))) || Old(k + 1));
        old |= IsSymbol(i + 1, '-') && IsWord(i + 2) && IsSymbol(i + 3, '-') && Is(i + 4, "old");
        bool sex = IsAny(i + 1, ["f", "m", "male", "female", "woman", "man", "lady", "gentleman"]) && (Has(i - 1, WordUse.Function) || i == 0 || SentenceStart(i)) && !Is(i - 1, "at");
        bool birthday = IsWord(i + 1) && _tokens[i + 1].Glued && IsAny(i + 1, s_ordinals) && Is(i + 2, "birthday");
        return (said || glued || old || sex || birthday) && !IsSymbol(i + 1, '%') && Take(PhiKind.Age, i, i);
    }

    /// <summary>"Age at examination: 94".</summary>
    private readonly bool AgeLine(int i)
    {
        if (!IsSymbol(i - 1, ':')) return false;
        for (int k = i - 2; k >= 0 && k >= i - 6 && _tokens[k + 1].Breaks <= 1 && IsWord(k); k--)
            if (Is(k, "age")) return true;
        return false;
    }

    private readonly bool Old(int k)
    {
        if (GluedSymbol(k, '.')) k++;
        if (IsSymbol(k, '-')) k++;
        return IsAny(k, ["old", "olds", "young", "ole"]) || (Is(k, "of") && Is(k + 1, "age")) || IsAny(k, ["woman", "man", "male", "female", "lady", "gentleman"]);
    }

    /// <summary>ninety-two-year-old, one hundred and one years old, nonagenarian.</summary>
    private bool AgeInWords(int i)
    {
        if (IsAny(i, ["nonagenarian", "centenarian"])) return Take(PhiKind.Age, i, i);
        int first = i, last = i;
        if (Is(i, "hundred")) { if (IsAny(i - 1, ["one", "a"])) first--; }
        int k = last + 1;
        for (int steps = 0; steps < 4 && k < _tokens.Length; steps++)
        {
            if (IsSymbol(k, '-') || Is(k, "and")) k++;
            if (IsAny(k, ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])) last = k++;
        }
        return IsAny(k, ["year", "years", "yr", "yo"]) && Old(k + 1) && Take(PhiKind.Age, first, last);
    }
}
