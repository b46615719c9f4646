using RadLab.Models;

namespace RadLab.Tests;

public sealed class HalfWideningTests
{
    private static readonly ushort[] s_all = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)];

    // by the definition: sign · 2^(e - 15) · 1.f, below the normal ones 2^-14 · 0.f
    private static double OfF16(ushort bits)
    {
        int exponent = bits >> 10 & 31, fraction = bits & 1023;
        double magnitude = exponent switch
        {
            31 => fraction == 0 ? double.PositiveInfinity : double.NaN,
            0 => fraction * Math.Pow(2, -24),
            _ => (1024 + fraction) * Math.Pow(2, exponent - 25),
        };
        return bits >= 0x8000 ? -magnitude : magnitude;
    }

    [Fact]
    public void Every_F16_number_becomes_itself()
    {
        var floats = new float[s_all.Length];
        HalfWidening.F16(s_all, floats);
        for (int i = 0; i < floats.Length; i++)
        {
            Assert.Equal(OfF16(s_all[i]), floats[i]);   // as doubles: NaN equals NaN
            if (!float.IsNaN(floats[i])) Assert.Equal(i >= 0x8000, float.IsNegative(floats[i]));
        }
    }

    [Fact]
    public void Every_BF16_number_is_the_upper_half_of_an_F32()
    {
        var floats = new float[s_all.Length];
        HalfWidening.BF16(s_all, floats);
        for (int i = 0; i < floats.Length; i++) Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(floats[i]));
    }

    [Theory, InlineData(0), InlineData(1), InlineData(31), InlineData(32), InlineData(33), InlineData(95)]
    public void Any_length_from_any_place_is_widened_and_nothing_behind_it(int length)
    {
        var floats = new float[length + 3];
        Array.Fill(floats, 7f);
        HalfWidening.F16(s_all.AsSpan(15_001, length), floats.AsSpan(1, length));
        Assert.Equal([7f, .. s_all[15_001..(15_001 + length)].Select(b => (float)OfF16(b)), 7f, 7f], floats);
        HalfWidening.BF16(s_all.AsSpan(16_001, length), floats.AsSpan(1, length));
        Assert.Equal([7f, .. s_all[16_001..(16_001 + length)].Select(b => BitConverter.UInt32BitsToSingle((uint)b << 16)), 7f, 7f], floats);
    }
}
