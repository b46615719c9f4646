using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal readonly struct GeluErfMap : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> x, Vector512<float> _) => x * Below(x);

    /// <summary>How much of the standard normal distribution lies below x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Below(Vector512<float> x)
    {
        var half = Vector512.Create(0.5f);
        return Vector512.FusedMultiplyAdd(VectorMath.Erf(x * Vector512.Create(0.707106781f)), half, half);
    }
}

internal readonly struct GeluErfGradientMap : IMap
{
    private const float RootOfTwoPiInverse = 0.398942280f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> x, Vector512<float> dy)
    {
        var density = VectorMath.Exp(x * x * Vector512.Create(-0.5f)) * Vector512.Create(RootOfTwoPiInverse);
        return dy * Vector512.FusedMultiplyAdd(x, density, GeluErfMap.Below(x));
    }
}

internal readonly struct GeluTanhMap : IMap
{
    private const float RootOfTwoOverPi = 0.797884561f;
    private const float Cubic = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> x, Vector512<float> _)
    {
        var half = Vector512.Create(0.5f);
        return x * Vector512.FusedMultiplyAdd(T(x), half, half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> T(Vector512<float> x)
    {
        var ratio = Vector512.FusedMultiplyAdd(x * x, Vector512.Create(RootOfTwoOverPi * Cubic), Vector512.Create(RootOfTwoOverPi));
        return VectorMath.Tanh(x * ratio);   // ratio = u / x
    }

    /// <summary>The derivative of tanh's argument by x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Stretch(Vector512<float> x) =>
        Vector512.FusedMultiplyAdd(x * x, Vector512.Create(3 * RootOfTwoOverPi * Cubic), Vector512.Create(RootOfTwoOverPi));
}

internal readonly struct GeluTanhGradientMap : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> x, Vector512<float> dy)
    {
        // beyond ±10 t is exactly ±1; without the bound x^2 would overflow and 0 * infinity be NaN
        x = Vector512.Min(Vector512.Max(x, Vector512.Create(-10f)), Vector512.Create(10f));
        var half = Vector512.Create(0.5f);
        var t = GeluTanhMap.T(x);
        var slope = Vector512.FusedMultiplyAdd(t, half, half);
        var bend = x * half * (Vector512<float>.One - t * t) * GeluTanhMap.Stretch(x);
        return dy * (slope + bend);
    }
}
