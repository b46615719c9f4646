using System.Runtime.Intrinsics;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed class RandomKeyTests
{
    private static readonly RandomKey s_key = new(2024, 7, 3);

    // The published known answers of philox4x32 with 10 rounds (Random123, kat_vectors).
    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void Blocks_match_the_published_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, string expected)
    {
        var key = new RandomKey(((ulong)k1 << 32) | k0, c2, c3);
        key.Block(((ulong)c1 << 32) | c0, out uint w0, out uint w1, out uint w2, out uint w3);
        Assert.Equal(expected, $"{w0:x8} {w1:x8} {w2:x8} {w3:x8}");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(5UL)]
    [InlineData(1UL << 31)]
    [InlineData((1UL << 58) - 1)]
    public void Sixty_four_numbers_in_lanes_are_those_of_the_scalar_calls(ulong group)
    {
        s_key.BlockLanes(group, out var a, out var b, out var c, out var d);
        Vector512<uint>[] words = [a, b, c, d];
        for (int i = 0; i < 64; i++)
        {
            ulong index = group * 64 + (ulong)i;
            Assert.Equal(s_key.At(index), words[i / 16][i % 16]);
            Assert.Equal(s_key.Uniform(index), RandomKey.UniformLanes(words[i / 16])[i % 16]);
        }
    }

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(1, 63UL)]
    [InlineData(7, 60UL)]
    [InlineData(64, 64UL)]
    [InlineData(64, 1UL)]
    [InlineData(257, 5UL)]
    [InlineData(200, (1UL << 40) - 3)]
    public void Fills_of_any_length_and_start_are_the_numbers_at_their_indices(int length, ulong first)
    {
        var bits = new uint[length];
        var uniform = new float[length];
        var normal = new float[length];
        s_key.Fill(bits, first);
        s_key.FillUniform(uniform, first);
        s_key.FillNormal(normal, first);
        for (int i = 0; i < length; i++)
        {
            Assert.Equal(s_key.At(first + (ulong)i), bits[i]);
            Assert.Equal(s_key.Uniform(first + (ulong)i), uniform[i]);
            Assert.Equal(s_key.Normal(first + (ulong)i), normal[i]);
        }
    }

    [Fact]
    public void Every_part_of_the_key_and_the_index_changes_the_numbers()
    {
        var seen = new HashSet<uint>();
        RandomKey[] keys = [s_key, s_key with { Seed = 2025 }, s_key with { Seed = 2024UL | (1UL << 40) }, s_key with { Stream = 8 }, s_key with { Step = 4 }];
        ulong[] indices = [0, 1, 15, 16, 63, 64, 1UL << 33, ulong.MaxValue];
        foreach (var key in keys)
            foreach (ulong index in indices)
            {
                Assert.True(seen.Add(key.At(index)), $"{key} at {index}");
                Assert.True(seen.Add((uint)key.At64(index)), $"{key} at {index}, 64 bits");
            }
    }

    [Fact]
    public void Uniform_numbers_are_uniform()
    {
        const int n = 40_000;
        CheckUniform([.. Enumerable.Range(0, n).Select(i => (double)s_key.Uniform((ulong)i))]);
        CheckUniform([.. Enumerable.Range(0, n).Select(i => s_key.UniformDouble((ulong)i))]);

        static void CheckUniform(double[] x)
        {
            Assert.All(x, v => Assert.InRange(v, 0, 1 - 1e-8));
            // Four standard errors: sqrt(1/12/n) for the mean, sqrt(1/180/n) for the variance.
            Assert.Equal(0.5, x.Average(), 4 * Math.Sqrt(1 / 12.0 / n));
            Assert.Equal(1 / 12.0, x.Average(v => (v - 0.5) * (v - 0.5)), 4 * Math.Sqrt(1 / 180.0 / n));
            Assert.InRange(KolmogorovSmirnov(x, v => v), 0.2, 1.95);
            Assert.Equal(0, x.Zip(x.Skip(1), (a, b) => (a - 0.5) * (b - 0.5) * 12).Average(), 4 / Math.Sqrt(n));
        }
    }

    [Fact]
    public void Normal_numbers_are_normal()
    {
        const int n = 40_000;
        var values = new float[n];
        s_key.FillNormal(values);
        double[] x = [.. values.Select(v => (double)v)];
        Assert.Equal(0, x.Average(), 4 / Math.Sqrt(n));
        Assert.Equal(1, x.Average(v => v * v), 4 * Math.Sqrt(2.0 / n));
        Assert.Equal(0, x.Average(v => v * v * v), 4 * Math.Sqrt(15.0 / n));
        Assert.Equal(3, x.Average(v => v * v * v * v), 4 * Math.Sqrt(96.0 / n));
        Assert.InRange(KolmogorovSmirnov(x, NormalReference.Distribution), 0.2, 1.95);
        Assert.Equal(0, x.Zip(x.Skip(1), (a, b) => a * b).Average(), 4 / Math.Sqrt(n));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Below_reaches_every_value_equally_often(int bound)
    {
        const int n = 50_000;
        var counts = new int[bound];
        for (int i = 0; i < n; i++) counts[s_key.Below((ulong)i, bound)]++;
        double expected = n / (double)bound;
        double chiSquare = counts.Sum(c => (c - expected) * (c - expected) / expected);
        // Mean bound - 1, variance twice that.
        Assert.InRange(chiSquare, 0, bound - 1 + 4 * Math.Sqrt(2.0 * bound));
    }

    [Fact]
    public void Below_the_largest_bound_uses_the_upper_half_of_the_range_too()
    {
        int[] x = [.. Enumerable.Range(0, 100).Select(i => s_key.Below((ulong)i, int.MaxValue))];
        Assert.All(x, v => Assert.InRange(v, 0, int.MaxValue - 1));
        Assert.InRange(x.Count(v => v > int.MaxValue / 2), 30, 70);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void A_bound_without_values_is_refused(int bound)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => s_key.Below(0, bound));
        Assert.StartsWith(FormattableString.Invariant($"RandomKey.Below: bound must be at least 1, got {bound}."), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shuffling_gives_every_order_equally_often()
    {
        const int n = 12_000;
        var counts = new Dictionary<string, int>();
        for (uint step = 0; step < n; step++)
        {
            char[] items = ['a', 'b', 'c', 'd'];
            (s_key with { Step = step }).Shuffle<char>(items);
            string order = new(items);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }
        Assert.Equal(24, counts.Count);
        double expected = n / 24.0, chiSquare = counts.Values.Sum(c => (c - expected) * (c - expected) / expected);
        Assert.InRange(chiSquare, 0, 23 + 4 * Math.Sqrt(46));
    }

    [Fact]
    public void A_shuffle_depends_on_the_key_alone_and_loses_nothing()
    {
        int[] first = [.. Enumerable.Range(0, 1000)], again = [.. first], other = [.. first];
        s_key.Shuffle(first.AsSpan());
        s_key.Shuffle(again.AsSpan());
        (s_key with { Step = 4 }).Shuffle(other.AsSpan());
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.Equal(Enumerable.Range(0, 1000), first.Order());
        s_key.Shuffle(Span<int>.Empty);
    }

    // sqrt(n) times the largest distance between the empirical and the true distribution; above 1.95 once in 1,000 samples.
    private static double KolmogorovSmirnov(double[] sample, Func<double, double> distribution)
    {
        double[] sorted = [.. sample.Order()];
        double n = sorted.Length, worst = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            double p = distribution(sorted[i]);
            worst = Math.Max(worst, Math.Max(p - i / n, (i + 1) / n - p));
        }
        return Math.Sqrt(n) * worst;
    }
}
