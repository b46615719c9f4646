using RadLab.Radiology;
using Xunit;

namespace RadLab.Tests.Radiology;

public sealed class NearestNeighbourTests
{
    private static readonly string[] s_texts = ["The heart is normal.", "The heart is enlarged.", "Small left effusion, the heart is normal."];

    [Theory]
    [InlineData("Small left effusion, the heart is normal.", 2, 1.0)]
    [InlineData("heart enlarged", 1, null)]
    [InlineData("effusion", 2, null)]
    [InlineData("nothing of this kind", 0, 0.0)]
    public void The_most_similar_text_is_found(string text, int index, double? cosine)
    {
        var found = new NearestNeighbour(s_texts).Find(text);
        Assert.Equal(index, found.Index);
        if (cosine is { } c) Assert.Equal(c, found.Cosine, 6);
    }

    [Fact]
    public void The_cosine_is_that_of_its_formula()
    {
        // by hand: N = 2; "a" in both (weight 1), "b" and "c" in one each (weight 1 + log2(3/2)); query "a b" against "a b" and "a c"
        double rare = 1 + Math.Log2(1.5);
        var found = new NearestNeighbour(["a c", "a b b"]).Find("a b");
        double expected = (1 + rare * 2 * rare) / (Math.Sqrt(1 + rare * rare) * Math.Sqrt(1 + 4 * rare * rare));
        Assert.Equal(1, found.Index);
        Assert.Equal(expected, found.Cosine, 6);
    }
}
