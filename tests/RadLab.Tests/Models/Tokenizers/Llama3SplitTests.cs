using System.Text;
using System.Text.RegularExpressions;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class Llama3SplitTests
{
    // Llama 3's expression; the long s, which matches an s without regard to case, is spelled out because .NET leaves it out.
    private static readonly Regex s_definition = new(
        @"'[ſ]|(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant);

    // Every class, the letters of contractions in both cases, and characters beyond 16 bits of each kind.
    private static readonly string[] s_alphabet =
    [
        "a", "s", "S", "t", "T", "r", "R", "e", "E", "v", "m", "M", "l", "L", "d", "ſ", "é", "中", "ª", "ʰ", "ǅ", "𝒳", "𐐀",
        "1", "7", "²", "٣", "Ⅷ", "½", "𝟘", " ", " ", " ", "\t", "\v", "\f", "\u0085", "\u00A0", "\u2003", "\u2028", "\u3000", "\r", "\n", "\n", "'", "'", "'", "’",
        ".", ",", "-", "(", "_", "€", "\u0301", "\u200D", "\u180E", "\u001C", "\0", "🙂", "\uFFFD",
    ];

    [Fact]
    public void The_pieces_are_those_of_the_regular_expression_over_code_points()
    {
        var random = new RandomKey(3, 0, 0);
        ulong drawn = 0;
        for (int number = 0; number < 20_000; number++)
        {
            var text = new StringBuilder();
            for (int length = random.Below(drawn++, 24); length > 0; length--) text.Append(s_alphabet[random.Below(drawn++, s_alphabet.Length)]);
            Assert.Equal(Reference(text.ToString()), Pieces(text.ToString()));
        }
    }

    [Theory]
    [InlineData("It's we'RE it'ſo don't", "It|'s| we|'RE| it|'ſ|o| don|'t")]
    [InlineData("12345 mm  x", "123|45| mm| | x")]
    [InlineData("end.\n\n  Next \n", "end|.\n\n| | Next| \n")]
    [InlineData("tail   ", "tail|   ")]
    [InlineData("(L5-S1)", "(L|5|-S|1|)")]
    [InlineData("𝒳𝒴 𝟘𝟙𝟚𝟛🙂🙂a", "𝒳𝒴| |𝟘𝟙𝟚|𝟛|🙂🙂|a")]
    [InlineData("'s 'll'd", "'s| '|ll|'d")]
    public void Known_pieces(string text, string pieces)
    {
        Assert.Equal(Reference(text), Pieces(text));
        Assert.Equal(pieces.Split('|'), Pieces(text));
    }

    [Fact]
    public void Every_character_has_the_class_of_the_regular_expression()
    {
        Regex letter = new(@"^\p{L}$"), number = new(@"^\p{N}$"), white = new(@"^\s$");
        for (int c = 0; c < 0x10000; c++)
        {
            if (!Rune.IsValid(c)) continue;
            string text = ((char)c).ToString();
            var expected = letter.IsMatch(text) ? CharacterClass.Letter : number.IsMatch(text) ? CharacterClass.Number : c == ' ' ? CharacterClass.Space
                : c is '\r' or '\n' ? CharacterClass.Newline : white.IsMatch(text) ? CharacterClass.White : CharacterClass.Other;
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            Assert.Equal((c, expected, utf8.Length), (c, CharacterClasses.Of(utf8, 0, out int length), length));
        }
    }

    private static string[] Pieces(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        var pieces = new List<string>();
        for (int at = 0, next; at < utf8.Length; at = next)
        {
            next = Llama3Split.Next(utf8, at);
            Assert.InRange(next, at + 1, utf8.Length);
            pieces.Add(Encoding.UTF8.GetString(utf8.AsSpan(at, next - at)));
        }
        return [.. pieces];
    }

    // The expression sees one 16-bit character of the same class for each one beyond, so that both texts have their borders at the same code points.
    private static string[] Reference(string text)
    {
        var runes = text.EnumerateRunes().ToList();
        string flat = string.Concat(runes.Select(r => r.IsBmp ? r.ToString() : Rune.IsLetter(r) ? "Ω" : Rune.IsNumber(r) ? "٣" : "☃"));
        var pieces = s_definition.Matches(flat).Select(m => string.Concat(runes.GetRange(m.Index, m.Length))).ToArray();
        Assert.Equal(text, string.Concat(pieces));
        return pieces;
    }
}
