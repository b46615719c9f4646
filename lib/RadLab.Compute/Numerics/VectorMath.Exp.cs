using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static partial class VectorMath
{
    /// <summary>e^x within 1 unit in the last place (measured: 0.97).</summary>
    /// <remarks>
    /// Exp(0) is exactly 1; above 88.72284 the result is +infinity. Below -126.5 ln 2 = -87.683, where e^x &lt; 2^-126.5, it is
    /// exactly 0: results that would be subnormal are of no use to a softmax and slow on most processors. There is no
    /// second, faster version: softmax, SwiGLU and attention use this one (15 instructions, two of them clamps).
    /// <code>
    /// n = round(x / ln 2), at most 127     r = x - n ln 2     e^x = 2^n (1 + r + r^2 P(r))
    /// </code>
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // At -88 the exponent field is 0, so the scale is 0. n stops at 127, the largest exponent there is; from there on
        // r grows past ln(2)/2, and the product overflows where e^x does.
        x = Vector512.MaxNative(Vector512.Create(-88f), x);
        var biased = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(RoundAndBias));
        biased = Vector512.MinNative(Vector512.Create(RoundAndBias + 127f), biased);
        var r = Reduce(x, biased, out var scale);
        var p = ExpPolynomial(r);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        return p * scale;
    }

    /// <inheritdoc cref="Exp(Vector512{float})"/>
    public static float Exp(float x) => Lane0(Exp(Vector512.Create(x)));

    // e^x - 1 with a small relative error, also near 0. For -87 < x < 88 only.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ExpMinus1(Vector512<float> x)
    {
        var biased = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(RoundAndBias));
        var r = Reduce(x, biased, out var scale);
        var q = Vector512.FusedMultiplyAdd(r * r, ExpPolynomial(r), r);
        return Vector512.FusedMultiplyAdd(scale, q, scale - Vector512<float>.One);
    }

    // r = x - n ln 2 and 2^n, for n held in the low bits of biased.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Reduce(Vector512<float> x, Vector512<float> biased, out Vector512<float> scale)
    {
        var n = biased - Vector512.Create(RoundAndBias);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        scale = (biased.AsInt32() << 23).AsSingle();
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ExpPolynomial(Vector512<float> r)
    {
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(E7), r, Vector512.Create(E6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(E5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(E4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(E3));
        return Vector512.FusedMultiplyAdd(p, r, Vector512.Create(E2));
    }
}
