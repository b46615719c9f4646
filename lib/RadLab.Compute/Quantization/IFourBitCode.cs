using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>A table of 16 values in [-1, 1] and the rule that picks one of them for a number.</summary>
public interface IFourBitCode
{
    /// <summary>The name in checkpoint files: "nf4" or "fp4".</summary>
    static abstract string Name { get; }

    /// <summary>The value of each code, 16 in all.</summary>
    static abstract ReadOnlySpan<float> Values { get; }

    /// <summary>The code of 0, written for blocks of zeros and as the pad of an odd count.</summary>
    static abstract uint ZeroCode { get; }

    /// <summary>The code 0..15 of each lane. Lanes are finite and in [-1, 1] up to rounding.</summary>
    static abstract Vector512<uint> Encode(Vector512<float> x);
}
