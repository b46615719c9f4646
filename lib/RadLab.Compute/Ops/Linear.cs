namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Affine map of the last dimension: y = x·Wᵀ + b.</summary>
    /// <remarks>
    /// <code>
    /// y[r,o]   = sum_c x[r,c] * w[o,c] + b[o]
    /// dx[r,c] += sum_o dy[r,o] * w[o,c]
    /// dw[o,c] += sum_r dy[r,o] * x[r,c]
    /// db[o]   += sum_r dy[r,o]
    /// </code>
    /// Backward keeps x only if the weight wants a gradient, the weight only if x does: a frozen layer keeps no activation. Sums in F32.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16</param>
    /// <param name="weight">(O, C), F32 or BF16, whatever x is</param>
    /// <param name="bias">(O), or none</param>
    /// <returns>(..., O), dtype of <paramref name="x"/>.</returns>
    public static Tensor Linear(this Tape tape, Tensor x, Tensor weight, Tensor? bias = null)
    {
        Check.Op(nameof(Linear), tape, x, weight);
        Check.Float(nameof(Linear), nameof(x), x);
        Check.Float(nameof(Linear), nameof(weight), weight);
        Check.MinRank(nameof(Linear), nameof(x), x, 1);
        Check.Rank(nameof(Linear), nameof(weight), weight, 2);
        int C = weight.Shape[1], O = weight.Shape[0];
        if (x.Shape.Last != C) throw new ArgumentException($"Linear: x must have {C} columns like weight {weight.Shape}, got {x.Shape}.");

        var y = tape.Empty(x.Shape.WithLast(O), x.DType);
        LinearKernels.Forward(x, weight, y);
        ReadOnlySpan<Tensor> saved = (x.RequiresGrad, weight.RequiresGrad) switch
        {
            (true, true) => [weight, x],
            (true, false) => [weight],
            (false, true) => [x],
            _ => [],
        };
        y = tape.Record(nameof(Linear), y, s_linearBackward, [x, weight], saved, new OpArguments { Int0 = saved.Length - 1 });
        return bias is { } b ? tape.Add(y, b) : y;
    }

    private static readonly BackwardFunction s_linearBackward = static (_, node) =>
    {
        var dy = node.OutputGradient;
        if (node.TryGradient(0, out var dx, out bool fresh)) LinearKernels.BackwardInput(dy, node.Saved(0), dx, !fresh);
        if (node.TryGradient(1, out var dw, out fresh)) LinearKernels.BackwardWeight(dy, node.Saved(node.Arguments.Int0), dw, !fresh);
    };
}
