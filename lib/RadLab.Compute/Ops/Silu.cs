namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Sigmoid-weighted linear unit, also called swish (Elfwing et al., arXiv:1702.03118).</summary>
    /// <remarks>
    /// <code>
    /// y[i]   = x[i] * s,   s = 1 / (1 + e^-x[i])
    /// dx[i] += dy[i] * s * (1 + x[i] * (1 - s))
    /// </code>
    /// Backward keeps x and computes s again.
    /// </remarks>
    /// <param name="x">Any shape, F32 or BF16</param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor Silu(this Tape tape, Tensor x)
    {
        Check.Op(nameof(Silu), tape, x);
        Check.Float(nameof(Silu), nameof(x), x);

        var y = tape.Empty(x.Shape, x.DType);
        ElementwiseKernels.Map(new SiluMap(), x, x, y);
        return tape.Record(nameof(Silu), y, s_siluBackward, [x], [x]);
    }

    private static readonly BackwardFunction s_siluBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh))
            ElementwiseKernels.Map(new SiluGradientMap(), node.Saved(0), node.OutputGradient, dx, add: !fresh);
    };
}
