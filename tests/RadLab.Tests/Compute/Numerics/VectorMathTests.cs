using System.Runtime.Intrinsics;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed class VectorMathTests
{
    // A function over lanes, its scalar overload and its definition in double.
    private static readonly Dictionary<string, (Func<Vector512<float>, Vector512<float>> Lanes, Func<float, float> Scalar, Func<double, double> Definition)> s_functions = new()
    {
        ["Exp"] = (VectorMath.Exp, VectorMath.Exp, Math.Exp),
        ["Log"] = (VectorMath.Log, VectorMath.Log, Math.Log),
        ["Tanh"] = (VectorMath.Tanh, VectorMath.Tanh, Math.Tanh),
        ["Sigmoid"] = (VectorMath.Sigmoid, VectorMath.Sigmoid, x => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x))),
        ["Erf"] = (VectorMath.Erf, VectorMath.Erf, NormalReference.Erf),
    };

    public static TheoryData<string> Names => new(s_functions.Keys);

    [Theory]
    [InlineData("Exp", -87.336, 88.7228, 1.0)]
    [InlineData("Exp", 88.37, 88.7228, 1.0)]
    [InlineData("Exp", -1, 1, 1.0)]
    [InlineData("Log", 1e-37, 3.4e38, 0.9)]
    [InlineData("Log", 0.4, 2.5, 0.9)]
    [InlineData("Log", 0.999, 1.001, 0.9)]
    [InlineData("Log", 1e-45, 1.1e-38, 0.9)]
    [InlineData("Tanh", -10, 10, 2.6)]
    [InlineData("Tanh", 1e-30, 1, 2.6)]
    [InlineData("Sigmoid", -87, 20, 2.6)]
    [InlineData("Sigmoid", -1e-3, 1e-3, 2.6)]
    [InlineData("Erf", -4.5, 4.5, 2.0)]
    [InlineData("Erf", 1e-30, 1, 2.0)]
    public void The_error_stays_within_the_stated_bound(string name, double low, double high, double ulps)
    {
        var (lanes, _, definition) = s_functions[name];
        double worst = 0;
        float worstAt = 0;
        foreach (float[] x in Batches(low, high, 20_000))
        {
            var y = lanes(Vector512.Create(x));
            for (int i = 0; i < 16; i++)
            {
                double error = ErrorInUlps(definition(x[i]), y[i]);
                if (error > worst) (worst, worstAt) = (error, x[i]);
            }
        }
        Assert.True(worst <= ulps, $"{name}({worstAt:R}) is off by {worst:F3} units in the last place");
        Assert.True(worst > 0.1, "the sweep must reach values that round");
    }

    [Theory, MemberData(nameof(Names))]
    public void A_scalar_call_gives_the_bits_of_a_lane(string name)
    {
        var (lanes, scalar, _) = s_functions[name];
        foreach (float[] x in Batches(-100, 100, 1_000).Concat(BitPatterns(1_000)))
        {
            var y = lanes(Vector512.Create(x));
            for (int i = 0; i < 16; i++)
                Assert.Equal(BitConverter.SingleToUInt32Bits(y[i]), BitConverter.SingleToUInt32Bits(scalar(x[i])));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void NaN_comes_back_as_NaN_whatever_its_bits(string name)
    {
        var scalar = s_functions[name].Scalar;
        foreach (uint bits in new[] { 0x7FC00000u, 0xFFC00000u, 0x7F800001u, 0xFF8FFFFFu, 0x7FFFFFFFu, 0xFFFFFFFFu, 0x7FC000FFu })
            Assert.True(float.IsNaN(scalar(BitConverter.UInt32BitsToSingle(bits))), $"{name} of NaN {bits:X8}");
    }

    [Theory]
    [InlineData("Exp", 0f, 1f)]
    [InlineData("Exp", 1e-45f, 1f)]
    [InlineData("Exp", 88.722831f, 3.4027985e38f)]
    [InlineData("Exp", 88.722839f, float.PositiveInfinity)]
    [InlineData("Exp", float.MaxValue, float.PositiveInfinity)]
    [InlineData("Exp", float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData("Exp", -87.684f, 0f)]
    [InlineData("Exp", -1000f, 0f)]
    [InlineData("Exp", float.MinValue, 0f)]
    [InlineData("Exp", float.NegativeInfinity, 0f)]
    [InlineData("Log", 0f, float.NegativeInfinity)]
    [InlineData("Log", 1f, 0f)]
    [InlineData("Log", -1f, float.NaN)]
    [InlineData("Log", -1e-45f, float.NaN)]
    [InlineData("Log", float.NegativeInfinity, float.NaN)]
    [InlineData("Log", float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData("Log", 1e-45f, -103.278929903f)]
    [InlineData("Tanh", 0f, 0f)]
    [InlineData("Tanh", 1e-45f, 1e-45f)]
    [InlineData("Tanh", 9.02f, 1f)]
    [InlineData("Tanh", -9.02f, -1f)]
    [InlineData("Tanh", float.PositiveInfinity, 1f)]
    [InlineData("Tanh", float.NegativeInfinity, -1f)]
    [InlineData("Sigmoid", 0f, 0.5f)]
    [InlineData("Sigmoid", 17.33f, 1f)]
    [InlineData("Sigmoid", float.PositiveInfinity, 1f)]
    [InlineData("Sigmoid", -88.73f, 0f)]
    [InlineData("Sigmoid", float.NegativeInfinity, 0f)]
    [InlineData("Erf", 0f, 0f)]
    [InlineData("Erf", 1e-45f, 1e-45f)]
    [InlineData("Erf", 3.92f, 1f)]
    [InlineData("Erf", float.PositiveInfinity, 1f)]
    [InlineData("Erf", float.NegativeInfinity, -1f)]
    public void Special_values_are_exact(string name, float x, float expected) =>
        Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(s_functions[name].Scalar(x)));

    [Fact]
    public void Minus_zero_is_zero_and_odd_functions_keep_its_sign()
    {
        Assert.Equal(1f, VectorMath.Exp(-0f));
        Assert.Equal(0.5f, VectorMath.Sigmoid(-0f));
        Assert.Equal(float.NegativeInfinity, VectorMath.Log(-0f));
        Assert.True(VectorMath.Tanh(-0f) == 0 && float.IsNegative(VectorMath.Tanh(-0f)));
        Assert.True(VectorMath.Erf(-0f) == 0 && float.IsNegative(VectorMath.Erf(-0f)));
    }

    [Theory]
    [InlineData("Exp", -90, 89)]
    [InlineData("Sigmoid", -90, 20)]
    [InlineData("Tanh", -10, 10)]
    [InlineData("Erf", -4.5, 4.5)]
    [InlineData("Log", 0, 100)]
    public void No_function_falls_by_more_than_its_rounding_errors(string name, double low, double high)
    {
        float last = float.NegativeInfinity;
        foreach (float[] x in Batches(low, high, 8_000))
        {
            var y = s_functions[name].Lanes(Vector512.Create(x));
            for (int i = 0; i < 16; i++)
            {
                Assert.True(y[i] >= last || ErrorInUlps(last, y[i]) <= 3, $"{name} falls from {last:R} to {y[i]:R} at {x[i]:R}");
                last = y[i];
            }
        }
    }

    [Theory]
    [InlineData("Tanh")]
    [InlineData("Erf")]
    public void Odd_functions_are_odd_to_the_bit(string name)
    {
        foreach (float[] x in Batches(0, 12, 2_000))
            Assert.Equal(-s_functions[name].Lanes(Vector512.Create(x)), s_functions[name].Lanes(-Vector512.Create(x)));
    }

    // 16 floats at a time. Intervals of positive numbers over more than two decades are swept in equal ratios.
    private static IEnumerable<float[]> Batches(double low, double high, int count)
    {
        bool ratios = low > 0 && high / low > 100;
        for (int start = 0; start < count; start += 16)
            yield return [.. Enumerable.Range(start, 16).Select(i => (float)At(Math.Min(i, count - 1) / (count - 1.0)))];
        double At(double t) => ratios ? low * Math.Pow(high / low, t) : low + (high - low) * t;
    }

    private static IEnumerable<float[]> BitPatterns(int count)
    {
        for (int start = 0; start < count; start += 16)
            yield return [.. Enumerable.Range(start, 16).Select(i => BitConverter.UInt32BitsToSingle((uint)i * 2654435769u))];
    }

    private static double ErrorInUlps(double expected, float actual)
    {
        int exponent = expected == 0 ? -126 : Math.Max(Math.ILogB(expected), -126);
        return Math.Abs(actual - expected) / Math.ScaleB(1, exponent - 23);
    }
}
