using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>Matrix products on the CPU.</summary>
/// <remarks>
/// Blocks of k, and inside them blocks of columns, are packed once into a workspace; then tiles of C are computed in parallel. The cut into tiles
/// and the number of threads never touch a result: each element of C is one chain of fused multiply-adds over ascending k, starting from zero or from c.
/// Products with a side of at most 16 go to <see cref="GemmSkinny"/>, which states its own order.
/// </remarks>
internal static unsafe partial class Gemm
{
    // A longer block of k reads and writes C less often; beyond 384 the panels of a chunk (1 MB) crowd the second-level cache.
    // Chunks are small enough that the last ones do not keep one thread waiting for the other.
    private const int Depth = 384;
    private const int BlockColumns = 64 * GemmTile.Columns;
    private const int RowsPerChunk = 8 * GemmTile.Rows;
    private const int StripsPerChunk = 10;

    /// <summary>c = a·b, or c += a·b; operands in F32 or BF16, sums in F32.</summary>
    /// <param name="c">Not transposed.</param>
    public static void Multiply(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate) =>
        MultiplyTwo(engine, a, b, default, default, c, accumulate);

    /// <summary>c (+)= a·b + p·q, the second product added to the first in F32; no second product when p is default.</summary>
    public static void MultiplyTwo(Engine engine, in MatrixView a, in MatrixView b, in MatrixView p, in MatrixView q, in MatrixView c, bool accumulate)
    {
        if (c.Rows == 0 || c.Columns == 0) return;
        if (c.DType == DType.BF16)
        {
            ThroughF32(engine, a, b, p, q, c, accumulate);
            return;
        }
        MultiplyF32(engine, a, b, c, accumulate);
        if (p.Pointer is not null) MultiplyF32(engine, p, q, c, accumulate: true);
    }

    private static void MultiplyF32(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        if (b.Quantized is not null)
        {
            if (QuantizedGemv.Takes(a, b)) QuantizedGemv.Multiply(engine, a, b, c, accumulate);
            else Blocked(engine, a, b, c, accumulate);
        }
        else if (c.Rows <= GemmSkinny.MostRows) GemmSkinny.Multiply(engine, a, b, c, accumulate);
        else if (c.Columns <= GemmSkinny.MostRows) GemmSkinny.Multiply(engine, b.T, a.T, c.T, accumulate);
        else Blocked(engine, a, b, c, accumulate);
    }

    // C in BF16 is summed in F32 and rounded once.
    private static void ThroughF32(Engine engine, in MatrixView a, in MatrixView b, in MatrixView p, in MatrixView q, in MatrixView c, bool accumulate)
    {
        var block = engine.Pool.Rent((long)c.Rows * c.Columns * sizeof(float));
        try
        {
            var wide = new MatrixView(block.Pointer, DType.F32, c.Rows, c.Columns, c.Columns);
            if (accumulate) engine.For(new WidenKernel { From = c, To = wide }, c.Rows, 16);
            MultiplyTwo(engine, a, b, p, q, wide, accumulate);
            engine.For(new NarrowKernel { From = wide, To = c }, c.Rows, 16);
        }
        finally
        {
            engine.Pool.Return(block);
        }
    }

