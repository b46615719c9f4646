using System.Globalization;

namespace RadLab.Radiology;

/// <summary>Cuts a text into words, digit runs, symbols and markers, and looks every word up once.</summary>
internal static class TextTokens
{
    /// <summary>Fills the buffer and returns how many tokens there are; a text of n characters has at most n.</summary>
    public static int Split(ReadOnlySpan<char> text, Span<TextToken> tokens)
    {
        int count = 0;
        bool space = true;
        int breaks = 1, line = 0, upper = 0, lower = 0;
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (c <= ' ' || char.IsWhiteSpace(c))
            {
                if (c == '\n' || (c == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
                {
                    Shout(tokens[line..count], upper, lower);
                    (line, upper, lower) = (count, 0, 0);
                    breaks = Math.Min(3, breaks + 1);
                }
                space = true;
                i++;
                continue;
            }
            ref var token = ref tokens[count++];
            token = new TextToken { Start = i, Glued = !space, Breaks = (byte)breaks, Value = -1 };
            space = false;
            breaks = 0;
            if (c is '[' or '_' or 'X' && PhiMarkers.Match(text[i..]) is var marker and > 0)
            {
                (token.Kind, token.Length) = (TokenKind.Marker, marker);
            }
            else if (IsLetter(c))
            {
                token.Length = WordLength(text[i..]);
                Word(ref token, text.Slice(i, token.Length), ref upper, ref lower);
            }
            else if (char.IsAsciiDigit(c))
            {
                int n = 1;
                while (i + n < text.Length && char.IsAsciiDigit(text[i + n])) n++;
                (token.Kind, token.Length) = (TokenKind.Number, n);
                if (n <= 9) token.Value = int.Parse(text.Slice(i, n), NumberStyles.None, CultureInfo.InvariantCulture);
            }
            else
            {
                (token.Kind, token.Length, token.Symbol) = (TokenKind.Symbol, 1, Plain(c));
            }
            i += token.Length;
        }
        Shout(tokens[line..count], upper, lower);
        return count;
    }

    private static void Word(ref TextToken token, ReadOnlySpan<char> word, ref int upper, ref int lower)
    {
        int capitals = 0, small = 0;
        foreach (char c in word)
        {
            if (char.IsUpper(c)) capitals++;
            else if (char.IsLower(c)) small++;
        }
        upper += capitals;
        lower += small;
        token.Kind = TokenKind.Word;
        token.Case = capitals == 0 ? LetterCase.Lower : small == 0 ? LetterCase.Upper : capitals == 1 && char.IsUpper(word[0]) ? LetterCase.Capital : LetterCase.Mixed;
        token.Use = Lexicon.Find(word, out token.Number);
    }

    // typographic quotes and dashes count as the plain ones
    private static char Plain(char c) => c switch
    {
        '\u2019' or '\u2018' or '`' or '\u00B4' => '\'',
        '\u2010' or '\u2011' or '\u2012' or '\u2013' or '\u2014' or '\u2212' => '-',
        '\u201C' or '\u201D' => '"',
        '\uFF1A' => ':',
        _ => c,
    };

    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || (c > 127 && (char.IsLetter(c) || char.IsSurrogate(c) || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark));

    /// <summary>Letters, and apostrophes between letters; the ending 's is not part of the word.</summary>
    private static int WordLength(ReadOnlySpan<char> text)
    {
        int n = 1;
        while (n < text.Length)
        {
            if (IsLetter(text[n])) n++;
            else if (text[n] is '\'' or '\u2019' && n + 1 < text.Length && IsLetter(text[n + 1]) && !Possessive(text[(n + 1)..])) n += 2;
            else break;
        }
        return n;
    }

    private static bool Possessive(ReadOnlySpan<char> rest) => rest[0] is 's' or 'S' && (rest.Length == 1 || !IsLetter(rest[1]));

    private static void Shout(Span<TextToken> line, int upper, int lower)
    {
        if (upper < 12 || upper < 4 * lower) return;
        foreach (ref var token in line) token.Shouted = true;
    }
}
