using System.Text;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class TextStreamTests
{
    // Tokens are the bytes of a text, so that every character may arrive in parts.
    private static readonly ByteLevelBpe s_bytes = TokenizerSamples.Parse(TokenizerSamples.Tokenizer());

    private static int[] Bytes(string text) => [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];

    private static List<string> Stream(int[] ids, params string[] stops)
    {
        var pieces = new List<string>();
        var stream = new TextStream(s_bytes, stops, continuing: true, pieces.Add);
        foreach (int id in ids) stream.Append(id);
        stream.Complete();
        return pieces;
    }

    [Fact]
    public void Characters_come_whole_and_at_once()
    {
        Assert.Equal(["a", "é", "🙂", "b"], Stream(Bytes("aé🙂b")));
        Assert.Equal(["a", "\uFFFD"], Stream(Bytes("aé")[..2]));   // cut in the middle: said so, not shown in half
    }

    [Fact]
    public void A_stop_string_never_shows_not_even_in_part()
    {
        Assert.Equal("note ", string.Concat(Stream(Bytes("note ENDmore"), "END")));
        Assert.Equal(["x", "E", "EN", "Ey"], Stream(Bytes("xEENEy"), "END"));
        Assert.Equal("xEEN", string.Concat(Stream(Bytes("xEEN"), "END")));          // held back to the last, and then no stop
        Assert.Equal("ab", string.Concat(Stream(Bytes("abcd"), "bcde", "c")));
        Assert.Equal("", string.Concat(Stream(Bytes("END"), "END")));
        Assert.Equal("a😀", string.Concat(Stream(Bytes("a😀"), "😁")));
    }

    // Against the definition: everything up to the first stop string of the whole text.
    [Fact]
    public void The_pieces_are_the_text_of_the_generator()
    {
        var random = new Random(5);
        for (int round = 0; round < 3000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => "abcé"[random.Next(4)]));
            string[] stops = [.. Enumerable.Range(0, random.Next(3)).Select(_ => string.Concat(Enumerable.Range(0, 1 + random.Next(4)).Select(_ => "abcé"[random.Next(4)])))];
            int[] ids = Bytes(text);
            string expected = text;
            // as the generator does: it stops at the first token that completes one
            for (int n = 1; n <= ids.Length; n++)
            {
                string so = s_bytes.Decode(ids.AsSpan(0, n));
                int[] found = [.. stops.Select(s => so.IndexOf(s, StringComparison.Ordinal)).Where(at => at >= 0)];
                if (found.Length == 0) continue;
                expected = so[..found.Min()];
                break;
            }
            Assert.Equal(expected, string.Concat(Stream(ids, stops)));
            Assert.Equal(text, TextStream.Decode(s_bytes, continuing: true)(ids));
        }
    }
}
