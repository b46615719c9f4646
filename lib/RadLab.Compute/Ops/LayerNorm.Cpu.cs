using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class LayerNormKernels
{
    private const int RowGrain = 8;

    public static void Forward(Tensor x, Tensor w, Tensor b, float eps, Tensor y, Tensor mean, Tensor scale)
    {
        using var lx = x.Acquire();
        using var lw = w.Acquire();
        using var lb = b.Acquire();
        using var ly = y.Acquire();
        using var lm = mean.Acquire();
        using var ls = scale.Acquire();
        Dispatch(x, w, new Arguments { X = lx.Pointer, W = lw.Pointer, B = lb.Pointer, Y = ly.Pointer, Mean = lm.F32, Scale = ls.F32, C = x.Shape.Last, Eps = eps });
    }

    public static void BackwardInput(Tensor x, Tensor w, Tensor mean, Tensor scale, Tensor dy, Tensor dx, bool fresh)
    {
        using var lx = x.Acquire();
        using var lw = w.Acquire();
        using var lm = mean.Acquire();
        using var ls = scale.Acquire();
        using var ldy = dy.Acquire();
        using var ldx = dx.Acquire();
        Dispatch(x, w, new Arguments { X = lx.Pointer, W = lw.Pointer, Dx = ldx.Pointer, Dy = ldy.Pointer, Mean = lm.F32, Scale = ls.F32, C = x.Shape.Last, IsDxF32 = dx.DType == DType.F32, Fresh = fresh });
    }

    public static void BackwardWeight(Tensor x, Tensor mean, Tensor scale, Tensor dy, Tensor dw)
    {
        using var lm = mean.Acquire();
        using var ls = scale.Acquire();
        ColumnSums.Add(new WeightTerm(lm.F32, ls.F32), dy, x, dw);
    }

    public static void BackwardBias(Tensor dy, Tensor db) => ColumnSums.Add(new BiasTerm(), dy, dy, db);

    private struct Arguments
    {
        public void* X, W, B, Y, Dy, Dx;   // Dy null: forward
        public float* Mean, Scale;
        public int C;
        public float Eps;
        public bool IsDxF32, Fresh;
    }

    private static void Dispatch(Tensor x, Tensor w, in Arguments a)
    {
        var (engine, rows) = (x.Engine, x.Shape.Rows);
        switch (x.DType, w.DType)
        {
            case (DType.F32, DType.F32): Start<F32, F32>(engine, rows, a); break;
            case (DType.F32, DType.BF16): Start<F32, BF16>(engine, rows, a); break;
            case (DType.BF16, DType.F32): Start<BF16, F32>(engine, rows, a); break;
            default: Start<BF16, BF16>(engine, rows, a); break;
        }
    }

    private static void Start<TX, TW>(Engine engine, int rows, in Arguments a) where TX : unmanaged, IStorage where TW : unmanaged, IStorage
    {
        if (a.Dy == null) engine.For(new ForwardKernel<TX, TW> { A = a }, rows, RowGrain);
        else if (a.IsDxF32) engine.For(new InputKernel<TX, TW, F32> { A = a }, rows, RowGrain);
        else engine.For(new InputKernel<TX, TW, TX> { A = a }, rows, RowGrain);
    }

    private struct ForwardKernel<TX, TW> : IRangeKernel where TX : unmanaged, IStorage where TW : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            int C = A.C, full = C & ~(Lanes.Count - 1), rest = C - full;
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint row = r * C;
                var sum = Vector512<float>.Zero;
                for (int c = 0; c < full; c += Lanes.Count) sum += TX.Load(A.X, row + c);
                if (rest > 0) sum += Lanes.LoadTail<TX>(A.X, row + full, rest);
                float mean = Lanes.Sum(sum) / C;
                var vm = Vector512.Create(mean);

                var squares = Vector512<float>.Zero;
                for (int c = 0; c < full; c += Lanes.Count)
                {
                    var d = TX.Load(A.X, row + c) - vm;
                    squares = Vector512.FusedMultiplyAdd(d, d, squares);
                }
                if (rest > 0)
                {
                    // lanes past the end hold the mean: their distance from it is zero
                    var d = Lanes.LoadTail<TX>(A.X, row + full, rest, fill: mean) - vm;
                    squares = Vector512.FusedMultiplyAdd(d, d, squares);
                }
                float s = 1f / MathF.Sqrt(Lanes.Sum(squares) / C + A.Eps);
                A.Mean[r] = mean;
                A.Scale[r] = s;

                var vs = Vector512.Create(s);
                for (int c = 0; c < full; c += Lanes.Count)
                    TX.Store(A.Y, row + c, Vector512.FusedMultiplyAdd((TX.Load(A.X, row + c) - vm) * vs, TW.Load(A.W, c), TW.Load(A.B, c)));
                if (rest > 0)
                {
                    var n = (Lanes.LoadTail<TX>(A.X, row + full, rest) - vm) * vs;
                    Lanes.StoreTail<TX>(A.Y, row + full, Vector512.FusedMultiplyAdd(n, Lanes.LoadTail<TW>(A.W, full, rest), Lanes.LoadTail<TW>(A.B, full, rest)), rest);
                }
            }
        }
    }

    private struct InputKernel<TX, TW, TD> : IRangeKernel where TX : unmanaged, IStorage where TW : unmanaged, IStorage where TD : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            int C = A.C, full = C & ~(Lanes.Count - 1), rest = C - full;
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint row = r * C;
                var vm = Vector512.Create(A.Mean[r]);
                var vs = Vector512.Create(A.Scale[r]);
                var sum = Vector512<float>.Zero;        // sum_k g[k]
                var product = Vector512<float>.Zero;    // sum_k g[k] * n[k]
                for (int c = 0; c < full; c += Lanes.Count)
                {
                    var g = TX.Load(A.Dy, row + c) * TW.Load(A.W, c);
                    sum += g;
                    product = Vector512.FusedMultiplyAdd(g, (TX.Load(A.X, row + c) - vm) * vs, product);
                }
                if (rest > 0)
                {
                    var g = Lanes.LoadTail<TX>(A.Dy, row + full, rest) * Lanes.LoadTail<TW>(A.W, full, rest);
                    sum += g;
                    product = Vector512.FusedMultiplyAdd(g, (Lanes.LoadTail<TX>(A.X, row + full, rest) - vm) * vs, product);
                }

                var meanG = Vector512.Create(Lanes.Sum(sum) / C);
                var minusMeanGn = Vector512.Create(-(Lanes.Sum(product) / C));
                for (int c = 0; c < full; c += Lanes.Count)
                {
                    var d = TX.Load(A.Dy, row + c) * TW.Load(A.W, c) - meanG;
                    d = Vector512.FusedMultiplyAdd((TX.Load(A.X, row + c) - vm) * vs, minusMeanGn, d) * vs;
                    TD.Store(A.Dx, row + c, A.Fresh ? d : TD.Load(A.Dx, row + c) + d);
                }
                if (rest > 0)
                {
                    var d = Lanes.LoadTail<TX>(A.Dy, row + full, rest) * Lanes.LoadTail<TW>(A.W, full, rest) - meanG;
                    d = Vector512.FusedMultiplyAdd((Lanes.LoadTail<TX>(A.X, row + full, rest) - vm) * vs, minusMeanGn, d) * vs;
                    Lanes.StoreTail<TD>(A.Dx, row + full, A.Fresh ? d : Lanes.LoadTail<TD>(A.Dx, row + full, rest) + d, rest);
                }
            }
        }
    }

    private readonly struct WeightTerm(float* mean, float* scale) : IRowTerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> AddTo(Vector512<float> sum, Vector512<float> dy, Vector512<float> x, nint row) =>
            Vector512.FusedMultiplyAdd((x - Vector512.Create(mean[row])) * dy, Vector512.Create(scale[row]), sum);
    }

    private readonly struct BiasTerm : IRowTerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> AddTo(Vector512<float> sum, Vector512<float> dy, Vector512<float> x, nint row) => sum + dy;
    }
}
