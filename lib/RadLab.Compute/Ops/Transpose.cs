namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>The last two dimensions exchanged: y[.., j, i] = x[.., i, j].</summary>
    /// <inheritdoc cref="Transpose(Tape, Tensor, int, int)" path="/remarks"/>
    /// <param name="x">(..., A, B), any dtype</param>
    /// <returns>(..., B, A)</returns>
    public static Tensor Transpose(this Tape tape, Tensor x)
    {
        Check.Op(nameof(Transpose), tape, x);
        Check.MinRank(nameof(Transpose), nameof(x), x, 2);
        return Transpose(tape, x, x.Shape.Rank - 2, x.Shape.Rank - 1);
    }

    /// <summary>Two dimensions exchanged, as a copy: (B, T, H, D) to (B, H, T, D) and the like.</summary>
    /// <remarks>
    /// <code>
    /// y[.., j, .., i, ..]   = x[.., i, .., j, ..]
    /// dx[.., i, .., j, ..] += dy[.., j, .., i, ..]
    /// </code>
    /// Backward keeps nothing.
    /// </remarks>
    /// <param name="x">Any dtype</param>
    /// <param name="first">A dimension, 0 is the first.</param>
    /// <param name="second">The other one.</param>
    /// <returns><paramref name="x"/> itself where both are the same dimension.</returns>
    public static Tensor Transpose(this Tape tape, Tensor x, int first, int second)
    {
        Check.Op(nameof(Transpose), tape, x);
        CheckDimension(nameof(Transpose), nameof(first), first, x.Shape);
        CheckDimension(nameof(Transpose), nameof(second), second, x.Shape);
        if (first == second) return x;

        Span<int> dims = stackalloc int[x.Shape.Rank];
        x.Shape.CopyTo(dims);
        (dims[first], dims[second]) = (dims[second], dims[first]);
        var y = tape.Empty(Shape.Create(dims), x.DType);
        TransposeKernels.Run(x, y, first, second);
        return tape.Record(nameof(Transpose), y, s_transposeBackward, [x], [], new OpArguments { Int0 = first, Int1 = second });
    }

    private static readonly BackwardFunction s_transposeBackward = static (tape, node) =>
    {
        if (!node.TryGradient(0, out var dx, out bool fresh)) return;
        var (dy, first, second) = (node.OutputGradient, node.Arguments.Int0, node.Arguments.Int1);
        if (fresh && dx.DType == dy.DType)
        {
            TransposeKernels.Run(dy, dx, first, second);
            return;
        }
        using var g = tape.Engine.Empty(dx.Shape, dy.DType);
        TransposeKernels.Run(dy, g, first, second);
        ElementwiseKernels.Deposit(g, dx, fresh);
    };
}
