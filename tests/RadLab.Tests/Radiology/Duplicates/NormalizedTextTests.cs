using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class NormalizedTextTests
{
    [Theory]
    [InlineData("No pneumothorax.", "no pneumothorax")]
    [InlineData("  NO\r\n\tpneumothorax!! ", "no pneumothorax")]
    [InlineData("2.5 cm", "2 5 cm")]
    [InlineData("25 cm", "25 cm")]
    [InlineData("L4-L5; XXXX", "l4 l5 xxxx")]
    [InlineData("Ménière Ödem", "ménière ödem")]
    [InlineData(" .,;- ", "")]
    [InlineData("", "")]
    public void Only_words_in_lower_case_remain(string text, string normal) => Assert.Equal(normal, NormalizedText.Of(text));

    [Fact]
    public void Texts_of_characters_beyond_the_basic_plane_stay_different() =>
        Assert.NotEqual(Hash128.OfText("\U0001D400"), Hash128.OfText("\U0001D401"));

    [Fact]
    public void A_hash_is_the_start_of_the_sha256_and_is_read_back()
    {
        // SHA-256("abc") = ba7816bf 8f01cfea 414140de 5dae2223 …
        var hash = Hash128.OfBytes("abc"u8);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223", hash.ToString());
        Assert.True(Hash128.TryParse(hash.ToString(), out var read));
        Assert.Equal(hash, read);
        Assert.False(Hash128.TryParse("ba7816bf8f01cfea414140de5dae222", out _));
        Assert.False(Hash128.TryParse("ba7816bf8f01cfea414140de5dae222x", out _));
    }

    [Fact]
    public void Parts_cannot_be_shifted_into_one_another() =>
        Assert.NotEqual(Hash128.OfParts("ab", "c"), Hash128.OfParts("a", "bc"));
}
