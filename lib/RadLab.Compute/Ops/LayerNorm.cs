namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Layer normalisation over the last dimension (Ba, Kiros and Hinton, arXiv:1607.06450).</summary>
    /// <remarks>
    /// <code>
    /// m[r]     = mean_c x[r,c]
    /// s[r]     = 1 / sqrt(mean_c (x[r,c] - m[r])^2 + eps)
    /// y[r,c]   = n[r,c] * w[c] + b[c],   n = (x - m) * s
    /// dw[c]   += sum_r dy[r,c] * n[r,c]
    /// db[c]   += sum_r dy[r,c]
    /// dx[r,c] += s[r] * (g[r,c] - mean_k g[r,k] - n[r,c] * mean_k(g[r,k] * n[r,k])),   g = dy * w
    /// </code>
    /// Backward keeps x, w, m and s: two floats per row. Statistics are F32 whatever the dtype of x; the variance is taken about the mean in a second pass,
    /// so that a large mean does not cancel it away.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16</param>
    /// <param name="weight">(C), F32 or BF16</param>
    /// <param name="bias">(C), dtype of <paramref name="weight"/></param>
    /// <param name="eps">Added to the variance; BERT uses 1e-12, GPT-2 1e-5.</param>
    /// <returns>(..., C), dtype of <paramref name="x"/>.</returns>
    public static Tensor LayerNorm(this Tape tape, Tensor x, Tensor weight, Tensor bias, float eps = 1e-5f)
    {
        Check.Op(nameof(LayerNorm), tape, x, weight, bias);
        Check.Float(nameof(LayerNorm), nameof(x), x);
        Check.Float(nameof(LayerNorm), nameof(weight), weight);
        Check.SameDType(nameof(LayerNorm), nameof(bias), bias, nameof(weight), weight);
        Check.MinRank(nameof(LayerNorm), nameof(x), x, 1);
        Check.Shape(nameof(LayerNorm), nameof(weight), weight, [x.Shape.Last]);
        Check.Shape(nameof(LayerNorm), nameof(bias), bias, [x.Shape.Last]);

        var y = tape.Empty(x.Shape, x.DType);
        using var mean = tape.Empty([x.Shape.Rows]);
        using var scale = tape.Empty([x.Shape.Rows]);
        LayerNormKernels.Forward(x, weight, bias, eps, y, mean, scale);
        return tape.Record(nameof(LayerNorm), y, s_layerNormBackward, [x, weight, bias], [x, weight, mean, scale]);
    }

    private static readonly BackwardFunction s_layerNormBackward = static (_, node) =>
    {
        var (x, weight, mean, scale, dy) = (node.Saved(0), node.Saved(1), node.Saved(2), node.Saved(3), node.OutputGradient);
        if (node.TryGradient(1, out var dw)) LayerNormKernels.BackwardWeight(x, mean, scale, dy, dw);
        if (node.TryGradient(2, out var db)) LayerNormKernels.BackwardBias(dy, db);
        if (node.TryGradient(0, out var dx, out bool fresh)) LayerNormKernels.BackwardInput(x, weight, mean, scale, dy, dx, fresh);
    };
}
