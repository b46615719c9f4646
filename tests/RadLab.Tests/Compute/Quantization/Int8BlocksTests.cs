using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Check = FsCheck.Check;
using FsCheck;
using FsCheck.Fluent;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed unsafe class Int8BlocksTests
{
    [Theory]
    [InlineData(1), InlineData(15), InlineData(16), InlineData(17), InlineData(255), InlineData(256), InlineData(257), InlineData(4097)]
    public void Every_size_matches_the_definition(int size)
    {
        var x = WeightData.Weights(size, seed: size);
        foreach (var map in new[] { DynamicMap.Signed, DynamicMap.Unsigned })
        {
            float[] input = map == DynamicMap.Signed ? x : [.. x.Select(v => v * v)];
            var (codes, absmax, y) = RoundTrip(input, map);
            float[] expected = [.. input.Chunk(256).Select(block => block.Max(Math.Abs))];
            for (int i = 0; i < size; i++)
            {
                float scale = expected[i / 256];
                Assert.Equal(scale, absmax[i / 256]);
                Assert.Equal(scale == 0 ? map.ZeroCode : map.Encode(input[i] * (1f / scale)), codes[i]);
                Assert.Equal(map.Values[codes[i]] * scale, y[i]);
            }
        }
    }

    [Fact]
    public void The_decoded_number_is_the_nearest_the_map_has() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 1 << 30).ToArbitrary(), seed =>
        {
            var x = WeightData.Weights(300, seed);
            var (_, absmax, y) = RoundTrip(x, DynamicMap.Signed);
            double[] values = [.. DynamicMap.Signed.Values.ToArray().Select(v => (double)v)];
            return Enumerable.Range(0, x.Length).All(i =>
            {
                double scale = absmax[i / 256], best = double.PositiveInfinity;
                foreach (double value in values) best = Math.Min(best, Math.Abs(value * scale - x[i]));
                return Math.Abs(y[i] - (double)x[i]) <= best + 1e-6 * scale;
            });
        }));

    [Fact]
    public void Momentum_keeps_its_sign_when_asked_to()
    {
        float[] x = [1f, -1e-9f, 1e-9f, 0f, -0f, -0.5f];
        var codes = new byte[6];
        float absmax;
        fixed (float* p = x)
        fixed (byte* c = codes)
        {
            Int8Blocks.Quantize(p, 6, 256, 0, 1, DynamicMap.Signed, c, &absmax);
            Assert.Equal(127, codes[1]);
            Int8Blocks.Quantize(p, 6, 256, 0, 1, DynamicMap.Signed, c, &absmax, keepSign: true);
        }
        Assert.Equal([255, 126, 127, 127, 127, DynamicMap.Signed.Encode(-0.5f)], codes);
    }

    [Fact]
    public void The_first_number_that_is_not_finite_is_reported()
    {
        var x = WeightData.Weights(1000, seed: 4);
        x[700] = float.NaN;
        x[701] = float.PositiveInfinity;
        var codes = new byte[1000];
        var absmax = new float[4];
        fixed (float* p = x, a = absmax)
        fixed (byte* c = codes)
        {
            Assert.Equal(700, Int8Blocks.Quantize(p, 1000, 256, 0, 4, DynamicMap.Signed, c, a));
            Assert.Equal(-1, Int8Blocks.Quantize(p, 1000, 256, 0, 2, DynamicMap.Signed, c, a));
        }
    }

    // Run once with each of DOTNET_EnableAVX512=0, DOTNET_EnableAVX2=0 and DOTNET_EnableHWIntrinsic=0: the constant must hold.
    [Fact]
    public void Outputs_have_the_recorded_hash_on_every_instruction_set()
    {
        var (codes, absmax, y) = RoundTrip(WeightData.Weights(5003, seed: 8), DynamicMap.Signed);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(codes);
        hash.AppendData(MemoryMarshal.AsBytes<float>(absmax));
        hash.AppendData(MemoryMarshal.AsBytes<float>(y));
        Assert.Equal("40d07b7d7dbe2e0b0bb762fbe89e3b401ed38d3d999b632765fb1a91429514e5", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static (byte[] Codes, float[] AbsMax, float[] Decoded) RoundTrip(float[] x, DynamicMap map)
    {
        var codes = new byte[x.Length];
        var absmax = new float[(x.Length + 255) / 256];
        var y = new float[x.Length];
        float[] values = map.Values.ToArray();
        fixed (float* p = x, a = absmax, d = y, m = values)
        fixed (byte* c = codes)
        {
            // two shares, and a decode in two parts, as threads would
            int half = absmax.Length / 2;
            Assert.Equal(-1, Int8Blocks.Quantize(p, x.Length, 256, half, absmax.Length, map, c, a));
            Assert.Equal(-1, Int8Blocks.Quantize(p, x.Length, 256, 0, half, map, c, a));
            int cut = x.Length / 3;
            Int8Blocks.Dequantize(c, a, m, 256, 0, cut, d);
            Int8Blocks.Dequantize(c, a, m, 256, cut, x.Length - cut, d + cut);
        }
        return (codes, absmax, y);
    }
}
