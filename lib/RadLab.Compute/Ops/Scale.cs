using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>A tensor times one fixed number.</summary>
    /// <remarks>
    /// <code>
    /// y[i]   = factor * x[i]
    /// dx[i] += factor * dy[i]
    /// </code>
    /// Backward keeps nothing.
    /// </remarks>
    /// <param name="x">Any shape, F32 or BF16</param>
    /// <param name="factor">Not trained; F32 also where x is BF16.</param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor Scale(this Tape tape, Tensor x, float factor)
    {
        Check.Op(nameof(Scale), tape, x);
        Check.Float(nameof(Scale), nameof(x), x);

        var y = tape.Empty(x.Shape, x.DType);
        ElementwiseKernels.Map(new ScaleMap(factor), x, x, y);
        return tape.Record(nameof(Scale), y, s_scaleBackward, [x], [], new OpArguments { Scalar = factor });
    }

    private static readonly BackwardFunction s_scaleBackward = static (_, node) =>
    {
        var dy = node.OutputGradient;
        if (node.TryGradient(0, out var dx, out bool fresh))
            ElementwiseKernels.Map(new ScaleMap(node.Arguments.Scalar), dy, dy, dx, add: !fresh);
    };
}

internal readonly struct ScaleMap(float factor) : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> a, Vector512<float> b) => a * Vector512.Create(factor);
}
