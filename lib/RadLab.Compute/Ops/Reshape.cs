namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>The same elements under another shape: shares memory, copies nothing, forward or backward. Only a paged parameter, whose memory comes and goes, is copied.</summary>
    /// <param name="x">Any shape and dtype.</param>
    /// <param name="shape">Same number of elements.</param>
    public static Tensor Reshape(this Tape tape, Tensor x, Shape shape)
    {
        Check.Op(nameof(Reshape), tape, x);
        if (shape.Count != x.Count) throw new ArgumentException($"Reshape: shape must hold {x.Count} elements like {x.Shape}, got {shape}.");
        var y = x.State.Residency is null ? tape.Own(x.View(shape)) : CopyOf(tape, x, shape);
        return tape.Record(nameof(Reshape), y, s_reshapeBackward, [x], []);
    }

    private static unsafe Tensor CopyOf(Tape tape, Tensor x, Shape shape)
    {
        var y = tape.Empty(shape, x.DType);
        using var lx = x.Acquire();
        using var ly = y.Acquire();
        Buffer.MemoryCopy(lx.Pointer, ly.Pointer, y.SizeBytes, x.SizeBytes);
        return y;
    }

    private static readonly BackwardFunction s_reshapeBackward = static (_, node) =>
        node.GiveGradient(0, node.OutputGradient.View(node.Input(0).Shape));
}
