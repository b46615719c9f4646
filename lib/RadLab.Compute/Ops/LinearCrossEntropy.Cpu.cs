namespace RadLab.Compute;

/// <summary>A weight (V, C) as the fused loss sees it, in any storage: the two products with it.</summary>
internal interface IOutputHead
{
    int V { get; }

    /// <summary>logits = x · headᵀ for some rows of x.</summary>
    void Logits(Engine engine, in MatrixView x, in MatrixView logits);

    /// <summary>dx = dlogits · head for the same rows.</summary>
    void InputGradient(Engine engine, in MatrixView dlogits, in MatrixView dx);
}

/// <summary>A head in plain F32 or BF16 memory.</summary>
internal readonly unsafe struct DenseHead(void* pointer, DType dtype, int v, int c) : IOutputHead
{
    private readonly MatrixView _weight = new(pointer, dtype, v, c, c);

    public int V => _weight.Rows;

    public void Logits(Engine engine, in MatrixView x, in MatrixView logits) => Gemm.Multiply(engine, x, _weight.T, logits, accumulate: false);

    public void InputGradient(Engine engine, in MatrixView dlogits, in MatrixView dx) => Gemm.Multiply(engine, dlogits, _weight, dx, accumulate: false);
}

internal static unsafe class LinearCrossEntropyKernels
{
    private const long WorkspaceBytes = 16L << 20;

    /// <param name="shares">(N), 0 for rows that do not count</param>
    /// <param name="dx">Like x, or none when not wanted</param>
    /// <param name="dhead">(V, C) F32, or none when not wanted</param>
    public static void Run(Tensor x, Tensor head, Tensor labels, Tensor shares, int counted, Tensor dx, Tensor dhead, Tensor loss)
    {
        using var lw = head.Acquire();
        Run(new DenseHead(lw.Pointer, head.DType, head.Shape[0], head.Shape[1]), x, labels, shares, counted, dx, dhead, loss);
    }

    /// <summary>The loop over chunks, for a head in any storage.</summary>
    public static void Run<THead>(in THead head, Tensor x, Tensor labels, Tensor shares, int counted, Tensor dx, Tensor dhead, Tensor loss) where THead : struct, IOutputHead
    {
        var engine = x.Engine;
        int N = (int)labels.Count, C = x.Shape.Last, V = head.V;
        int most = Math.Min(counted, ChunkRows(V, C));
        bool wantsX = dx.IsAlive, wantsHead = dhead.IsAlive;

        using var losses = engine.Empty([N]);
        using var index = engine.Empty([counted], DType.I32);
        using var logits = engine.Empty([most, V]);
        using var gathered = counted < N ? engine.Empty([most, C], x.DType) : default;
        using var scattered = wantsX && counted < N ? engine.Empty([most, C], dx.DType) : default;
        FillIndex(shares, index);
        if (wantsX && counted < N) dx.Clear();

        using var lx = x.Acquire();
        using var ll = labels.Acquire();
        using var ls = shares.Acquire();
        using var lz = logits.Acquire();
        using var lo = losses.Acquire();
        using var li = index.Acquire();
        for (int first = 0; first < counted; first += most)
        {
            int n = Math.Min(most, counted - first);
            int* rows = li.I32 + first;
            bool inPlace = rows[n - 1] - rows[0] == n - 1;   // no gap between these rows: no copies

            var input = inPlace ? RowsOf(x, rows[0], n) : Gather(x, rows, n, gathered);
            var scores = new MatrixView(lz.Pointer, DType.F32, n, V, V);
            head.Logits(engine, input, scores);
            engine.For(new RowKernel(lz.F32, rows, ll.I32, ls.F32, lo.F32, V, wantsX || wantsHead), n, CrossEntropyKernels.Grain(V));

            if (wantsHead) Gemm.Multiply(engine, scores.T, input, RowsOf(dhead, 0, V), accumulate: first > 0);
            if (!wantsX) continue;
            if (inPlace) head.InputGradient(engine, scores, RowsOf(dx, rows[0], n));
            else
            {
                head.InputGradient(engine, scores, RowsOf(scattered, 0, n));
                Scatter(scattered, rows, n, dx);
            }
        }
        using var ly = loss.Acquire();
        *ly.F32 = LabelShares.Mean(ls.F32, lo.F32, N);
    }

    /// <summary>Rows per chunk, from the shapes alone: whole groups of 8 for the product's tiles.</summary>
    internal static int ChunkRows(int V, int C)
    {
        long rows = Math.Max(1, WorkspaceBytes / sizeof(float) / Math.Max(1, Math.Max(V, C)));
        return (int)(rows >= 8 ? rows & ~7L : rows);
    }

    private static void FillIndex(Tensor shares, Tensor index)
    {
        var from = shares.AsSpan<float>();
        var to = index.AsSpan<int>();
        int k = 0;
        for (int i = 0; i < from.Length; i++)
            if (from[i] != 0) to[k++] = i;
    }

    // Both tensors are workspaces or leased by the caller for the whole loop.
    private static MatrixView RowsOf(Tensor t, int first, int n)
    {
        using var lease = t.Acquire();
        int C = t.Shape.Last;
        return new MatrixView(lease.Pointer + (long)first * C * t.DType.Size(), t.DType, n, C, C);
    }

    private static MatrixView Gather(Tensor x, int* rows, int n, Tensor buffer)
    {
        var (from, to) = (RowsOf(x, 0, n), RowsOf(buffer, 0, n));
        long bytes = (long)from.Columns * x.DType.Size();
        for (int k = 0; k < n; k++) Buffer.MemoryCopy(from.Pointer + rows[k] * bytes, to.Pointer + k * bytes, bytes, bytes);
        return to;
    }

    private static void Scatter(Tensor buffer, int* rows, int n, Tensor dx)
    {
        var (from, to) = (RowsOf(buffer, 0, n), RowsOf(dx, 0, n));
        long bytes = (long)from.Columns * dx.DType.Size();
        for (int k = 0; k < n; k++) Buffer.MemoryCopy(from.Pointer + k * bytes, to.Pointer + rows[k] * bytes, bytes, bytes);
    }

    // The loss of each row of the chunk and, where a gradient is wanted, the logits turned into their gradient.
    private readonly struct RowKernel(float* logits, int* rows, int* labels, float* shares, float* losses, int V, bool gradient) : IRangeKernel
    {
        public void Run(long start, long end, int worker)
        {
            for (long k = start; k < end; k++)
            {
                int row = rows[k], label = labels[row];
                nint at = (nint)k * V;
                losses[row] = CrossEntropyKernels.Loss<F32>(logits, at, V, label, out float max, out float inverse);
                if (gradient) CrossEntropyKernels.Gradient<F32, F32>(logits, at, V, label, max, inverse, shares[row], logits, fresh: true);
            }
        }
    }
}
