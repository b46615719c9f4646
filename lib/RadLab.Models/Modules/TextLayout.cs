using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Several texts packed into one row of tokens: each sees only itself and counts its positions from 0, as if it stood alone.</summary>
/// <param name="Segments">(B,T), I32: tokens with the same number are one text.</param>
/// <param name="Positions">(B,T), I32: place of a token in its text.</param>
public sealed record TextLayout(Tensor Segments, Tensor Positions)
{
    internal void Check(Tensor tokens)
    {
        if (Segments.Shape != tokens.Shape) throw new ArgumentException($"TextLayout: Segments must have shape {tokens.Shape} like tokens, got {Segments.Shape}.");
        if (Positions.Shape != tokens.Shape) throw new ArgumentException($"TextLayout: Positions must have shape {tokens.Shape} like tokens, got {Positions.Shape}.");
    }
}
