using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>Decodes any range of packed 4-bit weights that starts at an even element: a whole tensor, a thread's share, a panel of a GEMM.</summary>
/// <remarks>
/// <code>y[i] = values[code[start + i]] * scale[(start + i) / blockSize]       one rounding to float32</code>
/// The table is multiplied by the scale once per block; a weight then costs a table look-up and no arithmetic.
/// </remarks>
internal static unsafe partial class FourBitDequantizer
{
    /// <param name="packed">Two codes a byte, even element in the high nibble, from element 0 of the tensor.</param>
    /// <param name="scales">From block 0 of the tensor.</param>
    /// <param name="blockSize">A power of two from 32 to 4096.</param>
    /// <param name="start">First element, even.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="destination">Receives <paramref name="count"/> floats.</param>
    public static void Dequantize<TCode>(byte* packed, float* scales, int blockSize, long start, long count, float* destination)
        where TCode : struct, IFourBitCode =>
        Dequantize<TCode, PlainScales>(packed, new PlainScales(scales), blockSize, start, count, destination);

    /// <inheritdoc cref="Dequantize{TCode}(byte*, float*, int, long, long, float*)"/>
    public static void Dequantize<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, float* destination)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        if (Avx512F.IsSupported) ToF32Avx512<TCode, TScales>(packed, scales, blockSize, start, count, destination);
        else if (Avx2.IsSupported) ToF32Avx2<TCode, TScales>(packed, scales, blockSize, start, count, destination);
        else ToF32Portable<TCode, TScales>(packed, scales, blockSize, start, count, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToF32Avx512<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, float* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        var halves = Vector512.Create(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
        var shifts = Vector512.Create(4u, 0, 12, 8, 20, 16, 28, 24, 4, 0, 12, 8, 20, 16, 28, 24);
        for (long end = start + count; start < end;)
        {
            long block = start / blockSize;
            int length = (int)(Math.Min(end, (block + 1) * blockSize) - start), whole = length & ~15;
            byte* codes = packed + start / 2;
            var table = values * Vector512.Create(scales[block]);

            for (int i = 0; i < whole; i += 16)
            {
                // eight bytes: the first four to lanes 0..7, the others to lanes 8..15; then each lane shifts its nibble down.
                // The look-up ignores the bits above it.
                var word = Vector512.Create(*(ulong*)(codes + i / 2)).AsInt32();
                var nibble = Avx512F.ShiftRightLogicalVariable(Avx512F.PermuteVar16x32(word, halves).AsUInt32(), shifts);
                Avx512F.PermuteVar16x32(table, nibble.AsInt32()).Store(y + i);
            }
            if (whole < length) Tail(codes, table, whole, length, y);
            start += length;
            y += length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToF32Avx2<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, float* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var lower = Vector256.Create(TCode.Values[..8]);
        var upper = Vector256.Create(TCode.Values[8..]);
        var shifts = Vector256.Create(24u, 28, 16, 20, 8, 12, 0, 4);
        for (long end = start + count; start < end;)
        {
            long block = start / blockSize;
            int length = (int)(Math.Min(end, (block + 1) * blockSize) - start), whole = length & ~7;
            byte* codes = packed + start / 2;
            var scale = Vector256.Create(scales[block]);
            Vector256<float> low = lower * scale, high = upper * scale;

            for (int i = 0; i < whole; i += 8)
            {
                // each lane shifts its nibble to the top: bit 31 chooses the half of the table, the next three the entry
                var top = Avx2.ShiftLeftLogicalVariable(Vector256.Create(*(uint*)(codes + i / 2)), shifts);
                var entry = Vector256.ShiftRightLogical(top, 28).AsInt32();
                var value = Avx.BlendVariable(Avx2.PermuteVar8x32(low, entry), Avx2.PermuteVar8x32(high, entry), top.AsSingle());
                value.Store(y + i);
            }
            if (whole < length) Tail(codes, Vector512.Create(low, high), whole, length, y);
            start += length;
            y += length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToF32Portable<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, float* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        for (long end = start + count; start < end;)
        {
            long block = start / blockSize;
            int length = (int)(Math.Min(end, (block + 1) * blockSize) - start);
            Tail(packed + start / 2, values * Vector512.Create(scales[block]), 0, length, y);
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
            int pair = codes[i / 2];
            y[i] = table[pair >> 4];
            y[i + 1] = table[pair & 15];
        }
        if (i < to) y[i] = table[codes[i / 2] >> 4];
    }
}
