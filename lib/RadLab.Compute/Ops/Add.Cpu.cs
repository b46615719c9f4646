using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class AddKernels
{
    private const int ColumnGrain = 128;
    private const int ColumnBlock = 4 * Lanes.Count;

    public static void ForwardBias(Tensor x, Tensor bias, Tensor z)
    {
        using var lx = x.Acquire();
        using var lb = bias.Acquire();
        using var lz = z.Acquire();
        var a = new Arguments { X = lx.Pointer, Bias = lb.Pointer, Z = lz.Pointer, C = x.Shape.Last, Rows = x.Shape.Rows };
        switch (x.DType, bias.DType)
        {
            case (DType.F32, DType.F32): Forward<F32, F32>(x.Engine, a); break;
            case (DType.F32, DType.BF16): Forward<F32, BF16>(x.Engine, a); break;
            case (DType.BF16, DType.F32): Forward<BF16, F32>(x.Engine, a); break;
            default: Forward<BF16, BF16>(x.Engine, a); break;
        }
    }

    /// <summary>dbias[c] += sum over the rows of dz[r,c].</summary>
    public static void BackwardBias(Tensor dz, Tensor dbias)
    {
        using var lz = dz.Acquire();
        using var lb = dbias.Acquire();
        var a = new Arguments { Bias = lb.Pointer, Z = lz.Pointer, C = dz.Shape.Last, Rows = dz.Shape.Rows };
        var engine = dz.Engine;
        switch (dz.DType, dbias.DType)
        {
            case (DType.F32, DType.F32): engine.For(new BackwardKernel<F32, F32> { A = a }, a.C, ColumnGrain); break;
            case (DType.F32, DType.BF16): engine.For(new BackwardKernel<F32, BF16> { A = a }, a.C, ColumnGrain); break;
            case (DType.BF16, DType.F32): engine.For(new BackwardKernel<BF16, F32> { A = a }, a.C, ColumnGrain); break;
            default: engine.For(new BackwardKernel<BF16, BF16> { A = a }, a.C, ColumnGrain); break;
        }
    }

    private static void Forward<TX, TB>(Engine engine, in Arguments a) where TX : unmanaged, IStorage where TB : unmanaged, IStorage =>
        engine.For(new ForwardKernel<TX, TB> { A = a }, a.Rows, ElementwiseKernels.Grain / Math.Max(1, a.C));

    private struct Arguments
    {
        public void* X, Bias, Z;
        public int C, Rows;
    }

    private struct ForwardKernel<TX, TB> : IRangeKernel where TX : unmanaged, IStorage where TB : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            int C = A.C;
            for (nint r = (nint)start; r < (nint)end; r++)
            {
                nint row = r * C;
                int c = 0;
                for (; c <= C - Lanes.Count; c += Lanes.Count) TX.Store(A.Z, row + c, TX.Load(A.X, row + c) + TB.Load(A.Bias, c));
                if (c < C) Lanes.StoreTail<TX>(A.Z, row + c, Lanes.LoadTail<TX>(A.X, row + c, C - c) + Lanes.LoadTail<TB>(A.Bias, c, C - c), C - c);
            }
        }
    }

    // One chunk owns a range of columns and walks down all rows: each column is summed in the order of its rows.
    private struct BackwardKernel<TZ, TB> : IRangeKernel where TZ : unmanaged, IStorage where TB : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            int c = (int)start;
            // four vectors side by side use whole stretches of each row; a column's order stays the same
            for (; c <= (int)end - ColumnBlock; c += ColumnBlock)
            {
                var (s0, s1, s2, s3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
                for (nint r = 0; r < A.Rows; r++)
                {
                    nint at = r * A.C + c;
                    s0 += TZ.Load(A.Z, at);
                    s1 += TZ.Load(A.Z, at + 16);
                    s2 += TZ.Load(A.Z, at + 32);
                    s3 += TZ.Load(A.Z, at + 48);
                }
                TB.Store(A.Bias, c, TB.Load(A.Bias, c) + s0);
                TB.Store(A.Bias, c + 16, TB.Load(A.Bias, c + 16) + s1);
                TB.Store(A.Bias, c + 32, TB.Load(A.Bias, c + 32) + s2);
                TB.Store(A.Bias, c + 48, TB.Load(A.Bias, c + 48) + s3);
            }
            for (; c < (int)end; c += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, (int)end - c);
                var sum = Vector512<float>.Zero;
                for (nint r = 0; r < A.Rows; r++)
                {
                    nint at = r * A.C + c;
                    sum += count == Lanes.Count ? TZ.Load(A.Z, at) : Lanes.LoadTail<TZ>(A.Z, at, count);
                }
                if (count == Lanes.Count) TB.Store(A.Bias, c, TB.Load(A.Bias, c) + sum);
                else Lanes.StoreTail<TB>(A.Bias, c, Lanes.LoadTail<TB>(A.Bias, c, count) + sum, count);
            }
        }
    }
}
