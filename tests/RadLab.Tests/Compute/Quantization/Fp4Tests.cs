using System.Runtime.Intrinsics;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed class Fp4Tests
{
    [Fact]
    public void The_values_are_twelfths_with_a_sign()
    {
        float[] magnitudes = [0f, 0.0625f, 8f, 12f, 4f, 6f, 2f, 3f];
        for (int code = 0; code < 16; code++) Assert.Equal((code < 8 ? 1 : -1) * (magnitudes[code & 7] / 12f), Fp4.Values[code]);
    }

    [Fact]
    public void Every_value_but_negative_zero_has_its_own_code()
    {
        for (uint code = 0; code < 16; code++)
            Assert.Equal(Vector512.Create(code == 8 ? 0u : code), Fp4.Encode(Vector512.Create(Fp4.Values[(int)code])));
    }

    [Fact]
    public void Codes_change_just_above_the_published_thresholds()
    {
        // the decision tree as published, largest threshold first
        (float Above, uint Code)[] tree =
            [(0.8333333f, 3), (0.583333f, 2), (0.4166667f, 5), (0.29166667f, 4), (0.20833333f, 7), (0.0859375f, 6), (0.00260417f, 1)];
        foreach (var (threshold, _) in tree)
        {
            foreach (float magnitude in new[] { MathF.BitDecrement(threshold), threshold, MathF.BitIncrement(threshold) })
            {
                uint code = tree.FirstOrDefault(t => magnitude > t.Above).Code;
                Assert.Equal(Vector512.Create(code), Fp4.Encode(Vector512.Create(magnitude)));
                Assert.Equal(Vector512.Create(code + 8), Fp4.Encode(Vector512.Create(-magnitude)));
            }
        }
    }
}
