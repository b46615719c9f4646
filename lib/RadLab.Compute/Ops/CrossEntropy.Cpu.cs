using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class CrossEntropyKernels
{
    private const int GrainElements = 8 * 1024;

    /// <summary>Rows of logits per chunk.</summary>
    public static long Grain(int V) => GrainElements / Math.Max(1, V);

    /// <param name="rows">(3, N): shares on the way in; maxima and inverse sums are added.</param>
    public static void Forward(Tensor logits, Tensor labels, Tensor rows, Tensor loss)
    {
        var engine = logits.Engine;
        int n = (int)labels.Count, V = logits.Shape.Last;
        using var losses = engine.Empty([n]);
        using var ll = losses.Acquire();
        using var lx = logits.Acquire();
        using var lt = labels.Acquire();
        using var lr = rows.Acquire();
        using var ly = loss.Acquire();
        if (logits.DType == DType.F32) engine.For(new ForwardKernel<F32>(lx.Pointer, lt.I32, lr.F32, ll.F32, n, V), n, Grain(V));
        else engine.For(new ForwardKernel<BF16>(lx.Pointer, lt.I32, lr.F32, ll.F32, n, V), n, Grain(V));
        *ly.F32 = LabelShares.Mean(lr.F32, ll.F32, n);
    }

    public static void Backward(Tensor logits, Tensor labels, Tensor rows, Tensor dloss, Tensor dlogits, bool fresh)
    {
        using var lx = logits.Acquire();
        using var lt = labels.Acquire();
        using var lr = rows.Acquire();
        using var ldy = dloss.Acquire();
        using var ldx = dlogits.Acquire();
        int n = (int)labels.Count, V = logits.Shape.Last;
        float up = *ldy.F32;
        switch (logits.DType, dlogits.DType)
        {
            case (DType.F32, DType.F32): logits.Engine.For(new BackwardKernel<F32, F32>(lx.Pointer, lt.I32, lr.F32, ldx.Pointer, n, V, up, fresh), n, Grain(V)); break;
            case (DType.BF16, DType.F32): logits.Engine.For(new BackwardKernel<BF16, F32>(lx.Pointer, lt.I32, lr.F32, ldx.Pointer, n, V, up, fresh), n, Grain(V)); break;
            default: logits.Engine.For(new BackwardKernel<BF16, BF16>(lx.Pointer, lt.I32, lr.F32, ldx.Pointer, n, V, up, fresh), n, Grain(V)); break;
        }
    }

    /// <summary>log sum_v exp(x[v]) - x[label] of one row; <paramref name="inverse"/> is 1 / sum_v exp(x[v] - max).</summary>
    public static float Loss<T>(void* x, nint row, int V, int label, out float max, out float inverse) where T : unmanaged, IStorage
    {
        max = SoftmaxRow.Max<T>(x, row, V);
        float sum = SoftmaxRow.SumOfExp<T>(x, row, V, max);
        inverse = 1f / sum;
        return VectorMath.Log(sum) - (T.Get(x, row + label) - max);
    }

    /// <summary>d[v] (+)= k (softmax(x)[v] - [v = label]) of one row; d may be x when fresh.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient<T, TD>(void* x, nint row, int V, int label, float max, float inverse, float k, void* d, bool fresh)
        where T : unmanaged, IStorage where TD : unmanaged, IStorage
    {
        // the label's own element is written last, so that p - 1 is rounded once
        float old = fresh ? 0f : TD.Get(d, row + label);
        float atLabel = old + k * (VectorMath.Exp(T.Get(x, row + label) - max) * inverse - 1f);

        var vmax = Vector512.Create(max);
        var scale = Vector512.Create(inverse);
        var vk = Vector512.Create(k);
        int v = 0;
        for (; v <= V - Lanes.Count; v += Lanes.Count)
        {
            var g = VectorMath.Exp(T.Load(x, row + v) - vmax) * scale * vk;
            TD.Store(d, row + v, fresh ? g : TD.Load(d, row + v) + g);
        }
        if (v < V)
        {
            var g = VectorMath.Exp(Lanes.LoadTail<T>(x, row + v, V - v) - vmax) * scale * vk;
            Lanes.StoreTail<TD>(d, row + v, fresh ? g : Lanes.LoadTail<TD>(d, row + v, V - v) + g, V - v);
        }
        TD.Set(d, row + label, atLabel);
    }

    // rows holds three runs of n floats: shares, maxima, inverse sums
    private readonly struct ForwardKernel<T>(void* x, int* labels, float* rows, float* losses, int n, int V) : IRangeKernel where T : unmanaged, IStorage
    {
        public void Run(long start, long end, int worker)
        {
            for (nint i = (nint)start; i < (nint)end; i++)
            {
                if (rows[i] != 0) losses[i] = Loss<T>(x, i * V, V, labels[i], out rows[n + i], out rows[2 * (nint)n + i]);
            }
        }
    }

    private readonly struct BackwardKernel<T, TD>(void* x, int* labels, float* rows, void* d, int n, int V, float up, bool fresh) : IRangeKernel
        where T : unmanaged, IStorage where TD : unmanaged, IStorage
    {
        public void Run(long start, long end, int worker)
        {
            for (nint i = (nint)start; i < (nint)end; i++)
            {
                if (rows[i] != 0) Gradient<T, TD>(x, i * V, V, labels[i], rows[n + i], rows[2 * (nint)n + i], up * rows[i], d, fresh);
                else if (fresh) Zero(i * V);
            }
        }

        private void Zero(nint row)
        {
            int v = 0;
            for (; v <= V - Lanes.Count; v += Lanes.Count) TD.Store(d, row + v, Vector512<float>.Zero);
            for (; v < V; v++) TD.Set(d, row + v, 0f);
        }
    }
}
