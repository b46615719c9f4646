using RadLab.Radiology;
using Xunit;

namespace RadLab.Tests.Radiology;

public sealed class HierarchicalBootstrapTests
{
    [Fact]
    public void One_run_of_two_items_has_the_distribution_worked_by_hand()
    {
        // both items 0: 1/4; one of each: 1/2; both 1: 1/4
        var b = Of(1, [[0, 1]]);
        Assert.Equal((0.5, 0.0, 1.0), (b.Estimate, b.Interval().Low, b.Interval().High));
        Assert.Equal(0.25, b.ShareAtOrBelow(0), 0.03);
        Assert.Equal(0.75, b.ShareAtOrBelow(0.5), 0.03);
        Assert.Equal(0.25, b.ShareAtOrAbove(1), 0.03);
    }

    [Fact]
    public void Runs_without_items_between_them_have_the_interval_of_a_t_test()
    {
        // runs of 0 and 1: mean 1/2, standard error sqrt(1/2 / 2) = 1/2, one degree of freedom: half of all within 1 of them, 95 % within 12.706
        var two = Of(1, [[0, 0, 0], [1, 1, 1]]);
        Assert.Equal(1, two.DegreesOfFreedom, 1e-12);
        Assert.Equal(0.5 - 12.706 / 2, two.Interval().Low, 0.1);
        Assert.Equal(0.5 + 12.706 / 2, two.Interval().High, 0.1);
        Assert.Equal(0.25, two.ShareAtOrBelow(0), 0.002);
        Assert.Equal(0.25, two.ShareAtOrAbove(1), 0.002);
        // three runs 0, 1, 2 against three 0, 0.5, 1: s^2 = 1 and 1/4; nu = (1/3 + 1/12)^2 / ((1/3)^2 / 2 + (1/12)^2 / 2) = 50 / 17
        var both = HierarchicalBootstrap.Of([new SeededScores(1, [[0, 0], [1, 1], [2, 2]]), new SeededScores(-1, [[0, 0], [0.5, 0.5], [1, 1]])], 1);
        Assert.Equal(0.5, both.Estimate, 1e-12);
        Assert.Equal(50.0 / 17, both.DegreesOfFreedom, 1e-12);
        // Student's quantile for 50 / 17, between 3.182 for 3 and 4.303 for 2
        Assert.InRange((both.Interval().High - 0.5) / Math.Sqrt(5.0 / 12), 3.18, 3.26);
        Assert.Equal(double.PositiveInfinity, Of(1, [[0, 1]]).DegreesOfFreedom);
    }

    [Theory]
    [InlineData(1, 12.7062)]
    [InlineData(2, 4.30265)]
    [InlineData(4, 2.77645)]
    [InlineData(30, 2.04227)]
    [InlineData(double.PositiveInfinity, 1.959964)]
    public void Quantiles_are_those_of_the_tables(double degrees, double quantile)
    {
        // the outermost of 20: share 0.975
        Assert.InRange(StudentQuantiles.UpperHalf(degrees, 20)[^1] / quantile, 1 - 2e-5, 1 + 2e-5);
        Assert.Equal(10, StudentQuantiles.UpperHalf(degrees, 20).Length);
        // about 0.5: the smallest of 20 lies at 0.525
        if (degrees == 1) Assert.Equal(0.078702, StudentQuantiles.UpperHalf(1, 20)[0], 1e-5);   // tan(pi 0.025)
    }

    [Theory]
    // runs, deviation of seeds, of items, of the two together; lowest and highest share of intervals that hold the truth
    [InlineData(2, 0.1, 0.1, 0.05, 0.80, 0.97)]
    [InlineData(2, 0.03, 0.2, 0.1, 0.90, 1.0)]
    [InlineData(3, 0.1, 0.1, 0.05, 0.90, 0.99)]
    [InlineData(3, 0.03, 0.2, 0.1, 0.90, 1.0)]
    [InlineData(5, 0.1, 0.1, 0.05, 0.90, 0.99)]
    [InlineData(5, 0.03, 0.2, 0.1, 0.90, 1.0)]
    public void Intervals_hold_the_truth_as_often_as_they_say(int runs, double seeds, double items, double together, double lowest, double highest) =>
        Assert.InRange(Coverage(100, runs, seeds, items, together), lowest, highest);

