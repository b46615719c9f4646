namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Matrix product of the last two dimensions, each operand optionally transposed.</summary>
    /// <remarks>
    /// <code>
    /// y  = op(a) · op(b)                    op(m) = m or mᵀ
    /// da += dy · op(b)ᵀ   (transposed back if a was)
    /// db += op(a)ᵀ · dy   (transposed back if b was; summed over the batch when b has none)
    /// </code>
    /// Backward keeps a if b wants a gradient and b if a does. Sums in F32, one rounding to the dtype of y.
    /// </remarks>
    /// <param name="a">(..., M, K), or (..., K, M) with <paramref name="transposeA"/></param>
    /// <param name="b">(..., K, N) with the same leading dimensions as a, or (K, N) for all of them; (..., N, K) with <paramref name="transposeB"/></param>
    /// <returns>(..., M, N), dtype of a.</returns>
    public static Tensor MatMul(this Tape tape, Tensor a, Tensor b, bool transposeA = false, bool transposeB = false)
    {
        Check.Op(nameof(MatMul), tape, a, b);
        Check.Float(nameof(MatMul), nameof(a), a);
        Check.Float(nameof(MatMul), nameof(b), b);
        Check.MinRank(nameof(MatMul), nameof(a), a, 2);
        Check.MinRank(nameof(MatMul), nameof(b), b, 2);
        var (M, K) = transposeA ? (a.Shape[^1], a.Shape[^2]) : (a.Shape[^2], a.Shape[^1]);
        var (kb, N) = transposeB ? (b.Shape[^1], b.Shape[^2]) : (b.Shape[^2], b.Shape[^1]);
        if (K != kb) throw new ArgumentException($"MatMul: inner dimensions must agree, got {K} of a {a.Shape} and {kb} of b {b.Shape}.");
        if (b.Shape.Rank != 2 && !MatMulKernels.SameBatch(a.Shape, b.Shape))
            throw new ArgumentException($"MatMul: b must have two dimensions or the leading dimensions of a {a.Shape}, got {b.Shape}.");

        Span<int> dims = stackalloc int[a.Shape.Rank];
        a.Shape.CopyTo(dims);
        dims[^2] = M;
        dims[^1] = N;
        var y = tape.Empty(Shape.Create(dims), a.DType);
        MatMulKernels.Multiply(a, transposeA, b, transposeB, y, accumulate: false);
        ReadOnlySpan<Tensor> saved = (a.RequiresGrad, b.RequiresGrad) switch
        {
            (true, true) => [b, a],
            (true, false) => [b],
            _ => [a],
        };
        return tape.Record(nameof(MatMul), y, s_matMulBackward, [a, b], saved,
            new OpArguments { Int0 = transposeA ? 1 : 0, Int1 = transposeB ? 1 : 0, Int2 = a.RequiresGrad && b.RequiresGrad ? 1 : 0 });
    }

    private static readonly BackwardFunction s_matMulBackward = static (_, node) =>
    {
        var dy = node.OutputGradient;
        bool ta = node.Arguments.Int0 == 1, tb = node.Arguments.Int1 == 1;
        if (node.TryGradient(0, out var da, out bool fresh))
        {
            var b = node.Saved(0);
            if (ta) MatMulKernels.Multiply(b, tb, dy, true, da, !fresh);
            else MatMulKernels.Multiply(dy, false, b, !tb, da, !fresh);
        }
        if (node.TryGradient(1, out var db, out fresh))
        {
            var a = node.Saved(node.Arguments.Int2);
            if (tb) MatMulKernels.Multiply(dy, true, a, ta, db, !fresh);
            else MatMulKernels.Multiply(a, !ta, dy, false, db, !fresh);
        }
    };
}
