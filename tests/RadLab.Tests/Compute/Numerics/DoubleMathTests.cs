using RadLab.Compute;

namespace RadLab.Tests;

public sealed class DoubleMathTests
{
    [Theory]
    [InlineData(-700, 700)]
    [InlineData(-1, 1)]
    [InlineData(-1e-3, 1e-3)]
    public void Exp_is_within_one_unit_in_the_last_place(double low, double high) =>
        Check(low, high, 1.0, x =>
        {
            var (value, exponent) = DecimalReference.Exp(DecimalReference.FromDouble(x));
            return DecimalReference.ErrorInUlps(DoubleMath.Exp(x), value, exponent);
        });

    [Theory]
    [InlineData(0.3, 3)]
    [InlineData(0.999, 1.001)]
    [InlineData(1e-9, 1e6)]
    public void Log_is_within_half_a_unit_and_a_little(double low, double high) =>
        Check(low, high, 0.51, x => DecimalReference.ErrorInUlps(DoubleMath.Log(x), DecimalReference.Log(x)));

    [Theory]
    [InlineData(-4, 4)]
    [InlineData(-100, 100)]
    [InlineData(-16777216, 16777216)]
    public void Sin_and_Cos_are_within_one_unit_in_the_last_place(double low, double high)
    {
        Check(low, high, 1.0, x => DecimalReference.ErrorInUlps(DoubleMath.Sin(x), DecimalReference.Sin(x)));
        Check(low, high, 1.0, x => DecimalReference.ErrorInUlps(DoubleMath.Cos(x), DecimalReference.Sin(x, 1)));
    }

    [Theory]
    [InlineData(3.141592653589793, 1.2246467991473531772e-16)]
    [InlineData(6.283185307179586, -2.4492935982947063545e-16)]
    [InlineData(1064.99990956694, -9.7040306982124263537e-14)]
    [InlineData(9822299.387191365, -3.3883301769006837569e-10)]
    [InlineData(16777210.61078356, 7.0091523365420325891e-10)]
    public void Sin_near_a_multiple_of_pi_keeps_its_relative_accuracy(double x, double expected) =>
        Assert.InRange(DoubleMath.Sin(x), Math.BitDecrement(expected), Math.BitIncrement(expected));

    // The doubles up to 2^24 that come closest to an odd multiple of pi/2: all three parts of pi/2 are needed.
    [Theory]
    [InlineData(45.553093477052, -6.1898063658835770002e-19)]
    [InlineData(321307.9594422229, -4.4296008345961295208e-17)]
    [InlineData(14461176.67027838, -1.6985038298986003795e-18)]
    public void Cos_at_the_hardest_angles_keeps_its_relative_accuracy(double x, double expected) =>
        Assert.InRange(DoubleMath.Cos(x), Math.BitDecrement(expected), Math.BitIncrement(expected));

    [Theory]
    [InlineData(10000)]
    [InlineData(500000)]
    public void Pow_gives_rotary_frequencies_within_one_unit_in_the_last_place(double theta) =>
        Check(-1, 0, 1.0, y => PowError(theta, y));

    [Fact]
    public void Pow_is_within_one_unit_in_the_last_place_for_large_exponents()
    {
        Check(-40, 40, 1.0, y => PowError(123456.789, y));
        Check(0.9, 1.1, 1.0, x => PowError(x, 5000.5));
    }

    private static double PowError(double x, double y)
    {
        var (value, exponent) = DecimalReference.Exp(DecimalReference.Log(x) * DecimalReference.FromDouble(y));
        return DecimalReference.ErrorInUlps(DoubleMath.Pow(x, y), value, exponent);
    }

