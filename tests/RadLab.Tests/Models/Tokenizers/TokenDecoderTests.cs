using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class TokenDecoderTests
{
    [Fact]
    public void A_character_appears_with_its_last_byte_and_never_in_part()
    {
        var decoder = TokenizerSamples.Parse(TokenizerSamples.Tokenizer()).StartDecoding();
        Assert.Equal(["a", "", "é", "", "", "", "🙂", " low"], new[] { 'a', 0xC3, 0xA9, 0xF0, 0x9F, 0x99, 0x82, 258 }.Select(decoder.Append));
        Assert.Equal("", decoder.Flush());
        Assert.Equal("", decoder.Append(0xF0) + decoder.Append(0x9F));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Control_tokens_can_be_left_out()
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer());
        Assert.Equal("<|end_of_text|>", tokenizer.StartDecoding().Append(301));
        Assert.Equal("", tokenizer.StartDecoding(skipSpecialTokens: true).Append(301));
        Assert.Equal("<scan>", tokenizer.StartDecoding(skipSpecialTokens: true).Append(302));
    }

    [Fact]
    public void The_parts_of_any_ids_are_the_whole_and_hold_whole_characters()
    {
        Tokenizer[] tokenizers = [TokenizerSamples.Parse(TokenizerSamples.Tokenizer()), TokenizerSamples.SentencePiece()];
        // lead bytes, continuation bytes, plain ones and tokens: broken characters of every kind
        int[] bytes = [0xC3, 0xE2, 0xF0, 0xF4, 0xFF, 0x80, 0x96, 0x9F, 0xA9, 0xBF, 'a', ' '];
        var random = new RandomKey(17, 0, 0);
        ulong drawn = 0;
        for (int number = 0; number < 3000; number++)
        {
            var tokenizer = tokenizers[number % 2];
            int[] ids = new int[random.Below(drawn++, 20)];
            for (int i = 0; i < ids.Length; i++)
            {
                int kind = random.Below(drawn++, bytes.Length + 2);
                ids[i] = kind >= bytes.Length ? 259 + random.Below(drawn++, 6) : bytes[kind] + (number % 2 == 0 ? 0 : 3);
            }
            var decoder = tokenizer.StartDecoding();
            string[] parts = [.. ids.Select(decoder.Append), decoder.Flush()];
            Assert.Equal(tokenizer.Decode(ids), string.Concat(parts));
            Assert.All(parts, p => Assert.True(p.Length == 0 || (!char.IsLowSurrogate(p[0]) && !char.IsHighSurrogate(p[^1]))));
        }
    }
}
