using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Bit for bit against independently made files in bitsandbytes' layout.</summary>
public sealed class FourBitGoldenTests
{
    private static readonly string[] s_inputs = ["normal", "odd-count", "outliers", "short-last-block", "ties", "tiny", "zero-blocks"];

    public static TheoryData<string> Plain => new(s_inputs);

    public static TheoryData<string> Nested => new(s_inputs.Select(name => name + ".nested"));

    [Theory, MemberData(nameof(Plain))]
    public void Encoding_gives_the_golden_codes_and_scales(string name)
    {
        var golden = new GoldenFile($"nf4/{name}.safetensors");
        var (packed, scales) = Encode(golden);
        AssertCodes(golden, packed);
        AssertBits(golden.Floats("linear.weight.absmax"), scales);
    }

    [Theory, MemberData(nameof(Nested))]
    public void Double_quantization_gives_the_golden_scale_codes(string name)
    {
        var golden = new GoldenFile($"nf4/{name}.safetensors");
        var (packed, scales) = Encode(golden);
        var codes = new byte[scales.Length];
        var absmax = new float[DoubleQuantization.NestedBlocks(scales.Length)];
        float offset = DoubleQuantization.Quantize(scales, codes, absmax);

        AssertCodes(golden, packed);
        float expected = (float)golden.Json("linear.weight.quant_state.bitsandbytes__nf4").GetProperty("nested_offset").GetDouble();
        Assert.InRange(BitConverter.SingleToInt32Bits(offset) - BitConverter.SingleToInt32Bits(expected), -1, 1); // the order of the sum is not specified
        Assert.Equal(golden.Bytes("linear.weight.absmax"), codes);
        AssertBits(golden.Floats("linear.weight.nested_absmax"), absmax);
        AssertBits(golden.Floats("linear.weight.nested_quant_map"), DynamicMap.Signed.Values.ToArray());
    }

    [Theory, MemberData(nameof(Plain))]
    public void Decoding_gives_the_golden_values(string name)
    {
        var golden = new GoldenFile($"nf4/{name}.safetensors");
        var expected = golden.Floats("expected.dequantized");
        var actual = new float[expected.Length];
        FourBitBlocks.Dequantize<Nf4>(golden.Bytes("linear.weight"), golden.Floats("linear.weight.absmax"), 64, 0, actual);
        AssertBits(expected, actual);
        AssertBits(golden.Floats("linear.weight.quant_map"), Nf4.Values.ToArray());
    }

    [Theory, MemberData(nameof(Nested))]
    public unsafe void Decoding_with_nested_scales_gives_the_golden_values(string name)
    {
        var golden = new GoldenFile($"nf4/{name}.safetensors");
        var expected = golden.Floats("expected.dequantized");
        byte[] packed = golden.Bytes("linear.weight"), codes = golden.Bytes("linear.weight.absmax");
        float[] map = golden.Floats("linear.weight.nested_quant_map"), absmax = golden.Floats("linear.weight.nested_absmax");
        float offset = (float)golden.Json("linear.weight.quant_state.bitsandbytes__nf4").GetProperty("nested_offset").GetDouble();

        var fused = new float[expected.Length];
        fixed (byte* p = packed, c = codes)
        fixed (float* m = map, a = absmax, y = fused)
            FourBitDequantizer.Dequantize<Nf4, NestedScales>(p, new NestedScales(c, m, a, offset), 64, 0, fused.Length, y);
        AssertBits(expected, fused);

        var scales = new float[codes.Length];
        var separate = new float[expected.Length];
        DoubleQuantization.Dequantize(codes, map, absmax, offset, scales);
        FourBitBlocks.Dequantize<Nf4>(packed, scales, 64, 0, separate);
        AssertBits(expected, separate);
    }

    private static (byte[] Packed, float[] Scales) Encode(GoldenFile golden)
    {
        var x = golden.Floats("expected.input");
        var packed = new byte[FourBitBlocks.PackedBytes(x.Length)];
        var scales = new float[FourBitBlocks.Blocks(x.Length, 64)];
        FourBitBlocks.Quantize<Nf4>(x, 64, packed, scales);
        return (packed, scales);
    }

    private static void AssertCodes(GoldenFile golden, byte[] packed) => Assert.Equal(golden.Bytes("linear.weight"), packed);

    private static void AssertBits(float[] expected, float[] actual) =>
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
}
