using RadLab.Compute;

namespace RadLab.Tests;

public sealed class TapeNodeTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private Tensor Leaf(int seed, params int[] shape) => Make.Random(_engine, shape, seed, requiresGrad: true);

    [Fact]
    public void One_gradient_handed_to_several_inputs_is_never_shared_between_them()
    {
        using var x = Leaf(1, 4, 9);
        using var y = Leaf(2, 4, 9);
        using var w = Leaf(3, 9);
        GradCheck.Run(_engine, t => t.Plus(x, y), x, y);
        GradCheck.Run(_engine, t => t.Plus(x, x), x);
        GradCheck.Run(_engine, t => t.Plus(x, x, y), x, y);
        GradCheck.Run(_engine, t => t.Plus(x, y, x, y), x, y);
        // after Plus both gradients grow on: shared memory would count each twice
        GradCheck.Run(_engine, t => t.Plus(t.RmsNorm(x, w), t.RmsNorm(y, w), x, y), x, y, w);
        GradCheck.Run(_engine, t => t.Plus(t.Reshape(t.Plus(x, y), [4, 9]), y), x, y);
    }

    [Fact]
    public void A_handed_over_gradient_costs_no_copy_and_leaves_nothing_behind()
    {
        using var x = Leaf(1, 100);
        using var tape = _engine.Tape();
        var y = tape.Reshape(x, [10, 10]);
        using var dy = Make.Random(_engine, [10, 10], 2);
        long before = _engine.Memory.LiveBytes;
        _engine.ResetPeak();
        tape.Backward(y, dy);
        Assert.Equal(before + 448, _engine.Memory.PeakBytes);   // 400 bytes, rounded up: the seed became the gradient of x
        Assert.Equal(before + 448, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_gradient_made_on_the_tape_stays_when_the_tape_is_reset()
    {
        using var x = Leaf(1, 6);
        using var tape = _engine.Tape();
        using var dy = Make.Random(_engine, [6], 2);
        tape.Backward(tape.Times(tape.Times(x, 3f), 2f), dy);
        tape.Reset();
        Assert.Equal(Array.ConvertAll(dy.ToFloats(), v => 3f * (2f * v)), x.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void A_backward_may_use_ops_of_the_tape()
    {
        using var x = Leaf(1, 6);
        using var y = Leaf(2, 6);
        GradCheck.Run(_engine, t => t.Hadamard(t.Times(t.Hadamard(t.Times(x, 3f), y), 2f), x), x, y);
    }

    [Fact]
    public void A_gradient_of_the_wrong_shape_is_refused_and_freed()
    {
        using var x = Leaf(1, 6);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var y = tape.Record("Mine", tape.Empty([6]), static (t, node) => node.GiveGradient(0, t.Engine.Zeros([2, 3])), [x], []);
        using (var dy = Make.Random(_engine, [6], 2))
            Assert.Equal("Mine: the gradient of input 0 must have shape (6), got (2, 3).", Assert.Throws<ArgumentException>(() => tape.Backward(y, dy)).Message);
        tape.Reset();
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_gradient_of_another_dtype_is_converted_and_one_for_a_frozen_input_dropped()
    {
        using var x = Make.Random(_engine, [6], 1, requiresGrad: true, dtype: DType.BF16);
        using var frozen = Make.Random(_engine, [6], 2);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var y = tape.Record("Mine", tape.Empty([6]), static (t, node) =>
        {
            node.GiveGradient(0, t.Engine.From([1f, 2, 3, 4, 5, 6], [6]));
            node.GiveGradient(1, t.Engine.From([1f, 2, 3, 4, 5, 6], [6]));
        }, [x, frozen], []);
        using (var dy = Make.Random(_engine, [6], 2)) tape.Backward(y, dy);
        tape.Reset();
        Assert.Equal(DType.BF16, x.Gradient!.Value.DType);
        Assert.Equal([1f, 2, 3, 4, 5, 6], x.Gradient!.Value.ToFloats());
        Assert.Null(frozen.Gradient);
        Assert.Equal(before + 64, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void Places_that_a_node_does_not_have_are_reported()
    {
        using var x = Leaf(1, 2);
        using var tape = _engine.Tape();
        var y = tape.Record("Mine", tape.Empty([2]), static (_, node) =>
        {
            Assert.StartsWith("Mine: the node has 1 inputs.", Assert.Throws<ArgumentOutOfRangeException>(() => node.Input(1)).Message, StringComparison.Ordinal);
            Assert.StartsWith("Mine: the node saved 0 tensors.", Assert.Throws<ArgumentOutOfRangeException>(() => node.Saved(0)).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentOutOfRangeException>(() => node.Wants(-1));
        }, [x], []);
        tape.Backward(y, x);
    }

    [Fact]
    public void An_op_may_have_many_inputs()
    {
        var leaves = new Tensor[9];
        for (int i = 0; i < leaves.Length; i++) leaves[i] = Leaf(i, 3, 2);
        GradCheck.Run(_engine, t => t.Plus(leaves), leaves);
        foreach (var t in leaves) t.Dispose();
    }
}
