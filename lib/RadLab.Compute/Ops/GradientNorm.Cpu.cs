using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class GradientNormKernels
{
    // part of the result's definition: another size gives other roundings
    private const int Piece = 16 * 1024;

    public static double SumOfSquares(Tensor g)
    {
        using var lg = g.Acquire();
        // the workspace holds doubles, for which there is no dtype: I64 has their size
        using var sums = g.Engine.Empty([checked((int)((g.Count + Piece - 1) / Piece))], DType.I64);
        using var ls = sums.Acquire();
        var p = (double*)ls.Pointer;
        if (g.DType == DType.F32) g.Engine.For(new PieceKernel<F32> { G = lg.Pointer, Sums = p }, g.Count, Piece);
        else g.Engine.For(new PieceKernel<BF16> { G = lg.Pointer, Sums = p }, g.Count, Piece);

        double total = 0;
        for (long i = 0; i < sums.Count; i++) total += p[i];
        return total;
    }

    private struct PieceKernel<T> : IRangeKernel where T : unmanaged, IStorage
    {
        public void* G;
        public double* Sums;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            var low = Vector512<double>.Zero;
            var high = Vector512<double>.Zero;
            nint i = (nint)start;
            for (; i <= (nint)end - Lanes.Count; i += Lanes.Count) AddSquares(T.Load(G, i), ref low, ref high);
            int rest = (int)((nint)end - i);
            if (rest > 0) AddSquares(Lanes.LoadTail<T>(G, i, rest), ref low, ref high);

            // the tree of Lanes.Sum: 16 → 8 → 4 → 2 → 1
            var a = low + high;
            var b = a.GetLower() + a.GetUpper();
            var c = b.GetLower() + b.GetUpper();
            Sums[start / Piece] = c.ToScalar() + c.GetElement(1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddSquares(Vector512<float> v, ref Vector512<double> low, ref Vector512<double> high)
        {
            var (l, h) = Vector512.Widen(v);
            low = Vector512.FusedMultiplyAdd(l, l, low);
            high = Vector512.FusedMultiplyAdd(h, h, high);
        }
    }
}
