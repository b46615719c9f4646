using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class SumKernels
{
    // part of the result's definition: another size gives other roundings
    private const int Piece = 16 * 1024;

    /// <summary>y = sum of x / divisor.</summary>
    public static void Forward(Tensor x, long divisor, Tensor y)
    {
        using var lx = x.Acquire();
        using var ly = y.Acquire();
        using var sums = x.Engine.Empty([checked((int)((x.Count + Piece - 1) / Piece))]);
        using var ls = sums.Acquire();
        if (x.DType == DType.F32) x.Engine.For(new PieceKernel<F32> { X = lx.Pointer, Sums = ls.F32 }, x.Count, Piece);
        else x.Engine.For(new PieceKernel<BF16> { X = lx.Pointer, Sums = ls.F32 }, x.Count, Piece);

        double total = 0;
        for (long i = 0; i < sums.Count; i++) total += ls.F32[i];
        *ly.F32 = (float)(total / divisor);
    }

    /// <summary>Every element of dx += dy / divisor.</summary>
    public static void Backward(Tensor dy, long divisor, Tensor dx, bool fresh)
    {
        float value;
        using (var ldy = dy.Acquire()) value = (float)(*ldy.F32 / (double)divisor);
        ElementwiseKernels.Map(new ConstantMap(value), dx, dx, dx, add: !fresh);
    }

    private struct PieceKernel<T> : IRangeKernel where T : unmanaged, IStorage
    {
        public void* X;
        public float* Sums;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            // four accumulators hide the latency of the addition; they join in a fixed order
            var (s0, s1, s2, s3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            nint i = (nint)start;
            for (; i <= (nint)end - 4 * Lanes.Count; i += 4 * Lanes.Count)
            {
                s0 += T.Load(X, i);
                s1 += T.Load(X, i + 16);
                s2 += T.Load(X, i + 32);
                s3 += T.Load(X, i + 48);
            }
            for (; i <= (nint)end - Lanes.Count; i += Lanes.Count) s0 += T.Load(X, i);
            int rest = (int)((nint)end - i);
            if (rest > 0) s1 += Lanes.LoadTail<T>(X, i, rest);
            Sums[start / Piece] = Lanes.Sum((s0 + s1) + (s2 + s3));
        }
    }

    private readonly struct ConstantMap(float value) : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> At(Vector512<float> a, Vector512<float> b) => Vector512.Create(value);
    }
}
