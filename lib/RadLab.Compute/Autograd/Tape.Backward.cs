namespace RadLab.Compute;

public sealed partial class Tape
{
    /// <summary>Adds the gradient of <paramref name="loss"/>, a single number, to every leaf that wants one.</summary>
    /// <remarks>If it throws (memory budget, interrupt, a custom op), leaves hold part of their gradients: clear them and reset the tape.</remarks>
    public void Backward(Tensor loss)
    {
        if (loss.Count != 1) throw new ArgumentException($"Backward: loss must hold one number, got {loss.Shape}; pass its gradient as second argument instead.");
        Start(loss, default);
    }

    /// <summary>The same from any result <paramref name="y"/> and the gradient of the loss by it, <paramref name="dy"/>, of the same shape.</summary>
    public void Backward(Tensor y, Tensor dy)
    {
        Check.Float(nameof(Backward), nameof(dy), dy);
        if (dy.Shape != y.Shape) throw new ArgumentException($"Backward: dy must have shape {y.Shape}, got {dy.Shape}.");
        Start(y, dy);
    }

    private void Start(Tensor y, Tensor dy)
    {
        if (_used) throw new TapeFreedException("Backward: this tape has already run backward and freed its record; run the forward pass again.");
        if (!Recording) throw new InvalidOperationException("Backward: this tape does not record; make it with engine.Tape().");
        int last = _nodeCount - 1;
        while (last >= 0 && _nodes[last].Output != y) last--;
        if (last < 0)
            throw new ArgumentException("Backward: the tensor must be the result of an op on this tape with an input that requires a gradient; set RequiresGrad on what should train.");

        Seed(y, dy);
        _used = true;
        Recording = false;   // so that a backward function may use ops
        try
        {
            while (_nodeCount > 0)
            {
                var node = _nodes[_nodeCount - 1];
                var output = node.Output;
                if (output.State.Gradient.IsAlive) Run(node);
                // the record shrinks as it goes: the pass leaves only the loss and the leaves' gradients behind
                if (output != y && IsOwned(output)) output.Dispose();
                _nodeCount--;
                node.Clear();
            }
        }
        finally
        {
            Recording = true;
        }
    }

    private void Seed(Tensor y, Tensor dy)
    {
        var seed = Engine.Empty(y.Shape, y.DType);
        try
        {
            if (dy.IsAlive) ElementwiseKernels.Copy(dy, seed);
            else seed.CopyFrom([1f]);
        }
        catch
        {
            seed.Dispose();
            throw;
        }
        y.ClearGradient();
        y.State.Gradient = seed;
    }

    private void Run(TapeNode node)
    {
        Engine.ThrowIfInterrupted();
        NodeStarts?.Invoke(node);
        try
        {
            node.Backward!(this, node);
        }
        catch
        {
            node.DropInputGradients();
            throw;
        }
        node.Output.ClearGradient();
    }
}
