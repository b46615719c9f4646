using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal readonly struct SiluMap : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> x, Vector512<float> _) => x * VectorMath.Sigmoid(x);
}

internal readonly struct SiluGradientMap : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> x, Vector512<float> dy)
    {
        var s = VectorMath.Sigmoid(x);
        return dy * Slope(x, s);
    }

    /// <summary>The derivative of x s by x, where s = sigmoid(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> x, Vector512<float> s) =>
        s * Vector512.FusedMultiplyAdd(x, Vector512<float>.One - s, Vector512<float>.One);
}
