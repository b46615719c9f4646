using System.Globalization;
using System.Text;

namespace RadLab.Radiology;

/// <summary>What a written date says. Year 0 where it names none, day 0 where only month and year stand there.</summary>
internal readonly record struct WrittenDate(int Year, int Month, int Day);

/// <summary>
/// Reads the dates that the scanner finds, and writes them again some days later in the same style: order, separators, padding, month names, short years and a
/// clock time stay. Two-digit years up to 30 are of this century. Dates without a year are moved within the year 2001, months without a day as their 15th.
/// </summary>
internal static class DateText
{
    private const int YearOfNone = 2001;

    private static readonly string[] s_months = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    private enum Part : byte { Day, Month, MonthName, Year, Ordinal }

    private readonly record struct Piece(Part Part, int Start, int Length);

    private sealed class Reading
    {
        public int Year, Month, Day;
        public readonly List<Piece> Pieces = [];
    }

    /// <summary>A clock time, a weekday or a holiday: nothing that an offset of whole weeks moves.</summary>
    public static bool IsTimeless(ReadOnlySpan<char> text) => IsClock(text) || (!text.ContainsAnyInRange('0', '9') && Month(text) == 0);

    /// <summary>A clock time without a date.</summary>
    public static bool IsClock(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiDigit(text[0])) return false;
        int n = text.IndexOfAnyExceptInRange('0', '9');
        if (n < 0 || n > 4) return false;
        if (n <= 2 && text[n] == ':') return true;
        var rest = text[n..].Trim();
        return rest.Length > 0 && (rest[0] is 'a' or 'A' or 'p' or 'P' or 'h' or 'H' or 'u' or 'U' or 'e' or 'E' or 'c' or 'C' or 'z' or 'Z' or 'g' or 'G' or 'l' or 'L') && !(n <= 2 && Month(rest) > 0);
    }

    /// <summary>The whole text is a date or a time, and nothing else: letters only in month names, ordinals and halves of the day.</summary>
    public static bool IsDate(ReadOnlySpan<char> text)
    {
        foreach (var part in Words(text.ToString()))
            if (Month(part) == 0 && !(part.ToLowerInvariant() is "st" or "nd" or "rd" or "th" or "of" or "at" or "t" or "am" or "pm" or "a" or "p" or "m" or "hours" or "hrs" or "h" or "hour" or "hr" or "z" or "est" or "edt" or "cst" or "cdt" or "pst" or "pdt" or "mst" or "mdt" or "utc" or "gmt" or "day" or "the" or "uhr" or "local"
                or "monday" or "tuesday" or "wednesday" or "thursday" or "friday" or "saturday" or "sunday" or "mon" or "tue" or "tues" or "wed" or "thu" or "thur" or "thurs" or "fri" or "sat" or "sun")) return false;
        return Read(text.ToString(), false) is not null || IsClock(text) || (text.Length > 2 && IsTimeless(text));
    }

    public static WrittenDate? Parse(string text, bool dayFirst) => Read(text, dayFirst) is { } r ? new WrittenDate(r.Year, r.Month, r.Day) : null;

    /// <summary>The text with its date moved, or null where it is no date of the calendar.</summary>
    public static string? Shift(string text, int days, bool dayFirst)
    {
        if (IsClock(text)) return text;
        if (Read(text, dayFirst) is not { } r) return IsTimeless(text) ? text : null;
        int year = r.Year == 0 ? YearOfNone : r.Year, day = r.Day == 0 ? 15 : r.Day;
        if (year is < 1 or > 9998 || day > DateTime.DaysInMonth(year, r.Month)) return null;
        var date = new DateTime(year, r.Month, day).AddDays(days);
        bool padded = Padded(text, r);
        var output = new StringBuilder();
        int at = 0;
        foreach (var piece in r.Pieces.OrderBy(p => p.Start))
        {
            output.Append(text, at, piece.Start - at);
            string old = text.Substring(piece.Start, piece.Length);
            output.Append(piece.Part switch
            {
                Part.Day => Number(date.Day, padded),
                Part.Month => Number(date.Month, padded),
                Part.Year => (old.Length == 4 ? date.Year : date.Year % 100).ToString(old.Length == 4 ? "0000" : "00", CultureInfo.InvariantCulture),
                Part.Ordinal => Ordinal(date.Day),
                _ => MonthName(date.Month, old),
            });
            at = piece.Start + piece.Length;
        }
        return output.Append(text, at, text.Length - at).ToString();
    }

    // A leading zero says so; where no number below 10 stands, the form does: ISO 8601, eight digits, dots, or two digits each before a year of four.
    private static bool Padded(string text, Reading r)
    {
        var numbers = r.Pieces.Where(p => p.Part is Part.Day or Part.Month).ToList();
        if (numbers.Exists(p => text[p.Start] == '0')) return true;
        if (numbers.Count < 2 || numbers.Exists(p => p.Length < 2)) return false;
        var year = r.Pieces.Find(p => p.Part == Part.Year);
        return year.Length == 4 || (year.Length == 2 && numbers.Exists(p => p.Start + p.Length < text.Length && text[p.Start + p.Length] == '.'));
    }

    private static Reading? Read(string text, bool dayFirst)
    {
        var reading = new Reading();
        var numbers = new List<Piece>();
        Piece? name = null;
        for (int i = 0; i < text.Length;)
        {
            int n = 1;
            if (char.IsAsciiDigit(text[i]))
            {
                while (i + n < text.Length && char.IsAsciiDigit(text[i + n])) n++;
                // the clock time behind a date is kept as it stands
                if (numbers.Count > 0 && i + n < text.Length && text[i + n] == ':') break;
                numbers.Add(new Piece(Part.Day, i, n));
            }
            else if (char.IsAsciiLetter(text[i]))
            {
                while (i + n < text.Length && char.IsAsciiLetter(text[i + n])) n++;
                var word = text.AsSpan(i, n);
                if (name is null && Month(word) > 0) name = new Piece(Part.MonthName, i, n);
                else if (numbers.Count > 0 && n == 2 && word is "st" or "nd" or "rd" or "th" or "ST" or "ND" or "RD" or "TH") reading.Pieces.Add(new Piece(Part.Ordinal, i, n));
                else if (word is "at" or "T" or "AT" && numbers.Count > 0) break;
            }
            else if (text[i] == '@') break;
            i += n;
        }
        return (name is { } month ? Named(text, month, numbers, reading) : Numeric(text, numbers, reading, dayFirst)) ? reading : null;
    }

    private static bool Named(string text, Piece month, List<Piece> numbers, Reading r)
    {
        r.Month = Month(text.AsSpan(month.Start, month.Length));
        r.Pieces.Add(month);
        foreach (var number in numbers.Take(2))
        {
            int value = Value(text, number);
            bool apostrophe = number.Start > 0 && text[number.Start - 1] is '\'' or '\u2019';
            bool dashed = number.Start > 0 && text[number.Start - 1] is '-' or '/' && month.Start < number.Start;
            if (number.Length == 4) Add(r, number, Part.Year, r.Year = value);
            else if (r.Day == 0 && !apostrophe && !(dashed && numbers.Count == 1) && value is >= 1 and <= 31) Add(r, number, Part.Day, r.Day = value);
            else if (number.Length == 2 && r.Year == 0) Add(r, number, Part.Year, r.Year = Century(value));
        }
        return true;
    }

    private static bool Numeric(string text, List<Piece> n, Reading r, bool dayFirst)
    {
        if (n.Count == 0) return false;
        int a = Value(text, n[0]);
        if (n[0].Length == 8) return Compact(text, n[0], r, dayFirst);
        if (n.Count == 1) return a is >= 1 and <= 31 && Add(r, n[0], Part.Day, r.Day = a) && r.Pieces.Exists(p => p.Part == Part.Ordinal) && (r.Month = 1) == 1;
        int b = Value(text, n[1]);
        if (n[0].Length == 4)
        {
            Add(r, n[0], Part.Year, r.Year = a);
            Add(r, n[1], Part.Month, r.Month = b);
            if (n.Count > 2 && n[2].Start == n[1].Start + n[1].Length + 1) Add(r, n[2], Part.Day, r.Day = Value(text, n[2]));
            return b is >= 1 and <= 12 && r.Day <= 31;
        }
        if (n[1].Length == 4)
        {
            Add(r, n[0], Part.Month, r.Month = a);
            Add(r, n[1], Part.Year, r.Year = b);
            return a is >= 1 and <= 12;
        }
        bool swap = a > 12 || (dayFirst && b <= 12);
        Add(r, n[swap ? 1 : 0], Part.Month, r.Month = swap ? b : a);
        Add(r, n[swap ? 0 : 1], Part.Day, r.Day = swap ? a : b);
        if (n.Count > 2 && n[2].Length is 2 or 4) Add(r, n[2], Part.Year, r.Year = n[2].Length == 4 ? Value(text, n[2]) : Century(Value(text, n[2])));
        return r.Month is >= 1 and <= 12 && r.Day is >= 1 and <= 31;
    }

    private static bool Compact(string text, Piece piece, Reading r, bool dayFirst)
    {
        int start = piece.Start;
        bool yearFirst = Value(text, new Piece(Part.Year, start, 4)) is >= 1900 and <= 2100;
        var year = new Piece(Part.Year, yearFirst ? start : start + 4, 4);
        var first = new Piece(Part.Month, yearFirst ? start + 4 : start, 2);
        var second = new Piece(Part.Day, yearFirst ? start + 6 : start + 2, 2);
        int a = Value(text, first), b = Value(text, second);
        bool swap = !yearFirst && (a > 12 || (dayFirst && b <= 12));
        Add(r, year, Part.Year, r.Year = Value(text, year));
        Add(r, swap ? second : first, Part.Month, r.Month = swap ? b : a);
        Add(r, swap ? first : second, Part.Day, r.Day = swap ? a : b);
        return r.Month is >= 1 and <= 12 && r.Day is >= 1 and <= 31;
    }

    private static bool Add(Reading r, Piece piece, Part part, int value)
    {
        r.Pieces.Add(piece with { Part = part });
        return value >= 0;
    }

    private static IEnumerable<string> Words(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            int n = 0;
            while (i + n < text.Length && char.IsLetter(text[i + n])) n++;
            if (n > 0) yield return text.Substring(i, n);
            i += n;
        }
    }

    /// <summary>1 to 12 for a month's name, its abbreviation or a slip of the pen in it; 0 otherwise.</summary>
    internal static int Month(ReadOnlySpan<char> word)
    {
        if (word.Length < 3 || word.Length > 10) return 0;
        Span<char> lower = stackalloc char[word.Length];
        for (int i = 0; i < word.Length; i++) lower[i] = char.ToLowerInvariant(word[i]);
        if (word.Length > 4 && MonthSlip.Of(lower) is var slip and > 0) return slip;
        for (int m = 0; m < 12; m++)
        {
            if (!word[..3].Equals(s_months[m].AsSpan(0, 3), StringComparison.OrdinalIgnoreCase)) continue;
            return (Lexicon.Find(word) & WordUse.AnyMonth) != 0 ? m + 1 : 0;
        }
        return 0;
    }

    private static string MonthName(int month, string old)
    {
        string name = s_months[month - 1];
        if (old.Length <= 4 && !(old.Length == 4 && Month(old) is 6 or 7)) name = name[..3];
        return char.IsLower(old[0]) ? name : char.IsUpper(old[^1]) ? name.ToUpperInvariant() : char.ToUpperInvariant(name[0]) + name[1..];
    }

    private static string Ordinal(int day) => day is 11 or 12 or 13 ? "th" : (day % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" };

    private static string Number(int value, bool padded) => value.ToString(padded ? "00" : "0", CultureInfo.InvariantCulture);

    private static int Century(int year) => year <= 30 ? 2000 + year : 1900 + year;

    private static int Value(string text, Piece piece) => int.TryParse(text.AsSpan(piece.Start, piece.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int v) ? v : -1;
}
