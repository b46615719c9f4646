namespace RadLab.Compute;

/// <summary>
/// What a <see cref="Tensor"/> handle points at. States are reused; a handle carries the version it was made for, so a stale handle is caught instead of
/// reading somebody else's numbers.
/// </summary>
/// <remarks>
/// Two counts. <c>DataShares</c>: the owner and every tape node that needs the numbers in backward; at zero the memory goes back to the pool.
/// <c>Mentions</c>: the owner and every tape node that routes a gradient through this tensor; at zero the state itself is reused.
/// </remarks>
internal sealed unsafe class TensorState(Engine engine)
{
    public readonly Engine Engine = engine;
    public int Version;
    public Shape Shape;
    public DType DType;
    public DType GradientDType;
    public bool RequiresGrad;
    public bool IsLeaf;
    public bool OwnerGone;
    public int DataShares;
    public int Mentions;
    public int Leases;
    public Tape? Tape;
    public Tensor Gradient;
    public IResidency? Residency;
    private NativeBlock? _block;
    private byte* _pointer;

    ~TensorState()
    {
        // the safety net for tensors that a notebook forgets, never the mechanism
        if (_block is { } block) Engine.Pool.Return(block);
    }

    public NativeBlock? Block => _block;

    public long OffsetBytes => _block is null ? 0 : _pointer - _block.Pointer;

    public bool HasData => _block is not null || Residency is not null;

    public byte* Pointer => _pointer;

    public void Open(NativeBlock block, long offsetBytes, Shape shape, DType dtype)
    {
        Version++;
        Shape = shape;
        DType = dtype;
        GradientDType = dtype;
        RequiresGrad = false;
        IsLeaf = true;
        OwnerGone = false;
        DataShares = 1;
        Mentions = 1;
        Leases = 0;
        Tape = null;
        Gradient = default;
        Residency = null;
        _block = block;
        _pointer = block.Pointer + offsetBytes;
    }

    /// <summary>Puts other memory under the tensor: how paging, offload and gathering bring a weight in (null takes it away).</summary>
    public void Bind(NativeBlock? block)
    {
        _block = block;
        _pointer = block is null ? null : block.Pointer;
    }

    public void ReleaseOwner()
    {
        if (OwnerGone) return;
        OwnerGone = true;
        Tape = null;
        DropDataShare();
        DropMention();
    }

    public void DropDataShare()
    {
        if (--DataShares > 0) return;
        if (_block is { } block)
        {
            _block = null;
            _pointer = null;
            Engine.Pool.Return(block);
        }
        Residency = null;
    }

    public void DropMention()
    {
        if (--Mentions > 0) return;
        Version++;
        if (Gradient.IsAlive) Gradient.Dispose();
        Gradient = default;
        Engine.Recycle(this);
    }
}
