using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <content>To BF16: the scaled table is rounded once per block, so a weight costs no more than in float32.</content>
internal static unsafe partial class FourBitDequantizer
{
    /// <summary>As <see cref="Dequantize{TCode}(byte*, float*, int, long, long, float*, bool)"/>, then rounded to BF16, ties to even.</summary>
    public static void DequantizeToBF16<TCode>(
        byte* packed, float* scales, int blockSize, long start, long count, ushort* destination, bool streaming = false)
        where TCode : struct, IFourBitCode =>
        DequantizeToBF16<TCode, PlainScales>(packed, new PlainScales(scales), blockSize, start, count, destination, streaming);

    /// <inheritdoc cref="DequantizeToBF16{TCode}(byte*, float*, int, long, long, ushort*, bool)"/>
    public static void DequantizeToBF16<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, long start, long count, ushort* destination, bool streaming = false)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        if (Avx512BW.IsSupported) ToBF16Avx512<TCode, TScales>(packed, scales, blockSize, start, count, destination, streaming);
        else if (Avx2.IsSupported) ToBF16Avx2<TCode, TScales>(packed, scales, blockSize, start, count, destination, streaming);
        else ToBF16Portable<TCode, TScales>(packed, scales, blockSize, start, count, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToBF16Avx512<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, long start, long count, ushort* y, bool streaming)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        int shift = BitOperations.Log2((uint)blockSize);
        for (long block = start >> shift, end = start + count; start < end; block++)
        {
            int length = (int)(Math.Min(end, (block + 1) << shift) - start), i = 0;
            byte* codes = packed + (start >> 1);
            var rounded = Rounded(values * Vector512.Create(scales[block]));

            // twice the 16 entries, because a look-up among 32 words sees one bit more than a nibble
            var narrow = Avx512F.ConvertToVector256UInt16(rounded);
            var table = Vector512.Create(narrow, narrow);
            if (streaming && ((nuint)y & 63) == 0)
            {
                for (; i + 32 <= length; i += 32) Look(table, codes + (i >>> 1)).StoreAlignedNonTemporal(y + i);
            }
            for (; i + 32 <= length; i += 32) Look(table, codes + (i >>> 1)).Store(y + i);
            if (i < length) Tail(codes, rounded, i, length, y);
            start += length;
            y += length;
        }
        if (streaming) Sse.StoreFence();

        // 16 bytes, one to a lane; the even element's nibble moves to the lower word, the odd element's to the upper.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<ushort> Look(Vector512<ushort> table, byte* codes)
        {
            var lanes = Avx512F.ConvertToVector512UInt32(Vector128.Load(codes));
            return Avx512BW.PermuteVar32x16(table, ((lanes >> 4) | (lanes << 16)).AsUInt16());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToBF16Avx2<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, long start, long count, ushort* y, bool streaming)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        int shift = BitOperations.Log2((uint)blockSize);
        for (long block = start >> shift, end = start + count; start < end; block++)
        {
            int length = (int)(Math.Min(end, (block + 1) << shift) - start), i = 0;
            byte* codes = packed + (start >> 1);
            var rounded = Rounded(values * Vector512.Create(scales[block]));

            // one table of low bytes and one of high bytes: a byte shuffle looks up 16 nibbles at once
            var even = Vector128.Create((byte)0, 2, 4, 6, 8, 10, 12, 14, 255, 255, 255, 255, 255, 255, 255, 255);
            var words = Narrow(rounded);
            Vector128<byte> first = words.GetLower().AsByte(), second = words.GetUpper().AsByte();
            var odd = even | Vector128.Create((byte)1);
            var low = Vector128.Create(Ssse3.Shuffle(first, even).GetLower(), Ssse3.Shuffle(second, even).GetLower());
            var high = Vector128.Create(Ssse3.Shuffle(first, odd).GetLower(), Ssse3.Shuffle(second, odd).GetLower());
            bool bypass = streaming && ((nuint)y & 15) == 0;
            for (; i + 16 <= length; i += 16)
            {
                var bytes = Vector128.CreateScalarUnsafe(*(ulong*)(codes + (i >>> 1))).AsByte();
                var nibbles = Sse2.UnpackLow((bytes.AsUInt16() >> 4).AsByte(), bytes) & Vector128.Create((byte)15);
                Vector128<byte> l = Ssse3.Shuffle(low, nibbles), h = Ssse3.Shuffle(high, nibbles);
                Vector128<ushort> first8 = Sse2.UnpackLow(l, h).AsUInt16(), next8 = Sse2.UnpackHigh(l, h).AsUInt16();
                if (bypass)
                {
                    first8.StoreAlignedNonTemporal(y + i);
                    next8.StoreAlignedNonTemporal(y + i + 8);
                }
                else
                {
                    first8.Store(y + i);
                    next8.Store(y + i + 8);
                }
            }
            if (i < length) Tail(codes, rounded, i, length, y);
            start += length;
            y += length;
        }
        if (streaming) Sse.StoreFence();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToBF16Portable<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, ushort* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        int shift = BitOperations.Log2((uint)blockSize);
        for (long block = start >> shift, end = start + count; start < end; block++)
        {
            int length = (int)(Math.Min(end, (block + 1) << shift) - start);
            Tail(packed + (start >> 1), Rounded(values * Vector512.Create(scales[block])), 0, length, y);
            start += length;
            y += length;
        }
    }

    /// <summary>Finite or infinite floats to BF16 patterns in the lower half of each lane: add half a unit, or just less where the kept part is even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        return (bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512.Create(1u))) >> 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Narrow(Vector512<uint> lanes) => Vector256.Narrow(lanes.GetLower(), lanes.GetUpper());

    /// <summary>Elements [from, to) of a block, one by one; <paramref name="from"/> is even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tail(byte* codes, Vector512<uint> rounded, int from, int to, ushort* y)
    {
        uint* table = stackalloc uint[16];
        rounded.Store(table);
        int i = from;
        for (; i + 1 < to; i += 2)
        {
            int pair = codes[i >>> 1];
            y[i] = (ushort)table[pair >> 4];
            y[i + 1] = (ushort)table[pair & 15];
        }
        if (i < to) y[i] = (ushort)table[codes[i >>> 1] >> 4];
    }
}
