namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>The gated unit of Llama's feed-forward layer, after its two projections (Shazeer, arXiv:2002.05202).</summary>
    /// <remarks>
    /// <code>
    /// y[i]      = g * s * u,   g = gate[i],  u = up[i],  s = 1 / (1 + e^-g)
    /// dgate[i] += dy[i] * u * s * (1 + g * (1 - s))
    /// dup[i]   += dy[i] * g * s
    /// </code>
    /// Backward keeps gate and up and computes s again: silu(gate) is never stored.
    /// </remarks>
    /// <param name="gate">Any shape, F32 or BF16</param>
    /// <param name="up">Shape and dtype of <paramref name="gate"/></param>
    /// <returns>Shape and dtype of <paramref name="gate"/>.</returns>
    public static Tensor SwiGlu(this Tape tape, Tensor gate, Tensor up)
    {
        Check.Op(nameof(SwiGlu), tape, gate, up);
        Check.Float(nameof(SwiGlu), nameof(gate), gate);
        Check.Shape(nameof(SwiGlu), nameof(up), up, gate.Shape);
        Check.SameDType(nameof(SwiGlu), nameof(up), up, nameof(gate), gate);

        var y = tape.Empty(gate.Shape, gate.DType);
        ElementwiseKernels.Map(new SwiGluMap(), gate, up, y);
        return tape.Record(nameof(SwiGlu), y, s_swiGluBackward, [gate, up], [gate, up]);
    }

    private static readonly BackwardFunction s_swiGluBackward = static (_, node) =>
    {
        var (gate, up, dy) = (node.Saved(0), node.Saved(1), node.OutputGradient);
        bool wantsGate = node.TryGradient(0, out var dgate, out bool freshGate);
        bool wantsUp = node.TryGradient(1, out var dup, out bool freshUp);
        if (wantsGate && wantsUp) SwiGluKernels.Backward(gate, up, dy, dgate, freshGate, dup, freshUp);
        else if (wantsGate) SwiGluKernels.BackwardGate(gate, up, dy, dgate, freshGate);
        else if (wantsUp) ElementwiseKernels.Map(new SwiGluMap(), gate, dy, dup, add: !freshUp);   // dup has the formula of y with dy in place of up
    };
}