    [SkippableTheory]
    [Trait(LongTests.Category, LongTests.Long)]
    [InlineData(2, 0.1, 0.1, 0.05, 0.85, 0.90)]
    [InlineData(3, 0.1, 0.1, 0.05, 0.92, 0.97)]
    [InlineData(5, 0.1, 0.1, 0.05, 0.93, 0.97)]
    [InlineData(3, 0.0, 0.1, 0.2, 0.94, 0.995)]
    public void Over_many_trials_as_well(int runs, double seeds, double items, double together, double lowest, double highest)
    {
        LongTests.SkipUnlessAsked();
        Assert.InRange(Coverage(1500, runs, seeds, items, together), lowest, highest);
    }

    [Fact]
    public void Items_are_the_same_for_both_sides_and_runs_are_not()
    {
        double[] items = [0.1, 0.9, 0.4, 0.7, 0.2];
        double[] better = [.. items.Select(v => v + 0.03)];
        // one run each: what the items have in common falls out altogether
        var paired = HierarchicalBootstrap.Of([new SeededScores(1, [better]), new SeededScores(-1, [items])], 1).Interval();
        Assert.Equal((0.03, 0.03, 0.03), (Math.Round(paired.Mean, 12), Math.Round(paired.Low, 12), Math.Round(paired.High, 12)));
        // two runs each, drawn for each side: a difference of 1/2 - 1/2 that would be 0 in every draw if runs were paired
        var runs = HierarchicalBootstrap.Of([new SeededScores(1, [[0, 0], [1, 1]]), new SeededScores(-1, [[0, 0], [1, 1]])], 1).Interval();
        Assert.Equal((0.0, true), (runs.Mean, runs.Low < -0.5));
        // a difference of differences
        Assert.Equal(0.2, HierarchicalBootstrap.Of([new SeededScores(1, [[1.0]]), new SeededScores(-1, [[0.5]]), new SeededScores(-1, [[0.4]]), new SeededScores(1, [[0.1]])], 1).Estimate, 1e-12);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public void It_covers_the_truth_where_an_interval_over_items_alone_does_not()
    {
        LongTests.SkipUnlessAsked();
        const int trials = 120, items = 30, seeds = 5;
        int covered = 0, byItems = 0;
        for (ulong t = 0; t < trials; t++)
        {
            var random = new SeededRandom(t, 3, 0);
            // seeds move the mean by 0.05, items by 0.2, the two together by 0.1
            double[] item = [.. Enumerable.Range(0, items).Select(_ => 0.2 * Normal(random))];
            double[][] runs = [.. Enumerable.Range(0, seeds).Select(_ => 0.05 * Normal(random)).Select(effect => item.Select(v => 0.5 + effect + v + 0.1 * Normal(random)).ToArray())];
            covered += Of(t, runs).Interval() is var i && i.Low <= 0.5 && 0.5 <= i.High ? 1 : 0;
            byItems += Bootstrap.Mean(runs[0], t) is var j && j.Low <= 0.5 && 0.5 <= j.High ? 1 : 0;
        }
        Assert.InRange(covered / (double)trials, 0.90, 0.99);
        Assert.InRange(byItems / (double)trials, 0.5, 0.87);
    }

    [Fact]
    public void Equivalence_needs_both_tests()
    {
        double[] items = [.. Enumerable.Range(0, 50).Select(i => i / 50.0)];
        Assert.True(Equal(0, 0.02).Holds);
        Assert.Equal((1.0 / 2001, 1.0 / 2001), (Equal(0, 0.02).PBelow, Equal(0, 0.02).PAbove));
        Assert.False(Equal(0.03, 0.02).Holds);
        Assert.Equal((1.0 / 2001, 1.0), (Equal(0.03, 0.02).PBelow, Equal(0.03, 0.02).PAbove));
        Assert.False(Equal(-0.03, 0.02).Holds);
        // few noisy data: no difference is significant, and none is excluded
        var random = new SeededRandom(4, 1, 0);
        var noisy = Equivalence.Test(HierarchicalBootstrap.Of([new SeededScores(1, [Noise(8), Noise(8)]), new SeededScores(-1, [Noise(8), Noise(8)])], 1), 0.02);
        Assert.False(noisy.Holds);
        Assert.True(noisy.Difference.Low < 0 && noisy.Difference.High > 0);

        Equivalence Equal(double better, double margin) => Equivalence.Test(HierarchicalBootstrap.Of([new SeededScores(1, [[.. items.Select(v => v + better)]]), new SeededScores(-1, [items])], 1), margin);

        double[] Noise(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Uniform())];
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public void Systems_that_differ_by_the_margin_are_seldom_called_equivalent_and_equal_ones_mostly()
    {
        LongTests.SkipUnlessAsked();
        const int trials = 80, items = 60;
        const double margin = 0.1;
        Assert.InRange(Share(margin), 0, 0.11);   // alpha 0.05, three seeds
        Assert.InRange(Share(0), 0.8, 1);

        double Share(double difference)
        {
            int held = 0;
            for (ulong t = 0; t < trials; t++)
            {
                var random = new SeededRandom(t, 5, 0);
                double[] item = [.. Enumerable.Range(0, items).Select(_ => 0.2 * Normal(random))];
                var sides = ((double, double)[])[(1, difference), (-1, 0)];
                var both = sides.Select(s => new SeededScores(s.Item1, [.. Enumerable.Range(0, 3).Select(_ => 0.01 * Normal(random)).Select(effect => item.Select(v => s.Item2 + effect + v + 0.2 * Normal(random)).ToArray())])).ToList();
                held += Equivalence.Test(HierarchicalBootstrap.Of(both, t), margin).Holds ? 1 : 0;
            }
            return held / (double)trials;
        }
    }

    [Fact]
    public void Messages_name_sizes_and_the_same_seed_gives_the_same_bits()
    {
        Assert.Equal(Of(7, [[0, 1, 1], [1, 0, 1]]).Interval(), Of(7, [[0, 1, 1], [1, 0, 1]]).Interval());
        Assert.Equal("HierarchicalBootstrap: all runs must score the same items, got 1 and 2.", Assert.Throws<ArgumentException>(() => Of(1, [[1], [1, 2]])).Message);
        Assert.Equal("HierarchicalBootstrap: there must be at least one side, and one run on each.", Assert.Throws<ArgumentException>(() => Of(1, [])).Message);
        Assert.Equal("HierarchicalBootstrap: there must be at least one item.", Assert.Throws<ArgumentException>(() => Of(1, [[]])).Message);
        Assert.Equal("Equivalence: margin must be finite and above 0, got 0.", Assert.Throws<ArgumentException>(() => Equivalence.Test(Of(1, [[1]]), 0)).Message);
        Assert.Equal("Equivalence: alpha must be above 0 and below 0.5, got 0.5.", Assert.Throws<ArgumentException>(() => Equivalence.Test(Of(1, [[1]]), 1, 0.5)).Message);
    }

    private static HierarchicalBootstrap Of(ulong seed, double[][] runs) => HierarchicalBootstrap.Of([new SeededScores(1, runs)], seed);

    private static double Coverage(int trials, int runs, double seeds, double ofItems, double together)
    {
        const int items = 40;
        int covered = 0;
        for (ulong t = 0; t < (ulong)trials; t++)
        {
            var random = new SeededRandom(t, 7, 0);
            double[] item = [.. Enumerable.Range(0, items).Select(_ => ofItems * Normal(random))];
            double[][] scores = [.. Enumerable.Range(0, runs).Select(_ => seeds * Normal(random)).Select(effect => item.Select(v => 0.5 + effect + v + together * Normal(random)).ToArray())];
            covered += Of(t, scores).Interval() is var i && i.Low <= 0.5 && 0.5 <= i.High ? 1 : 0;
        }
        return covered / (double)trials;
    }

    // the sum of 12 uniform numbers is normal enough
    private static double Normal(SeededRandom random) => Enumerable.Range(0, 12).Sum(_ => random.Uniform()) - 6;
}
