namespace RadLab.Compute;

internal static unsafe partial class Gemm
{
    private static void Pack(Engine engine, in Job job)
    {
        int strips = Divide(job.ColumnCount, GemmTile.Columns), groups = Divide(job.StripsA, PackKernel.StripsOfA);
        if (job.B.Quantized is null)
        {
            engine.For(new PackKernel { Job = job, StripsB = strips }, strips + groups, 1);
            return;
        }
        if (job.Block.DepthTwo == 0) strips = 0;
        engine.For(new PackKernel { Job = job, StripsB = strips }, strips + groups, 1);
        if (job.Block.Depth == 0) return;
        var quantized = new QuantizedPacking
        {
            Weight = *job.B.Quantized,
            FirstColumn = job.FirstColumn,
            ColumnCount = job.ColumnCount,
            FirstK = job.Block.Start,
            Depth = job.Block.Depth,
            Panels = job.PackedB,
            PanelDepth = job.Block.Total,
        };
        if (job.B.IsTransposed) engine.For(new PackQuantizedAlongK { Packing = quantized }, Divide(job.ColumnCount, GemmTile.Columns), 1);
        else engine.For(new PackQuantizedAcrossK { Packing = quantized }, job.Block.Depth, PackQuantizedAcrossK.RowGrain);
    }

    // Items: the strips of B first, then groups of strips of A. Behind the k of the first product a panel has those of the second.
    private struct PackKernel : IRangeKernel
    {
        public const int StripsOfA = 8;

        public Job Job;
        public int StripsB;

        public readonly void Run(long start, long end, int worker)
        {
            var block = Job.Block;
            for (int item = (int)start; item < (int)end; item++)
            {
                if (item < StripsB)
                {
                    int n = item * GemmTile.Columns, count = Math.Min(GemmTile.Columns, Job.ColumnCount - n);
                    float* panel = Job.PackedB + (nint)n * block.Total;
                    if (Job.B.Quantized is null) Pack(Job.B.T, Job.FirstColumn + n, count, block.Start, block.Depth, GemmTile.Columns, block.Total, panel);
                    Pack(Job.Q.T, Job.FirstColumn + n, count, block.StartTwo, block.DepthTwo, GemmTile.Columns, block.Total, panel + (nint)block.Depth * GemmTile.Columns);
                }
                else
                {
                    int m = (item - StripsB) * StripsOfA * GemmTile.Rows, count = Math.Min(StripsOfA * GemmTile.Rows, Job.A.Rows - m);
                    float* panel = Job.PackedA + (nint)m * block.Total;
                    Pack(Job.A, m, count, block.Start, block.Depth, GemmTile.Rows, block.Total, panel);
                    Pack(Job.P, m, count, block.StartTwo, block.DepthTwo, GemmTile.Rows, block.Total, panel + (nint)block.Depth * GemmTile.Rows);
                }
            }
        }

        // x: vectors × k, as many as lie in strips of this width, whose panels are panelDepth rows of k apart
        private static void Pack(in MatrixView x, int first, int count, int k0, int depth, int width, int panelDepth, float* panel)
        {
            if (depth == 0) return;
            if (x.DType == DType.F32) Pack<F32>(x, first, count, k0, depth, width, panelDepth, panel);
            else Pack<BF16>(x, first, count, k0, depth, width, panelDepth, panel);
        }

        private static void Pack<T>(in MatrixView x, int first, int count, int k0, int depth, int width, int panelDepth, float* panel) where T : unmanaged, IStorage
        {
            nint pitch = (nint)panelDepth * width;
            if (x.IsTransposed)
            {
                GemmPanels.PackAcrossK<T>(x.Pointer + (k0 * x.RowStride + first) * x.DType.Size(), x.RowStride, count, depth, width, pitch, panel);
                return;
            }
            for (int j = 0; j < count; j += width, panel += pitch)
                GemmPanels.PackAlongK<T>(x.Pointer + ((first + j) * x.RowStride + k0) * x.DType.Size(), x.RowStride, Math.Min(width, count - j), depth, width, width, panel);
        }
    }
}
