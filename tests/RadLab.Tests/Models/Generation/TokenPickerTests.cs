using RadLab.Models;

namespace RadLab.Tests;

public sealed class TokenPickerTests
{
    [Theory, InlineData(1), InlineData(15), InlineData(16), InlineData(17), InlineData(100)]
    public void Greedy_takes_the_first_of_the_highest(int n)
    {
        for (int at = 0; at < n; at++)
        {
            float[] scores = [.. Enumerable.Repeat(-3f, n)];
            scores[at] = -1;
            scores[n - 1] = -1;
            Assert.Equal(at, TokenPicker.Greedy(scores));
        }
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void Greedy_refuses_scores_that_are_not_finite(float bad)
    {
        for (int at = 0; at < 40; at++)
        {
            var scores = new float[40];
            scores[at] = bad;
            Assert.Throws<InvalidOperationException>(() => TokenPicker.Greedy(scores));
        }
    }

    // Candidates best first with what they have; a uniform number walks along them.
    public static TheoryData<int, double, int[]> Cuts => new()
    {
        { 0, 1, [0, 1, 2, 3, 4, 5] },          // all, in the order of ids
        { 3, 1, [3, 1, 4] },                   // 0.4 0.2 0.2 | 0.1 0.06 0.04
        { 2, 1, [3, 1] },                      // ties go to the smaller id
        { 6, 1, [3, 1, 4, 0, 5, 2] },
        { 99, 1, [3, 1, 4, 0, 5, 2] },
        { 0, 0.4, [3] },
        { 0, 0.41, [3, 1] },
        { 0, 0.85, [3, 1, 4, 0] },
        { 0, 0.999, [3, 1, 4, 0, 5, 2] },
        { 3, 0.7, [3, 1] },                    // 0.7 of 0.8
        { 3, 0.8, [3, 1, 4] },
        { 1, 0.01, [3] },
    };

    [Theory, MemberData(nameof(Cuts))]
    public void Tokens_are_drawn_from_what_top_k_and_top_p_leave_with_their_shares(int topK, double topP, int[] left)
    {
        float[] probabilities = [0.1f, 0.2f, 0.04f, 0.4f, 0.2f, 0.06f];
        var picker = new TokenPicker(6);
        double mass = left.Sum(t => (double)probabilities[t]), before = 0;
        foreach (int token in left)
        {
            double share = probabilities[token] / mass;
            foreach (double inside in new[] { 0.001, 0.5, 0.999 }) Assert.Equal(token, picker.Draw(probabilities, topK, topP, before + inside * share));
            before += share;
        }
        Assert.Equal(left[^1], picker.Draw(probabilities, topK, topP, Math.BitDecrement(1.0)));
    }

    [Fact]
    public void Impossible_tokens_are_never_drawn()
    {
        var picker = new TokenPicker(4);
        Assert.Equal(1, picker.Draw([0, 1, 0, 0], 0, 1, 0));
        Assert.Equal(1, picker.Draw([0, 1, 0, 0], 0, 1, Math.BitDecrement(1.0)));
        Assert.Equal(1, picker.Draw([0, 1, 0, 0], 0, 0.9, Math.BitDecrement(1.0)));
    }

    [Fact]
    public void The_best_come_in_order()
    {
        var picker = new TokenPicker(6);
        var best = new int[4];
        picker.Best([-1, 5, 5, 7, float.NegativeInfinity, 5], best);
        Assert.Equal([3, 1, 2, 5], best);
    }

    [Fact]
    public void Seen_tokens_are_weakened_once_whatever_their_sign()
    {
        var picker = new TokenPicker(4);
        for (int round = 0; round < 2; round++)
        {
            float[] scores = [4, -4, 4, -4];
            picker.Penalize(scores, [0, 1, 0, 0, 1], 2);
            Assert.Equal([2, -8, 4, -4], scores);
        }
    }
}
