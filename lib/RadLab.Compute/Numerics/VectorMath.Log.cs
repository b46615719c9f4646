using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static partial class VectorMath
{
    private const float SmallestNormal = 1.17549435e-38f;    // 2^-126
    private const int HalfRootBits = 0x3F3504F3;             // bits of sqrt(1/2)

    // log(1 + f) = f - f^2 / 2 + f^3 P(f), relative error 2^-30.2 for sqrt(1/2) <= 1 + f <= sqrt(2).
    private const float
        L3 = 0.333333135f, L4 = -0.250000119f, L5 = 0.200020716f, L6 = -0.166679546f, L7 = 0.142202944f,
        L8 = -0.124053374f, L9 = 0.118828617f, L10 = -0.116813853f, L11 = 0.0676872209f;

    /// <summary>Natural logarithm within 0.9 units in the last place (measured: 0.80), subnormal x included.</summary>
    /// <remarks>
    /// Log(1) is exactly 0; ±0 gives -infinity, a negative x NaN.
    /// <code>
    /// x = 2^k (1 + f), sqrt(1/2) &lt;= 1 + f &lt; sqrt(2)     log x = k ln 2 + f - f^2 / 2 + f^3 P(f)
    /// </code>
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        // A subnormal x is scaled by 2^23 and its exponent field lowered by 23 again. One use of the mask: with two, the
        // compiler moves it to a vector register, and the function ran 2.5 times slower.
        var isSubnormal = Vector512.LessThan(x, Vector512.Create(SmallestNormal));
        var scaled = (x * Vector512.Create(8388608f)).AsInt32() - Vector512.Create(23 << 23);
        var bits = Vector512.ConditionalSelect(isSubnormal, scaled.AsSingle(), x).AsInt32();
        var exponent = (bits - Vector512.Create(HalfRootBits)) >> 23;
        var f = (bits - (exponent << 23)).AsSingle() - Vector512<float>.One;
        var k = Vector512.ConvertToSingle(exponent);

        var p = Vector512.FusedMultiplyAdd(Vector512.Create(L11), f, Vector512.Create(L10));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(L9));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(L8));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(L7));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(L6));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(L5));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(L4));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(L3));

        // Smallest terms first.
        var square = f * f;
        var tail = Vector512.FusedMultiplyAdd(k, Vector512.Create(Ln2Low), square * f * p);
        tail = Vector512.FusedMultiplyAdd(square, Vector512.Create(-0.5f), tail);
        var result = Vector512.FusedMultiplyAdd(k, Vector512.Create(Ln2High), f + tail);

        // 0, negative numbers, +infinity and NaN; the last two are their own logarithms.
        var special = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), Vector512.Create(float.NaN), x);
        special = Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<float>.Zero), Vector512.Create(float.NegativeInfinity), special);
        var isOrdinary = Vector512.GreaterThan(x, Vector512<float>.Zero) & Vector512.LessThan(x, Vector512.Create(float.PositiveInfinity));
        return Vector512.ConditionalSelect(isOrdinary, result, special);
    }

    /// <inheritdoc cref="Log(Vector512{float})"/>
    public static float Log(float x) => Lane0(Log(Vector512.Create(x)));
}
