namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>The outputs of an adapted linear layer, each brought from the length of its weight row to a trained one (DoRA, Liu et al., arXiv:2402.09353).</summary>
    /// <remarks>
    /// <code>
    /// n[o]     = | w[o,:] + s * sum_r b[o,r] * a[r,:] |
    /// y[t,o]   = x[t,o] * m[o] / n[o]              x = W z + s B A z, from Linear or LoraLinear
    /// dx[t,o] += dy[t,o] * m[o] / n[o]
    /// dm[o]   += sum_t dy[t,o] * x[t,o] / n[o]
    /// </code>
    /// The norm counts as a constant in backward, as in the paper's section 4.3: w, a and b get no gradient from here. A row of norm 0 gives 0.
    /// Backward keeps m / n, and x and 1 / n if m wants a gradient. Sums in F32.
    /// </remarks>
    /// <param name="x">(..., O), F32 or BF16</param>
    /// <param name="magnitude">m, (O), F32</param>
    /// <param name="weight">(O, C), F32 or BF16</param>
    /// <param name="a">(R, C), F32</param>
    /// <param name="b">(O, R), F32</param>
    /// <param name="scale">s, as in the adapter</param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor DoraScale(this Tape tape, Tensor x, Tensor magnitude, Tensor weight, Tensor a, Tensor b, float scale)
    {
        Check.Op(nameof(DoraScale), tape, x, magnitude, weight, a, b);
        Check.Float(nameof(DoraScale), nameof(weight), weight);
        Check.Rank(nameof(DoraScale), nameof(weight), weight, 2);
        return DoraScale(tape, x, magnitude, weight, null, weight.Shape, a, b, scale);
    }

    /// <summary>The same for a quantized weight, of which one row at a time is decoded.</summary>
    /// <inheritdoc cref="DoraScale(Tape, Tensor, Tensor, Tensor, Tensor, Tensor, float)"/>
    public static Tensor DoraScale(this Tape tape, Tensor x, Tensor magnitude, QuantizedWeight weight, Tensor a, Tensor b, float scale)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Check.Op(nameof(DoraScale), tape, x, magnitude, weight.Codes, a, b);
        return DoraScale(tape, x, magnitude, default, weight, weight.Shape, a, b, scale);
    }

    private static Tensor DoraScale(Tape tape, Tensor x, Tensor magnitude, Tensor plain, QuantizedWeight? quantized, Shape weight, Tensor a, Tensor b, float scale)
    {
        const string op = nameof(DoraScale);
        int O = weight[0], C = weight[1];
        Check.Float(op, nameof(x), x);
        Check.MinRank(op, nameof(x), x, 1);
        if (x.Shape.Last != O) throw new ArgumentException($"{op}: x must have {O} columns, one per output of weight {weight}, got {x.Shape}.");
        Check.DType(op, nameof(magnitude), magnitude, DType.F32);
        Check.Shape(op, nameof(magnitude), magnitude, [O]);
        Check.DType(op, nameof(a), a, DType.F32);
        Check.Rank(op, nameof(a), a, 2);
        Check.Shape(op, nameof(a), a, [a.Shape[0], C]);
        Check.DType(op, nameof(b), b, DType.F32);
        Check.Shape(op, nameof(b), b, [O, a.Shape[0]]);

        using var inverse = tape.Empty([O]);
        using var gain = tape.Empty([O]);
        DoraScaleKernels.InverseNorms(plain, quantized, a, b, scale, inverse);
        DoraScaleKernels.Gain(magnitude, inverse, gain);
        var y = tape.Empty(x.Shape, x.DType);
        DoraScaleKernels.ScaleColumns(x, gain, y, fresh: true);
        ReadOnlySpan<Tensor> saved = magnitude.RequiresGrad ? [gain, x, inverse] : [gain];
        return tape.Record(op, y, s_doraScaleBackward, [x, magnitude], saved);
    }

    private static readonly BackwardFunction s_doraScaleBackward = static (tape, node) =>
    {
        var dy = node.OutputGradient;
        if (node.TryGradient(1, out var dm)) DoraScaleKernels.BackwardMagnitude(tape.Engine, dy, node.Saved(1), node.Saved(2), dm);
        if (node.TryGradient(0, out var dx, out bool fresh)) DoraScaleKernels.ScaleColumns(dy, node.Saved(0), dx, fresh);
    };
}

/// <summary>The norms that DoRA starts from.</summary>
public static class Dora
{
    /// <summary>Length of each row of a weight.</summary>
    /// <param name="weight">(O, C), F32 or BF16</param>
    /// <returns>(O), F32; owned by the caller.</returns>
    public static Tensor RowNorms(Tensor weight)
    {
        Check.Float(nameof(RowNorms), nameof(weight), weight);
        Check.Rank(nameof(RowNorms), nameof(weight), weight, 2);
        var norms = weight.Engine.Empty([weight.Shape[0]]);
        DoraScaleKernels.RowNorms(weight, null, norms);
        return norms;
    }

    /// <summary>Length of each row of a weight as the quantized form means it.</summary>
    /// <returns>(O), F32; owned by the caller.</returns>
    public static Tensor RowNorms(QuantizedWeight weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var norms = weight.Engine.Empty([weight.Shape[0]]);
        DoraScaleKernels.RowNorms(default, weight, norms);
        return norms;
    }
}
