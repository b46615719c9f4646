namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Linear map by a frozen quantized weight: y = x·dequant(W)ᵀ (QLoRA, arXiv:2305.14314). NF4 is the main case; FP4 and INT8 weights work alike.</summary>
    /// <remarks>
    /// <code>
    /// y[r,o]   = sum_c x[r,c] * w[o,c]         w = value[code] * scale of its block, one rounding to F32
    /// dx[r,c] += sum_o dy[r,o] * w[o,c]
    /// </code>
    /// The weight is decoded panel by panel while the matrix product packs its operand: a block of 384 rows of k is the most that exists in F32.
    /// Up to 8 rows without a record go through a product of their own that reads the packed codes once (generation). Backward keeps nothing but the weight.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16</param>
    /// <param name="weight">(O, C)</param>
    /// <returns>(..., O), dtype of <paramref name="x"/>.</returns>
    public static Tensor Nf4Linear(this Tape tape, Tensor x, QuantizedWeight weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Check.Op(nameof(Nf4Linear), tape, x, weight.Codes);
        Check.Float(nameof(Nf4Linear), nameof(x), x);
        Check.MinRank(nameof(Nf4Linear), nameof(x), x, 1);
        if (x.Shape.Last != weight.Shape[1]) throw new ArgumentException($"Nf4Linear: x must have {weight.Shape[1]} columns like weight {weight.Shape}, got {x.Shape}.");

        var y = tape.Empty(x.Shape.WithLast(weight.Shape[0]), x.DType);
        Nf4LinearKernels.Forward(x, weight, y);
        return tape.Record(nameof(Nf4Linear), y, s_nf4LinearBackward, [x], [], new OpArguments { State = weight });
    }

    private static readonly BackwardFunction s_nf4LinearBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh))
            Nf4LinearKernels.BackwardInput(node.OutputGradient, (QuantizedWeight)node.Arguments.State!, dx, !fresh);
    };
}
