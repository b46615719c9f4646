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
        if (!Recording)
        {
            using var scope = Scope();
            int first = _owned.Count;
            return scope.Keep(RequireOwn(block(this, x), x, first));
        }

        Tensor y;
        var inner = Engine.RentTape(recording: false);
        bool trainable;
        try
        {
            y = inner.RequireOwn(block(inner, x), x, first: 0);
            trainable = inner.SawTrainable;
            Own(inner.Keep(y));
        }
        finally
        {
            Engine.ReturnTape(inner);
        }
        // a block without anything to train would cost a second run for nothing
        return trainable ? RecordAlways(nameof(Checkpoint), y, s_checkpointBackward, [x], [x], new OpArguments { State = block }) : y;
    }

    private Tensor RequireOwn(Tensor y, Tensor x, int first) => y != x && IsOwned(y) && _owned.LastIndexOf(y) >= first
        ? y
        : throw new ArgumentException("Checkpoint: block must return a tensor that it made on the tape it was given.");

    private static readonly BackwardFunction s_checkpointBackward = CheckpointBackward;

    private static void CheckpointBackward(Tape tape, TapeNode node)
    {
        var block = (Func<Tape, Tensor, Tensor>)node.Arguments.State!;
        var original = node.Saved(0).State;
        // a leaf of its own over the same memory: the gradient stops here instead of running on into what made the original
        var x = node.Saved(0).View(original.Shape);
        var inner = tape.Engine.RentTape(recording: true);
        try
        {
            x.State.RequiresGrad = original.RequiresGrad;
            x.State.GradientDType = original.GradientDType;
            // the block adds to what is there already, in the order of a plain run: the same bits
            (x.State.Gradient, original.Gradient) = (original.Gradient, default);
            var y = block(inner, x);
            if (y.RequiresGrad) inner.Backward(y, node.OutputGradient);
        }
        finally
        {
            (original.Gradient, x.State.Gradient) = (x.State.Gradient, default);
            tape.Engine.ReturnTape(inner);
            x.Dispose();
        }
    }
}
