using RadLab.Radiology;
using Xunit;

namespace RadLab.Tests.Radiology;

public sealed class RougeTests
{
    [Theory]
    // hand-worked: LCS "small effusion" of 4 and 3 words
    [InlineData("Small left pleural effusion.", "small EFFUSION, right", 2.0 / 3, 2.0 / 4)]
    [InlineData("a b c d e", "e d c b a", 1.0 / 5, 1.0 / 5)]
    [InlineData("no acute disease", "no acute disease", 1, 1)]
    [InlineData("no acute disease", "", 0, 0)]
    [InlineData("", "", 0, 0)]
    [InlineData("5mm nodule", "5 mm nodule", 1.0 / 3, 1.0 / 2)]
    public void L_is_the_longest_common_subsequence(string reference, string candidate, double precision, double recall)
    {
        var score = Rouge.L(reference, candidate);
        Assert.Equal((precision, recall), (score.Precision, score.Recall));
    }

    [Fact]
    public void L_agrees_with_its_recursive_definition()
    {
        var random = new SeededRandom(1, 1, 1);
        for (int i = 0; i < 200; i++)
        {
            string[] a = Words(random), b = Words(random);
            int expected = Lcs(a, b);
            Assert.Equal((double)expected / b.Length, Rouge.L(a, b).Precision, 12);
        }

        static string[] Words(SeededRandom random) => [.. Enumerable.Range(0, 1 + random.Below(9)).Select(_ => ((char)('a' + random.Below(4))).ToString())];

        static int Lcs(ReadOnlySpan<string> a, ReadOnlySpan<string> b) =>
            a.IsEmpty || b.IsEmpty ? 0 : a[0] == b[0] ? 1 + Lcs(a[1..], b[1..]) : Math.Max(Lcs(a[1..], b), Lcs(a, b[1..]));
    }

    [Theory]
    // "the" is three times in one and once in the other: counted once
    [InlineData("the cat", "the the the", 1, 1.0 / 3, 1.0 / 2)]
    [InlineData("no focal consolidation seen", "no focal opacity", 2, 1.0 / 2, 1.0 / 3)]
    [InlineData("one", "one", 2, 0, 0)]
    public void N_clips_counts(string reference, string candidate, int n, double precision, double recall)
    {
        var score = Rouge.N(reference, candidate, n);
        Assert.Equal((precision, recall), (score.Precision, score.Recall));
    }

    [Fact]
    public void Words_longer_than_the_buffer_stay_whole() =>
        Assert.Equal([new string('x', 200), "y"], MetricTokens.Of(new string('X', 200) + "-y"));
}
