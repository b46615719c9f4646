using RadLab.Compute;

namespace RadLab.Tests;

public sealed class TapeScopeTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly Tensor _x, _w;

    public TapeScopeTests()
    {
        _x = Make.Random(_engine, [16, 64], 1, requiresGrad: true);
        _w = Make.Random(_engine, [64], 2, requiresGrad: true);
    }

    public void Dispose()
    {
        _x.Dispose();
        _w.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void At_its_end_a_scope_frees_what_backward_does_not_need()
    {
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        Tensor norm, total;
        using (var scope = tape.Scope())
        {
            norm = tape.RmsNorm(_x, _w);         // 4,096 bytes that Total does not save
            total = scope.Keep(tape.Total(norm));
        }
        Assert.Throws<TensorFreedException>(() => norm.ToFloats());
        Assert.Equal(before + 64 + 64, _engine.Memory.LiveBytes);   // the total, and the scale of 16 rows that RmsNorm saved
        tape.Backward(total);
        Assert.NotNull(_w.Gradient);
    }

    [Fact]
    public void What_backward_needs_survives_its_scope()
    {
        using var tape = _engine.Tape();
        float[] Run(bool scoped)
        {
            Tensor y;
            if (scoped)
            {
                using var outer = tape.Scope();
                using (var inner = tape.Scope()) y = inner.Keep(tape.Hadamard(tape.RmsNorm(_x, _w), _x));
                y = outer.Keep(tape.RmsNorm(y, _w));
            }
            else y = tape.RmsNorm(tape.Hadamard(tape.RmsNorm(_x, _w), _x), _w);
            tape.Backward(tape.Total(y));
            tape.Reset();
            float[] gradients = [.. _x.Gradient!.Value.ToFloats(), .. _w.Gradient!.Value.ToFloats()];
            _x.ClearGradient();
            _w.ClearGradient();
            return gradients;
        }
        Assert.Equal(Run(scoped: false), Run(scoped: true));
    }

    [Fact]
    public void A_scope_without_recording_frees_everything_but_what_is_kept()
    {
        using var tape = _engine.Tape(recording: false);
        long before = _engine.Memory.LiveBytes;
        _engine.ResetPeak();
        for (int token = 0; token < 100; token++)
        {
            using var scope = tape.Scope();
            tape.RmsNorm(tape.RmsNorm(_x, _w), _w);
        }
        Assert.Equal(before, _engine.Memory.LiveBytes);
        Assert.Equal(before + 2 * 4096 + 64, _engine.Memory.PeakBytes);   // two results and one scale of 16 rows, already gone after its op
    }

    [Fact]
    public void Several_results_of_nested_scopes_reach_the_enclosing_scope()
    {
        using var tape = _engine.Tape(recording: false);
        long before = _engine.Memory.LiveBytes;
        using (var outer = tape.Scope())
        {
            var early = tape.Empty([10]);
            Tensor a, b, c;
            using (var inner = tape.Scope())
            {
                a = tape.Empty([1]);
                var waste = tape.Empty([2]);
                b = tape.Empty([3]);
                c = tape.Empty([4]);
                inner.Keep(c);
                inner.Keep(a);
                Assert.Equal(early, inner.Keep(early));   // already the outer scope's
                inner.Keep(a);
            }
            Assert.Equal(Shape.Create([10]), early.Shape);
            Assert.Equal((Shape.Create([1]), Shape.Create([4])), (a.Shape, c.Shape));
            Assert.Throws<TensorFreedException>(() => b.Shape);
            outer.Keep(c);
            c.AsSpan<float>().Fill(1);
        }
        Assert.Equal(before + 64, _engine.Memory.LiveBytes);
        tape.Reset();
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void Keeping_what_the_tape_did_not_make_is_refused()
    {
        using var tape = _engine.Tape();
        using var other = _engine.Tape();
        Assert.Equal("Scope: the tensor to keep must have been made on this tape.", Assert.Throws<ArgumentException>(() => { using var s = tape.Scope(); s.Keep(_x); }).Message);
        Assert.Throws<ArgumentException>(() => { using var s = tape.Scope(); s.Keep(other.Total(_x)); });
    }

    [Fact]
    public void A_tensor_the_caller_took_out_of_the_tape_is_not_freed_by_its_scope()
    {
        using var tape = _engine.Tape();
        Tensor kept;
        using (tape.Scope()) kept = tape.Keep(tape.Total(_x));
        Assert.True(float.IsFinite(kept.Item()));
        kept.Dispose();
    }

    [Fact]
    public void A_reset_inside_a_scope_does_no_harm()
    {
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        tape.Total(_x);
        tape.Total(_x);
        using (tape.Scope())
        {
            tape.Total(_x);
            tape.Reset();
        }
        using (tape.Scope())
        {
            tape.Reset();
            tape.Total(_x);
        }
        tape.Reset();
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }
}
