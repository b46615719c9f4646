using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

internal static unsafe partial class Gemm
{
    private struct TileKernel : IRangeKernel
    {
        public Job Job;

        // sums stand where the result belongs; else they go through a buffer of one tile
        private readonly bool InPlace => Job.To.DType == DType.F32 && (!Job.Accumulate || Job.From.Pointer == Job.To.Pointer);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            bool inPlace = InPlace;
            for (long chunk = start; chunk < end; chunk++)
            {
                int firstRow = (int)(chunk / Job.ChunkColumns) * RowsPerChunk;
                int firstColumn = (int)(chunk % Job.ChunkColumns) * Job.ColumnsPerChunk;
                int endRow = Math.Min(firstRow + RowsPerChunk, Job.To.Rows);
                int endColumn = Math.Min(firstColumn + Job.ColumnsPerChunk, Job.ColumnCount);
                for (int n = firstColumn; n < endColumn; n += GemmTile.Columns)
                    for (int m = firstRow; m < endRow; m += GemmTile.Rows)
                        Tile(m, n, Math.Min(GemmTile.Rows, endRow - m), Math.Min(GemmTile.Columns, endColumn - n), inPlace);
            }
        }

        private readonly void Tile(int m, int n, int rows, int columns, bool inPlace)
        {
            int depth = Job.Block.Total;
            float* a = Job.PackedA + (nint)m * depth, b = Job.PackedB + (nint)n * depth;
            int direct = inPlace && rows == GemmTile.Rows ? columns & -Lanes.Count : 0;
            if (direct > 0)
            {
                nint stride = (nint)Job.To.RowStride;
                float* c = (float*)Job.To.Pointer + m * stride + n;
                if (direct == GemmTile.Columns) GemmTile.Full(a, b, depth, c, stride, Job.Accumulate);
                else GemmTile.Edge(a, b, direct, depth, c, stride, Job.Accumulate);
            }
            if (direct < columns) Buffered(a, b, m, n, rows, direct, columns);
        }

        // nothing beyond the edge of C is touched, and what is stored in BF16 is rounded once
        [SkipLocalsInit]
        private readonly void Buffered(float* a, float* b, int m, int n, int rows, int first, int columns)
        {
            float* tile = stackalloc float[GemmTile.Rows * GemmTile.Columns];
            if (Job.Accumulate)
            {
                if (rows < GemmTile.Rows || columns < GemmTile.Columns) new Span<float>(tile, GemmTile.Rows * GemmTile.Columns).Clear();
                Copy(Job.From, m, n + first, rows, columns - first, tile + first);
            }
            Fetch(m + GemmTile.Rows, n);
            if (first == 0 && columns == GemmTile.Columns) GemmTile.Full(a, b, Job.Block.Total, tile, GemmTile.Columns, Job.Accumulate);
            else GemmTile.Edge(a, b + first, (columns - first + Lanes.Count - 1) & -Lanes.Count, Job.Block.Total, tile + first, GemmTile.Columns, Job.Accumulate);
            for (int r = 0; r < rows; r++)
            {
                nint at = (m + r) * (nint)Job.To.RowStride + n;
                if (Job.To.DType == DType.F32) CopyKernel.Row<F32, F32>(tile + r * GemmTile.Columns, first, Job.To.Pointer, at + first, columns - first);
                else CopyKernel.Row<F32, BF16>(tile + r * GemmTile.Columns, first, Job.To.Pointer, at + first, columns - first);
            }
        }

        private static void Copy(in MatrixView from, int m, int n, int rows, int columns, float* tile)
        {
            for (int r = 0; r < rows; r++)
            {
                nint at = (m + r) * (nint)from.RowStride + n;
                if (from.DType == DType.F32) CopyKernel.Row<F32, F32>(from.Pointer, at, tile, r * GemmTile.Columns, columns);
                else CopyKernel.Row<BF16, F32>(from.Pointer, at, tile, r * GemmTile.Columns, columns);
            }
        }

        // the tile below comes next: its part of C arrives while this one is computed
        private readonly void Fetch(int m, int n)
        {
            if (!Sse.IsSupported) return;
            int bytes = Job.To.DType.Size();
            byte* next = Job.To.Pointer + (m * (nint)Job.To.RowStride + n) * bytes;
            for (int r = 0; r < GemmTile.Rows; r++, next += (nint)Job.To.RowStride * bytes)
                for (int at = 0; at < GemmTile.Columns * bytes; at += 64) Sse.Prefetch0(next + at);
        }
    }

    // From one dtype to the other, or to the same: whole rows.
    private struct CopyKernel : IRangeKernel
    {
        public MatrixView From, To;

        public readonly void Run(long start, long end, int worker)
        {
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint from = r * (nint)From.RowStride, to = r * (nint)To.RowStride;
                if (From.DType == DType.F32) Row<F32, BF16>(From.Pointer, from, To.Pointer, to, From.Columns);
                else Row<BF16, F32>(From.Pointer, from, To.Pointer, to, From.Columns);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Row<TFrom, TTo>(void* from, nint at, void* to, nint target, int count) where TFrom : unmanaged, IStorage where TTo : unmanaged, IStorage
        {
            int i = 0;
            for (; i <= count - Lanes.Count; i += Lanes.Count) TTo.Store(to, target + i, TFrom.Load(from, at + i));
            for (; i < count; i++) TTo.Set(to, target + i, TFrom.Get(from, at + i));
        }
    }
}
