using RadLab.Compute;

namespace RadLab.Tests;

public sealed class EngineTests
{
    [Fact]
    public void Threads_are_taken_from_the_options_and_bounded()
    {
        using var three = new Engine(new EngineOptions { Threads = 3 });
        Assert.Equal(3, three.Threads);
        using var automatic = new Engine();
        Assert.InRange(automatic.Threads, 1, 1024);
        Assert.Equal("Engine: threads must be 0 (automatic) to 1024, got -1.", Assert.Throws<ArgumentException>(() => new Engine(new EngineOptions { Threads = -1 })).Message);
        Assert.Throws<ArgumentException>(() => new Engine(new EngineOptions { Threads = 1025 }));
    }

    [Fact]
    public void A_disposed_engine_makes_no_tensors_but_its_tensors_can_still_be_read_and_freed()
    {
        var engine = new Engine(new EngineOptions { Threads = 4 });
        var t = engine.From(Make.Values(100_000, 1), [100_000]);
        var view = t.View([10, 10_000]);
        var tape = engine.Tape();
        tape.Empty([10]);
        engine.Dispose();
        engine.Dispose();

        Assert.Throws<ObjectDisposedException>(() => engine.Empty([1]));
        Assert.Equal(Make.Values(100_000, 1), t.ToFloats());
        view.Clear();
        Assert.All(t.ToFloats(), v => Assert.Equal(0f, v));
        tape.Reset();
        t.Dispose();
        view.Dispose();
        Assert.Equal(default, engine.Memory with { PeakBytes = 0 });
    }

    [Fact]
    public void Tensors_of_another_engine_are_refused()
    {
        using var a = new Engine(new EngineOptions { Threads = 1 });
        using var b = new Engine(new EngineOptions { Threads = 1 });
        using var x = a.Zeros([2, 8]);
        using var w = b.Zeros([8]);
        using var tape = a.Tape();
        Assert.Equal("RmsNorm: tensor 1 (8) belongs to another engine than the tape; make both with one engine.", Assert.Throws<ArgumentException>(() => tape.RmsNorm(x, w)).Message);
        Assert.Throws<ArgumentNullException>(() => Ops.RmsNorm(null!, x, w));
        Assert.Throws<TensorFreedException>(() => tape.RmsNorm(x, default));
    }

    [Fact]
    public void Engines_side_by_side_do_not_disturb_each_other()
    {
        float[] expected = Train(threads: 1);
        var results = new float[6][];
        Parallel.For(0, results.Length, i => results[i] = Train(threads: 1 + i % 3));
        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Theory, InlineData(2), InlineData(3), InlineData(4), InlineData(8)]
    public void Any_number_of_threads_gives_the_same_bits(int threads) => Assert.Equal(Train(threads: 1), Train(threads));

    // forward, backward and plain gradient descent, over shapes that need several chunks and have tails
    private static float[] Train(int threads)
    {
        using var engine = new Engine(new EngineOptions { Threads = threads });
        using var x = Make.Random(engine, [67, 301], 1, requiresGrad: true);
        using var w = Make.Random(engine, [301], 2, requiresGrad: true, dtype: DType.BF16);
        using var dy = Make.Random(engine, [67, 301], 3);
        using var tape = engine.Tape();
        for (int step = 0; step < 5; step++)
        {
            var y = tape.RmsNorm(tape.RmsNorm(x, w), w);
            tape.Backward(tape.Reshape(y, [67, 301]), dy);
            tape.Reset();
            float[] dx = x.Gradient!.Value.ToFloats();
            var values = x.AsSpan<float>();
            for (int i = 0; i < values.Length; i++) values[i] -= 0.1f * dx[i];
        }
        return [.. x.ToFloats(), .. x.Gradient!.Value.ToFloats(), .. w.Gradient!.Value.ToFloats()];
    }
}
