using RadLab.Compute;

namespace RadLab.Tests;

public sealed class ResidencyTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_lease_brings_the_memory_in_once_and_lets_it_go_at_the_end()
    {
        using var t = _engine.From([1f, 2f], [2]);
        using var paged = new PagedMemory(t);
        Assert.Equal("AsSpan: this parameter is not resident; hold a lease (Acquire) while reading it.", Assert.Throws<InvalidOperationException>(() => t.AsSpan<float>()).Message);
        using (t.Acquire())
        {
            using (t.Acquire()) Assert.Equal(2f, t.AsSpan<float>()[1]);
            t.AsSpan<float>()[1] = 3f;
        }
        Assert.Equal(1, paged.Acquired);
        Assert.Equal([1f, 3f], t.ToFloats());
        Assert.Equal(2, paged.Acquired);
        t.CopyFrom([7f, 8f]);
        Assert.Equal([7f, 8f], t.ToFloats());
    }

    [Fact]
    public void A_view_of_paged_memory_is_refused()
    {
        using var t = _engine.From([1f, 2f], [2]);
        using var paged = new PagedMemory(t);
        Assert.Equal("View: a paged or gathered parameter has no fixed memory; copy it first.", Assert.Throws<InvalidOperationException>(() => t.View([2])).Message);
    }

    [Fact]
    public void Disposing_a_paged_tensor_leaves_nothing_behind()
    {
        var t = _engine.From([1f, 2f], [2]);
        using (new PagedMemory(t))
        {
            t.ToFloats();
            t.Dispose();
            Assert.Throws<TensorFreedException>(() => t.ToFloats());
        }
        Assert.Equal(0, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_lease_that_outlives_its_tensor_does_not_touch_the_next_one()
    {
        var old = _engine.From([1f], [1]);
        {
            using var lease = old.Acquire();
            old.Dispose();
        }
        using var next = _engine.From([5f], [1]);   // the same state, reused
        using var paged = new PagedMemory(next);
        Assert.Equal(5f, next.Item());
        Assert.Equal(1, paged.Acquired);
    }

    [Fact]
    public void A_lease_taken_before_the_dispose_and_ended_after_the_reuse_does_not_count_on_the_next_tensor()
    {
        var old = _engine.From([1f], [1]);
        Tensor next;
        {
            using var lease = old.Acquire();
            old.Dispose();
            next = _engine.From([5f], [1]);
        }
        using var paged = new PagedMemory(next);
        Assert.Equal(5f, next.Item());
        next.Dispose();
    }

    [Fact]
    public void Memory_that_cannot_be_brought_in_leaves_the_tensor_as_it_was()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1, MemoryBudgetBytes = 256 });
        using var t = engine.From([1f, 2f], [2]);
        using var paged = new PagedMemory(t);
        var filler = engine.Empty([48]);
        Assert.Throws<MemoryBudgetException>(() => t.ToFloats());
        filler.Dispose();
        Assert.Equal([1f, 2f], t.ToFloats());
    }
}
