using Check = FsCheck.Check;
using FsCheck;
using FsCheck.Fluent;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed class FourBitBlocksTests
{
    private sealed record Case(int Seed, int Count, int BlockSize);

    private static readonly Arbitrary<Case> s_cases = Arb.From(
        from seed in Gen.Choose(0, 1 << 30)
        from count in Gen.OneOf(Gen.Choose(1, 300), Gen.Choose(1, 9000))
        from shift in Gen.Choose(5, 12)
        select new Case(seed, count, 1 << shift));

    public static TheoryData<int, int> SizesAndBlocks
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (int size in WeightData.Sizes)
                foreach (int blockSize in new[] { 32, 64, 256, 4096 }) data.Add(size, blockSize);
            return data;
        }
    }

    [Fact]
    public void An_nf4_weight_is_off_by_at_most_half_the_widest_gap() => ErrorIsBounded<Nf4>(halfGap: (1.0 - 0.6961928009986877) / 2);

    // thresholds of FP4 are decimals near the midpoints, so the widest half gap is a little above (1 - 2/3) / 2
    [Fact]
    public void An_fp4_weight_is_off_by_at_most_half_the_widest_gap() => ErrorIsBounded<Fp4>(halfGap: 1.0 / 6);

    private static void ErrorIsBounded<TCode>(double halfGap) where TCode : struct, IFourBitCode =>
        Check.QuickThrowOnFailure(Prop.ForAll(s_cases, c =>
        {
            var x = WeightData.Weights(c.Count, c.Seed);
            var (_, scales, y) = RoundTrip<TCode>(x, c.BlockSize);
            return Enumerable.Range(0, x.Length).All(i => Math.Abs((double)x[i] - y[i]) <= halfGap * (1 + 1e-6) * scales[i / c.BlockSize]);
        }));

    [Fact]
    public void Encoding_decoded_weights_again_changes_nothing() =>
        Check.QuickThrowOnFailure(Prop.ForAll(s_cases, c =>
        {
            var (packed, scales, y) = RoundTrip<Nf4>(WeightData.Weights(c.Count, c.Seed), c.BlockSize);
            var again = RoundTrip<Nf4>(y, c.BlockSize);
            var (_, _, fp4) = RoundTrip<Fp4>(WeightData.Weights(c.Count, c.Seed), c.BlockSize);
            return packed.SequenceEqual(again.Packed) && scales.SequenceEqual(again.Scales) && fp4.SequenceEqual(RoundTrip<Fp4>(fp4, c.BlockSize).Decoded);
        }));

    [Fact]
    public void A_power_of_two_moves_to_the_scales_and_leaves_the_codes()
    {
        var cases = from c in s_cases.Generator from exponent in Gen.Choose(-90, 120) select (c, exponent);
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(cases), pair =>
        {
            var (c, exponent) = pair;
            var x = WeightData.Weights(c.Count, c.Seed);
            float factor = MathF.ScaleB(1, exponent);
            var plain = RoundTrip<Nf4>(x, c.BlockSize);
            var scaled = RoundTrip<Nf4>([.. x.Select(v => v * factor)], c.BlockSize);
            return plain.Packed.SequenceEqual(scaled.Packed) && plain.Scales.Select(s => s * factor).SequenceEqual(scaled.Scales);
        }));
    }

    [Fact]
    public void Weights_too_small_to_have_a_reciprocal_keep_their_codes()
    {
        // multiples of 1/128: exact also as the smallest floats, whose unit is 2^-149
        var x = Enumerable.Range(0, 200).Select(i => MathF.Round(WeightData.Uniform(1, i) * 128) / 128).ToArray();
        var expected = RoundTrip<Nf4>(x, 64);
        foreach (int exponent in new[] { -142, -130, -127, -126 })
        {
            var actual = RoundTrip<Nf4>([.. x.Select(v => MathF.ScaleB(v, exponent))], 64);
            Assert.Equal(expected.Packed, actual.Packed);
            Assert.Equal(expected.Scales.Select(s => MathF.ScaleB(s, exponent)), actual.Scales);
        }
    }

    [Theory, MemberData(nameof(SizesAndBlocks))]
    public void Every_size_matches_the_definition(int size, int blockSize)
    {
        var x = WeightData.Weights(size, seed: size);
        var (packed, scales, y) = RoundTrip<Nf4>(x, blockSize);
        Assert.Equal((size + 1) / 2, packed.Length);
        Assert.Equal(x.Chunk(blockSize).Select(block => block.Max(Math.Abs)), scales);
        float[] midpoints = Nf4.Midpoints.ToArray();
        for (int i = 0; i < size; i++)
        {
            float scale = scales[i / blockSize];
            float normalised = x[i] * (1f / scale);
            int code = scale == 0 ? 7 : midpoints.Count(m => normalised > m);
            Assert.Equal(code, i % 2 == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15);
            Assert.Equal(Nf4.Values[code] * scale, y[i]);
        }
        if (size % 2 == 1) Assert.Equal(7, packed[^1] & 15);
    }

    [Fact]
    public void Any_range_that_starts_at_an_even_element_decodes_like_the_whole()
    {
        var ranges = from c in s_cases.Generator from a in Gen.Choose(0, 10000) from b in Gen.Choose(0, 10000) select (c, a, b);
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(ranges), range =>
        {
            var (c, a, b) = range;
            var (packed, scales, y) = RoundTrip<Nf4>(WeightData.Weights(c.Count, c.Seed), c.BlockSize);
            int start = a % c.Count & ~1, count = b % (c.Count - start + 1);
            var part = new float[count + 1];
            part[^1] = 42f;
            FourBitBlocks.Dequantize<Nf4>(packed, scales, c.BlockSize, start, part.AsSpan(0, count));
            return part[^1] == 42f && part.Take(count).SequenceEqual(y.Skip(start).Take(count));
        }));
    }

    [Fact]
    public void BF16_output_is_the_float_rounded_to_nearest_even() =>
        Check.QuickThrowOnFailure(Prop.ForAll(s_cases, c =>
        {
            var (packed, scales, y) = RoundTrip<Nf4>(WeightData.Weights(c.Count, c.Seed), c.BlockSize);
            var narrow = new ushort[c.Count];
            FourBitBlocks.Dequantize<Nf4>(packed, scales, c.BlockSize, 0, narrow);
            return Enumerable.Range(0, c.Count).All(i => narrow[i] == RoundToBF16(y[i]));
        }));

    // Through double: the two neighbours with 8 significant bits, the nearer wins, a tie goes to the even pattern.
    private static ushort RoundToBF16(float x)
    {
        ushort below = (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16), above = (ushort)(below + 1);
        double down = Math.Abs((double)x - Widen(below)), up = Math.Abs((double)x - Widen(above));
        return down < up || (down == up && below % 2 == 0) ? below : above;
    }

    private static float Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    [Theory, MemberData(nameof(SizesAndBlocks))]
    public void BF16_and_F16_weights_encode_like_the_same_numbers_in_float(int size, int blockSize)
    {
        var x = WeightData.Weights(size, seed: size);
        ushort[] bf16 = [.. x.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))];
        Half[] f16 = [.. x.Select(v => (Half)v)];
        byte[] packed = new byte[(size + 1) / 2];
        var scales = new float[(size + blockSize - 1) / blockSize];

        FourBitBlocks.Quantize<Nf4>(bf16, blockSize, packed, scales);
        var expected = RoundTrip<Nf4>([.. bf16.Select(Widen)], blockSize);
        Assert.Equal(expected.Packed, packed);
        Assert.Equal(expected.Scales, scales);

        FourBitBlocks.Quantize<Nf4>(f16, blockSize, packed, scales);
        expected = RoundTrip<Nf4>([.. f16.Select(v => (float)v)], blockSize);
        Assert.Equal(expected.Packed, packed);
        Assert.Equal(expected.Scales, scales);
    }

    [Theory]
    [InlineData(float.NaN, 0), InlineData(float.PositiveInfinity, 63), InlineData(float.NegativeInfinity, 64), InlineData(float.NaN, 130)]
    public void A_weight_that_is_not_finite_is_refused_with_its_index(float value, int index)
    {
        var x = WeightData.Weights(131, seed: 5);
        x[index] = value;
        x[130] = value;
        var e = Assert.Throws<ArgumentException>(() => RoundTrip<Nf4>(x, 64));
        Assert.StartsWith($"FourBitBlocks.Quantize: weights must be finite, but weights[{index}] is NaN or infinite; check the checkpoint they come from.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_argument_is_named_with_what_was_needed_and_what_came()
    {
        AssertMessage("FourBitBlocks.Quantize: blockSize must be a power of two from 32 to 4096, got 48.", () => FourBitBlocks.Quantize<Nf4>(new float[96], 48, new byte[48], new float[2]));
        AssertMessage("FourBitBlocks.Quantize: blockSize must be a power of two from 32 to 4096, got 16.", () => FourBitBlocks.Quantize<Nf4>(new float[96], 16, new byte[48], new float[6]));
        AssertMessage("FourBitBlocks.Quantize: packed must have 49 elements, got 48.", () => FourBitBlocks.Quantize<Nf4>(new float[97], 64, new byte[48], new float[2]));
        AssertMessage("FourBitBlocks.Quantize: scales must have 2 elements, got 1.", () => FourBitBlocks.Quantize<Nf4>(new float[97], 64, new byte[49], new float[1]));
        AssertMessage("FourBitBlocks.Dequantize: start must be even and not negative, got 3.", () => FourBitBlocks.Dequantize<Nf4>(new byte[8], new float[1], 64, 3, new float[2]));
        AssertMessage("FourBitBlocks.Dequantize: packed must hold elements up to 18 (9 bytes), got 8 bytes.", () => FourBitBlocks.Dequantize<Nf4>(new byte[8], new float[1], 64, 2, new float[16]));
        AssertMessage("FourBitBlocks.Dequantize: scales must hold the 2 blocks up to element 66, got 1.", () => FourBitBlocks.Dequantize<Nf4>(new byte[80], new float[1], 64, 2, new float[64]));

        static void AssertMessage(string expected, Action action) =>
            Assert.StartsWith(expected, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static (byte[] Packed, float[] Scales, float[] Decoded) RoundTrip<TCode>(float[] x, int blockSize) where TCode : struct, IFourBitCode
    {
        var packed = new byte[FourBitBlocks.PackedBytes(x.Length)];
        var scales = new float[FourBitBlocks.Blocks(x.Length, blockSize)];
        var decoded = new float[x.Length];
        FourBitBlocks.Quantize<TCode>(x, blockSize, packed, scales);
        FourBitBlocks.Dequantize<TCode>(packed, scales, blockSize, 0, decoded);
        return (packed, scales, decoded);
    }
}
