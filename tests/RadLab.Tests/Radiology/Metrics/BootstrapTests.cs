using RadLab.Radiology;
using Xunit;

namespace RadLab.Tests.Radiology;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_has_the_width_of_the_normal_one()
    {
        var random = new SeededRandom(3, 1, 0);
        double[] scores = [.. Enumerable.Range(0, 400).Select(_ => random.Uniform())];
        var interval = Bootstrap.Mean(scores, seed: 1);
        double error = Math.Sqrt(scores.Average(s => (s - interval.Mean) * (s - interval.Mean)) / scores.Length);
        Assert.Equal(scores.Average(), interval.Mean);
        Assert.InRange((interval.High - interval.Low) / (2 * 1.96 * error), 0.93, 1.07);
        Assert.InRange(interval.Mean, interval.Low, interval.High);
    }

    [Fact]
    public void It_covers_the_truth_as_often_as_it_says()
    {
        int covered = 0;
        for (ulong trial = 0; trial < 300; trial++)
        {
            var random = new SeededRandom(trial, 2, 0);
            var interval = Bootstrap.Mean([.. Enumerable.Range(0, 60).Select(_ => random.Uniform())], trial);
            covered += interval.Low <= 0.5 && 0.5 <= interval.High ? 1 : 0;
        }
        Assert.InRange(covered / 300.0, 0.90, 0.98);
    }

    [Fact]
    public void A_paired_difference_sees_what_two_means_hide()
    {
        var random = new SeededRandom(5, 1, 0);
        double[] a = [.. Enumerable.Range(0, 200).Select(_ => random.Uniform())];
        double[] b = [.. a.Select(v => v - 0.02)];
        var difference = Bootstrap.PairedDifference(a, b, seed: 1);
        Assert.True(difference.Low > 0);
        Assert.True(Bootstrap.Mean(a, 1).Low < Bootstrap.Mean(b, 1).High);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_messages_name_sizes()
    {
        Assert.Equal(Bootstrap.Mean([0, 1, 1], 7), Bootstrap.Mean([0, 1, 1], 7));
        Assert.Equal("Bootstrap: both must score the same items, got 1 and 2.", Assert.Throws<ArgumentException>(() => Bootstrap.PairedDifference([1], [1, 2], 1)).Message);
        Assert.Equal("Bootstrap: there must be at least one score.", Assert.Throws<ArgumentException>(() => Bootstrap.Mean([], 1)).Message);
    }
}
