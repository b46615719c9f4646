using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class SeededRandomTests
{
    [Fact]
    public void The_same_key_gives_the_same_numbers_and_any_other_key_gives_others()
    {
        static ulong[] Numbers(ulong seed, ulong stream, ulong record)
        {
            var random = new SeededRandom(seed, stream, record);
            return [.. Enumerable.Range(0, 8).Select(_ => random.Next())];
        }
        ulong[] numbers = Numbers(1, 2, 3);
        Assert.Equal(numbers, Numbers(1, 2, 3));
        ulong[][] others = [Numbers(2, 2, 3), Numbers(1, 3, 3), Numbers(1, 2, 4), Numbers(3, 2, 1), Numbers(0, 0, 0)];
        Assert.Equal(48, others.SelectMany(n => n).Concat(numbers).Distinct().Count());
    }

    [Fact]
    public void Neighbouring_records_are_uniform_together()
    {
        // the first number of each of 64,000 records in 64 cells: chi-square with 63 degrees of freedom has mean 63, deviation 11.2
        int[] cells = new int[64];
        for (ulong record = 0; record < 64_000; record++) cells[new SeededRandom(7, 1, record).Below(64)]++;
        Assert.InRange(cells.Sum(n => (n - 1000.0) * (n - 1000.0) / 1000.0), 63 - 45, 63 + 45);
    }

    [Fact]
    public void Numbers_stay_in_their_ranges_and_reach_both_ends()
    {
        var random = new SeededRandom(5, 0, 0);
        var between = Enumerable.Range(0, 1000).Select(_ => random.Between(-2, 2)).ToHashSet();
        Assert.Equal([-2, -1, 0, 1, 2], between.Order());
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.InRange(random.Uniform(), 0, 1));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => random.Chance(0.25)), 2300, 2700);
        int[] shuffled = [.. Enumerable.Range(0, 20)];
        random.Shuffle(shuffled.AsSpan());
        Assert.NotEqual(Enumerable.Range(0, 20), shuffled);
        Assert.Equal(Enumerable.Range(0, 20), shuffled.Order());
    }

    [Fact]
    public void A_bound_below_one_is_refused() =>
        Assert.StartsWith("SeededRandom.Below: bound must be at least 1, got 0.", Assert.Throws<ArgumentOutOfRangeException>(() => new SeededRandom(0, 0, 0).Below(0)).Message, StringComparison.Ordinal);
}
