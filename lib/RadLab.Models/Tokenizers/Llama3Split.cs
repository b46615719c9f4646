namespace RadLab.Models;

/// <summary>Splits text into the pieces within which Llama-3's byte pair encoding works.</summary>
/// <remarks>
/// A scanner equal to <see cref="Pattern"/> over code points. A match exists at every position, so the pieces cover the text.
/// </remarks>
internal static class Llama3Split
{
    public const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The end of the piece that starts at <paramref name="at"/>.</summary>
    /// <param name="text">Valid UTF-8.</param>
    public static int Next(ReadOnlySpan<byte> text, int at)
    {
        var first = CharacterClasses.Of(text, at, out int length);
        int next = at + length;
        switch (first)
        {
            case CharacterClass.Letter:
                return Letters(text, next);
            case CharacterClass.Number:
                return Numbers(text, next);
            case CharacterClass.Newline:
                return White(text, at);
        }
        if (text[at] == '\'' && Contraction(text, at) is > 0 and int end) return end;

        // one character of any other kind belongs to the letters behind it
        if (next == text.Length) return next;
        var second = CharacterClasses.Of(text, next, out length);
        if (second == CharacterClass.Letter) return Letters(text, next + length);
        if (first == CharacterClass.Other) return Others(text, next);
        if (first == CharacterClass.Space && second == CharacterClass.Other) return Others(text, next + length);
        return White(text, at);
    }

    private static int Letters(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length)
        {
            if (CharacterClasses.Of(text, at, out int length) != CharacterClass.Letter) break;
            at += length;
        }
        return at;
    }

    // The first number is behind us; a piece has three at most.
    private static int Numbers(ReadOnlySpan<byte> text, int at)
    {
        for (int i = 0; i < 2 && at < text.Length; i++)
        {
            if (CharacterClasses.Of(text, at, out int length) != CharacterClass.Number) break;
            at += length;
        }
        return at;
    }

    private static int Others(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length)
        {
            if (CharacterClasses.Of(text, at, out int length) != CharacterClass.Other) break;
            at += length;
        }
        while (at < text.Length && text[at] is (byte)'\r' or (byte)'\n') at++;
        return at;
    }

    // \s*[\r\n]+ ends behind the last line break of the run; without one, \s+(?!\S) leaves the last character to the word that follows, if there is one.
    private static int White(ReadOnlySpan<byte> text, int start)
    {
        int at = start, last = start, lineBreak = -1;
        while (at < text.Length)
        {
            var found = CharacterClasses.Of(text, at, out int length);
            if (found < CharacterClass.White) break;
            last = at;
            at += length;
            if (found == CharacterClass.Newline) lineBreak = at;
        }
        if (lineBreak >= 0) return lineBreak;
        return at == text.Length || last == start ? at : last;
    }

    /// <summary>The end of 's, 't, 're, 've, 'm, 'll or 'd in either case, or 0. The long s (U+017F) is an s without regard to case.</summary>
    private static int Contraction(ReadOnlySpan<byte> text, int at)
    {
        if (at + 1 >= text.Length) return 0;
        byte second = Lower(text[at + 1]), third = at + 2 < text.Length ? text[at + 2] : (byte)0;
        switch (second)
        {
            case (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d':
                return at + 2;
            case 0xC5 when third == 0xBF:
                return at + 3;
            case (byte)'r' or (byte)'v' when Lower(third) == 'e':
                return at + 3;
            case (byte)'l' when Lower(third) == 'l':
                return at + 3;
            default:
                return 0;
        }
    }

    private static byte Lower(byte c) => c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
}
