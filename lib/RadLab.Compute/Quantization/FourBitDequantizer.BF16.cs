using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <content>To BF16: the scaled table is rounded once per block, so a weight costs no more than in float32.</content>
internal static unsafe partial class FourBitDequantizer
{
    /// <summary>As <see cref="Dequantize{TCode}(byte*, float*, int, long, long, float*)"/>, then rounded to BF16, ties to even.</summary>
    public static void DequantizeToBF16<TCode>(byte* packed, float* scales, int blockSize, long start, long count, ushort* destination)
        where TCode : struct, IFourBitCode =>
        DequantizeToBF16<TCode, PlainScales>(packed, new PlainScales(scales), blockSize, start, count, destination);

    /// <inheritdoc cref="DequantizeToBF16{TCode}(byte*, float*, int, long, long, ushort*)"/>
    public static void DequantizeToBF16<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, ushort* destination)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        if (Avx512BW.IsSupported) ToBF16Avx512<TCode, TScales>(packed, scales, blockSize, start, count, destination);
        else if (Avx2.IsSupported) ToBF16Avx2<TCode, TScales>(packed, scales, blockSize, start, count, destination);
        else ToBF16Portable<TCode, TScales>(packed, scales, blockSize, start, count, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToBF16Avx512<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, ushort* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        for (long end = start + count; start < end;)
        {
            long block = start / blockSize;
            int length = (int)(Math.Min(end, (block + 1) * blockSize) - start), whole = length & ~31;
            byte* codes = packed + start / 2;
            var rounded = Rounded(values * Vector512.Create(scales[block]));

            // twice the 16 entries, because a look-up among 32 words sees one bit more than a nibble
            var narrow = Avx512F.ConvertToVector256UInt16(rounded);
            var table = Vector512.Create(narrow, narrow);
            for (int i = 0; i < whole; i += 32)
            {
                // 16 bytes, one to a lane; the even element's nibble moves to the lower word, the odd element's to the upper
                var lanes = Avx512F.ConvertToVector512UInt32(Vector128.Load(codes + i / 2));
                var nibble = (lanes >> 4) | (lanes << 16);
                Avx512BW.PermuteVar32x16(table, nibble.AsUInt16()).Store(y + i);
            }
            if (whole < length) Tail(codes, rounded, whole, length, y);
            start += length;
            y += length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToBF16Avx2<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, ushort* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        for (long end = start + count; start < end;)
        {
            long block = start / blockSize;
            int length = (int)(Math.Min(end, (block + 1) * blockSize) - start), whole = length & ~15;
            byte* codes = packed + start / 2;
            var rounded = Rounded(values * Vector512.Create(scales[block]));

            // one table of low bytes and one of high bytes: a byte shuffle looks up 16 nibbles at once
            var even = Vector128.Create((byte)0, 2, 4, 6, 8, 10, 12, 14, 255, 255, 255, 255, 255, 255, 255, 255);
            var words = Narrow(rounded);
            Vector128<byte> first = words.GetLower().AsByte(), second = words.GetUpper().AsByte();
            var odd = even | Vector128.Create((byte)1);
            var low = Vector128.Create(Ssse3.Shuffle(first, even).GetLower(), Ssse3.Shuffle(second, even).GetLower());
            var high = Vector128.Create(Ssse3.Shuffle(first, odd).GetLower(), Ssse3.Shuffle(second, odd).GetLower());
            for (int i = 0; i < whole; i += 16)
            {
                var bytes = Vector128.CreateScalarUnsafe(*(ulong*)(codes + i / 2)).AsByte();
                var nibbles = Sse2.UnpackLow((bytes.AsUInt16() >> 4).AsByte(), bytes) & Vector128.Create((byte)15);
                Vector128<byte> l = Ssse3.Shuffle(low, nibbles), h = Ssse3.Shuffle(high, nibbles);
                Sse2.UnpackLow(l, h).AsUInt16().Store(y + i);
                Sse2.UnpackHigh(l, h).AsUInt16().Store(y + i + 8);
            }
            if (whole < length) Tail(codes, rounded, whole, length, y);
            start += length;
            y += length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToBF16Portable<TCode, TScales>(byte* packed, TScales scales, int blockSize, long start, long count, ushort* y)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        var values = Vector512.Create(TCode.Values);
        for (long end = start + count; start < end;)
        {
            long block = start / blockSize;
            int length = (int)(Math.Min(end, (block + 1) * blockSize) - start);
            Tail(packed + start / 2, Rounded(values * Vector512.Create(scales[block])), 0, length, y);
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
            int pair = codes[i / 2];
            y[i] = (ushort)table[pair >> 4];
            y[i + 1] = (ushort)table[pair & 15];
        }
        if (i < to) y[i] = (ushort)table[codes[i / 2] >> 4];
    }
}
