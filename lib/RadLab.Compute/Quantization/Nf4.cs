using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>4-bit NormalFloat (Dettmers et al., arXiv:2305.14314): 16 values at equal probability steps of a normal distribution.</summary>
/// <remarks>
/// <code>
/// positive = Q(p), p = 8 of 9 equal steps from 0.9677083 down to 0.5     (0.9677083 = mean of 1 - 1/32 and 1 - 1/30)
/// negative = -Q(p), p = 7 of 8 equal steps from 0.9677083 down to 0.5
/// values   = sort(negative, 0, positive) / max                           Q: the quantile of N(0, 1)
/// code(x)  = number of midpoints of neighbouring values that are &lt; x     (a tie takes the lower code)
/// </code>
/// </remarks>
public readonly struct Nf4 : IFourBitCode
{
    /// <inheritdoc/>
    public static string Name => "nf4";

    /// <inheritdoc/>
    public static ReadOnlySpan<float> Values =>
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
        -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    /// <summary>The 15 midpoints of neighbouring values, in float32.</summary>
    public static ReadOnlySpan<float> Midpoints =>
    [
        -0.84809637069702148f, -0.6106328964233398f, -0.4599952697753906f, -0.33967941999435425f,
        -0.23460739850997925f, -0.13791173696517944f, -0.045525018125772476f, 0.03979014977812767f,
        0.120255246758461f, 0.2035212516784668f, 0.2920137643814087f, 0.3893125355243683f,
        0.5016634464263916f, 0.6427869200706482f, 0.8614784479141235f,
    ];

    /// <inheritdoc/>
    public static uint ZeroCode => 7;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Encode(Vector512<float> x) => Avx512F.IsSupported ? EncodeByCell(x) : EncodeByCount(x);

    /// <summary>
    /// The nearest multiple of 1/15 picks one of 31 cells. Midpoints are further apart than a cell is wide, so a cell holds at most one:
    /// the code is the number of midpoints in lower cells, plus one where x is above the cell's own.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> EncodeByCell(Vector512<float> x)
    {
        // 2^23 in front of the integer leaves it in the low bits; look-ups among 32 entries ignore the others
        var cell = Vector512.FusedMultiplyAdd(x, Vector512.Create(15f), Vector512.Create(8388608f + 15f)).AsInt32();
        var below = Avx512F.PermuteVar16x32x2(Vector512.Create(Below[..16]), cell, Vector512.Create(Below[16..])).AsUInt32();
        var own = Avx512F.PermuteVar16x32x2(Vector512.Create(Own[..16]), cell, Vector512.Create(Own[16..]));
        return below - Vector512.GreaterThan(x, own).AsUInt32(); // true is -1
    }

    /// <summary>The definition: how many midpoints lie below x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> EncodeByCount(Vector512<float> x)
    {
        var code = Vector512<uint>.Zero;
        for (int i = 0; i < 15; i++) code -= Vector512.GreaterThan(x, Vector512.Create(Midpoints[i])).AsUInt32(); // true is -1
        return code;
    }

    private const float None = float.PositiveInfinity;

    // cell c: -1 + c/15, half a cell to either side; the 32nd is never reached
    private static ReadOnlySpan<int> Below =>
        [0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 10, 11, 11, 12, 12, 13, 13, 14, 14, 14, 15, 15, 15];

    private static ReadOnlySpan<float> Own =>
    [
        None, None, -0.84809637069702148f, None, None, None, -0.6106328964233398f, None,
        -0.4599952697753906f, None, -0.33967941999435425f, -0.23460739850997925f, None, -0.13791173696517944f, -0.045525018125772476f, None,
        0.03979014977812767f, 0.120255246758461f, 0.2035212516784668f, 0.2920137643814087f, None, 0.3893125355243683f, None, 0.5016634464263916f,
        None, 0.6427869200706482f, None, None, 0.8614784479141235f, None, None, None,
    ];
}
