using RadLab.Models;

namespace RadLab.Tests;

public sealed class GgufBlocksTests
{
    private static byte[] Encode(float[] x, GgufTensorType type)
    {
        var bytes = new byte[x.Length / type.Block().Elements * type.Block().Bytes];
        Assert.Equal(-1, GgufBlocks.Encode(x, type, bytes));
        return bytes;
    }

    private static float[] Decode(byte[] bytes, GgufTensorType type, int count)
    {
        var x = new float[count];
        GgufBlocks.Decode(bytes, type, x);
        return x;
    }

    [Fact]
    public void A_block_of_Q8_0_is_worked_out_by_hand()
    {
        var x = new float[32];
        (x[0], x[1], x[2], x[31]) = (127, -63.5f, 0.5f, 2.5f);   // d = 1: halves go away from zero
        byte[] y = Encode(x, GgufTensorType.Q8_0);
        Assert.Equal([0x00, 0x3C, 127, unchecked((byte)-64), 1, 0], y[..6]);
        Assert.Equal(3, y[33]);
    }

    [Fact]
    public void A_block_of_Q4_0_is_worked_out_by_hand()
    {
        var x = new float[32];
        (x[0], x[16], x[1], x[17], x[31]) = (-8, 7, 8, 0.5f, -0.75f);   // the first of the largest magnitudes is -8: d = 1
        byte[] y = Encode(x, GgufTensorType.Q4_0);
        Assert.Equal([0x00, 0x3C], y[..2]);
        Assert.Equal(0xF0, y[2]);          // -8 is 0, 7 is 15
        Assert.Equal(0x9F, y[3]);          // 8 would be 16 and is held at 15; 0.5 is 9
        Assert.Equal(0x78, y[17]);         // 0 is 8, -0.75 is 7
        x[0] = 8;
        Assert.Equal([0x00, 0xBC], Encode(x, GgufTensorType.Q4_0)[..2]);   // d = -1 where the largest is positive
    }

    [Theory, InlineData(GgufTensorType.Q8_0, 0.51 / 127), InlineData(GgufTensorType.Q4_0, 1.01 / 8), InlineData(GgufTensorType.F16, 0.0005), InlineData(GgufTensorType.F32, 0)]
    public void Decoding_is_near_the_original(GgufTensorType type, double tolerance)
    {
        foreach (float scale in new[] { 0.05f, 1f, 300f })   // with much smaller ones d is a subnormal F16
        {
            float[] x = Make.Values(32 * 9, 5, -scale, scale);
            float[] y = Decode(Encode(x, type), type, x.Length);
            for (int block = 0; block < 9; block++)
            {
                double largest = x.Skip(block * 32).Take(32).Max(v => Math.Abs((double)v));
                // the scale itself is rounded to 11 bits
                for (int i = block * 32; i < block * 32 + 32; i++) Assert.InRange(Math.Abs((double)x[i] - y[i]), 0, (tolerance + (tolerance > 0 ? 0.0005 : 0)) * largest);
            }
        }
    }

    [Theory, InlineData(GgufTensorType.Q8_0), InlineData(GgufTensorType.Q4_0)]
    public void Zeros_and_blocks_too_small_for_a_scale_decode_to_zeros(GgufTensorType type)
    {
        float[] x = [.. new float[32], .. Enumerable.Repeat(1e-44f, 32), .. Enumerable.Repeat(-1e-30f, 32)];
        Assert.All(Decode(Encode(x, type), type, x.Length), v => Assert.Equal(0f, v));
    }

    [Theory]
    [InlineData(GgufTensorType.F16, 65520f), InlineData(GgufTensorType.F16, float.NaN), InlineData(GgufTensorType.Q8_0, 1e7f), InlineData(GgufTensorType.Q8_0, float.NaN)]
    [InlineData(GgufTensorType.Q4_0, float.NegativeInfinity), InlineData(GgufTensorType.Q4_0, float.NaN)]
    public void What_does_not_fit_is_named_by_its_index(GgufTensorType type, float value)
    {
        var x = new float[64];
        x[40] = value;
        Assert.Equal(40, GgufBlocks.Encode(x, type, new byte[256]));
    }
}
