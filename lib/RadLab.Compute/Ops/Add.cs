namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Sum of two tensors of one shape, or a bias added to every row.</summary>
    /// <remarks>
    /// <code>
    /// z[i]   = x[i] + y[i]          dx += dz,  dy += dz
    /// z[r,c] = x[r,c] + y[c]        dx += dz,  dy[c] += sum_r dz[r,c]
    /// </code>
    /// Backward keeps nothing and hands dz's memory on to one input. The bias gradient is summed in F32, rows in order.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16</param>
    /// <param name="y">The shape and dtype of <paramref name="x"/>; or (C), F32 or BF16.</param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor Add(this Tape tape, Tensor x, Tensor y)
    {
        Check.Op(nameof(Add), tape, x, y);
        Check.Float(nameof(Add), nameof(x), x);
        Check.Float(nameof(Add), nameof(y), y);
        bool bias = x.Shape != y.Shape;
        Shape row = [x.Shape.Last];
        if (bias && (x.Shape.Rank < 2 || y.Shape != row))
            throw new ArgumentException($"Add: y must have shape {x.Shape} like x, or {row} as a bias, got {y.Shape}.");
        if (!bias) Check.SameDType(nameof(Add), nameof(y), y, nameof(x), x);

        var z = tape.Empty(x.Shape, x.DType);
        if (bias)
        {
            AddKernels.ForwardBias(x, y, z);
            return tape.Record(nameof(Add), z, s_addBiasBackward, [x, y], []);
        }
        ElementwiseKernels.Map(new AddMap(), x, y, z);
        return tape.Record(nameof(Add), z, s_addBackward, [x, y], []);
    }

    private static readonly BackwardFunction s_addBackward = static (_, node) =>
    {
        // dz's memory goes to an input that has no buffer yet; the other is served first, so that x + x never adds a buffer to itself
        int heir = node.Wants(0) && (node.Input(0).Gradient is null || !node.Wants(1)) ? 0 : 1;
        if (node.TryGradient(1 - heir, out var other, out bool fresh)) ElementwiseKernels.Deposit(node.OutputGradient, other, fresh);
        HandOn(node, heir);
    };

    private static readonly BackwardFunction s_addBiasBackward = static (_, node) =>
    {
        if (node.TryGradient(1, out var dy)) AddKernels.BackwardBias(node.OutputGradient, dy);
        HandOn(node, 0);
    };

    // The output gradient as it is becomes an input's: its memory where the input has none, else added. The last that a backward does with it.
    private static void HandOn(TapeNode node, int input)
    {
        if (!node.Wants(input)) return;
        var (dy, s) = (node.OutputGradient, node.Input(input).State);
        if (!s.Gradient.IsAlive && s.GradientDType == dy.DType) node.GiveGradient(input, dy.View(s.Shape));
        else if (node.TryGradient(input, out var sink, out bool fresh)) ElementwiseKernels.Deposit(dy, sink, fresh);
    }
}
