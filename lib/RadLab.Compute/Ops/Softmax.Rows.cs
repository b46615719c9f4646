using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>The two passes over a row of logits that softmax and cross entropy share.</summary>
internal static unsafe class SoftmaxRow
{
    // A vocabulary has 128 thousand entries: sums of 1024 at a time, then of those, keep the digits that one long F32 chain would lose.
    private const int Block = 64 * Lanes.Count;

    /// <summary>Largest of x[row .. row + n - 1], -infinity for none; NaN when one of them is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max<T>(void* x, nint row, int n) where T : unmanaged, IStorage
    {
        var max = Vector512.Create(float.NegativeInfinity);
        int c = 0;
        for (; c <= n - Lanes.Count; c += Lanes.Count) max = Vector512.Max(max, T.Load(x, row + c));
        if (c < n) max = Vector512.Max(max, Lanes.LoadTail<T>(x, row + c, n - c, fill: float.NegativeInfinity));
        return Lanes.Max(max);
    }

    /// <summary>sum_c exp(x[row + c] - max).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumOfExp<T>(void* x, nint row, int n, float max) where T : unmanaged, IStorage
    {
        var vmax = Vector512.Create(max);
        var total = Vector512<float>.Zero;
        int c = 0, full = n & ~(Lanes.Count - 1);
        while (c < full)
        {
            var sum = Vector512<float>.Zero;
            for (int end = Math.Min(full, c + Block); c < end; c += Lanes.Count) sum += VectorMath.Exp(T.Load(x, row + c) - vmax);
            total += sum;
        }
        if (c < n) total += VectorMath.Exp(Lanes.LoadTail<T>(x, row + c, n - c, fill: float.NegativeInfinity) - vmax);
        return Lanes.Sum(total);
    }
}
