using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>4-bit float: a sign bit and one of eight magnitudes 0, 1/192, 1/6, 1/4, 1/3, 1/2, 2/3, 1, in bitsandbytes' order of codes.</summary>
/// <remarks>
/// <code>
/// rank(x) = number of thresholds below |x|        bitsandbytes' decimal constants, not exact midpoints
/// code(x) = permuted(rank) + (x &lt; 0 ? 8 : 0)
/// </code>
/// Code 8, which tiny negative numbers get, decodes to +0 as in bitsandbytes' table, so 0 alone re-encodes to another code (0).
/// </remarks>
public readonly struct Fp4 : IFourBitCode
{
    /// <inheritdoc/>
    public static string Name => "fp4";

    /// <inheritdoc/>
    public static ReadOnlySpan<float> Values =>
    [
        0f, 0.0625f / 12, 8f / 12, 12f / 12, 4f / 12, 6f / 12, 2f / 12, 3f / 12,
        0f, -0.0625f / 12, -8f / 12, -12f / 12, -4f / 12, -6f / 12, -2f / 12, -3f / 12,
    ];

    /// <inheritdoc/>
    public static uint ZeroCode => 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Encode(Vector512<float> x)
    {
        var magnitude = Vector512.Abs(x);
        var rank = Vector512<uint>.Zero - Above(magnitude, 0.00260417f) - Above(magnitude, 0.0859375f) - Above(magnitude, 0.20833333f)
            - Above(magnitude, 0.29166667f) - Above(magnitude, 0.4166667f) - Above(magnitude, 0.583333f) - Above(magnitude, 0.8333333f);

        // ranks 0..7 have codes 0 1 6 7 4 5 2 3: the third bit is flipped where the second is set
        var code = rank ^ ((rank & Vector512.Create(2u)) << 1);
        return code | (Vector512.LessThan(x, Vector512<float>.Zero).AsUInt32() & Vector512.Create(8u));
    }

    // -1 (all bits) where the magnitude is above
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Above(Vector512<float> magnitude, float threshold) =>
        Vector512.GreaterThan(magnitude, Vector512.Create(threshold)).AsUInt32();
}
