using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class RmsNormKernels
{
    private const int RowGrain = 8;

    public static void Forward(Tensor x, Tensor w, float eps, Tensor y, Tensor scale)
    {
        using var lx = x.Acquire();
        using var lw = w.Acquire();
        using var ly = y.Acquire();
        using var ls = scale.Acquire();
        var arguments = new Arguments { X = lx.Pointer, W = lw.Pointer, Y = ly.Pointer, Scale = ls.F32, C = x.Shape.Last, Rows = x.Shape.Rows, Eps = eps };
        Dispatch(x.Engine, x.DType, w.DType, Pass.Forward, arguments);
    }

    public static void BackwardInput(Tensor x, Tensor w, Tensor scale, Tensor dy, Tensor dx, bool fresh)
    {
        using var lx = x.Acquire();
        using var lw = w.Acquire();
        using var ls = scale.Acquire();
        using var ldy = dy.Acquire();
        using var ldx = dx.Acquire();
        var arguments = new Arguments { X = lx.Pointer, W = lw.Pointer, Dx = ldx.Pointer, Dy = ldy.Pointer, Scale = ls.F32, C = x.Shape.Last, Rows = x.Shape.Rows, IsDxF32 = dx.DType == DType.F32, Fresh = fresh };
        Dispatch(x.Engine, x.DType, w.DType, Pass.Input, arguments);
    }

    public static void BackwardWeight(Tensor x, Tensor scale, Tensor dy, Tensor dw)
    {
        using var ls = scale.Acquire();
        ColumnSums.Add(new WeightTerm(ls.F32), dy, x, dw);
    }

    private enum Pass { Forward, Input }

    private struct Arguments
    {
        public void* X, W, Y, Dy, Dx;
        public float* Scale;
        public int C, Rows;
        public float Eps;
        public bool IsDxF32, Fresh;
    }

    private static void Dispatch(Engine engine, DType x, DType w, Pass pass, in Arguments a)
    {
        switch (x, w)
        {
            case (DType.F32, DType.F32): Start<F32, F32>(engine, pass, a); break;
            case (DType.F32, DType.BF16): Start<F32, BF16>(engine, pass, a); break;
            case (DType.BF16, DType.F32): Start<BF16, F32>(engine, pass, a); break;
            default: Start<BF16, BF16>(engine, pass, a); break;
        }
    }

    private static void Start<TX, TW>(Engine engine, Pass pass, in Arguments a) where TX : unmanaged, IStorage where TW : unmanaged, IStorage
    {
        if (pass == Pass.Forward) engine.For(new ForwardKernel<TX, TW> { A = a }, a.Rows, RowGrain);
        else if (a.IsDxF32) engine.For(new InputKernel<TX, TW, F32> { A = a }, a.Rows, RowGrain);
        else engine.For(new InputKernel<TX, TW, TX> { A = a }, a.Rows, RowGrain);
    }

    private struct ForwardKernel<TX, TW> : IRangeKernel where TX : unmanaged, IStorage where TW : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            int C = A.C;
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint row = r * C;
                var squares = Vector512<float>.Zero;
                int c = 0;
                for (; c <= C - Lanes.Count; c += Lanes.Count)
                {
                    var x = TX.Load(A.X, row + c);
                    squares = Vector512.FusedMultiplyAdd(x, x, squares);
                }
                if (c < C)
                {
                    var x = Lanes.LoadTail<TX>(A.X, row + c, C - c);
                    squares = Vector512.FusedMultiplyAdd(x, x, squares);
                }
                float s = 1f / MathF.Sqrt(Lanes.Sum(squares) / C + A.Eps);
                A.Scale[r] = s;

                var vs = Vector512.Create(s);
                for (c = 0; c <= C - Lanes.Count; c += Lanes.Count) TX.Store(A.Y, row + c, TX.Load(A.X, row + c) * vs * TW.Load(A.W, c));
                if (c < C) Lanes.StoreTail<TX>(A.Y, row + c, Lanes.LoadTail<TX>(A.X, row + c, C - c) * vs * Lanes.LoadTail<TW>(A.W, c, C - c), C - c);
            }
        }
    }

    private struct InputKernel<TX, TW, TD> : IRangeKernel where TX : unmanaged, IStorage where TW : unmanaged, IStorage where TD : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            int C = A.C;
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint row = r * C;
                var sum = Vector512<float>.Zero;   // sum_k g[k] * x[k]
                int c = 0;
                for (; c <= C - Lanes.Count; c += Lanes.Count)
                    sum = Vector512.FusedMultiplyAdd(TX.Load(A.Dy, row + c) * TW.Load(A.W, c), TX.Load(A.X, row + c), sum);
                if (c < C)
                    sum = Vector512.FusedMultiplyAdd(Lanes.LoadTail<TX>(A.Dy, row + c, C - c) * Lanes.LoadTail<TW>(A.W, c, C - c), Lanes.LoadTail<TX>(A.X, row + c, C - c), sum);

                float s = A.Scale[r];
                var vs = Vector512.Create(s);
                var vk = Vector512.Create(-(Lanes.Sum(sum) / C * s * s * s));   // one factor s from y, two from ds/dx
                for (c = 0; c <= C - Lanes.Count; c += Lanes.Count)
                {
                    var d = TX.Load(A.Dy, row + c) * TW.Load(A.W, c) * vs;
                    d = Vector512.FusedMultiplyAdd(TX.Load(A.X, row + c), vk, d);
                    TD.Store(A.Dx, row + c, A.Fresh ? d : TD.Load(A.Dx, row + c) + d);
                }
                if (c < C)
                {
                    int rest = C - c;
                    var d = Lanes.LoadTail<TX>(A.Dy, row + c, rest) * Lanes.LoadTail<TW>(A.W, c, rest) * vs;
                    d = Vector512.FusedMultiplyAdd(Lanes.LoadTail<TX>(A.X, row + c, rest), vk, d);
                    Lanes.StoreTail<TD>(A.Dx, row + c, A.Fresh ? d : Lanes.LoadTail<TD>(A.Dx, row + c, rest) + d, rest);
                }
            }
        }
    }

    private readonly struct WeightTerm(float* scale) : IRowTerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> AddTo(Vector512<float> sum, Vector512<float> dy, Vector512<float> x, nint row) =>
            Vector512.FusedMultiplyAdd(dy * x, Vector512.Create(scale[row]), sum);
    }
}
