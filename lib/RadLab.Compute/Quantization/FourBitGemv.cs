using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>A packed 4-bit matrix times one to eight vectors, without decoding the matrix to memory: the step of generation.</summary>
/// <remarks>
/// <code>
/// y[r][n] = sum_k x[r][k] * values[code[n][k]] * scale[block of (n, k)]          W: (N, K) packed row after row
///
/// K a multiple of the block size; a chunk c is 128 weights of a row, and lane l = 0..15 sums weights 128c + 8l ... + 7:
///   t[l]   = x * value of weight 1, then fused with weights 0, 3, 2, 5, 4, 7, 6 (the order of the nibbles in a 32-bit word)
///   acc[l] = fma(t[l], scale of the lane's block, acc[l])                          a lane never straddles blocks
/// any other K, lane l sums weights l, 16 + l, 32 + l, ...:
///   acc[l] = fma(x, float32(value * scale), acc[l])
/// y = tree over the lanes: l + (l + 8), then + 4, + 2, + 1
/// </code>
/// The order is the same on every instruction set, for any split of the rows n and whatever other vectors r are computed with.
/// </remarks>
internal static unsafe partial class FourBitGemv
{
    /// <summary>The most vectors one call takes; more are work for a GEMM.</summary>
    public const int MaxRows = 8;

    internal const int Chunk = 128;

    /// <summary>Floats of scratch that <see cref="Arrange"/> fills and <see cref="Multiply"/> reads.</summary>
    public static long ScratchFloats(int rows, int k) => (long)GroupedRows(rows) * Chunks(k) * Chunk;

    /// <summary>Writes x in the order in which <see cref="Multiply"/> reads it, padded with zeros; once per call, before the rows are split among threads.</summary>
    /// <param name="x">Row r starts at r * <paramref name="stride"/>.</param>
    /// <param name="rows">1 to 8.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats, 64-byte aligned for speed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Arrange(float* x, long stride, int rows, int k, int blockSize, float* scratch)
    {
        bool permuted = k % blockSize == 0;
        int chunks = Chunks(k);
        for (int row = 0; row < GroupedRows(rows); row++)
        {
            var (first, width) = Group(rows, row);
            float* group = scratch + (long)first * chunks * Chunk + (row - first) * 16;
            float* source = x + row * stride;
            for (int c = 0; c < chunks; c++)
            {
                float* to = group + (long)c * 8 * 16 * width, from = source + c * Chunk;
                int present = row < rows ? Math.Min(Chunk, k - c * Chunk) : 0;
                if (permuted && present == Chunk)
                {
                    Transpose(from, to, 16 * width);
                    continue;
                }
                for (int v = 0; v < 8; v++, to += 16 * width)
                {
                    // element 8l + j of a chunk is in nibble j ^ 1 of lane l: the even element of a byte has the high nibble
                    int begin = permuted ? v ^ 1 : v * 16, step = permuted ? 8 : 1;
                    if (begin + 15 * step < present)
                        for (int lane = 0; lane < 16; lane++) to[lane] = from[begin + lane * step];
                    else
                        for (int lane = 0; lane < 16; lane++) to[lane] = begin + lane * step < present ? from[begin + lane * step] : 0f;
                }
            }
        }
    }

    // Element 8l + j of a whole chunk to lane l of vector j ^ 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(float* from, float* to, nint pitch)
    {
        for (int lane = 0; lane < 16; lane++, from += 8, to++)
        {
            to[0] = from[1];
            to[pitch] = from[0];
            to[2 * pitch] = from[3];
            to[3 * pitch] = from[2];
            to[4 * pitch] = from[5];
            to[5 * pitch] = from[4];
            to[6 * pitch] = from[7];
            to[7 * pitch] = from[6];
        }
    }

    /// <summary>Computes y[r][n] for the matrix rows n in [<paramref name="n0"/>, <paramref name="n1"/>).</summary>
    /// <param name="packed">The whole matrix.</param>
    /// <param name="scales">Of the whole matrix.</param>
    /// <param name="scratch">What <see cref="Arrange"/> wrote for the same rows, k and block size.</param>
    /// <param name="y">y[r][n] is at r * <paramref name="stride"/> + n.</param>
    public static void Multiply<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        if (k % blockSize != 0) MultiplyAnyK<TCode, TScales>(packed, scales, blockSize, k, scratch, rows, n0, n1, y, stride);
        else if (Avx512F.IsSupported) MultiplyAvx512<TCode, TScales>(packed, scales, blockSize, k, scratch, rows, n0, n1, y, stride);
        else if (Avx2.IsSupported && Fma.IsSupported) MultiplyAvx2<TCode, TScales>(packed, scales, blockSize, k, scratch, rows, n0, n1, y, stride);
        else MultiplyPortable<TCode, TScales>(packed, scales, blockSize, k, scratch, rows, n0, n1, y, stride);
    }

    private static int Chunks(int k) => (k + Chunk - 1) / Chunk;

    // Four vectors share the decoding of the weights; three are padded to four, one and two are computed one by one.
    private static int GroupedRows(int rows) => rows % 4 == 3 ? rows + 1 : rows;

    /// <summary>The first vector of the group that <paramref name="row"/> is in, and how many the group has.</summary>
    private static (int First, int Width) Group(int rows, int row) => row < (GroupedRows(rows) & ~3) ? (row & ~3, 4) : (row, 1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAnyK<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        float* weights = stackalloc float[Chunk + 1];
        float* acc = stackalloc float[16 * MaxRows];
        int chunks = Chunks(k);
        for (long n = n0; n < n1; n++)
        {
            new Span<float>(acc, 16 * MaxRows).Clear();
            for (int c = 0; c < chunks; c++)
            {
                // decoding begins at an even element: one early where this one is odd
                long start = n * k + (long)c * Chunk;
                int odd = (int)(start & 1), length = Math.Min(Chunk, k - c * Chunk);
                FourBitDequantizer.Dequantize<TCode, TScales>(packed, scales, blockSize, start - odd, length + odd, weights);
                new Span<float>(weights + odd + length, Chunk - length).Clear();
                for (int row = 0; row < rows; row++)
                {
                    var (first, width) = Group(rows, row);
                    float* x = scratch + ((long)first * chunks + (long)c * width) * Chunk + (row - first) * 16;
                    var sum = Vector512.Load(acc + 16 * row);
                    for (int v = 0; v < 8; v++)
                        sum = Vector512.FusedMultiplyAdd(Vector512.Load(x + v * 16 * width), Vector512.Load(weights + odd + 16 * v), sum);
                    sum.Store(acc + 16 * row);
                }
            }
            for (int row = 0; row < rows; row++) y[row * stride + n] = Lanes.Sum(Vector512.Load(acc + 16 * row));
        }
    }
}
