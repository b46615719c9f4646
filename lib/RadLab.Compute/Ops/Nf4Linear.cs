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
        CheckNf4Linear(tape, x, weight);
        var y = tape.Empty(x.Shape.WithLast(weight.Shape[0]), x.DType);
        Nf4LinearKernels.Forward(x, weight, y);
        return tape.Record(nameof(Nf4Linear), y, s_nf4LinearBackward, [x], [], new OpArguments { State = weight });
    }

    /// <summary>
    /// Two or three such maps of the same x, each with the bits that it has alone. In generation, with up to 8 rows of x in F32, they are one piece of parallel work:
    /// x is arranged once, and no thread waits between them.
    /// </summary>
    /// <param name="third">Null: two maps, and the third result is no tensor.</param>
    /// <inheritdoc cref="Nf4Linear(Tape, Tensor, QuantizedWeight)"/>
    public static (Tensor First, Tensor Second, Tensor Third) Nf4Linear(this Tape tape, Tensor x, QuantizedWeight first, QuantizedWeight second, QuantizedWeight? third = null)
    {
        CheckNf4Linear(tape, x, first);
        CheckNf4Linear(tape, x, second);
        if (third is not null) CheckNf4Linear(tape, x, third);
        bool together = !(tape.Recording && x.RequiresGrad) && x.DType == DType.F32 && x.Shape.Rows is > 0 and <= FourBitGemv.MaxRows
            && Fits(first) && Fits(second) && (third is null || Fits(third));
        if (!together) return (tape.Nf4Linear(x, first), tape.Nf4Linear(x, second), third is null ? default : tape.Nf4Linear(x, third));

        var y1 = tape.Empty(x.Shape.WithLast(first.Shape[0]));
        var y2 = tape.Empty(x.Shape.WithLast(second.Shape[0]));
        var y3 = third is null ? default : tape.Empty(x.Shape.WithLast(third.Shape[0]));
        Nf4LinearKernels.Forward(x, first, y1, second, y2, third, y3);
        return (y1, y2, y3);

        bool Fits(QuantizedWeight w) => w.Format != WeightFormat.Int8 && w.BlockSize == first.BlockSize;
    }

    private static void CheckNf4Linear(Tape tape, Tensor x, QuantizedWeight weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Check.Op(nameof(Nf4Linear), tape, x, weight.Codes);
        Check.Float(nameof(Nf4Linear), nameof(x), x);
        Check.MinRank(nameof(Nf4Linear), nameof(x), x, 1);
        if (x.Shape.Last != weight.Shape[1]) throw new ArgumentException($"Nf4Linear: x must have {weight.Shape[1]} columns like weight {weight.Shape}, got {x.Shape}.");
    }

    private static readonly BackwardFunction s_nf4LinearBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh))
            Nf4LinearKernels.BackwardInput(node.OutputGradient, (QuantizedWeight)node.Arguments.State!, dx, !fresh);
    };
}
