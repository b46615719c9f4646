namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Mean of all N elements.</summary>
    /// <remarks>
    /// <code>
    /// y      = sum_i x[i] / N
    /// dx[i] += dy / N
    /// </code>
    /// Backward keeps nothing. Summed as in <see cref="Sum"/>.
    /// </remarks>
    /// <param name="x">Any shape with at least one element, F32 or BF16</param>
    /// <returns>(), F32 whatever the dtype of <paramref name="x"/>.</returns>
    public static Tensor Mean(this Tape tape, Tensor x)
    {
        Check.Op(nameof(Mean), tape, x);
        Check.Float(nameof(Mean), nameof(x), x);
        if (x.Count == 0) throw new ArgumentException($"Mean: x must have at least one element, got {x.Shape}.");

        var y = tape.Empty([]);
        SumKernels.Forward(x, x.Count, y);
        return tape.Record(nameof(Mean), y, s_meanBackward, [x], []);
    }

    private static readonly BackwardFunction s_meanBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh)) SumKernels.Backward(node.OutputGradient, dx.Count, dx, fresh);
    };
}