    [Fact]
    public void Pow_is_exact_where_the_result_is_a_double()
    {
        Assert.Equal(1024, DoubleMath.Pow(2, 10));
        Assert.Equal(1e22, DoubleMath.Pow(10, 22));
        Assert.Equal(0.125, DoubleMath.Pow(64, -0.5));
        Assert.Equal(1, DoubleMath.Pow(7.5, 0));
        Assert.Equal(1, DoubleMath.Pow(1, 1e300));
        Assert.Equal(double.PositiveInfinity, DoubleMath.Pow(2, 1024));
        Assert.Equal(double.PositiveInfinity, DoubleMath.Pow(0.5, -1e308));
        Assert.Equal(0, DoubleMath.Pow(1e300, -1e308));
        Assert.Equal(double.Epsilon, DoubleMath.Pow(2, -1074));
    }

    [Fact]
    public void Special_values_are_exact()
    {
        Assert.Equal(1, DoubleMath.Exp(0));
        Assert.Equal(0, DoubleMath.Exp(double.NegativeInfinity));
        Assert.Equal(0, DoubleMath.Exp(-745.14));
        Assert.Equal(double.Epsilon, DoubleMath.Exp(-745.13));
        Assert.True(double.IsFinite(DoubleMath.Exp(709.78)));
        Assert.Equal(double.PositiveInfinity, DoubleMath.Exp(709.79));
        Assert.Equal(double.PositiveInfinity, DoubleMath.Exp(double.PositiveInfinity));
        Assert.True(double.IsNaN(DoubleMath.Exp(double.NaN)));

        Assert.Equal(0, DoubleMath.Log(1));
        Assert.Equal(double.NegativeInfinity, DoubleMath.Log(0));
        Assert.Equal(double.PositiveInfinity, DoubleMath.Log(double.PositiveInfinity));
        Assert.Equal(-744.44007192138126, DoubleMath.Log(double.Epsilon));
        Assert.True(double.IsNaN(DoubleMath.Log(-1)));
        Assert.True(double.IsNaN(DoubleMath.Log(double.NaN)));

        Assert.Equal(0, DoubleMath.Sin(0));
        Assert.True(double.IsNegative(DoubleMath.Sin(-0.0)));
        Assert.Equal(1, DoubleMath.Cos(0));
        Assert.Equal(1e-300, DoubleMath.Sin(1e-300));
    }

    [Theory]
    [InlineData(1e-300, -37.047096299361199237)]
    [InlineData(1e-100, -21.273453560965324294)]
    [InlineData(1e-20, -9.2623400897984075796)]
    [InlineData(2.3283064365386963e-10, -6.230260137989043163)]
    [InlineData(1e-5, -4.2648907939228246102)]
    [InlineData(0.001, -3.0902323061678135354)]
    [InlineData(0.02425, -1.9729610513118848376)]
    [InlineData(0.074, -1.4466320671589785099)]
    [InlineData(0.1, -1.2815515655446004353)]
    [InlineData(0.25, -0.6744897501960817432)]
    [InlineData(0.4, -0.25334710313579974132)]
    [InlineData(0.4999, -0.00025066283008800749239)]
    public void InverseNormal_matches_forty_digit_values(double p, double expected) =>
        Assert.InRange(DoubleMath.InverseNormal(p) / expected, 1 - 1e-15, 1 + 1e-15);

    [Fact]
    public void InverseNormal_inverts_the_distribution_function()
    {
        foreach (double p in Sweep(1e-12, 1 - 1e-12).Concat(Sweep(-700, -1).Select(Math.Exp)))
        {
            double x = DoubleMath.InverseNormal(p), back = NormalReference.Distribution(x);
            // A relative error of 1e-15 in x moves the probability by up to 1e-15 (1 + x^2) of itself.
            Assert.True(Math.Abs(back - p) <= 3e-15 * (1 + x * x) * p + 1e-15, $"p = {p:R} comes back as {back:R}");
        }
    }