    private static void Blocked(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        int M = c.Rows, N = c.Columns, K = a.Columns;
        int stripsA = Divide(M, GemmTile.Rows);
        int blockColumns = Even(N, BlockColumns);
        int depthMost = Math.Min(Depth, Math.Max(K, 1));
        long bytesA = (long)stripsA * GemmTile.Rows * depthMost * sizeof(float);
        long bytesB = (long)blockColumns * depthMost * sizeof(float);
        var workspace = engine.Pool.Rent(bytesA + bytesB);
        try
        {
            var job = new Job
            {
                A = a, B = b, C = c,
                PackedA = (float*)workspace.Pointer,
                PackedB = (float*)(workspace.Pointer + bytesA),
                StripsA = stripsA,
            };
            for (int n0 = 0; n0 < N; n0 += blockColumns)
            {
                job.FirstColumn = n0;
                job.ColumnCount = Math.Min(blockColumns, N - n0);
                job.ColumnsPerChunk = Even(job.ColumnCount, StripsPerChunk * GemmTile.Columns);
                int stripsB = Divide(job.ColumnCount, GemmTile.Columns);
                int k0 = 0;
                do
                {
                    job.FirstK = k0;
                    job.Depth = Math.Min(Depth, K - k0);
                    job.Accumulate = accumulate || k0 > 0;
                    if (b.Quantized is null) engine.For(new PackKernel { Job = job }, stripsB + Divide(stripsA, PackKernel.StripsOfA), 1);
                    else PackQuantized(engine, job);
                    job.ChunkColumns = Divide(job.ColumnCount, job.ColumnsPerChunk);
                    engine.For(new TileKernel { Job = job }, (long)Divide(M, RowsPerChunk) * job.ChunkColumns, 1);
                    k0 += Depth;
                }
                while (k0 < K);
            }
        }
        finally
        {
            engine.Pool.Return(workspace);
        }
    }

    private static void PackQuantized(Engine engine, in Job job)
    {
        engine.For(new PackKernel { Job = job with { ColumnCount = 0 } }, Divide(job.StripsA, PackKernel.StripsOfA), 1);
        var quantized = new QuantizedPacking
        {
            Weight = *job.B.Quantized,
            FirstColumn = job.FirstColumn,
            ColumnCount = job.ColumnCount,
            FirstK = job.FirstK,
            Depth = job.Depth,
            Panels = job.PackedB,
        };
        if (job.B.IsTransposed) engine.For(new PackQuantizedAlongK { Packing = quantized }, Divide(job.ColumnCount, GemmTile.Columns), 1);
        else engine.For(new PackQuantizedAcrossK { Packing = quantized }, job.Depth, PackQuantizedAcrossK.RowGrain);
    }

    private static int Divide(int n, int by) => (n + by - 1) / by;

    // The width of equal pieces of at most this many columns, in whole tiles: a narrow last piece would be packed and waited for like a wide one.
    private static int Even(int columns, int most) => Divide(Divide(columns, GemmTile.Columns), Divide(columns, most)) * GemmTile.Columns;

    private struct Job
    {
        public MatrixView A, B, C;
        public float* PackedA, PackedB;
        public int StripsA, FirstColumn, ColumnCount, FirstK, Depth, ChunkColumns, ColumnsPerChunk;
        public bool Accumulate;
    }

    // Items: the strips of B first, then groups of strips of A.
    private struct PackKernel : IRangeKernel
    {
        public const int StripsOfA = 8;

        public Job Job;

        public readonly void Run(long start, long end, int worker)
        {
            int stripsB = Divide(Job.ColumnCount, GemmTile.Columns);
            for (int item = (int)start; item < (int)end; item++)
            {
                if (item < stripsB)
                {
                    int n = item * GemmTile.Columns;
                    Pack(Job.B.T, Job.FirstColumn + n, Math.Min(GemmTile.Columns, Job.ColumnCount - n), Job.FirstK, Job.Depth, GemmTile.Columns,
                        Job.PackedB + (nint)n * Job.Depth);
                }
                else
                {
                    int first = (item - stripsB) * StripsOfA;
                    for (int strip = first; strip < Math.Min(first + StripsOfA, Job.StripsA); strip++)
                    {
                        int m = strip * GemmTile.Rows;
                        Pack(Job.A, m, Math.Min(GemmTile.Rows, Job.A.Rows - m), Job.FirstK, Job.Depth, GemmTile.Rows, Job.PackedA + (nint)m * Job.Depth);
                    }
                }
            }
        }

        // x: vectors × k
        private static void Pack(in MatrixView x, int first, int count, int k0, int depth, int width, float* panel)
        {
            if (x.DType == DType.F32) Pack<F32>(x, first, count, k0, depth, width, panel);
            else Pack<BF16>(x, first, count, k0, depth, width, panel);
        }

