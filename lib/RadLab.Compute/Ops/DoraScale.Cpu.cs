using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class DoraScaleKernels
{
    private const int RowGrain = 8;

    /// <summary>inverse[o] = 1 / |w[o,:] + scale b[o,:] a|, 0 for a norm of 0. The weight is one of <paramref name="plain"/> and <paramref name="quantized"/>.</summary>
    public static void InverseNorms(Tensor plain, QuantizedWeight? quantized, Tensor a, Tensor b, float scale, Tensor inverse)
    {
        using var la = a.Acquire();
        using var lb = b.Acquire();
        Norms(plain, quantized, new NormArguments { A = la.F32, B = lb.F32, R = a.Shape[0], Scale = scale, Invert = true }, inverse);
    }

    /// <summary>norms[o] = |w[o,:]|</summary>
    public static void RowNorms(Tensor plain, QuantizedWeight? quantized, Tensor norms) => Norms(plain, quantized, default, norms);

    private static void Norms(Tensor plain, QuantizedWeight? quantized, NormArguments k, Tensor norms)
    {
        using var ln = norms.Acquire();
        k.Norms = ln.F32;
        var engine = norms.Engine;
        if (quantized is null)
        {
            using var lw = plain.Acquire();
            k.Weight = lw.Pointer;
            k.C = plain.Shape[1];
            if (plain.DType == DType.F32) engine.For(new NormKernel<F32> { K = k }, norms.Count, RowGrain);
            else engine.For(new NormKernel<BF16> { K = k }, norms.Count, RowGrain);
            return;
        }
        using var lq = quantized.Acquire();
        k.Quantized = quantized.View;
        k.IsQuantized = true;
        k.C = quantized.Shape[1];
        k.RowSize = k.C + Lanes.Count;   // a row that begins within a pair of codes needs one place more
        using var rows = engine.Empty([engine.Threads, k.RowSize]);
        using var lr = rows.Acquire();
        k.Rows = lr.F32;
        engine.For(new NormKernel<F32> { K = k }, norms.Count, RowGrain);
    }

    /// <summary>gain = magnitude * inverse</summary>
    public static void Gain(Tensor magnitude, Tensor inverse, Tensor gain) => ElementwiseKernels.Map(new MulMap(), magnitude, inverse, gain);

    /// <summary>y[t,o] (+)= x[t,o] * gain[o]</summary>
    public static void ScaleColumns(Tensor x, Tensor gain, Tensor y, bool fresh)
    {
        using var lx = x.Acquire();
        using var lg = gain.Acquire();
        using var ly = y.Acquire();
        int O = x.Shape.Last;
        long grain = ElementwiseKernels.Grain / Math.Max(1, O);
        switch (x.DType, y.DType)
        {
            case (DType.F32, DType.F32): x.Engine.For(new ScaleKernel<F32, F32>(lx.Pointer, lg.F32, ly.Pointer, O, fresh), x.Shape.Rows, grain); break;
            case (DType.F32, DType.BF16): x.Engine.For(new ScaleKernel<F32, BF16>(lx.Pointer, lg.F32, ly.Pointer, O, fresh), x.Shape.Rows, grain); break;
            case (DType.BF16, DType.F32): x.Engine.For(new ScaleKernel<BF16, F32>(lx.Pointer, lg.F32, ly.Pointer, O, fresh), x.Shape.Rows, grain); break;
            default: x.Engine.For(new ScaleKernel<BF16, BF16>(lx.Pointer, lg.F32, ly.Pointer, O, fresh), x.Shape.Rows, grain); break;
        }
    }

    /// <summary>dm[o] += inverse[o] * sum_t dy[t,o] x[t,o]</summary>
    public static void BackwardMagnitude(Engine engine, Tensor dy, Tensor x, Tensor inverse, Tensor dm)
    {
        using var sums = engine.Zeros(inverse.Shape);
        ColumnSums.Add(new ProductTerm(), dy, x, sums);
        ElementwiseKernels.Map(new MulMap(), sums, inverse, dm, add: true);
    }

    private readonly struct ProductTerm : IRowTerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> AddTo(Vector512<float> sum, Vector512<float> dy, Vector512<float> x, nint row) => Vector512.FusedMultiplyAdd(dy, x, sum);
    }

    private struct NormArguments
    {
        public void* Weight;
        public QuantizedView Quantized;
        public bool IsQuantized, Invert;
        public float* A, B, Norms, Rows;
        public int C, R, RowSize;
        public float Scale;
    }

    private struct NormKernel<T> : IRangeKernel where T : unmanaged, IStorage
    {
        public NormArguments K;

        public readonly void Run(long start, long end, int worker)
        {
            for (long o = start; o < end; o++)
            {
                float norm = K.IsQuantized
                    ? Norm(K.Quantized.Dequantize(o * K.C, K.C, K.Rows + (nint)worker * K.RowSize), 0, o)
                    : Norm(K.Weight, (nint)o * K.C, o);
                K.Norms[o] = !K.Invert ? norm : norm == 0 ? 0 : 1 / norm;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly float Norm(void* w, nint first, long o)
        {
            var squares = Vector512<float>.Zero;
            int C = K.C, R = K.R, c = 0;
            float* b = K.B + o * R;
            for (; c <= C - Lanes.Count; c += Lanes.Count)
            {
                var v = T.Load(w, first + c);
                for (int r = 0; r < R; r++) v = Vector512.FusedMultiplyAdd(Vector512.Create(K.Scale * b[r]), Vector512.Load(K.A + (nint)r * C + c), v);
                squares = Vector512.FusedMultiplyAdd(v, v, squares);
            }
            if (c < C)
            {
                var v = Lanes.LoadTail<T>(w, first + c, C - c);
                for (int r = 0; r < R; r++) v = Vector512.FusedMultiplyAdd(Vector512.Create(K.Scale * b[r]), Lanes.LoadTail<F32>(K.A, (nint)r * C + c, C - c), v);
                squares = Vector512.FusedMultiplyAdd(v, v, squares);
            }
            return MathF.Sqrt(Lanes.Sum(squares));
        }
    }

    private readonly struct ScaleKernel<TX, TY>(void* x, float* gain, void* y, int O, bool fresh) : IRangeKernel
        where TX : unmanaged, IStorage where TY : unmanaged, IStorage
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long start, long end, int worker)
        {
            for (nint t = (nint)start; t < (nint)end; t++)
            {
                nint row = t * O;
                int o = 0;
                for (; o <= O - Lanes.Count; o += Lanes.Count)
                {
                    var v = TX.Load(x, row + o) * Vector512.Load(gain + o);
                    TY.Store(y, row + o, fresh ? v : TY.Load(y, row + o) + v);
                }
                if (o == O) continue;
                var last = Lanes.LoadTail<TX>(x, row + o, O - o) * Lanes.LoadTail<F32>(gain, o, O - o);
                Lanes.StoreTail<TY>(y, row + o, fresh ? last : Lanes.LoadTail<TY>(y, row + o, O - o) + last, O - o);
            }
        }
    }
}
