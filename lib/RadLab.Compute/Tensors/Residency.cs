namespace RadLab.Compute;

/// <summary>
/// The hook behind a parameter: dequantization, paging, offload and gathering bring its memory in at the first lease and may take it away after the last.
/// </summary>
internal interface IResidency
{
    /// <summary>Makes the memory present, through <see cref="TensorState.Bind"/>: the block's share goes to the tensor, until it is taken away again.</summary>
    void Acquire(TensorState state);

    /// <summary>The last lease ended: the memory may go.</summary>
    void Release(TensorState state);
}

/// <summary>The right to a tensor's memory while the lease lives. Ops take one for each tensor they touch and keep no pointer past its end.</summary>
public readonly unsafe ref struct TensorLease
{
    private readonly TensorState _state;
    private readonly int _version;

    internal TensorLease(TensorState state)
    {
        _state = state;
        _version = state.Version;
        if (state.Residency is { } residency && state.Leases == 0) residency.Acquire(state);
        state.Leases++;
    }

    /// <summary>First byte; 64-byte aligned unless the tensor is a view.</summary>
    public byte* Pointer => _state.Pointer;

    public float* F32 => (float*)_state.Pointer;

    public ushort* BF16 => (ushort*)_state.Pointer;

    public int* I32 => (int*)_state.Pointer;

    public void Dispose()
    {
        // a tensor that was disposed under its lease: the state may be another tensor's by now
        if (_state.Version != _version) return;
        if (--_state.Leases == 0 && _state.Residency is { } residency) residency.Release(_state);
    }
}
