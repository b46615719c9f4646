using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>8-bit block quantization with a dynamic map: states of 8-bit optimizers and the scales of 4-bit weights.</summary>
/// <remarks>
/// <code>
/// absmax[b] = max |x - offset| over block b                     offset is 0 but for nested scales
/// code[i]   = nearest code of (x[i] - offset) * (1 / absmax[b])   every operation rounded to float32
/// decoded   = map[code[i]] * absmax[b]
/// </code>
/// An absmax below 2^-126 is handled as in <see cref="FourBitQuantizer"/>; a block of zeros gets the code of 0 and absmax 0.
/// </remarks>
internal static unsafe class Int8Blocks
{
    /// <summary>The block size of optimizer states and of nested scales.</summary>
    public const int DefaultBlockSize = 256;

    private const float SmallestNormal = 1.17549435e-38f;
    private const float TwoTo64 = 18446744073709551616f;

    /// <summary>Encodes blocks [<paramref name="firstBlock"/>, <paramref name="endBlock"/>) of <paramref name="count"/> numbers; the last block may be short.</summary>
    /// <param name="keepSign">A negative number never becomes 0: momentum must not lose its sign (it takes the code below that of 0).</param>
    /// <returns>-1, or the index of the first number that is NaN or infinite (after the offset); what was written is then meaningless.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Quantize(
        float* x, long count, int blockSize, long firstBlock, long endBlock, DynamicMap map, byte* codes, float* absmax,
        float offset = 0f, bool keepSign = false)
    {
        for (long block = firstBlock; block < endBlock; block++)
        {
            long start = block * blockSize;
            int length = (int)Math.Min(blockSize, count - start);
            float scale = AbsMax(x + start, length, offset);
            if (!float.IsFinite(scale))
            {
                for (int i = 0; i < length; i++)
                    if (!float.IsFinite(x[start + i] - offset)) return start + i;
            }

            absmax[block] = scale;
            byte* c = codes + start;
            if (scale == 0f)
            {
                new Span<byte>(c, length).Fill(map.ZeroCode);
                continue;
            }

            float lift = scale < SmallestNormal ? TwoTo64 : 1f;
            Encode(x + start, length, offset, lift, 1f / (scale * lift), map, keepSign, c);
        }
        return -1;
    }

    /// <summary>Decodes elements [<paramref name="start"/>, <paramref name="start"/> + <paramref name="count"/>) with any table of 256 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize(byte* codes, float* absmax, float* map, int blockSize, long start, long count, float* destination)
    {
        for (long end = start + count; start < end;)
        {
            long block = start / blockSize;
            int length = (int)(Math.Min(end, (block + 1) * blockSize) - start);
            float scale = absmax[block];
            byte* c = codes + start;
            int i = 0;
            for (; i <= length - Lanes.Count; i += Lanes.Count) (Lanes.Gather(map, Lanes.LoadBytes(c + i)) * Vector512.Create(scale)).Store(destination + i);
            for (; i < length; i++) destination[i] = map[c[i]] * scale;
            start += length;
            destination += length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Encode(float* x, int length, float offset, float lift, float inverse, DynamicMap map, bool keepSign, byte* codes)
    {
        float* midpoints = map.MidpointPointer;
        byte* first = map.FirstPointer;
        byte zero = map.ZeroCode;
        int keep = keepSign ? -1 : 0;
        int i = 0;
        for (; i <= length - Lanes.Count; i += Lanes.Count)
        {
            var value = Vector512.Load(x + i) - Vector512.Create(offset);
            var code = DynamicMap.Encode(value * Vector512.Create(lift) * Vector512.Create(inverse), midpoints, first);
            // all ones, which is -1, where a negative number would become zero
            code += Vector512.LessThan(value, Vector512<float>.Zero).AsInt32() & Vector512.Equals(code, Vector512.Create((int)zero)) & Vector512.Create(keep);
            Lanes.StoreBytes(codes + i, code);
        }
        for (; i < length; i++)
        {
            float value = x[i] - offset;
            byte code = DynamicMap.Encode(value * lift * inverse, midpoints, first);
            codes[i] = keepSign && code == zero && value < 0 ? (byte)(code - 1) : code;
        }
    }

    /// <summary>The largest |x - offset|; infinite or NaN where one of them is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float AbsMax(float* x, int length, float offset)
    {
        // |x| as bits: integer order is the order of magnitudes, infinities and NaN come out largest
        var bits = Vector512.Create(0x7fffffff);
        var shift = Vector512.Create(offset);
        var largest = Vector512<int>.Zero;
        int i = 0;
        for (; i + 16 <= length; i += 16) largest = Vector512.Max(largest, (Vector512.Load(x + i) - shift).AsInt32() & bits);

        var eight = Vector256.Max(largest.GetLower(), largest.GetUpper());
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        int max = Math.Max(Math.Max(four[0], four[1]), Math.Max(four[2], four[3]));
        for (; i < length; i++) max = Math.Max(max, BitConverter.SingleToInt32Bits(x[i] - offset) & 0x7fffffff);
        return BitConverter.Int32BitsToSingle(max);
    }
}