        private static void Pack<T>(in MatrixView x, int first, int count, int k0, int depth, int width, float* panel) where T : unmanaged, IStorage
        {
            long at = x.IsTransposed ? k0 * x.RowStride + first : first * x.RowStride + k0;
            void* source = x.Pointer + at * x.DType.Size();
            if (x.IsTransposed) GemmPanels.PackAcrossK<T>(source, x.RowStride, count, depth, width, panel);
            else GemmPanels.PackAlongK<T>(source, x.RowStride, count, depth, width, width, panel);
        }
    }

    private struct TileKernel : IRangeKernel
    {
        public Job Job;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            for (long chunk = start; chunk < end; chunk++)
            {
                int firstRow = (int)(chunk / Job.ChunkColumns) * RowsPerChunk;
                int firstColumn = (int)(chunk % Job.ChunkColumns) * Job.ColumnsPerChunk;
                int endRow = Math.Min(firstRow + RowsPerChunk, Job.C.Rows);
                int endColumn = Math.Min(firstColumn + Job.ColumnsPerChunk, Job.ColumnCount);
                for (int n = firstColumn; n < endColumn; n += GemmTile.Columns)
                    for (int m = firstRow; m < endRow; m += GemmTile.Rows)
                        Tile(m, n, Math.Min(GemmTile.Rows, Job.C.Rows - m), Math.Min(GemmTile.Columns, Job.ColumnCount - n));
            }
        }

        private readonly void Tile(int m, int n, int rows, int columns)
        {
            float* a = Job.PackedA + (nint)m * Job.Depth;
            float* b = Job.PackedB + (nint)n * Job.Depth;
            nint stride = (nint)Job.C.RowStride;
            float* c = (float*)Job.C.Pointer + m * stride + Job.FirstColumn + n;
            if (rows == GemmTile.Rows && columns == GemmTile.Columns)
            {
                GemmTile.Full(a, b, Job.Depth, c, stride, Job.Accumulate);
                return;
            }

            // at an edge: whole 16-column pieces, the last through a buffer so that nothing beyond C is touched
            float* edge = stackalloc float[GemmTile.Rows * Lanes.Count];
            for (int j = 0; j < columns; j += Lanes.Count)
            {
                int width = Math.Min(Lanes.Count, columns - j);
                if (rows == GemmTile.Rows && width == Lanes.Count)
                {
                    GemmTile.Narrow(a, b + j, Job.Depth, c + j, stride, Job.Accumulate);
                    continue;
                }
                if (Job.Accumulate)
                    for (int r = 0; r < rows; r++)
                        for (int i = 0; i < width; i++)
                            edge[r * Lanes.Count + i] = c[r * stride + j + i];
                GemmTile.Narrow(a, b + j, Job.Depth, edge, Lanes.Count, Job.Accumulate);
                for (int r = 0; r < rows; r++)
                    for (int i = 0; i < width; i++)
                        c[r * stride + j + i] = edge[r * Lanes.Count + i];
            }
        }
    }

    private struct WidenKernel : IRangeKernel
    {
        public MatrixView From, To;

        public readonly void Run(long start, long end, int worker)
        {
            for (nint r = (nint)start; r < (nint)end; r++)
                for (int i = 0; i < From.Columns; i++)
                    F32.Set(To.Pointer, r * (nint)To.RowStride + i, BF16.Get(From.Pointer, r * (nint)From.RowStride + i));
        }
    }

    private struct NarrowKernel : IRangeKernel
    {
        public MatrixView From, To;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint from = r * (nint)From.RowStride, to = r * (nint)To.RowStride;
                int i = 0;
                for (; i <= From.Columns - Lanes.Count; i += Lanes.Count) BF16.Store(To.Pointer, to + i, F32.Load(From.Pointer, from + i));
                for (; i < From.Columns; i++) BF16.Set(To.Pointer, to + i, F32.Get(From.Pointer, from + i));
            }
        }
    }
}
