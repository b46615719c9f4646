namespace RadLab.Compute;

/// <summary>Quantizes the block scales of a 4-bit tensor to 8 bits (QLoRA, arXiv:2305.14314, section 3): 0.5 becomes 0.127 bit per weight.</summary>
/// <remarks>
/// <code>
/// offset    = mean of all scales            (summed in double in index order, rounded to float32)
/// absmax[j] = max |scale - offset| over 256 scales
/// code[b]   = nearest code of (scale[b] - offset) * (1 / absmax[b / 256]) in the signed dynamic map
/// decoded   = map[code[b]] * absmax[b / 256] + offset      product and sum rounded separately
/// </code>
/// </remarks>
public static unsafe class DoubleQuantization
{
    /// <summary>Scales per nested block.</summary>
    public const int BlockSize = 256;

    internal const int NestedShift = 8;

    /// <summary>How many nested blocks (and float32 absmax values) hold this many scales.</summary>
    public static long NestedBlocks(long scales) => (scales + BlockSize - 1) / BlockSize;

    /// <summary>Encodes all scales of a tensor.</summary>
    /// <param name="scales">One per block of weights, finite.</param>
    /// <param name="codes">As many as scales.</param>
    /// <param name="absmax"><see cref="NestedBlocks"/> values.</param>
    /// <returns>The offset.</returns>
    public static float Quantize(ReadOnlySpan<float> scales, Span<byte> codes, Span<float> absmax)
    {
        const string Op = "DoubleQuantization.Quantize";
        FourBitBlocks.RequireLength(Op, nameof(codes), codes.Length, scales.Length);
        FourBitBlocks.RequireLength(Op, nameof(absmax), absmax.Length, NestedBlocks(scales.Length));
        float offset = Mean(scales);
        long bad;
        fixed (float* s = scales, a = absmax)
        fixed (byte* c = codes)
            bad = Int8Blocks.Quantize(s, scales.Length, BlockSize, 0, NestedBlocks(scales.Length), DynamicMap.Signed, c, a, offset);
        if (bad >= 0)
        {
            long at = scales.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) is >= 0 and int first ? first : bad;
            throw new ArgumentException($"{Op}: scales must be finite, but scales[{at}] is {FourBitBlocks.Show(scales[(int)at])}; check the weights they come from.", nameof(scales));
        }
        return offset;
    }

    /// <summary>Decodes all scales of a tensor, with the 256 values that its file carries or those of <see cref="DynamicMap.Signed"/>.</summary>
    public static void Dequantize(ReadOnlySpan<byte> codes, ReadOnlySpan<float> map, ReadOnlySpan<float> absmax, float offset, Span<float> scales)
    {
        const string Op = "DoubleQuantization.Dequantize";
        FourBitBlocks.RequireLength(Op, nameof(map), map.Length, 256);
        FourBitBlocks.RequireLength(Op, nameof(absmax), absmax.Length, NestedBlocks(codes.Length));
        FourBitBlocks.RequireLength(Op, nameof(scales), scales.Length, codes.Length);
        fixed (byte* c = codes)
        fixed (float* m = map, a = absmax)
        {
            var nested = new NestedScales(c, m, a, offset);
            for (int i = 0; i < scales.Length; i++) scales[i] = nested[i];
        }
    }

    private static float Mean(ReadOnlySpan<float> scales)
    {
        double sum = 0;
        foreach (float scale in scales) sum += scale;
        return scales.IsEmpty ? 0f : (float)(sum / scales.Length);
    }
}
