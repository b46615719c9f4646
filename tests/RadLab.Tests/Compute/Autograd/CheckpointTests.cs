using RadLab.Compute;

namespace RadLab.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly Tensor _x;
    private readonly Parameter _w, _v, _frozen;

    public CheckpointTests()
    {
        _x = Make.Random(_engine, [20, 65], 1, requiresGrad: true);
        _w = new Parameter("w", Make.Random(_engine, [65], 2), trainable: true);
        _v = new Parameter("v", Make.Random(_engine, [65], 3, dtype: DType.BF16), trainable: true);
        _frozen = new Parameter("frozen", Make.Random(_engine, [65], 4), trainable: false);
    }

    public void Dispose()
    {
        _x.Dispose();
        _w.Dispose();
        _v.Dispose();
        _frozen.Dispose();
        _engine.Dispose();
    }

    // uses its input three times, a parameter twice, a frozen one, views
    private Tensor Block(Tape tape, Tensor x)
    {
        using var scope = tape.Scope();
        var h = tape.RmsNorm(tape.RmsNorm(x, _w.Value), _frozen.Value);
        h = tape.Hadamard(tape.Reshape(tape.Reshape(h, [65, 20]), [20, 65]), x);
        return scope.Keep(tape.Plus(tape.RmsNorm(h, _v.Value), tape.RmsNorm(x, _w.Value), x));
    }

    private (float[] Loss, float[] Gradients) Run(Func<Tape, Tensor, Tensor> model, Tensor x)
    {
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var loss = tape.Total(model(tape, x));
        float[] value = loss.ToFloats();
        tape.Backward(loss);
        tape.Reset();
        var gradients = new List<float>();
        foreach (var t in new[] { x, _w.Value, _v.Value, _frozen.Value })
        {
            gradients.Add(t.Gradient is null ? 0 : 1);
            if (t.Gradient is { } g) gradients.AddRange(g.ToFloats());
            t.ClearGradient();
        }
        Assert.Equal(before, _engine.Memory.LiveBytes);
        return (value, [.. gradients]);
    }

    private void Same(Func<Tape, Tensor, Tensor> plain, Func<Tape, Tensor, Tensor> checkpointed, Tensor x)
    {
        var expected = Run(plain, x);
        var actual = Run(checkpointed, x);
        // bits, not values: a negative zero counts
        Assert.Equal(expected.Loss.Select(BitConverter.SingleToInt32Bits), actual.Loss.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(expected.Gradients.Select(BitConverter.SingleToInt32Bits), actual.Gradients.Select(BitConverter.SingleToInt32Bits));
        Assert.Contains(expected.Gradients, g => g is not 0 and not 1);
    }

    [Fact]
    public void Gradients_are_bitwise_those_of_the_plain_run() =>
        Same((t, x) => Block(t, Block(t, x)), (t, x) => t.Checkpoint(Block, t.Checkpoint(Block, x)), _x);

    [Fact]
    public void They_are_also_when_the_input_is_used_again_outside_the_block() =>
        Same((t, x) => t.Plus(Block(t, x), x, t.RmsNorm(x, _w.Value)), (t, x) => t.Plus(t.Checkpoint(Block, x), x, t.RmsNorm(x, _w.Value)), _x);

    [Fact]
    public void They_are_also_for_nested_checkpoints() =>
        Same((t, x) => Block(t, Block(t, Block(t, x))),
            (t, x) => t.Checkpoint((t1, x1) => Block(t1, t1.Checkpoint((t2, x2) => t2.Checkpoint(Block, Block(t2, x2)), x1)), x), _x);

    [Fact]
    public void They_are_also_for_an_input_that_needs_no_gradient()
    {
        using var x = Make.Random(_engine, [20, 65], 1);
        Same(Block, (t, y) => t.Checkpoint(Block, y), x);
    }

    [Fact]
    public void They_are_also_for_a_BF16_parameter_as_input()
    {
        using var x = new Parameter("x", Make.Random(_engine, [20, 65], 1, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [20, 65], 6, dtype: DType.BF16);
        float[] Gradient(bool checkpoint)
        {
            using var tape = _engine.Tape();
            Tensor Norms(Tape t, Tensor y) => t.RmsNorm(t.RmsNorm(t.Reshape(y, [20, 65]), _frozen.Value), _frozen.Value);
            tape.Backward(checkpoint ? tape.Checkpoint(Norms, x.Value) : Norms(tape, x.Value), dy);
            float[] gradient = x.Gradient!.Value.ToFloats();
            Assert.Equal(DType.F32, x.Gradient!.Value.DType);
            x.ClearGradient();
            return gradient;
        }
        Assert.Equal(Gradient(false), Gradient(true));
    }

    [Fact]
    public void A_frozen_block_is_not_recorded_and_costs_no_second_run()
    {
        using var x = Make.Random(_engine, [20, 65], 1);
        using var tape = _engine.Tape();
        int runs = 0;
        Tensor Frozen(Tape t, Tensor y)
        {
            runs++;
            return t.RmsNorm(y, _frozen.Value);
        }
        var h = tape.Checkpoint(Frozen, x);
        Assert.False(h.RequiresGrad);
        Assert.Equal(0, tape.Count);
        tape.Backward(tape.Total(tape.RmsNorm(h, _w.Value)));
        Assert.Equal(1, runs);
        Assert.NotNull(_w.Gradient);
    }

    [Fact]
    public void A_frozen_block_with_a_nested_trainable_one_is_recorded()
    {
        using var x = Make.Random(_engine, [20, 65], 1);
        Same((t, y) => t.RmsNorm(Block(t, y), _frozen.Value), (t, y) => t.Checkpoint((t1, y1) => t1.RmsNorm(t1.Checkpoint(Block, y1), _frozen.Value), y), x);
    }

    [Fact]
    public void Memory_between_forward_and_backward_is_one_output_per_block()
    {
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var y = tape.Checkpoint(Block, tape.Checkpoint(Block, _x));
        Assert.Equal(before + 2 * ((_x.SizeBytes + 63) & ~63L), _engine.Memory.LiveBytes);
        tape.Backward(tape.Total(y));
    }

    [Fact]
    public void Without_recording_a_checkpoint_is_a_scope()
    {
        using var tape = _engine.Tape(recording: false);
        float[] expected = Block(tape, _x).ToFloats();
        tape.Reset();
        long before = _engine.Memory.LiveBytes;
        var y = tape.Checkpoint((t, x) => t.RmsNorm(t.RmsNorm(x, _w.Value), _w.Value), _x);
        Assert.Equal(before + ((_x.SizeBytes + 63) & ~63L), _engine.Memory.LiveBytes);
        Assert.False(y.RequiresGrad);
        Assert.Equal(expected, tape.Checkpoint(Block, _x).ToFloats());
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_block_that_returns_what_it_did_not_make_is_refused(bool recording)
    {
        using var tape = _engine.Tape(recording);
        const string message = "Checkpoint: block must return a tensor that it made on the tape it was given.";
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => tape.Checkpoint((_, x) => x, _x)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => tape.Checkpoint((_, _) => _w.Value, _x)).Message);
        var earlier = tape.Total(_x);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => tape.Checkpoint((_, _) => earlier, _x)).Message);
        Assert.Throws<ArgumentNullException>(() => tape.Checkpoint(null!, _x));
        Assert.True(float.IsFinite(tape.Checkpoint((t, x) => t.Total(x), _x).Item()));
    }

    [Fact]
    public void A_block_may_return_a_view_of_its_input() =>
        Same((t, x) => t.Hadamard(t.Reshape(x, [65, 20]), t.Reshape(x, [65, 20])), (t, x) =>
        {
            var view = t.Checkpoint((t1, x1) => t1.Reshape(x1, [65, 20]), x);
            return t.Hadamard(view, t.Checkpoint((t1, x1) => t1.Reshape(x1, [65, 20]), x));
        }, _x);

    [Theory, InlineData(1), InlineData(2)]
    public void A_block_that_throws_leaves_engine_and_tape_usable(int failingRun)
    {
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var expected = Run(Block, _x);
        int runs = 0;
        Tensor Failing(Tape t, Tensor x)
        {
            var h = Block(t, x);
            return ++runs == failingRun ? throw new InvalidDataException("block") : h;
        }
        Assert.Throws<InvalidDataException>(() => tape.Backward(tape.Total(tape.Plus(tape.Checkpoint(Failing, _x), _x))));
        tape.Reset();
        _x.ClearGradient();
        foreach (var p in new[] { _w, _v }) p.ClearGradient();
        Assert.Equal(before, _engine.Memory.LiveBytes);
        Assert.Equal(expected.Gradients, Run((t, x) => t.Checkpoint(Block, x), _x).Gradients);
    }
}
