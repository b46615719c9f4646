namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>The same numbers in another float type: F32 to BF16 rounds to nearest, ties to even; BF16 to F32 is exact.</summary>
    /// <remarks>
    /// <code>
    /// y[i]   = x[i]
    /// dx[i] += dy[i]
    /// </code>
    /// dy comes in the dtype of y and is added in that of x's gradient. Backward keeps nothing.
    /// </remarks>
    /// <param name="x">Any shape, F32 or BF16</param>
    /// <param name="dtype">F32 or BF16</param>
    /// <returns>Shape of <paramref name="x"/>; <paramref name="x"/> itself where it has this dtype already.</returns>
    public static Tensor Cast(this Tape tape, Tensor x, DType dtype)
    {
        Check.Op(nameof(Cast), tape, x);
        Check.Float(nameof(Cast), nameof(x), x);
        if (!dtype.IsFloat()) throw new ArgumentException($"Cast: dtype must be F32 or BF16, got {dtype}.");
        if (x.DType == dtype) return x;

        var y = tape.Empty(x.Shape, dtype);
        ElementwiseKernels.Copy(x, y);
        return tape.Record(nameof(Cast), y, s_castBackward, [x], []);
    }

    private static readonly BackwardFunction s_castBackward = static (_, node) => HandOn(node, 0);
}
