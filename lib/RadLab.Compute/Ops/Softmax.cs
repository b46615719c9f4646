namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Softmax over the last dimension.</summary>
    /// <remarks>
    /// <code>
    /// y[r,c]   = exp(x[r,c] - max_k x[r,k]) / sum_j exp(x[r,j] - max_k x[r,k])
    /// dx[r,c] += y[r,c] * (dy[r,c] - sum_k y[r,k] * dy[r,k])
    /// </code>
    /// A row of -infinity alone (everything masked) gives zeros and no gradient; a NaN or +infinity makes its whole row NaN.
    /// Backward keeps y. Sums are F32 whatever the dtype of x.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16</param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor Softmax(this Tape tape, Tensor x)
    {
        Check.Op(nameof(Softmax), tape, x);
        Check.Float(nameof(Softmax), nameof(x), x);
        Check.MinRank(nameof(Softmax), nameof(x), x, 1);

        var y = tape.Empty(x.Shape, x.DType);
        SoftmaxKernels.Forward(x, y);
        return tape.Record(nameof(Softmax), y, s_softmaxBackward, [x], [y]);
    }

    private static readonly BackwardFunction s_softmaxBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh)) SoftmaxKernels.Backward(node.Saved(0), node.OutputGradient, dx, fresh);
    };
}
