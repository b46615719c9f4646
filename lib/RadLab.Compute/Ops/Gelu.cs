namespace RadLab.Compute;

/// <summary>The two formulas that go by the name of GELU; a checkpoint wants the one it was trained with.</summary>
public enum GeluForm : byte
{
    /// <summary>With the error function, as defined; BERT, vision transformers.</summary>
    Erf,

    /// <summary>The approximation with tanh; GPT-2, <c>gelu_new</c> and <c>gelu_pytorch_tanh</c> at Hugging Face.</summary>
    Tanh,
}

public static partial class Ops
{
    /// <summary>Gaussian error linear unit (Hendrycks and Gimpel, arXiv:1606.08415).</summary>
    /// <remarks>
    /// <code>
    /// Erf:   y = x / 2 * (1 + erf(x / sqrt(2)))
    ///        dx += dy * (1/2 * (1 + erf(x / sqrt(2))) + x * e^(-x^2 / 2) / sqrt(2 pi))
    /// Tanh:  y = x / 2 * (1 + t),   t = tanh(u),   u = sqrt(2 / pi) * (x + 0.044715 * x^3)
    ///        dx += dy * (1/2 * (1 + t) + x / 2 * (1 - t^2) * sqrt(2 / pi) * (1 + 3 * 0.044715 * x^2))
    /// </code>
    /// Backward keeps x.
    /// </remarks>
    /// <param name="x">Any shape, F32 or BF16</param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor Gelu(this Tape tape, Tensor x, GeluForm form = GeluForm.Erf)
    {
        Check.Op(nameof(Gelu), tape, x);
        Check.Float(nameof(Gelu), nameof(x), x);
        if (form is not (GeluForm.Erf or GeluForm.Tanh)) throw new ArgumentException($"Gelu: form must be Erf or Tanh, got {form}.");

        var y = tape.Empty(x.Shape, x.DType);
        if (form == GeluForm.Erf) ElementwiseKernels.Map(new GeluErfMap(), x, x, y);
        else ElementwiseKernels.Map(new GeluTanhMap(), x, x, y);
        return tape.Record(nameof(Gelu), y, s_geluBackward, [x], [x], new OpArguments { Int0 = (int)form });
    }

    private static readonly BackwardFunction s_geluBackward = static (_, node) =>
    {
        if (!node.TryGradient(0, out var dx, out bool fresh)) return;
        var (x, dy) = (node.Saved(0), node.OutputGradient);
        if ((GeluForm)node.Arguments.Int0 == GeluForm.Erf) ElementwiseKernels.Map(new GeluErfGradientMap(), x, dy, dx, add: !fresh);
        else ElementwiseKernels.Map(new GeluTanhGradientMap(), x, dy, dx, add: !fresh);
    };
}
