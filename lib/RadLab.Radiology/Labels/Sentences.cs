namespace RadLab.Radiology;

/// <summary>
/// Where sentences begin and end in report text. A full stop ends a sentence unless it stands inside a number ("2.5 cm"), after an abbreviation ("Dr.",
/// "vs.", "approx."), after a single letter ("A.P."), or before a small letter without a blank; a missing blank before a capital ("apex.There") ends it all the same. Blank
/// lines, bullets and list numbers at the beginning of a line end it too, a mere line break does not: reports are wrapped.
/// </summary>
public static class Sentences
{
    private static readonly HashSet<string> s_abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        "dr", "mr", "mrs", "ms", "prof", "vs", "approx", "e.g", "eg", "i.e", "ie", "etc", "cf", "fig", "figs", "no", "nos", "st", "jr", "sr", "dept", "hosp",
        "min", "max", "est", "ca", "resp", "incl", "var", "pt", "pts", "hx", "dx", "fx", "inf", "sup", "ant", "post", "lat", "med", "rt", "lt", "bilat",
    };

    // these are words of their own as well, and then a capital after the stop begins a sentence: "Effusion: no. Heart normal."
    private static readonly HashSet<string> s_alsoWords = new(StringComparer.OrdinalIgnoreCase) { "no", "st", "post", "min", "max", "est", "inf", "sup", "ant", "lat", "med", "var", "rt", "lt", "pt", "pts", "etc", "resp", "incl", "ca", "hx", "dx", "fx", "bilat" };

    /// <summary>The sentences in order, without the white space around them; together they hold every character that is not white space.</summary>
    public static List<Range> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sentences = new List<Range>();
        int start = 0;
        while (start < text.Length)
        {
            int end = NextEnd(text, start);
            int from = start, to = end;
            while (from < to && char.IsWhiteSpace(text[from])) from++;
            while (to > from && char.IsWhiteSpace(text[to - 1])) to--;
            if (to > from) sentences.Add(from..to);
            start = end;
        }
        return sentences;
    }

    /// <summary>The position just behind the sentence that begins at <paramref name="start"/>.</summary>
    internal static int NextEnd(ReadOnlySpan<char> text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            int stop = text[i..].IndexOfAny(".!?\n");
            if (stop < 0) return text.Length;
            i += stop;
            char c = text[i];
            if (c == '\n')
            {
                if (EndsLine(text, start, i)) return i + 1;
            }
            else if (c != '.' || EndsSentence(text, start, i))
            {
                // stops and closing marks belong together: "...", ".)"
                while (i + 1 < text.Length && text[i + 1] is '.' or '!' or '?' or ')' or '"' or '\'') i++;
                return i + 1;
            }
        }
        return text.Length;
    }

    private static bool EndsSentence(ReadOnlySpan<char> text, int start, int stop)
    {
        char before = stop > start ? text[stop - 1] : ' ';
        char after = stop + 1 < text.Length ? text[stop + 1] : ' ';
        if (char.IsAsciiDigit(after)) return !char.IsAsciiDigit(before) && !char.IsWhiteSpace(before) && !char.IsLetter(before);
        if (char.IsAsciiLetterLower(after)) return false;

        int word = stop;
        while (word > start && (char.IsLetterOrDigit(text[word - 1]) || text[word - 1] == '.')) word--;
        var last = text[word..stop];
        if (last.IsEmpty) return true;
        // a list number at the beginning ("1. No effusion") belongs to its sentence
        if (AllDigits(last)) return text[start..word].ContainsAnyExcept(" \t\r\n(#-*");
        if (last.Length == 1 && char.IsLetter(last[0])) return char.IsAsciiLetterLower(last[0]) && NextIsCapital(text, stop);
        if (!s_abbreviations.GetAlternateLookup<ReadOnlySpan<char>>().Contains(last))
            return !last.Contains('.') || !char.IsLetter(last[^1]) || NextIsCapital(text, stop);   // "p.m." seldom ends a sentence
        return s_alsoWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(last) && NextIsCapital(text, stop);
    }

    private static bool EndsLine(ReadOnlySpan<char> text, int start, int lineBreak)
    {
        if (text[start..lineBreak].IsWhiteSpace()) return true;
        int i = lineBreak + 1;
        while (i < text.Length && text[i] is ' ' or '\t' or '\r') i++;
        if (i == text.Length) return true;
        if (text[i] is '\n' or '*' or '•') return true;
        if (text[i] == '-') return i + 1 < text.Length && text[i + 1] == ' ';
        int digits = i;
        while (digits < text.Length && char.IsAsciiDigit(text[digits])) digits++;
        if (digits > i && digits + 1 < text.Length && text[digits] is '.' or ')') return digits + 1 == text.Length || char.IsWhiteSpace(text[digits + 1]);
        // a heading in capitals with a colon: FINDINGS:
        int colon = text[i..Math.Min(text.Length, i + 40)].IndexOf(':');
        return colon > 2 && !text.Slice(i, colon).ContainsAnyInRange('a', 'z') && !text.Slice(i, colon).Contains('\n');
    }

    private static bool AllDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static bool NextIsCapital(ReadOnlySpan<char> text, int stop)
    {
        for (int i = stop + 1; i < text.Length; i++)
            if (!char.IsWhiteSpace(text[i])) return char.IsUpper(text[i]);
        return true;
    }
}
