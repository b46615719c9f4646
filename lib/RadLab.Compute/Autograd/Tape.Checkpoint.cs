namespace RadLab.Compute;

public sealed partial class Tape
{
    /// <summary>
    /// Gradient checkpointing (Chen et al., arXiv:1604.06174): runs <paramref name="block"/> without a record and runs it again in backward. Memory for one
    /// forward pass more; gradients are bitwise the same, because the same kernels run in the same order.
    /// </summary>
    /// <param name="block">Must depend on its arguments and on fixed values alone (dropout: a key given from outside), so that both runs agree.</param>
    public Tensor Checkpoint(Func<Tape, Tensor, Tensor> block, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (!Recording) return block(this, x);

        Tensor y;
        var inner = Engine.RentTape(recording: false);
        try
        {
            y = block(inner, x);
            if (y == x) throw new ArgumentException("Checkpoint: block must return a new tensor, got its input.");
            Own(inner.Keep(y));
        }
        finally
        {
            Engine.ReturnTape(inner);
        }
        return RecordAlways(nameof(Checkpoint), y, s_checkpointBackward, [x], [x], new OpArguments { State = block });
    }

    private static readonly BackwardFunction s_checkpointBackward = CheckpointBackward;

    private static void CheckpointBackward(Tape tape, TapeNode node)
    {
        var block = (Func<Tape, Tensor, Tensor>)node.Arguments.State!;
        var original = node.Saved(0);
        var inner = tape.Engine.RentTape(recording: true);
        // a leaf of its own over the same memory, so that the block's gradient is collected before it joins the others
        var x = original.View(original.Shape);
        try
        {
            x.State.RequiresGrad = original.RequiresGrad;
            var y = block(inner, x);
            inner.Backward(y, node.OutputGradient);
            if (node.Wants(0) && x.Gradient is { } dx)
            {
                x.State.Gradient = default;
                node.GiveGradient(0, dx);
            }
        }
        finally
        {
            tape.Engine.ReturnTape(inner);
            x.Dispose();
        }
    }
}
