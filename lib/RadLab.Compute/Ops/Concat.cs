namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Tensors one behind the other along one dimension.</summary>
    /// <remarks>
    /// <code>
    /// y[.., first_k + i, ..] = parts[k][.., i, ..],   first_k = length of the parts before k
    /// dparts[k][.., i, ..]  += dy[.., first_k + i, ..]
    /// </code>
    /// Backward keeps nothing.
    /// </remarks>
    /// <param name="dimension">0 is the first.</param>
    /// <param name="parts">One or more, of one dtype (any) and of one shape but for this dimension.</param>
    public static Tensor Concat(this Tape tape, int dimension, params ReadOnlySpan<Tensor> parts)
    {
        Check.Op(nameof(Concat), tape, parts);
        if (parts.Length == 0) throw new ArgumentException("Concat: parts must hold at least one tensor, got none.");
        var first = parts[0].Shape;
        Check.MinRank(nameof(Concat), "part 0", parts[0], 1);
        CheckDimension(nameof(Concat), nameof(dimension), dimension, first);

        Span<int> dims = stackalloc int[first.Rank];
        first.CopyTo(dims);
        for (int k = 1; k < parts.Length; k++)
        {
            var shape = parts[k].Shape;
            bool fits = shape.Rank == first.Rank;
            for (int i = 0; fits && i < first.Rank; i++) fits = i == dimension || shape[i] == first[i];
            if (!fits) throw new ArgumentException($"Concat: part {k} must have shape {first} like part 0 but for dimension {dimension}, got {shape}.");
            if (parts[k].DType != parts[0].DType) throw new ArgumentException($"Concat: part {k} must be {parts[0].DType} like part 0, got {parts[k].DType}.");
            dims[dimension] = checked(dims[dimension] + shape[dimension]);
        }

        var y = tape.Empty(Shape.Create(dims), parts[0].DType);
        int at = 0;
        foreach (var part in parts)
        {
            SliceKernels.CopyToWhole(part, y, dimension, at);
            at += part.Shape[dimension];
        }
        return tape.Record(nameof(Concat), y, s_concatBackward, parts, [], new OpArguments { Int0 = dimension, Int1 = parts.Length });
    }

    private static readonly BackwardFunction s_concatBackward = static (tape, node) =>
    {
        var (dy, dimension, at) = (node.OutputGradient, node.Arguments.Int0, 0);
        for (int k = 0; k < node.Arguments.Int1; k++)
        {
            if (node.TryGradient(k, out var dx, out bool fresh))
            {
                if (fresh && dx.DType == dy.DType) SliceKernels.CopyPart(dy, dx, dimension, at);
                else
                {
                    using var g = tape.Engine.Empty(dx.Shape, dy.DType);
                    SliceKernels.CopyPart(dy, g, dimension, at);
                    ElementwiseKernels.Deposit(g, dx, fresh);
                }
            }
            at += node.Input(k).State.Shape[dimension];
        }
    };
}
