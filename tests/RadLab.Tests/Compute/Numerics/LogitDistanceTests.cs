using RadLab.Compute;

namespace RadLab.Tests;

public sealed class LogitDistanceTests
{
    [Theory, InlineData(1, 1.0), InlineData(2, 0.01), InlineData(257, 0.5), InlineData(1000, 30)]
    public void The_divergence_is_that_of_the_definition(int n, double difference)
    {
        float[] p = Make.Values(n, seed: n, -8, 8), q = [.. p.Zip(Make.Values(n, seed: n + 1, -difference, difference), (a, b) => a + b)];
        double totalP = p.Sum(v => Math.Exp(v)), totalQ = q.Sum(v => Math.Exp(v));
        double expected = p.Zip(q, (a, b) => Math.Exp(a) / totalP * (a - Math.Log(totalP) - b + Math.Log(totalQ))).Sum();
        var d = LogitDistance.Between(p, q);
        Assert.Equal(expected, d.Divergence, 1e-12 * (1 + expected));
        Assert.Equal(p.Zip(q, (a, b) => Math.Abs((double)a - b)).Max(), d.MaxError);
        Assert.Equal(p.Zip(q, (a, b) => Math.Abs((double)a - b)).Sum(), d.SumError, 1e-9);
        Assert.Equal(Array.IndexOf(p, p.Max()) == Array.IndexOf(q, q.Max()), d.SameTop);
    }

    [Fact]
    public void Equal_rows_shifted_rows_and_hopeless_tokens_have_the_limits()
    {
        float[] p = [0, 2, 2, -1000];
        Assert.Equal(new LogitDistance(0, 0, 0, true), LogitDistance.Between(p, p));
        var shifted = LogitDistance.Between(p, [4, 6, 6, -996]);
        Assert.Equal((4, 16, true), (shifted.MaxError, shifted.SumError, shifted.SameTop));
        Assert.Equal(0, shifted.Divergence, 1e-15);
        Assert.False(LogitDistance.Between(p, [0, 2, 2.5f, -1000]).SameTop);   // the first of equal scores is the top
        Assert.True(LogitDistance.Between([0, 0], [0, 100]).Divergence > 49);
    }

    [Fact]
    public void Rows_that_do_not_fit_and_scores_that_are_not_finite_are_reported()
    {
        Assert.Equal("LogitDistance: p and q must have the same number of scores, at least 1, got 2 and 1.", Assert.Throws<ArgumentException>(() => LogitDistance.Between([1, 2], [1])).Message);
        Assert.Equal("LogitDistance: scores must be finite, but one is a NaN or an infinity; check both models.", Assert.Throws<ArgumentException>(() => LogitDistance.Between([1], [float.NaN])).Message);
    }
}