    [Fact]
    public void InverseNormal_is_symmetric_and_has_its_limits()
    {
        Assert.Equal(0, DoubleMath.InverseNormal(0.5));
        Assert.Equal(double.NegativeInfinity, DoubleMath.InverseNormal(0));
        Assert.Equal(double.PositiveInfinity, DoubleMath.InverseNormal(1));
        for (int i = 1; i < 512; i++) Assert.Equal(-DoubleMath.InverseNormal(i / 1024.0), DoubleMath.InverseNormal(1 - i / 1024.0));
    }

    // Quantiles at equal steps from 0.9677083 to 1/2, positive and negative halves of 8 and 7, divided by the largest
    // (Dettmers et al., arXiv:2305.14314, as published in bitsandbytes).
    [Fact]
    public void InverseNormal_reproduces_the_published_nf4_codebook_to_the_bit()
    {
        uint[] published =
        [
            0xBF800000, 0xBF3239B1, 0xBF066B30, 0xBECA32A0, 0xBE91A24D, 0xBE3D353F, 0xBDBA7871, 0x00000000,
            0x3DA2FAFF, 0x3E24CAE3, 0x3E7C04DD, 0x3EAD033A, 0x3EE1A4B8, 0x3F1007AB, 0x3F3913B3, 0x3F800000,
        ];
        var quantiles = Points(9).Select(p => DoubleMath.InverseNormal(p)).Concat(Points(8).Select(p => -DoubleMath.InverseNormal(p))).Append(0).Order().ToArray();
        Assert.Equal(published, quantiles.Select(q => BitConverter.SingleToUInt32Bits((float)q / (float)quantiles[^1])));

        // The points are float32, stepped from both ends to the middle; the last one, 1/2, is dropped.
        static IEnumerable<float> Points(int count)
        {
            const float first = 0.9677083f, last = 0.5f;
            float step = (last - first) / (count - 1);
            return Enumerable.Range(0, count - 1).Select(i => i < count / 2 ? first + step * i : last - step * (count - 1 - i));
        }
    }

    [Fact]
    public void Arguments_outside_the_domain_are_refused_by_name()
    {
        Refuses("Sin: the angle must lie between -16777216 and 16777216 radians, got 20000000; reduce it first.", () => DoubleMath.Sin(2e7));
        Refuses("Cos: the angle must lie between -16777216 and 16777216 radians, got NaN; reduce it first.", () => DoubleMath.Cos(double.NaN));
        Refuses("Sin: the angle must lie between -16777216 and 16777216 radians, got -Infinity; reduce it first.", () => DoubleMath.Sin(double.NegativeInfinity));
        Refuses("Pow: the base must be positive and finite, got -2.", () => DoubleMath.Pow(-2, 3));
        Refuses("Pow: the base must be positive and finite, got 0.", () => DoubleMath.Pow(0, 3));
        Refuses("Pow: the base must be positive and finite, got Infinity.", () => DoubleMath.Pow(double.PositiveInfinity, 3));
        Refuses("Pow: the exponent must be finite, got NaN.", () => DoubleMath.Pow(2, double.NaN));
        Refuses("InverseNormal: the probability must lie between 0 and 1, got 1.5.", () => DoubleMath.InverseNormal(1.5));
        Refuses("InverseNormal: the probability must lie between 0 and 1, got NaN.", () => DoubleMath.InverseNormal(double.NaN));
    }

    private static void Refuses(string message, Func<double> call) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(() => call()).Message, StringComparison.Ordinal);

    private static void Check(double low, double high, double ulps, Func<double, double> error)
    {
        var (worst, at) = Sweep(low, high).Select(x => (error(x), x)).Max();
        Assert.True(worst <= ulps, FormattableString.Invariant($"off by {worst:F3} units in the last place at {at:R}"));
        Assert.True(worst > 0.3, "the sweep must reach values that round");
    }

    private static IEnumerable<double> Sweep(double low, double high) =>
        Enumerable.Range(0, 1001).Select(i => low + (high - low) * (i / 1000.0));
}
