using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace RadLab.Models;

/// <summary>The classes of characters that the split pattern tells apart.</summary>
internal enum CharacterClass : byte
{
    Other,

    /// <summary>\p{L}</summary>
    Letter,

    /// <summary>\p{N}</summary>
    Number,

    /// <summary>\s other than the two below.</summary>
    White,

    /// <summary>U+0020</summary>
    Space,

    /// <summary>CR and LF.</summary>
    Newline,
}

/// <summary>Looks characters of valid UTF-8 up by code point: regular expressions of .NET see halves of surrogate pairs, which are no letters.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] s_plane0 = Plane0();

    /// <summary>The class of the character that starts at <paramref name="at"/>, and its length in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass Of(ReadOnlySpan<byte> text, int at, out int length)
    {
        byte first = text[at];
        if (first < 0x80)
        {
            length = 1;
            return s_plane0[first];
        }
        return OfWide(text, at, out length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass OfAscii(byte character) => s_plane0[character];

    public static CharacterClass Of(Rune character) => Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ when character.Value == ' ' => CharacterClass.Space,
        _ when character.Value is '\r' or '\n' => CharacterClass.Newline,
        _ => Rune.IsWhiteSpace(character) ? CharacterClass.White : CharacterClass.Other,
    };

    private static CharacterClass OfWide(ReadOnlySpan<byte> text, int at, out int length)
    {
        byte first = text[at];
        if (first < 0xE0)
        {
            length = 2;
            return s_plane0[((first & 0x1F) << 6) | (text[at + 1] & 0x3F)];
        }
        if (first < 0xF0)
        {
            length = 3;
            return s_plane0[((first & 0x0F) << 12) | ((text[at + 1] & 0x3F) << 6) | (text[at + 2] & 0x3F)];
        }
        length = 4;
        return Of(new Rune(((first & 0x07) << 18) | ((text[at + 1] & 0x3F) << 12) | ((text[at + 2] & 0x3F) << 6) | (text[at + 3] & 0x3F)));
    }

    private static CharacterClass[] Plane0()
    {
        var classes = new CharacterClass[0x10000];
        for (int c = 0; c < classes.Length; c++)
            if (Rune.IsValid(c)) classes[c] = Of(new Rune(c));
        return classes;
    }
}
