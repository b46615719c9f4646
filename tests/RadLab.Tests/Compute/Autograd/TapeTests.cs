using RadLab.Compute;

namespace RadLab.Tests;

public sealed class TapeTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private Tensor Leaf(int seed, params int[] shape) => Make.Random(_engine, shape, seed, requiresGrad: true);

    [Fact]
    public void Gradients_add_up_over_backward_passes_until_they_are_cleared()
    {
        using var x = Leaf(1, 3, 5);
        using var y = Make.Random(_engine, [3, 5], 2);
        using var tape = _engine.Tape();
        for (int pass = 1; pass <= 3; pass++)
        {
            tape.Backward(tape.Total(tape.Hadamard(x, y)));
            tape.Reset();
            Assert.Equal(Array.ConvertAll(y.ToFloats(), v => Enumerable.Repeat(v, pass).Sum()), x.Gradient!.Value.ToFloats());
        }
        x.ClearGradient();
        tape.Backward(tape.Total(tape.Hadamard(x, y)));
        Assert.Equal(y.ToFloats(), x.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void A_leaf_used_twice_gets_both_gradients()
    {
        using var x = Leaf(1, 4, 9);
        using var w = Leaf(2, 9);
        GradCheck.Run(_engine, t => t.Hadamard(x, x), x);
        GradCheck.Run(_engine, t => t.Hadamard(t.RmsNorm(x, w), t.RmsNorm(t.RmsNorm(x, w), w)), x, w);
        GradCheck.Run(_engine, t => t.Hadamard(t.Reshape(t.Reshape(x, [36]), [4, 9]), x), x);
    }

    [Fact]
    public void Frozen_inputs_get_no_buffer_and_an_op_without_wanting_inputs_is_not_recorded()
    {
        using var x = Leaf(1, 3, 5);
        using var frozen = Make.Random(_engine, [3, 5], 2);
        using var tape = _engine.Tape();
        var y = tape.Hadamard(frozen, frozen);
        Assert.Equal(0, tape.Count);
        Assert.False(y.RequiresGrad);
        var z = tape.Hadamard(x, y);
        Assert.Equal(1, tape.Count);
        Assert.True(z.RequiresGrad);
        tape.Backward(tape.Total(z));
        Assert.Null(frozen.Gradient);
        Assert.NotNull(x.Gradient);
    }

    [Fact]
    public void A_second_backward_and_recording_after_backward_are_refused_until_reset()
    {
        using var x = Leaf(1, 3, 5);
        using var tape = _engine.Tape();
        var loss = tape.Total(x);
        tape.Backward(loss);
        Assert.Equal("Backward: this tape has already run backward and freed its record; run the forward pass again.", Assert.Throws<TapeFreedException>(() => tape.Backward(loss)).Message);
        Assert.Equal("Total: this tape has run backward; call tape.Reset() before recording again.", Assert.Throws<TapeFreedException>(() => tape.Total(x)).Message);
        tape.Reset();
        tape.Backward(tape.Total(x));
        Assert.All(x.Gradient!.Value.ToFloats(), g => Assert.Equal(2f, g));
    }

    [Fact]
    public void Backward_mistakes_are_reported()
    {
        using var x = Leaf(1, 3, 5);
        using var frozen = Make.Random(_engine, [3, 5], 2);
        using var ids = _engine.Zeros([3, 5], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Backward: loss must hold one number, got (3, 5); pass its gradient as second argument instead.", Assert.Throws<ArgumentException>(() => tape.Backward(x)).Message);
        const string notRecorded = "Backward: the tensor must be the result of an op on this tape with an input that requires a gradient; set RequiresGrad on what should train.";
        Assert.Equal(notRecorded, Assert.Throws<ArgumentException>(() => tape.Backward(tape.Total(frozen))).Message);
        using var other = _engine.Tape();
        Assert.Equal(notRecorded, Assert.Throws<ArgumentException>(() => other.Backward(tape.Total(x))).Message);
        var y = tape.Hadamard(x, x);
        using var small = Make.Random(_engine, [5], 3);
        Assert.Equal("Backward: dy must have shape (3, 5), got (5).", Assert.Throws<ArgumentException>(() => tape.Backward(y, small)).Message);
        Assert.Equal("Backward: dy must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Backward(y, ids)).Message);
        Assert.Throws<TensorFreedException>(() => tape.Backward(y, default));
        using var silent = _engine.Tape(recording: false);
        Assert.Equal("Backward: this tape does not record; make it with engine.Tape().", Assert.Throws<InvalidOperationException>(() => silent.Backward(silent.Total(x))).Message);
        tape.Backward(y, frozen);   // none of the refusals has spoiled the record
        Assert.NotNull(x.Gradient);
    }

    [Fact]
    public void The_gradient_handed_to_backward_is_left_alone()
    {
        using var x = Leaf(1, 3, 5);
        using var dy = Make.Random(_engine, [15], 2);
        float[] before = dy.ToFloats();
        using var tape = _engine.Tape();
        tape.Backward(tape.Reshape(tape.Plus(x, x, x), [15]), dy);
        tape.Reset();
        tape.Backward(tape.Reshape(x, [15]), dy);
        Assert.Equal(before, dy.ToFloats());
        Assert.Equal(Array.ConvertAll(before, v => v + v + v + v), x.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void A_gradient_for_BF16_is_BF16_and_for_a_BF16_parameter_F32()
    {
        using var x = Make.Random(_engine, [3, 20], 1, requiresGrad: true, dtype: DType.BF16);
        using var w = new Parameter("w", Make.Random(_engine, [20], 2, dtype: DType.BF16), trainable: true);
        using var tape = _engine.Tape();
        using var dy = Make.Random(_engine, [3, 20], 3);
        tape.Backward(tape.RmsNorm(x, w.Value), dy);
        Assert.Equal(DType.BF16, x.Gradient!.Value.DType);
        Assert.Equal(DType.F32, w.Gradient!.Value.DType);
    }

    [Fact]
    public void Backward_leaves_nothing_behind_but_the_loss_and_the_gradients_of_leaves()
    {
        using var x = Leaf(1, 30, 50);
        using var w = Leaf(2, 50);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var h = tape.RmsNorm(x, w);
        var loss = tape.Total(tape.RmsNorm(h, w));
        tape.Backward(loss);
        Assert.Equal(before + 64 + 6016 + 256, _engine.Memory.LiveBytes);   // the loss; 6,000 and 200 bytes of gradients, rounded up
        Assert.Throws<TensorFreedException>(() => h.ToFloats());
        Assert.True(float.IsFinite(loss.Item()));
        tape.Reset();
        Assert.Throws<TensorFreedException>(() => loss.Item());
    }

    [Fact]
    public void A_kept_result_outlives_the_tape_and_takes_part_in_no_later_gradient()
    {
        using var x = Leaf(1, 3, 5);
        using var tape = _engine.Tape();
        var h = tape.Keep(tape.Hadamard(x, x));
        var loss = tape.Keep(tape.Total(h));
        tape.Backward(loss);
        tape.Reset();
        using (h)
        using (loss)
        {
            Assert.Equal(h.ToFloats().Sum(v => (double)v), loss.Item(), 1e-5);
            Assert.False(h.RequiresGrad);
            Assert.Null(h.Gradient);
            tape.Hadamard(h, h);
            Assert.Equal(0, tape.Count);
            var leaf = h;
            leaf.RequiresGrad = true;   // it is a leaf now
            tape.Backward(tape.Total(h));
            Assert.All(h.Gradient!.Value.ToFloats(), g => Assert.Equal(1f, g));
        }
        Assert.Equal("Keep: the tensor must belong to this tape.", Assert.Throws<ArgumentException>(() => tape.Keep(x)).Message);
    }

    [Fact]
    public void A_tape_that_does_not_record_computes_the_same_and_keeps_nothing()
    {
        using var x = Leaf(1, 8, 33);
        using var w = Leaf(2, 33);
        using var tape = _engine.Tape();
        using var silent = _engine.Tape(recording: false);
        float[] expected = tape.RmsNorm(x, w).ToFloats();
        var y = silent.RmsNorm(x, w);
        Assert.Equal(expected, y.ToFloats());
        Assert.False(y.RequiresGrad);
        Assert.Equal(0, silent.Count);
    }

    [Fact]
    public void Tapes_can_be_chained_by_hand()
    {
        using var x = Leaf(1, 3, 5);
        using var first = _engine.Tape();
        using var second = _engine.Tape();
        var h = first.Hadamard(x, x);
        second.Backward(second.Total(second.Hadamard(h, h)));
        long live = _engine.Memory.LiveBytes;
        first.Backward(h, h.Gradient!.Value);
        Assert.Equal(Array.ConvertAll(x.ToFloats(), v => 2 * (v * v) * v * 2), x.Gradient!.Value.ToFloats(), new Close());
        first.Reset();
        second.Reset();
        x.ClearGradient();
        Assert.Equal(64, _engine.Memory.LiveBytes);   // x
        Assert.True(live > 64);
    }

    private sealed class Close : IEqualityComparer<float>
    {
        public bool Equals(float a, float b) => Math.Abs(a - b) <= 1e-6f;

        public int GetHashCode(float v) => 0;
    }

    [Fact]
    public void A_backward_that_throws_leaves_tape_and_engine_usable_and_no_half_written_gradient()
    {
        using var x = Leaf(1, 3, 5);
        using var other = Leaf(2, 3, 5);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        for (int round = 0; round < 3; round++)
        {
            var loss = tape.Total(tape.Hadamard(tape.Faulty(x), other));
            Assert.Equal("backward of Faulty", Assert.Throws<InvalidDataException>(() => tape.Backward(loss)).Message);
            Assert.Throws<TapeFreedException>(() => tape.Backward(loss));
            tape.Reset();
            Assert.Null(x.Gradient);
            other.ClearGradient();
            Assert.Equal(before, _engine.Memory.LiveBytes);
        }
        tape.Backward(tape.Total(x));
        Assert.All(x.Gradient!.Value.ToFloats(), g => Assert.Equal(1f, g));
    }

    [Fact]
    public void A_recorded_op_needs_an_output_of_its_tape()
    {
        using var x = Leaf(1, 3);
        using var y = _engine.Zeros([3]);
        using var tape = _engine.Tape();
        Assert.Equal("Mine: output must be made with tape.Empty of the tape that records it.", Assert.Throws<ArgumentException>(() => tape.Record("Mine", y, static (_, _) => { }, [x], [])).Message);
        Assert.Equal(0, tape.Count);
    }

    [Fact]
    public void A_freed_input_or_saved_tensor_is_refused_without_leaving_a_trace()
    {
        using var x = Leaf(1, 3);
        var freed = Leaf(2, 3);
        freed.Dispose();
        using var tape = _engine.Tape();
        Assert.Throws<TensorFreedException>(() => tape.Record("Mine", tape.Empty([3]), static (_, _) => { }, [x], [freed]));
        Assert.Throws<TensorFreedException>(() => tape.Record("Mine", tape.Empty([3]), static (_, _) => { }, [x, freed], [x]));
        Assert.Equal(0, tape.Count);
        Assert.Equal((1, 1), (x.State.Mentions, x.State.DataShares));
    }

    [Fact]
    public void A_leaf_disposed_before_backward_is_kept_for_it_and_freed_after()
    {
        using var y = Leaf(2, 3, 5);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var x = Leaf(1, 3, 5);
        float[] values = x.ToFloats();
        var loss = tape.Total(tape.Hadamard(x, y));
        x.Dispose();
        tape.Backward(loss);
        Assert.Equal(values, y.Gradient!.Value.ToFloats());
        y.ClearGradient();
        tape.Reset();
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }
}
