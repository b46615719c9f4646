using Check = FsCheck.Check;
using FsCheck;
using FsCheck.Fluent;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed class DoubleQuantizationTests
{
    [Fact]
    public void A_scale_is_off_by_at_most_half_a_cell_of_the_map()
    {
        // the widest gap of the signed map is 9/640 inside [0.1, 1], half of it to either side; between 0.9929 and 1 and below -0.9929 it is half a cell
        const double HalfGap = 9.0 / 640 / 2;
        var cases = from seed in Gen.Choose(0, 1 << 30) from count in Gen.Choose(1, 1500) select (seed, count);
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(cases), c =>
        {
            float[] scales = [.. WeightData.Weights(c.count, c.seed).Select(Math.Abs)];
            var (offset, absmax, decoded) = RoundTrip(scales);
            return Enumerable.Range(0, scales.Length).All(i =>
                Math.Abs((double)scales[i] - decoded[i]) <= HalfGap * (1 + 1e-5) * absmax[i / 256] + 1e-7 * (Math.Abs(offset) + absmax[i / 256]));
        }));
    }

    [Fact]
    public void Equal_scales_are_kept_exactly()
    {
        var (offset, absmax, decoded) = RoundTrip([.. Enumerable.Repeat(0.3f, 300)]);
        Assert.Equal(0.3f, offset);
        Assert.All(absmax, a => Assert.Equal(0f, a));
        Assert.All(decoded, d => Assert.Equal(0.3f, d));
    }

    [Fact]
    public void No_scales_are_no_error()
    {
        var (offset, _, decoded) = RoundTrip([]);
        Assert.Equal(0f, offset);
        Assert.Empty(decoded);
    }

    [Fact]
    public void A_wrong_argument_is_named_with_what_was_needed_and_what_came()
    {
        AssertMessage("DoubleQuantization.Quantize: codes must have 300 elements, got 299.", () => DoubleQuantization.Quantize(new float[300], new byte[299], new float[2]));
        AssertMessage("DoubleQuantization.Quantize: absmax must have 2 elements, got 1.", () => DoubleQuantization.Quantize(new float[300], new byte[300], new float[1]));
        AssertMessage("DoubleQuantization.Quantize: scales must be finite, but scales[1] is NaN; check the weights they come from.", () => DoubleQuantization.Quantize([1f, float.NaN, 2f], new byte[3], new float[1]));
        AssertMessage("DoubleQuantization.Dequantize: map must have 256 elements, got 16.", () => DoubleQuantization.Dequantize(new byte[3], new float[16], new float[1], 0f, new float[3]));
        AssertMessage("DoubleQuantization.Dequantize: absmax must have 1 elements, got 2.", () => DoubleQuantization.Dequantize(new byte[3], new float[256], new float[2], 0f, new float[3]));
        AssertMessage("DoubleQuantization.Dequantize: scales must have 3 elements, got 4.", () => DoubleQuantization.Dequantize(new byte[3], new float[256], new float[1], 0f, new float[4]));

        static void AssertMessage(string expected, Action action) =>
            Assert.StartsWith(expected, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static (float Offset, float[] AbsMax, float[] Decoded) RoundTrip(float[] scales)
    {
        var codes = new byte[scales.Length];
        var absmax = new float[DoubleQuantization.NestedBlocks(scales.Length)];
        var decoded = new float[scales.Length];
        float offset = DoubleQuantization.Quantize(scales, codes, absmax);
        DoubleQuantization.Dequantize(codes, DynamicMap.Signed.Values, absmax, offset, decoded);
        return (offset, absmax, decoded);
    }
}
