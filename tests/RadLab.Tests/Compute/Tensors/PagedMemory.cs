using System.Runtime.InteropServices;
using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Keeps a tensor's memory away outside leases, and leaves NaN behind where it was: whoever keeps a pointer past the lease reads poison.</summary>
internal sealed unsafe class PagedMemory : IResidency, IDisposable
{
    private readonly Engine _engine;
    private readonly byte[] _contents;
    private readonly List<NativeBlock> _poisoned = [];

    public PagedMemory(Tensor tensor)
    {
        var state = tensor.State;
        _engine = state.Engine;
        _contents = new Span<byte>(state.Pointer, checked((int)tensor.SizeBytes)).ToArray();
        state.Residency = this;
        Leave(state);
    }

    public int Acquired { get; private set; }

    public void Acquire(TensorState state)
    {
        Acquired++;
        var block = _engine.Pool.Rent(_contents.Length);
        _contents.CopyTo(new Span<byte>(block.Pointer, _contents.Length));
        state.Bind(block);
    }

    public void Release(TensorState state)
    {
        new Span<byte>(state.Pointer, _contents.Length).CopyTo(_contents);
        Leave(state);
    }

    private void Leave(TensorState state)
    {
        var block = state.Block!;
        NativeMemory.Fill(block.Pointer, (nuint)block.Capacity, 0xFF);
        _poisoned.Add(block);   // kept from the pool, so that the poison stays
        state.Bind(null);
    }

    public void Dispose()
    {
        foreach (var block in _poisoned) _engine.Pool.Return(block);
        _poisoned.Clear();
    }
}
