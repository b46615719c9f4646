using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>
/// The engine's own elementary functions in float32, 16 lanes at a time. Results are the same bits on every instruction
/// set: each step is an exactly rounded operation, and none asks the C library, whose bits depend on the processor.
/// </summary>
/// <remarks>
/// <para>Every function is branch-free. The scalar overloads run one lane of the vector function, so they give its bits;
/// loops should use the vectors. A NaN comes back as NaN.</para>
/// <para>Polynomials were fitted for this file: weighted minimax (Remez exchange, 60 digits), with the coefficients rounded to
/// float32 one after another and the rest fitted again.</para>
/// <para>Measured errors are against float64, over every third to fifth float of the ranges where a function bends.</para>
/// <para>Clamps use MinNative and MaxNative with the constant first: (c &lt; x) ? c : x and (c &gt; x) ? c : x, which hand on a NaN
/// in x and cost one instruction; Min and Max cost several.</para>
/// </remarks>
internal static partial class VectorMath
{
    private const float Log2E = 1.44269504f;             // 1 / ln 2
    private const float Ln2High = 0.693147182f;          // ln 2 rounded; with fused multiply-add x - n Ln2High is exact
    private const float Ln2Low = -1.90465421e-9f;

    // 1.5 * 2^23 puts the rounded integer n into the low bits of a sum; the 127 makes it the exponent field of 2^n.
    private const float RoundAndBias = 12582912f + 127f;

    // e^r = 1 + r + r^2 P(r). Relative error of e^r - 1: 2^-28.2 for |r| <= ln(2)/2; of e^r: 2^-26.9 up to r = ln 2.
    private const float E2 = 0.5f, E3 = 0.166666895f, E4 = 0.0416666642f, E5 = 0.00832854398f, E6 = 0.0013913596f, E7 = 0.000222242321f;

    private static float Lane0(Vector512<float> v) => v.ToScalar();
}
