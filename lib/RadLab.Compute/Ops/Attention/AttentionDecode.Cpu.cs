using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static class AttentionDecodeKernels
{
    private const long GrainProducts = 12 * 1024;

    public static unsafe void Forward(Tensor q, Tensor keys, Tensor values, Tensor positions, Tensor? rows, int last, Tensor y)
    {
        using var lq = q.Acquire();
        using var lk = keys.Acquire();
        using var lv = values.Acquire();
        using var lp = positions.Acquire();
        using var lr = (rows ?? positions).Acquire();
        using var ly = y.Acquire();
        var (engine, D) = (q.Engine, q.Shape[3]);
        var (K, T) = (keys.Shape[1], q.Shape[1]);
        int group = q.Shape[2] / K, queries = T * group, blocks = (queries + AttentionDecodeBlock.Rows - 1) / AttentionDecodeBlock.Rows;
        var a = new AttentionDecodeArguments
        {
            Q = lq.Pointer, Y = ly.Pointer, Keys = lk.Pointer, Values = lv.Pointer, Positions = lp.I32, Rows = rows is null ? null : lr.I32,
            Width = (D + Lanes.Count - 1) / Lanes.Count * Lanes.Count, T = T, G = group, K = K, P = keys.Shape[2], D = D, Queries = queries, Blocks = blocks, Scale = 1f / MathF.Sqrt(D),
        };
        long items = (long)q.Shape[0] * K * blocks;
        long grain = GrainProducts / ((last + 1L) * D * Math.Clamp(queries, 1, AttentionDecodeBlock.Rows));   // the cut never touches a result
        switch (q.DType, keys.DType)
        {
            case (DType.F32, DType.F32): engine.For(new AttentionDecodeKernel<F32, F32> { A = a }, items, grain); break;
            case (DType.F32, DType.BF16): engine.For(new AttentionDecodeKernel<F32, BF16> { A = a }, items, grain); break;
            case (DType.BF16, DType.F32): engine.For(new AttentionDecodeKernel<BF16, F32> { A = a }, items, grain); break;
            default: engine.For(new AttentionDecodeKernel<BF16, BF16> { A = a }, items, grain); break;
        }
    }
}

internal unsafe struct AttentionDecodeArguments
{
    public void* Q, Y, Keys, Values;
    public int* Positions, Rows;
    public int T, G, K, P, D;

    /// <summary>D rounded up to whole vectors.</summary>
    public int Width;

    /// <summary>T*G query rows share a key head; <see cref="Blocks"/> blocks of four.</summary>
    public int Queries, Blocks;

    public float Scale;
}

/// <summary>One item is one block of up to four query rows of one key head: token r / G, head r % G of the group.</summary>
internal unsafe struct AttentionDecodeKernel<TQ, TC> : IRangeKernel where TQ : unmanaged, IStorage where TC : unmanaged, IStorage
{
    private const int Rows = AttentionDecodeBlock.Rows;
    private const int TileKeys = AttentionDecodeBlock.TileKeys;

    public AttentionDecodeArguments A;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long start, long end, int worker)
    {
        int width = A.Width;
        float* q = stackalloc float[Rows * Ops.MaxHeadWidth];   // rows of width floats, filled with zeros
        float* y = stackalloc float[Rows * Ops.MaxHeadWidth];
        float* p = stackalloc float[Rows * TileKeys];
        float* sums = stackalloc float[Rows * Lanes.Count];
        float* max = stackalloc float[Rows];
        int* last = stackalloc int[Rows];
        for (long item = start; item < end; item++)
        {
            int first = (int)(item % A.Blocks) * Rows, count = Math.Min(Rows, A.Queries - first);
            int head = (int)(item / A.Blocks), b = head / A.K, kvHead = head % A.K;
            nint cache = ((nint)(A.Rows == null ? b : A.Rows[b]) * A.K + kvHead) * A.P * A.D;
            int seen = 0;
            int computed = count == 1 ? 1 : Rows;   // of four, what is not there stays zero
            new Span<float>(q, computed * width).Clear();
            new Span<float>(y, computed * width).Clear();
            new Span<float>(sums, Rows * Lanes.Count).Clear();
            for (int r = 0; r < count; r++)
            {
                LoadQuery(Query(b, kvHead, first + r), q + r * width);
                max[r] = float.MinValue;
                last[r] = A.Positions[b * A.T + (first + r) / A.G];
                seen = Math.Max(seen, last[r] + 1);
            }

            for (int key = 0; key < seen; key += TileKeys)
            {
                int keys = Math.Min(TileKeys, seen - key);
                nint at = cache + (nint)key * A.D;
                if (count == 1) AttentionDecodeBlock.ScoresOfOne<TC>(q, A.Keys, at, A.D, keys, p);
                else AttentionDecodeBlock.ScoresOfFour<TC>(q, width, A.Keys, at, A.D, keys, p);
                for (int r = 0; r < count; r++) AttentionDecodeBlock.Advance(p + r * TileKeys, last[r] + 1 - key, keys, max + r, sums + r * Lanes.Count, y + r * width, A.D);
                if (count == 1) AttentionDecodeBlock.AddToOne<TC>(p, A.Values, at, A.D, keys, y);
                else AttentionDecodeBlock.AddToFour<TC>(p, A.Values, at, A.D, keys, y, width);
            }
            for (int r = 0; r < count; r++) StoreResult(y + r * width, 1f / Lanes.Sum(Vector512.Load(sums + r * Lanes.Count)), Query(b, kvHead, first + r));
        }
    }

    private readonly nint Query(int b, int kvHead, int row) => (((nint)b * A.T + row / A.G) * A.K * A.G + kvHead * A.G + row % A.G) * A.D;

    private readonly void LoadQuery(nint at, float* q)
    {
        var scale = Vector512.Create(A.Scale);
        int d = 0;
        for (; d <= A.D - Lanes.Count; d += Lanes.Count) (TQ.Load(A.Q, at + d) * scale).Store(q + d);
        if (d < A.D) (Lanes.LoadTail<TQ>(A.Q, at + d, A.D - d) * scale).Store(q + d);
    }

    private readonly void StoreResult(float* y, float factor, nint at)
    {
        var f = Vector512.Create(factor);
        int d = 0;
        for (; d <= A.D - Lanes.Count; d += Lanes.Count) TQ.Store(A.Y, at + d, Vector512.Load(y + d) * f);
        if (d < A.D) Lanes.StoreTail<TQ>(A.Y, at + d, Vector512.Load(y + d) * f, A.D - d);
    }
}
