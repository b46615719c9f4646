using RadLab.Compute;

namespace RadLab.Tests;

public sealed class DynamicMapTests
{
    [Fact]
    public void The_signed_map_has_the_published_shape()
    {
        var values = DynamicMap.Signed.Values;
        Assert.Equal(256, values.Length);
        Assert.Equal(127, DynamicMap.Signed.ZeroCode);
        Assert.Equal(0f, values[127]);
        Assert.Equal(1f, values[255]);
        Assert.Equal(-0.99296874f, values[0]);
        Assert.Equal(5.5e-7f, values[128]);
        for (int decade = 0; decade < 7; decade++)
        {
            double low = Math.Pow(10, decade - 7), high = low * 10;
            Assert.Equal(1 << decade, values.ToArray().Count(v => v > low && v < high));
            Assert.Equal(1 << decade, values.ToArray().Count(v => -v > low && -v < high));
        }
    }

    [Fact]
    public void The_unsigned_map_has_the_published_shape()
    {
        var values = DynamicMap.Unsigned.Values;
        Assert.Equal(0, DynamicMap.Unsigned.ZeroCode);
        Assert.Equal(0f, values[0]);
        Assert.Equal(1f, values[255]);
        for (int decade = 0; decade < 7; decade++)
        {
            double low = Math.Pow(10, decade - 7), high = low * 10;
            Assert.Equal(2 << decade, values.ToArray().Count(v => v > low && v < high));
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Values_are_the_cell_midpoints_correctly_rounded(bool signed)
    {
        // in decimal, which holds every one of them exactly
        var expected = new List<decimal> { 0, 1 };
        decimal power = 0.000001m;
        for (int i = 0; i < 7; i++, power *= 10)
        {
            int cells = signed ? 1 << i : 2 << i;
            for (int j = 0; j < cells; j++)
            {
                decimal value = power * (0.1m + 0.9m * (2 * j + 1) / (2 * cells));
                expected.Add(value);
                if (signed) expected.Add(-value);
            }
        }
        expected.Sort();
        Assert.Equal(expected.Select(v => (float)v), (signed ? DynamicMap.Signed : DynamicMap.Unsigned).Values.ToArray());
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_code_counts_the_midpoints_below(bool signed)
    {
        var map = signed ? DynamicMap.Signed : DynamicMap.Unsigned;
        float[] values = map.Values.ToArray();
        float[] midpoints = [.. Enumerable.Range(0, 255).Select(i => (values[i] + values[i + 1]) * 0.5f)];
        var probes = midpoints.SelectMany(m => new[] { MathF.BitDecrement(m), m, MathF.BitIncrement(m) })
            .Concat(values)
            .Concat(Enumerable.Range(0, 20_000).Select(i => WeightData.Uniform(1, i)))
            .Concat(Enumerable.Range(0, 20_000).Select(i => MathF.ScaleB(WeightData.Uniform(2, i), -(i % 40))))
            .Concat([0f, -0f, -1f, 1.0000001f, -1.0000001f, float.Epsilon, -float.Epsilon, 2f, -2f]);
        foreach (float x in probes)
        {
            int code = Array.FindIndex(midpoints, m => x <= m);
            Assert.Equal(code < 0 ? 255 : code, map.Encode(x));
        }
    }
}
