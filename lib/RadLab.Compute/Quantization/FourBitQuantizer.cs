using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>Encodes ranges of whole blocks, so that a thread pool can split a tensor at any block.</summary>
/// <remarks>
/// <code>
/// scale[b] = max |x| over block b
/// code[i]  = code of x[i] * (1 / scale[b])       the reciprocal and the product are rounded to float32
/// packed   = code[2i] &lt;&lt; 4 | code[2i + 1]
/// </code>
/// A scale below 2^-126 has no safe reciprocal: such a block is encoded as if multiplied by 2^64, which leaves its codes what they are by definition.
/// </remarks>
internal static unsafe class FourBitQuantizer
{
    private const float SmallestNormal = 1.17549435e-38f;
    private const float TwoTo64 = 18446744073709551616f;

    /// <summary>Encodes blocks [<paramref name="firstBlock"/>, <paramref name="endBlock"/>) of <paramref name="count"/> weights; the last block may be short.</summary>
    /// <returns>-1, or the index of the first weight that is NaN or infinite; what was written is then meaningless.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Blocks<TCode, TSource, T>(
        T* weights, long count, int blockSize, long firstBlock, long endBlock, byte* packed, float* scales)
        where TCode : struct, IFourBitCode
        where TSource : struct, IWeightSource<T>
        where T : unmanaged
    {
        T* padded = stackalloc T[16];
        for (long block = firstBlock; block < endBlock; block++)
        {
            long start = block * blockSize;
            int length = (int)Math.Min(blockSize, count - start), whole = length & ~15;
            T* x = weights + start;

            // the tail becomes a full vector: zeros change no maximum and encode to the pad code
            if (whole < length)
            {
                for (int i = 0; i < 16; i++) padded[i] = whole + i < length ? x[whole + i] : default;
            }

            var largest = Vector512<int>.Zero;
            for (int i = 0; i < whole; i += 16) largest = Vector512.Max(largest, Magnitude(TSource.Load(x + i)));
            if (whole < length) largest = Vector512.Max(largest, Magnitude(TSource.Load(padded)));
            float scale = BitConverter.Int32BitsToSingle(Max(largest));
            if (!float.IsFinite(scale)) return start + FirstNonFinite<TSource, T>(x, whole, padded);

            scales[block] = scale;
            byte* codes = packed + (start >> 1);
            if (scale == 0f)
            {
                new Span<byte>(codes, (length + 1) >>> 1).Fill((byte)(TCode.ZeroCode * 0x11));
                continue;
            }

            float lift = scale < SmallestNormal ? TwoTo64 : 1f;
            var lifts = Vector512.Create(lift);
            var inverse = Vector512.Create(1f / (scale * lift));
            for (int i = 0; i < whole; i += 16)
                *(ulong*)(codes + (i >>> 1)) = Pack(TCode.Encode(TSource.Load(x + i) * lifts * inverse));

            if (whole < length)
            {
                ulong last = Pack(TCode.Encode(TSource.Load(padded) * lifts * inverse));
                new ReadOnlySpan<byte>(&last, (length - whole + 1) >>> 1).CopyTo(new Span<byte>(codes + (whole >>> 1), 8));
            }
        }
        return -1;
    }

    /// <summary>|x| as bits: for finite numbers integer order is the order of magnitudes, and infinities and NaN come out largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Magnitude(Vector512<float> x) => x.AsInt32() & Vector512.Create(0x7fffffff);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Max(Vector512<int> v)
    {
        var eight = Vector256.Max(v.GetLower(), v.GetUpper());
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2))).ToScalar(); // no branch: which half wins is random
    }

    /// <summary>Lanes 0..15 to the nibbles of eight bytes, the even lane of each pair in the high nibble.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pack(Vector512<uint> codes)
    {
        var pairs = codes.AsUInt64();                     // even lane in bits 0..3, odd lane in bits 32..35
        var bytes = (pairs << 4) | (pairs >> 32);
        if (Avx512F.IsSupported) return Avx512F.ConvertToVector128Byte(bytes).AsUInt64().ToScalar();

        ulong packed = 0;
        for (int i = 0; i < 8; i++) packed |= (bytes.GetElement(i) & 0xff) << (8 * i);
        return packed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long FirstNonFinite<TSource, T>(T* x, int whole, T* padded)
        where TSource : struct, IWeightSource<T>
        where T : unmanaged
    {
        for (int i = 0; i < whole + 16; i++)
        {
            var group = TSource.Load(i < whole ? x + (i & ~15) : padded);
            if (!float.IsFinite(group.GetElement(i & 15))) return i;
        }
        throw new InvalidOperationException("FourBitQuantizer: a block has an infinite maximum but only finite weights.");
    }
}
