namespace RadLab.Compute;

/// <summary>
/// Records ops for one backward pass and owns every tensor that ops make on it. Ops are extension methods: <c>tape.RmsNorm(x, weight)</c>.
/// </summary>
/// <remarks>
/// Conventions of all ops, stated once:
/// backward always adds into gradients; frozen inputs (<see cref="Tensor.RequiresGrad"/> false) get no buffer and no work;
/// what backward has used is freed as it goes; <see cref="Reset"/> frees the rest and makes the tape ready for the next step.
/// A tape belongs to one thread at a time.
/// </remarks>
public sealed partial class Tape : IDisposable
{
    private readonly List<Tensor> _owned = [];
    private readonly List<TapeNode> _nodes = [];
    private int _nodeCount;
    private bool _used;

    internal Tape(Engine engine, bool recording)
    {
        Engine = engine;
        Recording = recording;
    }

    public Engine Engine { get; }

    /// <summary>False: nothing is recorded, results have no gradient and only live until <see cref="Reset"/> or the end of their <see cref="Scope"/>.</summary>
    public bool Recording { get; internal set; }

    /// <summary>Told of each recorded op when its turn in backward comes: to see what a pass takes, op by op.</summary>
    public Action<TapeNode>? NodeStarts { get; set; }

    /// <summary>True once an op here had an input that wants a gradient, recorded or not.</summary>
    internal bool SawTrainable { get; set; }

    /// <summary>Recorded ops that wait for backward.</summary>
    public int Count => _nodeCount;

    /// <summary>A tensor with undefined contents that this tape owns: an op's result or workspace.</summary>
    public Tensor Empty(Shape shape, DType dtype = DType.F32)
    {
        var t = Engine.Empty(shape, dtype);
        Own(t);
        return t;
    }

    internal Tensor Own(Tensor t)
    {
        t.State.Tape = this;
        _owned.Add(t);
        return t;
    }

    /// <summary>Records an op; built-in and custom ops alike call it last and return what it returns.</summary>
    /// <param name="name">The op's name, for messages.</param>
    /// <param name="output">The result, made by <see cref="Empty"/>.</param>
    /// <param name="backward">A static method.</param>
    /// <param name="inputs">What gradients are routed to. Their numbers are not kept unless also in <paramref name="saved"/>.</param>
    /// <param name="saved">What backward needs to read; kept until this node is done.</param>
    /// <param name="arguments">Plain numbers for backward.</param>
    public Tensor Record(string name, Tensor output, BackwardFunction backward, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> saved, in OpArguments arguments = default)
    {
        bool wanted = false;
        foreach (var t in inputs) wanted |= t.RequiresGrad;
        SawTrainable |= wanted;
        return wanted ? RecordAlways(name, output, backward, inputs, saved, arguments) : output;
    }

    // Also for blocks whose parameters, unseen here, want gradients though no input does.
    internal Tensor RecordAlways(string name, Tensor output, BackwardFunction backward, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> saved, in OpArguments arguments)
    {
        if (!Recording) return output;
        if (_used) throw new TapeFreedException($"{name}: this tape has run backward; call tape.Reset() before recording again.");
        if (!ReferenceEquals(output.State.Tape, this)) throw new ArgumentException($"{name}: output must be made with tape.Empty of the tape that records it.");
        if (_nodeCount == _nodes.Count) _nodes.Add(new TapeNode());
        _nodes[_nodeCount].Fill(name, output, backward, inputs, saved, arguments);
        _nodeCount++;
        output.State.RequiresGrad = true;
        output.State.IsLeaf = false;
        return output;
    }

    /// <summary>Takes a result out of the tape's hands: it outlives <see cref="Reset"/> and the caller disposes it.</summary>
    public Tensor Keep(Tensor t)
    {
        if (!ReferenceEquals(t.State.Tape, this)) throw new ArgumentException("Keep: the tensor must belong to this tape.");
        t.State.Tape = null;
        return t;
    }

    /// <summary>Until the scope ends, results are working values: at its end those that backward does not need are freed. See <see cref="TapeScope.Keep"/>.</summary>
    public TapeScope Scope() => new(this);

    /// <summary>Frees everything the tape owns and forgets what was recorded; the tape can be used again.</summary>
    public void Reset()
    {
        ClearNodes();
        foreach (var t in _owned)
            if (IsOwned(t)) t.Dispose();
        _owned.Clear();
        _used = false;
        SawTrainable = false;
    }

    public void Dispose() => Reset();

    private bool IsOwned(Tensor t) => t.IsAlive && ReferenceEquals(t.State.Tape, this);

    private void ClearNodes()
    {
        while (_nodeCount > 0) _nodes[--_nodeCount].Clear();
    }

    /// <summary>Ends with its block; see <see cref="Tape.Scope"/>.</summary>
    public ref struct TapeScope
    {
        private readonly Tape _tape;
        private int _first;

        internal TapeScope(Tape tape)
        {
            _tape = tape;
            _first = tape._owned.Count;
        }

        /// <summary>The block's result: it outlives this scope and belongs to the enclosing one.</summary>
        public Tensor Keep(Tensor t)
        {
            var owned = _tape._owned;
            if (!ReferenceEquals(t.State.Tape, _tape)) throw new ArgumentException("Scope: the tensor to keep must have been made on this tape.");
            int at = owned.Count - 1;
            while (at >= _first && owned[at] != t) at--;
            if (at < _first) return t;   // the enclosing scope's already
            (owned[_first], owned[at]) = (owned[at], owned[_first]);
            _first++;
            return t;
        }

        public readonly void Dispose()
        {
            var owned = _tape._owned;
            if (owned.Count <= _first) return;   // nothing new, or the tape was reset inside the scope
            for (int i = owned.Count - 1; i >= _first; i--)
                if (_tape.IsOwned(owned[i])) owned[i].Dispose();
            owned.RemoveRange(_first, owned.Count - _first);
        }
    }
}
