using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <content>The kernels for K a multiple of the block size. A chunk is 16 words of 32 bits, one to a lane; nibble s of all lanes is one look-up.</content>
internal static unsafe partial class FourBitGemv
{
    /// <summary>The words of the last, partial chunk of a row, zeros behind its end, and its scales, zero where there is no block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pad(byte* words, float* scales, int elements, int shift, byte* paddedWords, float* paddedScales)
    {
        new Span<byte>(paddedWords, Chunk / 2).Clear();
        new ReadOnlySpan<byte>(words, elements / 2).CopyTo(new Span<byte>(paddedWords, Chunk / 2));
        for (int i = 0; i < 4; i++) paddedScales[i] = i << shift < elements ? scales[i] : 0f;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyAvx512<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        float* buffer = stackalloc float[TileScales + 4];
        byte* last = stackalloc byte[Chunk / 2];
        var table = Vector512.Create(TCode.Values);
        int shift = BitOperations.Log2((uint)blockSize), chunks = Chunks(k), grouped = GroupedRows(rows);
        for (long n = n0; n < n1; n++)
        {
            float* x = scratch;
            for (int row = 0; row < grouped;)
            {
                bool four = row + 4 <= grouped;
                Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
                for (int c = 0; c < chunks; c += Tile)
                {
                    long start = n * k + (long)c * Chunk;
                    int elements = Math.Min(Tile * Chunk, k - c * Chunk), whole = elements / Chunk;
                    byte* words = packed + (start >> 1);
                    float* s = scales.Take(start >> shift, elements >> shift, buffer);
                    int i = 0;
                    while (true)
                    {
                        if (four)
                        {
                            for (; i < whole; i++, words += Chunk / 2, x += 4 * Chunk)
                                AddFour(Vector512.Load((uint*)words), table, LaneScales(s, i, shift), x, ref a0, ref a1, ref a2, ref a3);
                        }
                        else
                        {
                            for (; i < whole; i++, words += Chunk / 2, x += Chunk)
                                a0 = Vector512.FusedMultiplyAdd(Sum(Vector512.Load((uint*)words), table, x), LaneScales(s, i, shift), a0);
                        }
                        if (i * Chunk >= elements) break;

                        // once more, for the partial chunk at the end of the row
                        Pad(words, s + (i * Chunk >> shift), elements - i * Chunk, shift, last, buffer + TileScales);
                        words = last;
                        s = buffer + TileScales - (i * Chunk >> shift);
                        whole++;
                    }
                }
                y[row * stride + n] = Lanes.Sum(a0);
                if (four)
                {
                    y[(row + 1) * stride + n] = Lanes.Sum(a1);
                    y[(row + 2) * stride + n] = Lanes.Sum(a2);
                    if (row + 3 < rows) y[(row + 3) * stride + n] = Lanes.Sum(a3);
                }
                row += four ? 4 : 1;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sum(Vector512<uint> w, Vector512<float> table, float* x)
    {
        // the look-up sees the low four bits of each lane only
        var t = Avx512F.PermuteVar16x32(table, w.AsInt32()) * Vector512.Load(x);
        t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, (w >> 4).AsInt32()), Vector512.Load(x + 16), t);
        t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, (w >> 8).AsInt32()), Vector512.Load(x + 32), t);
        t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, (w >> 12).AsInt32()), Vector512.Load(x + 48), t);
        t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, (w >> 16).AsInt32()), Vector512.Load(x + 64), t);
        t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, (w >> 20).AsInt32()), Vector512.Load(x + 80), t);
        t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, (w >> 24).AsInt32()), Vector512.Load(x + 96), t);
        return Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, (w >> 28).AsInt32()), Vector512.Load(x + 112), t);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour(
        Vector512<uint> w, Vector512<float> table, Vector512<float> scale, float* x,
        ref Vector512<float> a0, ref Vector512<float> a1, ref Vector512<float> a2, ref Vector512<float> a3)
    {
        var v = Avx512F.PermuteVar16x32(table, w.AsInt32());
        Vector512<float> t0 = v * Vector512.Load(x), t1 = v * Vector512.Load(x + 16), t2 = v * Vector512.Load(x + 32), t3 = v * Vector512.Load(x + 48);
        for (int s = 1; s < 8; s++)
        {
            w >>= 4;
            x += 64;
            v = Avx512F.PermuteVar16x32(table, w.AsInt32());
            t0 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x), t0);
            t1 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x + 16), t1);
            t2 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x + 32), t2);
            t3 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x + 48), t3);
        }
        a0 = Vector512.FusedMultiplyAdd(t0, scale, a0);
        a1 = Vector512.FusedMultiplyAdd(t1, scale, a1);
        a2 = Vector512.FusedMultiplyAdd(t2, scale, a2);
        a3 = Vector512.FusedMultiplyAdd(t3, scale, a3);
    }

    /// <summary>Two halves of eight lanes, one vector x at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyAvx2<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        float* buffer = stackalloc float[TileScales + 4];
        byte* last = stackalloc byte[Chunk / 2];
        Vector256<float> low = Vector256.Create(TCode.Values[..8]), high = Vector256.Create(TCode.Values[8..]);
        int shift = BitOperations.Log2((uint)blockSize), chunks = Chunks(k);
        for (long n = n0; n < n1; n++)
        {
            for (int row = 0; row < rows; row++)
            {
                var (first, width) = Group(rows, row);
                float* x = scratch + (long)first * chunks * Chunk + (row - first) * 16;
                Vector256<float> lower = default, upper = default;
                for (int c = 0; c < chunks; c += Tile)
                {
                    long start = n * k + (long)c * Chunk;
                    int elements = Math.Min(Tile * Chunk, k - c * Chunk);
                    byte* words = packed + (start >> 1);
                    float* s = scales.Take(start >> shift, elements >> shift, buffer);
                    for (int i = 0; i * Chunk < elements; i++, words += Chunk / 2, x += width * Chunk)
                    {
                        if ((i + 1) * Chunk > elements)
                        {
                            Pad(words, s + (i * Chunk >> shift), elements - i * Chunk, shift, last, buffer + TileScales);
                            words = last;
                            s = buffer + TileScales - (i * Chunk >> shift);
                        }
                        var scale = LaneScales(s, i, shift);
                        lower = Fma.MultiplyAdd(Sum(Vector256.Load((uint*)words), low, high, x, 16 * width), scale.GetLower(), lower);
                        upper = Fma.MultiplyAdd(Sum(Vector256.Load((uint*)words + 8), low, high, x + 8, 16 * width), scale.GetUpper(), upper);
                    }
                }
                y[row * stride + n] = Lanes.Sum(Vector512.Create(lower, upper));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sum(Vector256<uint> w, Vector256<float> low, Vector256<float> high, float* x, int step)
    {
        var t = Look(w, w << 28, low, high) * Vector256.Load(x);
        t = Fma.MultiplyAdd(Look(w >> 4, w << 24, low, high), Vector256.Load(x + step), t);
        t = Fma.MultiplyAdd(Look(w >> 8, w << 20, low, high), Vector256.Load(x + 2 * step), t);
        t = Fma.MultiplyAdd(Look(w >> 12, w << 16, low, high), Vector256.Load(x + 3 * step), t);
        t = Fma.MultiplyAdd(Look(w >> 16, w << 12, low, high), Vector256.Load(x + 4 * step), t);
        t = Fma.MultiplyAdd(Look(w >> 20, w << 8, low, high), Vector256.Load(x + 5 * step), t);
        t = Fma.MultiplyAdd(Look(w >> 24, w << 4, low, high), Vector256.Load(x + 6 * step), t);
        return Fma.MultiplyAdd(Look(w >> 28, w, low, high), Vector256.Load(x + 7 * step), t);

        // the nibble's low three bits choose in both halves of the table; its fourth, moved to the sign, chooses the half
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<float> Look(Vector256<uint> entry, Vector256<uint> half, Vector256<float> low, Vector256<float> high) =>
            Avx.BlendVariable(Avx2.PermuteVar8x32(low, entry.AsInt32()), Avx2.PermuteVar8x32(high, entry.AsInt32()), half.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyPortable<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        float* buffer = stackalloc float[TileScales + 4];
        float* weights = stackalloc float[16];
        byte* last = stackalloc byte[Chunk / 2];
        int shift = BitOperations.Log2((uint)blockSize), chunks = Chunks(k);
        for (long n = n0; n < n1; n++)
        {
            for (int row = 0; row < rows; row++)
            {
                var (first, width) = Group(rows, row);
                float* x = scratch + (long)first * chunks * Chunk + (row - first) * 16;
                var acc = Vector512<float>.Zero;
                for (int c = 0; c < chunks; c += Tile)
                {
                    long start = n * k + (long)c * Chunk;
                    int elements = Math.Min(Tile * Chunk, k - c * Chunk);
                    byte* words = packed + (start >> 1);
                    float* s = scales.Take(start >> shift, elements >> shift, buffer);
                    for (int i = 0; i * Chunk < elements; i++, words += Chunk / 2)
                    {
                        if ((i + 1) * Chunk > elements)
                        {
                            Pad(words, s + (i * Chunk >> shift), elements - i * Chunk, shift, last, buffer + TileScales);
                            words = last;
                            s = buffer + TileScales - (i * Chunk >> shift);
                        }
                        var t = Vector512<float>.Zero;
                        for (int nibble = 0; nibble < 8; nibble++, x += 16 * width)
                        {
                            for (int lane = 0; lane < 16; lane++) weights[lane] = TCode.Values[(int)(((uint*)words)[lane] >> (4 * nibble)) & 15];
                            t = nibble == 0 ? Vector512.Load(weights) * Vector512.Load(x) : Vector512.FusedMultiplyAdd(Vector512.Load(weights), Vector512.Load(x), t);
                        }
                        acc = Vector512.FusedMultiplyAdd(t, LaneScales(s, i, shift), acc);
                    }
                }
                y[row * stride + n] = Lanes.Sum(acc);
            }
        }
    }
}
