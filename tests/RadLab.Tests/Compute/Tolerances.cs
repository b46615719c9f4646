namespace RadLab.Tests;

/// <summary>How far an op may be from its definition in double, per dtype, with the reason.</summary>
internal static class Tolerances
{
    /// <summary>F32: sums of a few hundred products, each rounded at 6e-8; relative to the largest reference value.</summary>
    public const double F32 = 2e-6;

    /// <summary>BF16: one rounding of the result to 8 bits (2^-9 relative) plus F32 sums.</summary>
    public const double BF16 = 4e-3;

    public static double Of(RadLab.Compute.DType dtype) => dtype == RadLab.Compute.DType.BF16 ? BF16 : F32;

    /// <summary>max |actual - expected| must stay within tolerance × max(1e-3, max |expected|).</summary>
    public static void Close(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.Count, actual.Count);
        double scale = 1e-3;
        foreach (double e in expected) scale = Math.Max(scale, Math.Abs(e));
        for (int i = 0; i < expected.Count; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * scale))
                Assert.Fail($"{what} element {i}: expected {expected[i]:G9}, got {actual[i]:G9} (largest {scale:G4}, tolerance {tolerance:G2})");
        }
    }
}
