namespace RadLab.Compute;

/// <summary>
/// Brings a node's output gradient to its inputs: reads <see cref="TapeNode.OutputGradient"/>, adds into the buffers of <see cref="TapeNode.TryGradient(int, out Tensor)"/>.
/// Use a static method, so that recording allocates nothing.
/// </summary>
public delegate void BackwardFunction(Tape tape, TapeNode node);

/// <summary>The plain numbers that an op's backward needs besides tensors.</summary>
public record struct OpArguments
{
    public float Scalar;
    public int Int0, Int1, Int2, Int3;
    public RandomKey Key;
    public object? State;
}

/// <summary>One recorded op. Nodes are reused from step to step.</summary>
public sealed class TapeNode
{
    private Tensor[] _inputs = new Tensor[4];
    private Tensor[] _saved = new Tensor[4];
    private int _inputCount, _savedCount;

    internal TapeNode() { }

    /// <summary>The op's name, for messages.</summary>
    public string Name { get; private set; } = "";

    public OpArguments Arguments { get; private set; }

    /// <summary>The op's result. Its numbers are only there if the op saved them.</summary>
    public Tensor Output { get; private set; }

    /// <summary>The gradient of the loss by the output; freed when this node is done.</summary>
    public Tensor OutputGradient => Output.State.Gradient;

    internal BackwardFunction? Backward { get; private set; }

    public Tensor Input(int i) => (uint)i < (uint)_inputCount ? _inputs[i] : throw new ArgumentOutOfRangeException(nameof(i), i, $"{Name}: the node has {_inputCount} inputs.");

    public Tensor Saved(int i) => (uint)i < (uint)_savedCount ? _saved[i] : throw new ArgumentOutOfRangeException(nameof(i), i, $"{Name}: the node saved {_savedCount} tensors.");

    /// <summary>False for a frozen input: skip its work.</summary>
    public bool Wants(int input) => Input(input).State.RequiresGrad;

    /// <summary>The buffer to add input <paramref name="input"/>'s gradient into, zero-filled when new. False for a frozen input.</summary>
    public bool TryGradient(int input, out Tensor gradient)
    {
        if (!TryGradient(input, out gradient, out bool fresh)) return false;
        if (fresh) gradient.Clear();
        return true;
    }

    /// <summary>As above, but a <paramref name="fresh"/> buffer has undefined contents and must be overwritten entirely: saves a pass over memory.</summary>
    public bool TryGradient(int input, out Tensor gradient, out bool fresh)
    {
        var s = Input(input).State;
        fresh = false;
        gradient = default;
        if (!s.RequiresGrad) return false;
        if (!s.Gradient.IsAlive)
        {
            s.Gradient = s.Engine.Empty(s.Shape, s.GradientDType);
            fresh = true;
        }
        gradient = s.Gradient;
        return true;
    }

    /// <summary>
    /// Hands over a whole gradient of the input's shape: adopted without a copy when the input has none yet and nobody else uses its memory, else added and freed.
    /// <see cref="OutputGradient"/> itself may be given, to one input or to several.
    /// </summary>
    public void GiveGradient(int input, Tensor gradient)
    {
        var s = Input(input).State;
        if (gradient == OutputGradient) gradient = gradient.View(gradient.Shape);
        bool adopted = false;
        try
        {
            if (gradient.Shape != s.Shape) throw new ArgumentException($"{Name}: the gradient of input {input} must have shape {s.Shape}, got {gradient.Shape}.");
            if (s.RequiresGrad && !s.Gradient.IsAlive && gradient.DType == s.GradientDType && MayAdopt(input, gradient))
            {
                gradient.State.Tape = null;
                s.Gradient = gradient;
                adopted = true;
            }
            else if (TryGradient(input, out var sink, out bool fresh))
            {
                if (fresh) ElementwiseKernels.Copy(gradient, sink);
                else ElementwiseKernels.AddInto(sink, gradient);
            }
        }
        finally
        {
            if (!adopted) gradient.Dispose();
        }
    }

    // Whoever adopts memory will add to it, so nobody else may read it. What goes after this node does not count: the output's gradient and what
    // only this node saved, unless a second place of the same input writes to it while the node runs.
    private bool MayAdopt(int input, Tensor gradient)
    {
        var block = gradient.State.Block;
        if (block is null) return false;
        int going = ReferenceEquals(block, OutputGradient.State.Block) ? 1 : 0;
        for (int i = 0; i < _savedCount; i++)
        {
            var s = _saved[i].State;
            if (s.OwnerGone && s.DataShares == 1 && ReferenceEquals(block, s.Block)) going++;
        }
        if (block.Shares > 1 + going) return false;
        if (going > 0)
            for (int i = 0; i < _inputCount; i++)
                if (i != input && _inputs[i] == _inputs[input]) return false;
        return true;
    }

    internal void Fill(string name, Tensor output, BackwardFunction backward, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> saved, in OpArguments arguments)
    {
        // all that can throw comes first
        foreach (var t in inputs) _ = t.State;
        foreach (var t in saved) t.RequireData();
        Name = name;
        Output = output;
        Backward = backward;
        Arguments = arguments;
        _inputCount = Copy(inputs, ref _inputs);
        _savedCount = Copy(saved, ref _saved);
        output.State.Mentions++;
        foreach (var t in inputs) t.State.Mentions++;
        foreach (var t in saved)
        {
            var s = t.State;
            s.Mentions++;
            s.DataShares++;
        }
    }

    /// <summary>After a backward function that threw: what it left half-written must not pass for a gradient.</summary>
    internal void DropInputGradients()
    {
        for (int i = 0; i < _inputCount; i++) _inputs[i].ClearGradient();
    }

    /// <summary>Lets go of everything the node held.</summary>
    internal void Clear()
    {
        for (int i = 0; i < _savedCount; i++)
        {
            var s = _saved[i].State;
            s.DropDataShare();
            s.DropMention();
            _saved[i] = default;
        }
        for (int i = 0; i < _inputCount; i++)
        {
            _inputs[i].State.DropMention();
            _inputs[i] = default;
        }
        _savedCount = _inputCount = 0;
        Output.State.DropMention();
        if (Output.IsAlive)
        {
            // kept by its owner: a plain value from now on, nothing brings a gradient further back
            Output.ClearGradient();
            Output.State.RequiresGrad = false;
            Output.State.IsLeaf = true;
        }
        Output = default;
        Backward = null;
        Arguments = default;
    }

    private static int Copy(ReadOnlySpan<Tensor> from, ref Tensor[] to)
    {
        if (from.Length > to.Length) to = new Tensor[from.Length];
        from.CopyTo(to);
        return from.Length;
    }
}
