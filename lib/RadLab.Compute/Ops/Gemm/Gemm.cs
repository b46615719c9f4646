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
    // An adapter's few k still ride along with the last block. Chunks are small enough that the last ones do not keep one thread waiting for the other.
    private const int Depth = 384, MostDepth = Depth + 32;
    private const int BlockColumns = 64 * GemmTile.Columns;
    private const int RowsPerChunk = 8 * GemmTile.Rows;
    private const int StripsPerChunk = 10;

    /// <summary>c = a·b, or c += a·b; operands in F32 or BF16, sums in F32.</summary>
    /// <param name="c">Not transposed.</param>
    public static void Multiply(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate) =>
        MultiplyTwo(engine, a, b, default, default, c, accumulate);

    /// <summary>c (+)= a·b + p·q, the second product added to the first in F32; no second product when p is default. A C in BF16 is summed in F32 and rounded once.</summary>
    public static void MultiplyTwo(Engine engine, in MatrixView a, in MatrixView b, in MatrixView p, in MatrixView q, in MatrixView c, bool accumulate)
    {
        if (c.Rows == 0 || c.Columns == 0) return;
        if (Math.Min(c.Rows, c.Columns) > GemmSkinny.MostRows)
        {
            Blocked(engine, a, b, p, q, c, accumulate);
            return;
        }
        if (c.DType == DType.BF16)
        {
            ThroughF32(engine, a, b, p, q, c, accumulate);
            return;
        }
        MultiplyNarrow(engine, a, b, c, accumulate);
        if (p.Pointer is not null) MultiplyNarrow(engine, p, q, c, accumulate: true);
    }

    private static void MultiplyNarrow(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        if (b.Quantized is not null)
        {
            if (QuantizedGemv.Takes(a, b)) QuantizedGemv.Multiply(engine, a, b, c, accumulate);
            else Blocked(engine, a, b, default, default, c, accumulate);
        }
        else if (c.Rows <= GemmSkinny.MostRows) GemmSkinny.Multiply(engine, a, b, c, accumulate);
        else GemmSkinny.Multiply(engine, b.T, a.T, c.T, accumulate);
    }

    // narrow C in BF16
    private static void ThroughF32(Engine engine, in MatrixView a, in MatrixView b, in MatrixView p, in MatrixView q, in MatrixView c, bool accumulate)
    {
        var block = engine.Pool.Rent((long)c.Rows * c.Columns * sizeof(float));
        try
        {
            var wide = new MatrixView(block.Pointer, DType.F32, c.Rows, c.Columns, c.Columns);
            if (accumulate) engine.For(new CopyKernel { From = c, To = wide }, c.Rows, 16);
            MultiplyTwo(engine, a, b, p, q, wide, accumulate);
            engine.For(new CopyKernel { From = wide, To = c }, c.Rows, 16);
        }
        finally
        {
            engine.Pool.Return(block);
        }
    }

    private static void Blocked(Engine engine, in MatrixView a, in MatrixView b, in MatrixView p, in MatrixView q, in MatrixView c, bool accumulate)
    {
        int M = c.Rows, N = c.Columns, K = a.Columns, R = p.Columns;
        int stripsA = Divide(M, GemmTile.Rows), blockColumns = Even(N, BlockColumns), deepest = 1;
        for (var block = KBlock.First(K, R); ; block = block.Next(K, R))
        {
            deepest = Math.Max(deepest, block.Total);
            if (block.IsLast(K, R)) break;
        }
        long bytesA = (long)stripsA * GemmTile.Rows * deepest * sizeof(float);
        long bytesB = (long)blockColumns * deepest * sizeof(float);
        // a C in BF16 waits in F32 from one block of k to the next
        bool waits = c.DType == DType.BF16 && !KBlock.First(K, R).IsLast(K, R);
        var workspace = engine.Pool.Rent(bytesA + bytesB + (waits ? (long)M * Math.Min(blockColumns, N) * sizeof(float) : 0));
        try
        {
            var job = new Job
            {
                A = a, B = b, P = p, Q = q,
                PackedA = (float*)workspace.Pointer,
                PackedB = (float*)(workspace.Pointer + bytesA),
                StripsA = stripsA,
            };
            for (int n0 = 0; n0 < N; n0 += blockColumns)
            {
                job.FirstColumn = n0;
                job.ColumnCount = Math.Min(blockColumns, N - n0);
                job.ColumnsPerChunk = Even(job.ColumnCount, StripsPerChunk * GemmTile.Columns);
                job.ChunkColumns = Divide(job.ColumnCount, job.ColumnsPerChunk);
                var target = new MatrixView(c.Pointer + n0 * c.DType.Size(), c.DType, M, job.ColumnCount, c.RowStride);
                var sums = waits ? new MatrixView(workspace.Pointer + bytesA + bytesB, DType.F32, M, job.ColumnCount, job.ColumnCount) : target;
                for (var block = KBlock.First(K, R); ; block = block.Next(K, R))
                {
                    bool last = block.IsLast(K, R);
                    (job.Block, job.From, job.To) = (block, block.IsFirst ? target : sums, last ? target : sums);
                    job.Accumulate = accumulate || !block.IsFirst;
                    Pack(engine, job);
                    engine.For(new TileKernel { Job = job }, (long)Divide(M, RowsPerChunk) * job.ChunkColumns, 1);
                    if (last) break;
                }
            }
        }
        finally
        {
            engine.Pool.Return(workspace);
        }
    }

    private static int Divide(int n, int by) => (n + by - 1) / by;

    // The width of equal pieces of at most this many columns, in whole tiles: a narrow last piece would be packed and waited for like a wide one.
    private static int Even(int columns, int most) => Divide(Divide(columns, GemmTile.Columns), Divide(columns, most)) * GemmTile.Columns;

    // One block of columns and of k. From and To begin at the block's first column.
    private struct Job
    {
        public MatrixView A, B, P, Q, From, To;
        public KBlock Block;
        public float* PackedA, PackedB;
        public int StripsA, FirstColumn, ColumnCount, ChunkColumns, ColumnsPerChunk;
        public bool Accumulate;
    }

    /// <summary>A stretch of the sum over k: of a·b from <paramref name="Start"/>, and behind it of p·q from <paramref name="StartTwo"/>.</summary>
    private readonly record struct KBlock(int Start, int Depth, int StartTwo, int DepthTwo)
    {
        public int Total => Depth + DepthTwo;

        public bool IsFirst => Start == 0 && StartTwo == 0;

        public static KBlock First(int K, int R) => default(KBlock).Next(K, R);

        public bool IsLast(int K, int R) => Start + Depth == K && StartTwo + DepthTwo == R;

        public KBlock Next(int K, int R)
        {
            int start = Start + Depth, startTwo = StartTwo + DepthTwo, depth = Math.Min(Gemm.Depth, K - start), left = R - startTwo;
            bool alone = depth == 0, along = start + depth == K && left <= MostDepth - depth;
            return new KBlock(start, depth, startTwo, alone ? Math.Min(Gemm.Depth, left) : along ? left : 0);
        }
    }
}
