using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed class Nf4Tests
{
    [Fact]
    public void The_values_have_the_published_bits()
    {
        uint[] bits =
        [
            0xbf800000, 0xbf3239b1, 0xbf066b30, 0xbeca32a0, 0xbe91a24d, 0xbe3d353f, 0xbdba7871, 0x00000000,
            0x3da2faff, 0x3e24cae3, 0x3e7c04dd, 0x3ead033a, 0x3ee1a4b8, 0x3f1007ab, 0x3f3913b3, 0x3f800000,
        ];
        Assert.Equal(bits, Nf4.Values.ToArray().Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void The_values_follow_from_the_published_construction()
    {
        const float Offset = 0.9677083f;
        var values = new List<float> { 0 };
        for (int i = 0; i < 8; i++) values.Add((float)NormalQuantile(Point(i, steps: 8)));
        for (int i = 0; i < 7; i++) values.Add((float)-NormalQuantile(Point(i, steps: 7)));
        values.Sort();
        float max = values[^1];
        Assert.Equal(values.Select(v => BitConverter.SingleToInt32Bits(v / max)), Nf4.Values.ToArray().Select(BitConverter.SingleToInt32Bits));

        // equally spaced float32 points from the offset to a half
        static float Point(int i, int steps) => (float)(Offset + i * ((0.5 - Offset) / steps));
    }

    [Fact]
    public void The_midpoints_lie_halfway_between_neighbours()
    {
        for (int i = 0; i < 15; i++) Assert.Equal((Nf4.Values[i] + Nf4.Values[i + 1]) * 0.5f, Nf4.Midpoints[i]);
    }

    [Fact]
    public void A_code_counts_the_midpoints_below_and_a_tie_takes_the_lower()
    {
        foreach (float midpoint in Nf4.Midpoints.ToArray().Concat([0f, -1f, 1f, -1.0000001f, 1.0000001f]))
        {
            foreach (float x in new[] { MathF.BitDecrement(midpoint), midpoint, MathF.BitIncrement(midpoint) })
            {
                uint expected = (uint)Nf4.Midpoints.ToArray().Count(m => x > m);
                Assert.Equal(Vector512.Create(expected), Nf4.Encode(Vector512.Create(x)));
                Assert.Equal(Vector512.Create(expected), Nf4.EncodeByCount(Vector512.Create(x)));
            }
        }
    }

    [SkippableFact]
    public void Cells_and_counting_agree_on_every_lane()
    {
        Skip.IfNot(Avx512F.IsSupported, "needs AVX-512");
        for (int i = 0; i < 4000; i++)
        {
            var x = Vector512.Create(Enumerable.Range(0, 16).Select(lane => WeightData.Uniform(3, 16L * i + lane)).ToArray());
            Assert.Equal(Nf4.EncodeByCount(x), Nf4.EncodeByCell(x));
        }
    }

    // The inverse of the normal distribution by Newton's method on a series: slow, and independent of any library.
    private static double NormalQuantile(double p)
    {
        double x = 0;
        for (int i = 0; i < 60; i++) x -= (Cumulative(x) - p) / (Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
        return x;

        // Phi(x) = 1/2 + pdf(x) (x + x^3/3 + x^5/15 + ...)
        static double Cumulative(double x)
        {
            double term = x, sum = x;
            for (int k = 3; k < 200; k += 2) sum += term *= x * x / k;
            return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        }
    }
}
