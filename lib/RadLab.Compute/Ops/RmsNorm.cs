namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Root-mean-square normalisation over the last dimension (Zhang and Sennrich, arXiv:1910.07467).</summary>
    /// <remarks>
    /// <code>
    /// s[r]     = 1 / sqrt(mean_c x[r,c]^2 + eps)
    /// y[r,c]   = x[r,c] * s[r] * w[c]
    /// dw[c]   += sum_r dy[r,c] * x[r,c] * s[r]
    /// dx[r,c] += s[r] * (g[r,c] - x[r,c] * s[r]^2 * mean_k(g[r,k] * x[r,k])),   g = dy * w
    /// </code>
    /// Backward keeps x, w and s: one float per row. Statistics are F32 whatever the dtype of x.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16</param>
    /// <param name="weight">(C), F32 or BF16</param>
    /// <param name="eps">Added to the mean square; Llama uses 1e-5.</param>
    /// <returns>(..., C), dtype of <paramref name="x"/>.</returns>
    public static Tensor RmsNorm(this Tape tape, Tensor x, Tensor weight, float eps = 1e-5f)
    {
        Check.Op(nameof(RmsNorm), tape, x, weight);
        Check.Float(nameof(RmsNorm), nameof(x), x);
        Check.Float(nameof(RmsNorm), nameof(weight), weight);
        Check.MinRank(nameof(RmsNorm), nameof(x), x, 1);
        Check.Shape(nameof(RmsNorm), nameof(weight), weight, [x.Shape.Last]);

        var y = tape.Empty(x.Shape, x.DType);
        using var scale = tape.Empty([x.Shape.Rows]);
        RmsNormKernels.Forward(x, weight, eps, y, scale);
        return tape.Record(nameof(RmsNorm), y, s_rmsNormBackward, [x, weight], [x, weight, scale]);
    }

    private static readonly BackwardFunction s_rmsNormBackward = static (_, node) =>
    {
        var (x, weight, scale, dy) = (node.Saved(0), node.Saved(1), node.Saved(2), node.OutputGradient);
        // dw before dx: both read dy, and each wants its own order of rows
        if (node.TryGradient(1, out var dw)) RmsNormKernels.BackwardWeight(x, scale, dy, dw);
        if (node.TryGradient(0, out var dx, out bool fresh)) RmsNormKernels.BackwardInput(x, weight, scale, dy, dx, fresh);
    };
}
