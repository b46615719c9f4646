namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>A copy of the indices [first, first + count) of one dimension.</summary>
    /// <remarks>
    /// <code>
    /// y[.., i, ..]          = x[.., first + i, ..]
    /// dx[.., first + i, ..] += dy[.., i, ..]
    /// </code>
    /// Backward keeps nothing. <see cref="Tensor.Rows"/> takes rows of the first dimension without a copy, but has no gradient.
    /// </remarks>
    /// <param name="x">Any shape but (), any dtype</param>
    /// <param name="dimension">0 is the first.</param>
    /// <returns>Shape of <paramref name="x"/> with <paramref name="count"/> in this dimension.</returns>
    public static Tensor Slice(this Tape tape, Tensor x, int dimension, int first, int count)
    {
        Check.Op(nameof(Slice), tape, x);
        Check.MinRank(nameof(Slice), nameof(x), x, 1);
        CheckDimension(nameof(Slice), nameof(dimension), dimension, x.Shape);
        int length = x.Shape[dimension];
        if (first < 0 || count < 0 || first > length - count)
            throw new ArgumentException($"Slice: range {first}..{(long)first + count} must lie in dimension {dimension} of {x.Shape}.");

        Span<int> dims = stackalloc int[x.Shape.Rank];
        x.Shape.CopyTo(dims);
        dims[dimension] = count;
        var y = tape.Empty(Shape.Create(dims), x.DType);
        SliceKernels.CopyPart(x, y, dimension, first);
        return tape.Record(nameof(Slice), y, s_sliceBackward, [x], [], new OpArguments { Int0 = dimension, Int1 = first });
    }

    private static readonly BackwardFunction s_sliceBackward = static (_, node) =>
    {
        // what lies outside the slice must be zero, hence no fresh buffer here
        if (node.TryGradient(0, out var dx)) SliceKernels.AddToWhole(node.OutputGradient, dx, node.Arguments.Int0, node.Arguments.Int1);
    };

    private static void CheckDimension(string op, string argument, int dimension, Shape shape)
    {
        if ((uint)dimension >= (uint)shape.Rank)
            throw new ArgumentException($"{op}: {argument} must be a dimension of {shape}, that is 0 to {shape.Rank - 1}, got {dimension}.");
    }
}
