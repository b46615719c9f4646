using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Product of two tensors, element by element.</summary>
    /// <remarks>
    /// <code>
    /// z[i]   = x[i] * y[i]
    /// dx[i] += dz[i] * y[i],   dy[i] += dz[i] * x[i]
    /// </code>
    /// Backward keeps y if x wants a gradient and x if y does.
    /// </remarks>
    /// <param name="x">Any shape, F32 or BF16</param>
    /// <param name="y">Shape and dtype of <paramref name="x"/></param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor Mul(this Tape tape, Tensor x, Tensor y)
    {
        Check.Op(nameof(Mul), tape, x, y);
        Check.Float(nameof(Mul), nameof(x), x);
        Check.Shape(nameof(Mul), nameof(y), y, x.Shape);
        Check.SameDType(nameof(Mul), nameof(y), y, nameof(x), x);

        var z = tape.Empty(x.Shape, x.DType);
        ElementwiseKernels.Map(new MulMap(), x, y, z);
        if (!y.RequiresGrad) return tape.Record(nameof(Mul), z, s_mulBackwardOne, [x], [y]);
        if (!x.RequiresGrad) return tape.Record(nameof(Mul), z, s_mulBackwardOne, [y], [x]);
        return tape.Record(nameof(Mul), z, s_mulBackward, [x, y], [y, x]);
    }

    // one input wants a gradient; which one does not matter, for the product is symmetric
    private static readonly BackwardFunction s_mulBackwardOne = static (_, node) => MulInto(node, 0);

    private static readonly BackwardFunction s_mulBackward = static (_, node) =>
    {
        MulInto(node, 0);
        MulInto(node, 1);
    };

    private static void MulInto(TapeNode node, int input)
    {
        if (node.TryGradient(input, out var sink, out bool fresh))
            ElementwiseKernels.Map(new MulMap(), node.OutputGradient, node.Saved(input), sink, add: !fresh);
    }
}

internal readonly struct MulMap : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> a, Vector512<float> b) => a * b;
}
