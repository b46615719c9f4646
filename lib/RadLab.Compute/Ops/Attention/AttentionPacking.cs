using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>
/// Between tensors and the F32 tiles that products work on. A row tile has one row of <see cref="AttentionShape.Width"/> floats per query or key;
/// a lane tile is its transpose, one row of 64 query lanes per column.
/// </summary>
internal static unsafe class AttentionPacking
{
    /// <summary>Query rows of a tile times <paramref name="factor"/>; whole vectors of rows, the missing ones zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadQueries<TX>(void* x, in AttentionShape shape, in AttentionTile tile, float factor, float* rows) where TX : unmanaged, IStorage
    {
        var (count, width, D) = (tile.Count, shape.Width, shape.D);
        var scale = Vector512.Create(factor);
        var walk = new QueryRows(shape, tile);
        for (int r = 0; r < count; r++, walk.Next(), rows += width)
        {
            int d = 0;
            for (; d <= D - Lanes.Count; d += Lanes.Count) (TX.Load(x, walk.At + d) * scale).Store(rows + d);
            if (d < D) (Lanes.LoadTail<TX>(x, walk.At + d, D - d) * scale).Store(rows + d);
        }
        Clear(rows, (tile.Vectors * Lanes.Count - count) * width);
    }

    /// <summary>Writes rows to the tensor, or adds them to what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreQueries<TX>(float* rows, in AttentionShape shape, in AttentionTile tile, void* x, bool add) where TX : unmanaged, IStorage
    {
        var (count, width, D) = (tile.Count, shape.Width, shape.D);
        var walk = new QueryRows(shape, tile);
        for (int r = 0; r < count; r++, walk.Next(), rows += width) StoreRow<TX>(rows, x, walk.At, D, add);
    }

    /// <summary>Writes D elements at x[at], or adds to them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRow<TX>(float* row, void* x, nint at, int D, bool add) where TX : unmanaged, IStorage
    {
        int d = 0;
        for (; d <= D - Lanes.Count; d += Lanes.Count)
        {
            var v = Vector512.Load(row + d);
            TX.Store(x, at + d, add ? TX.Load(x, at + d) + v : v);
        }
        if (d == D) return;
        var tail = Vector512.Load(row + d);
        Lanes.StoreTail<TX>(x, at + d, add ? Lanes.LoadTail<TX>(x, at + d, D - d) + tail : tail, D - d);
    }

    /// <summary>to[c][r] = from[r][c] for rows and columns that are multiples of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* from, int fromStride, int rows, int columns, float* to, int toStride)
    {
        for (int r = 0; r < rows; r += Lanes.Count)
            for (int c = 0; c < columns; c += 4)
                Transpose16x4(from + r * fromStride + c, fromStride, to + c * toStride + r, toStride);
    }

    /// <summary>Sets floats, a multiple of 16, to zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Clear(float* p, nint count)
    {
        for (nint i = 0; i < count; i += Lanes.Count) Vector512<float>.Zero.Store(p + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose16x4(float* from, nint fromStride, float* to, nint toStride)
    {
        if (Avx512F.IsSupported)
        {
            // vector i holds rows i, i+4, i+8, i+12 in its quarters: transposing each quarter leaves whole columns in order
            var a = Quarters(from, 4 * fromStride);
            var b = Quarters(from + fromStride, 4 * fromStride);
            var c = Quarters(from + 2 * fromStride, 4 * fromStride);
            var d = Quarters(from + 3 * fromStride, 4 * fromStride);
            var ab = Avx512F.UnpackLow(a, b).AsDouble();
            var cd = Avx512F.UnpackLow(c, d).AsDouble();
            Avx512F.UnpackLow(ab, cd).AsSingle().Store(to);
            Avx512F.UnpackHigh(ab, cd).AsSingle().Store(to + toStride);
            ab = Avx512F.UnpackHigh(a, b).AsDouble();
            cd = Avx512F.UnpackHigh(c, d).AsDouble();
            Avx512F.UnpackLow(ab, cd).AsSingle().Store(to + 2 * toStride);
            Avx512F.UnpackHigh(ab, cd).AsSingle().Store(to + 3 * toStride);
            return;
        }
        for (int r = 0; r < Lanes.Count; r++)
            for (int c = 0; c < 4; c++)
                to[c * toStride + r] = from[r * fromStride + c];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(float* p, nint step) => Vector512.Create(
        Vector256.Create(Vector128.Load(p), Vector128.Load(p + step)),
        Vector256.Create(Vector128.Load(p + 2 * step), Vector128.Load(p + 3 * step)));

    // The first elements of a tile's rows one after the other: the heads of the group, then those of the next token.
    private struct QueryRows
    {
        private readonly nint _headStep, _tokenStep;
        private readonly int _group;
        private int _member;

        public QueryRows(in AttentionShape shape, in AttentionTile tile)
        {
            _group = shape.G;
            _member = tile.First % shape.G;
            _headStep = shape.D;
            _tokenStep = (nint)(shape.H - shape.G) * shape.D;
            At = (((nint)tile.B * shape.T + tile.First / shape.G) * shape.H + tile.KvHead * shape.G + _member) * shape.D;
        }

        public nint At { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Next()
        {
            At += _headStep;
            if (++_member < _group) return;
            _member = 0;
            At += _tokenStep;
        }
    }
}
