using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class SoftmaxKernels
{
    private const int GrainElements = 8 * 1024;

    public static void Forward(Tensor x, Tensor y)
    {
        using var lx = x.Acquire();
        using var ly = y.Acquire();
        int C = x.Shape.Last;
        if (C == 0) return;
        if (x.DType == DType.F32) x.Engine.For(new ForwardKernel<F32>(lx.Pointer, ly.Pointer, C), x.Shape.Rows, GrainElements / C);
        else x.Engine.For(new ForwardKernel<BF16>(lx.Pointer, ly.Pointer, C), x.Shape.Rows, GrainElements / C);
    }

    public static void Backward(Tensor y, Tensor dy, Tensor dx, bool fresh)
    {
        using var ly = y.Acquire();
        using var ldy = dy.Acquire();
        using var ldx = dx.Acquire();
        int C = y.Shape.Last;
        if (C == 0) return;
        switch (y.DType, dx.DType)
        {
            case (DType.F32, DType.F32): y.Engine.For(new BackwardKernel<F32, F32>(ly.Pointer, ldy.Pointer, ldx.Pointer, C, fresh), y.Shape.Rows, GrainElements / C); break;
            case (DType.BF16, DType.F32): y.Engine.For(new BackwardKernel<BF16, F32>(ly.Pointer, ldy.Pointer, ldx.Pointer, C, fresh), y.Shape.Rows, GrainElements / C); break;
            default: y.Engine.For(new BackwardKernel<BF16, BF16>(ly.Pointer, ldy.Pointer, ldx.Pointer, C, fresh), y.Shape.Rows, GrainElements / C); break;
        }
    }

    private readonly struct ForwardKernel<T>(void* x, void* y, int C) : IRangeKernel where T : unmanaged, IStorage
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long start, long end, int worker)
        {
            void* px = x, py = y;
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint row = r * C;
                float max = SoftmaxRow.Max<T>(px, row, C);
                bool masked = float.IsNegativeInfinity(max);
                // the exponentials are computed again rather than kept in y: in BF16 they would be rounded before they are divided
                float inverse = masked ? 0f : 1f / SoftmaxRow.SumOfExp<T>(px, row, C, max);
                var vmax = Vector512.Create(masked ? 0f : max);
                var scale = Vector512.Create(inverse);
                int c = 0;
                for (; c <= C - Lanes.Count; c += Lanes.Count) T.Store(py, row + c, VectorMath.Exp(T.Load(px, row + c) - vmax) * scale);
                if (c < C) Lanes.StoreTail<T>(py, row + c, VectorMath.Exp(Lanes.LoadTail<T>(px, row + c, C - c) - vmax) * scale, C - c);
            }
        }
    }

    private readonly struct BackwardKernel<T, TD>(void* y, void* dy, void* dx, int C, bool fresh) : IRangeKernel
        where T : unmanaged, IStorage where TD : unmanaged, IStorage
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long start, long end, int worker)
        {
            void* py = y, pdy = dy, pdx = dx;
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint row = r * C;
                var products = Vector512<float>.Zero;
                int c = 0;
                for (; c <= C - Lanes.Count; c += Lanes.Count) products = Vector512.FusedMultiplyAdd(T.Load(py, row + c), T.Load(pdy, row + c), products);
                int rest = C - c;
                if (rest > 0) products = Vector512.FusedMultiplyAdd(Lanes.LoadTail<T>(py, row + c, rest), Lanes.LoadTail<T>(pdy, row + c, rest), products);

                var sum = Vector512.Create(Lanes.Sum(products));
                for (c = 0; c <= C - Lanes.Count; c += Lanes.Count)
                {
                    var d = T.Load(py, row + c) * (T.Load(pdy, row + c) - sum);
                    TD.Store(pdx, row + c, fresh ? d : TD.Load(pdx, row + c) + d);
                }
                if (rest > 0)
                {
                    var d = Lanes.LoadTail<T>(py, row + c, rest) * (Lanes.LoadTail<T>(pdy, row + c, rest) - sum);
                    Lanes.StoreTail<TD>(pdx, row + c, fresh ? d : Lanes.LoadTail<TD>(pdx, row + c, rest) + d, rest);
                }
            }
        }
    }
}
