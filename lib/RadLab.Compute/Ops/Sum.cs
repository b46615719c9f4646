namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Sum of all elements.</summary>
    /// <remarks>
    /// <code>
    /// y      = sum_i x[i]
    /// dx[i] += dy
    /// </code>
    /// Backward keeps nothing. Summed in one fixed order: pieces of 16,384 elements in F32, their sums in double.
    /// </remarks>
    /// <param name="x">Any shape, F32 or BF16; the sum of no elements is 0.</param>
    /// <returns>(), F32 whatever the dtype of <paramref name="x"/>.</returns>
    public static Tensor Sum(this Tape tape, Tensor x)
    {
        Check.Op(nameof(Sum), tape, x);
        Check.Float(nameof(Sum), nameof(x), x);

        var y = tape.Empty([]);
        SumKernels.Forward(x, 1, y);
        return tape.Record(nameof(Sum), y, s_sumBackward, [x], []);
    }

    private static readonly BackwardFunction s_sumBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh)) SumKernels.Backward(node.OutputGradient, 1, dx, fresh);
    };
}
