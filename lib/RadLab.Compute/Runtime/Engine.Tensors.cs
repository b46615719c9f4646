namespace RadLab.Compute;

public sealed partial class Engine
{
    private readonly Lock _statesGate = new();
    private readonly Stack<TensorState> _states = new();

    /// <summary>A tensor with undefined contents, owned by the caller: dispose it.</summary>
    public Tensor Empty(Shape shape, DType dtype = DType.F32)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var block = Pool.Rent(checked(shape.Count * dtype.Size()));
        return NewState(block, 0, shape, dtype);
    }

    /// <summary>A tensor of zeros, owned by the caller.</summary>
    public Tensor Zeros(Shape shape, DType dtype = DType.F32)
    {
        var t = Empty(shape, dtype);
        try
        {
            t.Clear();
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
    }

    /// <summary>A tensor with the given values in row-major order, narrowed to <paramref name="dtype"/> (F32 or BF16); owned by the caller.</summary>
    public Tensor From(ReadOnlySpan<float> values, Shape shape, DType dtype = DType.F32)
    {
        var t = Empty(shape, dtype);
        try
        {
            t.CopyFrom(values);
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
    }

    /// <summary>An I32 tensor (token ids, labels); owned by the caller.</summary>
    public Tensor From(ReadOnlySpan<int> values, Shape shape)
    {
        var t = Empty(shape, DType.I32);
        try
        {
            t.CopyFrom(values);
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
    }

    internal Tensor NewState(NativeBlock block, long offsetBytes, Shape shape, DType dtype)
    {
        TensorState? state;
        lock (_statesGate)
        {
            if (!_states.TryPop(out state)) state = new TensorState(this);
        }
        state.Open(block, offsetBytes, shape, dtype);
        return new Tensor(state, state.Version);
    }

    /// <summary>A tensor without memory of its own: <paramref name="part"/> brings it in at each lease.</summary>
    internal Tensor NewPaged(PagedPart part, Shape shape, DType dtype)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var t = NewState(part.Block, 0, shape, dtype);
        t.State.Residency = part;
        t.State.Bind(null);
        return t;
    }

    internal void Recycle(TensorState state)
    {
        lock (_statesGate) _states.Push(state);
    }
}
