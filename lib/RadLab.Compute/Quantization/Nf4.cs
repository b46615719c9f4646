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
    public static ReadOnlySpan<float> Midpoints => Padded[..15];

    /// <inheritdoc/>
    public static uint ZeroCode => 7;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Encode(Vector512<float> x) => Avx512F.IsSupported ? EncodeBySearch(x) : EncodeByCount(x);

    /// <summary>Binary search: each of the four steps looks up the midpoint that halves what is left of the range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> EncodeBySearch(Vector512<float> x)
    {
        var midpoints = Vector512.LoadUnsafe(in Padded[0]);
        // code = 8a + 4b + 2c + d; with the leading bits known, the next bit is set above midpoint (leading bits, 1, 0...) - 1
        var code = Vector512.GreaterThan(x, Vector512.Create(0.03979014977812767f)).AsUInt32() & Vector512.Create(8u);
        code = Step(x, midpoints, code, 4u);
        code = Step(x, midpoints, code, 2u);
        return Step(x, midpoints, code, 1u);
    }

    /// <summary>The definition: how many midpoints lie below x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> EncodeByCount(Vector512<float> x)
    {
        var code = Vector512<uint>.Zero;
        for (int i = 0; i < 15; i++) code -= Vector512.GreaterThan(x, Vector512.Create(Padded[i])).AsUInt32(); // true is -1
        return code;
    }

    // A 16th that is never exceeded, so that one full vector can be loaded.
    private static ReadOnlySpan<float> Padded =>
    [
        -0.84809637069702148f, -0.6106328964233398f, -0.4599952697753906f, -0.33967941999435425f,
        -0.23460739850997925f, -0.13791173696517944f, -0.045525018125772476f, 0.03979014977812767f,
        0.120255246758461f, 0.2035212516784668f, 0.2920137643814087f, 0.3893125355243683f,
        0.5016634464263916f, 0.6427869200706482f, 0.8614784479141235f, float.PositiveInfinity,
    ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Step(Vector512<float> x, Vector512<float> midpoints, Vector512<uint> code, uint bit)
    {
        var midpoint = Avx512F.PermuteVar16x32(midpoints, (code + Vector512.Create(bit - 1)).AsInt32());
        return code + (Vector512.GreaterThan(x, midpoint).AsUInt32() & Vector512.Create(bit));
    }
}
