using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>Decodes any range of packed 4-bit weights that starts at an even element: a whole tensor, a thread's share, a panel of a GEMM.</summary>
/// <remarks>
/// <code>y[i] = values[code[start + i]] * scale[(start + i) / blockSize]       one rounding to float32</code>
/// The table is multiplied by the scale once per block; a weight then costs a table look-up and no arithmetic.
/// Streaming stores bypass the cache: two to three times faster for a destination that is larger than it, slower for a panel that is read at once.
/// They are used for those parts that are aligned to a vector; the bits are the same.
/// </remarks>
internal static unsafe partial class FourBitDequantizer
{
    /// <param name="packed">Two codes a byte, even element in the high nibble, from element 0 of the tensor.</param>
    /// <param name="scales">From block 0 of the tensor.</param>
    /// <param name="blockSize">A power of two from 32 to 4096.</param>
    /// <param name="start">First element, even.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="destination">Receives <paramref name="count"/> floats.</param>
    /// <param name="streaming">Bypass the cache.</param>
    public static void Dequantize<TCode>(
        byte* packed, float* scales, int blockSize, long start, long count, float* destination, bool streaming = false)
        where TCode : struct, IFourBitCode =>
        Dequantize<TCode, PlainScales>(packed, new PlainScales(scales), blockSize, start, count, destination, streaming);

    /// <inheritdoc cref="Dequantize{TCode}(byte*, float*, int, long, long, float*, bool)"/>
    public static void Dequantize<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, long start, long count, float* destination, bool streaming = false)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        if (Avx512F.IsSupported) ToF32Avx512<TCode, TScales>(packed, scales, blockSize, start, count, destination, streaming);
        else if (Avx2.IsSupported) ToF32Avx2<TCode, TScales>(packed, scales, blockSize, start, count, destination, streaming);
        else ToF32Portable<TCode, TScales>(packed, scales, blockSize, start, count, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToF32Avx512<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, long start, long count, float* y, bool streaming)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        var halves = Vector512.Create(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
        var shifts = Vector512.Create(4u, 0, 12, 8, 20, 16, 28, 24, 4, 0, 12, 8, 20, 16, 28, 24);
        int shift = BitOperations.Log2((uint)blockSize);
        byte* codes = packed + (start >> 1);
        for (long block = start >> shift, end = start + count; start < end; block++)
        {
            int length = (int)(Math.Min(end, (block + 1) << shift) - start), i = 0;
            var table = values * Vector512.Create(scales[block]);
            if (streaming && ((nuint)y & 63) == 0)
            {
                for (; i + 16 <= length; i += 16) Look(table, Word(codes, i), halves, shifts).StoreAlignedNonTemporal(y + i);
            }
            for (; i + 32 <= length; i += 32)
            {
                Look(table, Word(codes, i), halves, shifts).Store(y + i);
                Look(table, Word(codes, i + 16), halves, shifts).Store(y + i + 16);
            }
            for (; i + 16 <= length; i += 16) Look(table, Word(codes, i), halves, shifts).Store(y + i);
            if (i < length) Tail(codes, table, i, length, y);
            start += length;
            codes += length >> 1;
            y += length;
        }
        if (streaming) Sse.StoreFence();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static ulong Word(byte* codes, int i) => *(ulong*)(codes + (i >>> 1));

        // Eight bytes: the first four to lanes 0..7, the others to lanes 8..15; then each lane shifts its nibble down.
        // The look-up ignores the bits above it.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<float> Look(Vector512<float> table, ulong word, Vector512<int> halves, Vector512<uint> shifts)
        {
            var lanes = Avx512F.PermuteVar16x32(Vector512.Create(word).AsInt32(), halves).AsUInt32();
            return Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogicalVariable(lanes, shifts).AsInt32());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToF32Avx2<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, long start, long count, float* y, bool streaming)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var lower = Vector256.Create(TCode.Values[..8]);
        var upper = Vector256.Create(TCode.Values[8..]);
        var shifts = Vector256.Create(24u, 28, 16, 20, 8, 12, 0, 4);
        int shift = BitOperations.Log2((uint)blockSize);
        byte* codes = packed + (start >> 1);
        for (long block = start >> shift, end = start + count; start < end; block++)
        {
            int length = (int)(Math.Min(end, (block + 1) << shift) - start), i = 0;
            var scale = Vector256.Create(scales[block]);
            Vector256<float> low = lower * scale, high = upper * scale;
            if (streaming && ((nuint)y & 31) == 0)
            {
                for (; i + 8 <= length; i += 8) Look(low, high, *(uint*)(codes + (i >>> 1)), shifts).StoreAlignedNonTemporal(y + i);
            }
            for (; i + 8 <= length; i += 8) Look(low, high, *(uint*)(codes + (i >>> 1)), shifts).Store(y + i);
            if (i < length) Tail(codes, Vector512.Create(low, high), i, length, y);
            start += length;
            codes += length >> 1;
            y += length;
        }
        if (streaming) Sse.StoreFence();

        // Each lane shifts its nibble to the top: bit 31 chooses the half of the table, the next three the entry.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<float> Look(Vector256<float> low, Vector256<float> high, uint word, Vector256<uint> shifts)
        {
            var top = Avx2.ShiftLeftLogicalVariable(Vector256.Create(word), shifts);
            var entry = (top >> 28).AsInt32();
            return Avx.BlendVariable(Avx2.PermuteVar8x32(low, entry), Avx2.PermuteVar8x32(high, entry), top.AsSingle());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToF32Portable<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, float* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        int shift = BitOperations.Log2((uint)blockSize);
        for (long block = start >> shift, end = start + count; start < end; block++)
        {
            int length = (int)(Math.Min(end, (block + 1) << shift) - start);
            Tail(packed + (start >> 1), values * Vector512.Create(scales[block]), 0, length, y);
            start += length;
            y += length;
        }
    }

    /// <summary>Elements [from, to) of a block, one by one; <paramref name="from"/> is even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tail(byte* codes, Vector512<float> scaled, int from, int to, float* y)
    {
        float* table = stackalloc float[16];
        scaled.Store(table);
        int i = from;
        for (; i + 1 < to; i += 2)
        {
            int pair = codes[i >>> 1];
            y[i] = table[pair >> 4];
            y[i + 1] = table[pair & 15];
        }
        if (i < to) y[i] = table[codes[i >>> 1] >> 4];
    }
}
