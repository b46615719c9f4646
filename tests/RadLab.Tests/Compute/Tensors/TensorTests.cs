using RadLab.Compute;

namespace RadLab.Tests;

public sealed class TensorTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_disposed_tensor_cannot_be_used_and_disposing_it_again_does_nothing()
    {
        var t = _engine.From([1f, 2f], [2]);
        var copy = t;
        t.Dispose();
        t.Dispose();
        copy.Dispose();

        Assert.Equal(0, _engine.Memory.LiveBytes);
        Assert.Equal("Tensor (freed)", t.ToString());
        foreach (Action use in new Action[] { () => _ = t.Shape, () => _ = t.DType, () => _ = t.Count, () => t.ToFloats(), () => copy.AsSpan<float>(), () => t.View([2]), () => t.Rows(0, 1), () => t.Clear(), () => _ = t.RequiresGrad })
        {
            string message = Assert.Throws<TensorFreedException>(use).Message;
            Assert.StartsWith("Tensor: its memory has been freed (disposed, or its tape was reset or has run backward)", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_stale_handle_does_not_reach_the_tensor_that_reuses_its_place()
    {
        var old = _engine.From([1f], [1]);
        old.Dispose();
        using var next = _engine.From([2f], [1]);

        Assert.Throws<TensorFreedException>(() => old.Item());
        old.Dispose();
        Assert.Equal(2f, next.Item());
        Assert.NotEqual(old, next);
    }

    [Fact]
    public void A_handle_that_was_never_given_a_tensor_says_so()
    {
        Tensor nothing = default;
        nothing.Dispose();
        Assert.Equal("Tensor: this handle was never given a tensor; make one with engine.Empty, engine.From or an op.", Assert.Throws<TensorFreedException>(() => _ = nothing.Shape).Message);
        Assert.True(nothing == default);
    }

    [Fact]
    public void A_tensor_describes_itself()
    {
        using var t = _engine.Empty([2, 3], DType.BF16);
        Assert.Equal("Tensor (2, 3) BF16 cpu", t.ToString());
        Assert.Equal((6L, 12L, Device.Cpu), (t.Count, t.SizeBytes, t.Device));
        Assert.Same(_engine, t.Engine);
    }

    [Fact]
    public void A_view_shares_memory_and_keeps_it_alive()
    {
        var t = _engine.From([1f, 2, 3, 4, 5, 6], [3, 2]);
        long live = _engine.Memory.LiveBytes;
        var flat = t.View([6]);
        var rows = t.Rows(1, 2);
        Assert.Equal(live, _engine.Memory.LiveBytes);

        t.AsSpan<float>()[2] = 30;
        Assert.Equal([1f, 2, 30, 4, 5, 6], flat.ToFloats());
        Assert.Equal([30f, 4, 5, 6], rows.ToFloats());
        Assert.Equal(Shape.Create([2, 2]), rows.Shape);

        t.Dispose();
        flat.Dispose();
        Assert.Equal(live, _engine.Memory.LiveBytes);
        Assert.Equal(30f, rows.Rows(0, 1).View([2]).ToFloats()[0]);
        rows.AsSpan<float>()[0] = 31;
        Assert.Equal(31f, rows.ToFloats()[0]);
        rows.Dispose();
    }

    [Fact]
    public void Rows_of_rows_and_empty_rows_work()
    {
        using var t = _engine.From([.. Enumerable.Range(0, 24)], [4, 3, 2]);
        using var middle = t.Rows(1, 3);
        using var last = middle.Rows(2, 1);
        using var none = t.Rows(4, 0);
        Assert.Equal([18, 19, 20, 21, 22, 23], last.ToInts());
        Assert.Equal(Shape.Create([0, 3, 2]), none.Shape);
        Assert.Empty(none.ToInts());
    }

    [Fact]
    public void View_mistakes_are_reported()
    {
        using var t = _engine.Zeros([2, 3]);
        using var scalar = _engine.Zeros([]);
        Assert.Equal("View: shape must hold 6 elements like (2, 3), got (4).", Assert.Throws<ArgumentException>(() => t.View([4])).Message);
        Assert.Equal("Rows: range 1..3 must lie in the first dimension of (2, 3).", Assert.Throws<ArgumentException>(() => t.Rows(1, 2)).Message);
        Assert.Equal("Rows: range 2..2147483649 must lie in the first dimension of (2, 3).", Assert.Throws<ArgumentException>(() => t.Rows(2, int.MaxValue)).Message);
        Assert.Throws<ArgumentException>(() => t.Rows(-1, 1));
        Assert.Throws<ArgumentException>(() => t.Rows(0, -1));
        Assert.Equal("Rows: tensor must have a dimension, got a scalar.", Assert.Throws<ArgumentException>(() => scalar.Rows(0, 1)).Message);
    }

    [Fact]
    public void Requires_grad_is_for_float_leaves_only()
    {
        using var ids = _engine.From([1, 2], [2]);
        Assert.Equal("Tensor: RequiresGrad needs F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => { var t = ids; t.RequiresGrad = true; }).Message);

        using var x = Make.Random(_engine, [2, 4], 1, requiresGrad: true);
        using var tape = _engine.Tape();
        var y = tape.Reshape(x, [8]);
        Assert.True(y.RequiresGrad);
        Assert.Equal("Tensor: RequiresGrad can only be set on a leaf, not on the result of an op.", Assert.Throws<InvalidOperationException>(() => { var t = y; t.RequiresGrad = false; }).Message);
    }

    [Fact]
    public void Clearing_a_gradient_frees_it_and_stales_its_handle()
    {
        using var x = Make.Random(_engine, [2, 4], 1, requiresGrad: true);
        Assert.Null(x.Gradient);
        long before = _engine.Memory.LiveBytes;
        using var tape = _engine.Tape();
        using var dy = Make.Random(_engine, [8], 2);
        tape.Backward(tape.Reshape(x, [8]), dy);
        tape.Reset();
        var gradient = x.Gradient!.Value;
        Assert.Equal(dy.ToFloats(), gradient.ToFloats());
        x.ClearGradient();
        x.ClearGradient();
        Assert.Null(x.Gradient);
        Assert.Throws<TensorFreedException>(() => gradient.ToFloats());
        Assert.Equal(before + 64, _engine.Memory.LiveBytes);   // dy
    }

    [Fact]
    public void Disposing_a_leaf_frees_its_gradient()
    {
        long before = _engine.Memory.LiveBytes;
        var x = Make.Random(_engine, [2, 4], 1, requiresGrad: true);
        using (var tape = _engine.Tape())
        using (var dy = Make.Random(_engine, [8], 2))
            tape.Backward(tape.Reshape(x, [8]), dy);
        x.Dispose();
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }
}
