namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>A linear layer with a low-rank adapter (Hu et al., arXiv:2106.09685) in one op: y = x·Wᵀ + s·(z·Aᵀ)·Bᵀ.</summary>
    /// <remarks>
    /// <code>
    /// u        = s * z·Aᵀ                 (rows, R), kept: it is the small one
    /// y        = x·Wᵀ + u·Bᵀ
    /// v        = s * dy·B                 (rows, R)
    /// dB[o,r] += sum_t dy[t,o] * u[t,r]
    /// dA[r,c] += sum_t v[t,r] * z[t,c]
    /// dz      += v·A,   dx += dy·W        one buffer when z is x
    /// </code>
    /// Backward keeps z, u, A, B and the weight; never the product x·Wᵀ. The adapter's product is added inside the matrix product: no pass over y of its own.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16</param>
    /// <param name="weight">(O, C), frozen</param>
    /// <param name="z">(..., C): the adapter's input, x itself or x after dropout; dtype of x</param>
    /// <param name="a">(R, C), F32 or BF16</param>
    /// <param name="b">(O, R), F32 or BF16</param>
    /// <param name="scale">alpha / R, or alpha / sqrt(R) with rsLoRA</param>
    /// <returns>(..., O), dtype of <paramref name="x"/>.</returns>
    public static Tensor LoraLinear(this Tape tape, Tensor x, Tensor weight, Tensor z, Tensor a, Tensor b, float scale)
    {
        Check.Op(nameof(LoraLinear), tape, x, weight, z, a, b);
        Check.Float(nameof(LoraLinear), nameof(weight), weight);
        Check.Rank(nameof(LoraLinear), nameof(weight), weight, 2);
        Check.Value(!weight.RequiresGrad, nameof(LoraLinear), nameof(weight), "be frozen", "RequiresGrad");
        return LoraLinear(tape, x, weight, null, weight.Shape, z, a, b, scale);
    }

    /// <summary>The same on a quantized base: the forward and backward pass of QLoRA.</summary>
    /// <inheritdoc cref="LoraLinear(Tape, Tensor, Tensor, Tensor, Tensor, Tensor, float)"/>
    public static Tensor LoraLinear(this Tape tape, Tensor x, QuantizedWeight weight, Tensor z, Tensor a, Tensor b, float scale)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Check.Op(nameof(LoraLinear), tape, x, weight.Codes, z, a, b);
        return LoraLinear(tape, x, default, weight, weight.Shape, z, a, b, scale);
    }

    private static Tensor LoraLinear(Tape tape, Tensor x, Tensor plain, QuantizedWeight? quantized, Shape weight, Tensor z, Tensor a, Tensor b, float scale)
    {
        const string op = nameof(LoraLinear);
        int O = weight[0], C = weight[1];
        Check.Float(op, nameof(x), x);
        Check.Float(op, nameof(a), a);
        Check.Float(op, nameof(b), b);
        Check.MinRank(op, nameof(x), x, 1);
        if (x.Shape.Last != C) throw new ArgumentException($"{op}: x must have {C} columns like weight {weight}, got {x.Shape}.");
        Check.Shape(op, nameof(z), z, x.Shape);
        Check.SameDType(op, nameof(z), z, nameof(x), x);
        Check.Rank(op, nameof(a), a, 2);
        int R = a.Shape[0];
        Check.Shape(op, nameof(a), a, [R, C]);
        Check.Shape(op, nameof(b), b, [O, R]);
        Check.Value(R > 0, op, "rank", "be at least 1", R);

        var y = tape.Empty(x.Shape.WithLast(O), x.DType);
        using var u = tape.Empty([x.Shape.Rows, R]);
        LoraLinearKernels.Forward(x, plain, quantized, z, a, b, scale, u, y);
        var arguments = new OpArguments { Scalar = scale, State = quantized };
        return quantized is null
            ? tape.Record(op, y, s_loraLinearBackward, [x, z, a, b], [z, a, b, u, plain], arguments)
            : tape.Record(op, y, s_loraLinearBackward, [x, z, a, b], [z, a, b, u], arguments);
    }

    private static readonly BackwardFunction s_loraLinearBackward = static (tape, node) =>
    {
        var (z, a, b, u, dy) = (node.Saved(0), node.Saved(1), node.Saved(2), node.Saved(3), node.OutputGradient);
        var quantized = (QuantizedWeight?)node.Arguments.State;
        var plain = quantized is null ? node.Saved(4) : default;

        if (node.TryGradient(3, out var db, out bool fresh)) LinearKernels.BackwardWeight(dy, u, db, !fresh);
        bool adapter = node.Wants(1) || node.Wants(2);
        using var v = adapter ? tape.Empty(u.Shape) : default;
        if (adapter) LoraLinearKernels.Inner(dy, b, node.Arguments.Scalar, v);
        if (node.TryGradient(2, out var da, out fresh)) LinearKernels.BackwardWeight(v, z, da, !fresh);

        bool shared = node.Input(0) == node.Input(1);
        if (node.TryGradient(0, out var dx, out fresh)) LoraLinearKernels.BackwardInput(dy, plain, quantized, shared ? v : default, a, dx, !fresh);
        if (!shared && node.TryGradient(1, out var dz, out fresh)) LinearKernels.BackwardInput(v, a, dz, !fresh);
    };
}
