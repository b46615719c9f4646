using RadLab.Compute;

namespace RadLab.Tests;

public sealed class MemoryTests
{
    [Fact]
    public void Live_counts_each_block_rounded_up_to_64_and_returns_to_the_start()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        Assert.Equal(default, engine.Memory);
        var a = engine.Empty([1]);
        var b = engine.Empty([17]);
        var none = engine.Empty([0]);
        Assert.Equal(64 + 128 + 64, engine.Memory.LiveBytes);
        a.Dispose();
        b.Dispose();
        none.Dispose();
        Assert.Equal((0L, 256L), (engine.Memory.LiveBytes, engine.Memory.PeakBytes));
    }

    [Fact]
    public void Peak_is_the_highest_live_since_the_last_reset()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        engine.Empty([1024]).Dispose();
        using var kept = engine.Empty([16]);
        Assert.Equal(4096, engine.Memory.PeakBytes);
        engine.ResetPeak();
        Assert.Equal(64, engine.Memory.PeakBytes);
        engine.Empty([32]).Dispose();
        Assert.Equal(64 + 128, engine.Memory.PeakBytes);
    }

    [Fact]
    public void Freed_memory_waits_for_reuse_until_it_is_trimmed()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        engine.Empty([1000]).Dispose();
        long reserved = engine.Memory.ReservedBytes;
        Assert.InRange(reserved, 4000, 4096);
        engine.Empty([1000]).Dispose();
        Assert.Equal(reserved, engine.Memory.ReservedBytes);
        using var kept = engine.Empty([1000]);
        engine.Empty([5000]).Dispose();
        engine.Trim();
        Assert.Equal(reserved, engine.Memory.ReservedBytes);
        kept.Dispose();
        engine.Trim();
        Assert.Equal(default, engine.Memory with { PeakBytes = 0 });
    }

    [Fact]
    public void Memory_is_aligned_and_rounding_costs_at_most_seven_percent()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        for (int n = 1; n < 3_000_000; n = n * 5 / 4 + 1)
        {
            long before = engine.Memory.ReservedBytes;
            using var t = engine.Empty([n], DType.U8);
            using var lease = t.Acquire();
            unsafe { Assert.Equal(0, (long)lease.Pointer % 64); }
            long taken = engine.Memory.ReservedBytes - before;
            Assert.True(taken <= Math.Max(64, (n + 63) * 1.07), $"{n} bytes took {taken}");
        }
    }

    [Fact]
    public void Shapes_that_change_from_step_to_step_do_not_pile_up_memory()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        for (int step = 0; step < 100; step++)
        {
            int n = (8 << 20) + step * (1 << 20);   // another size class nearly every time
            engine.Empty([n], DType.U8).Dispose();
        }
        var memory = engine.Memory;
        Assert.True(memory.ReservedBytes <= memory.PeakBytes * 3 / 2 + (64 << 20), $"{memory.ReservedBytes} bytes reserved for a peak of {memory.PeakBytes}");
    }

    [Fact]
    public void A_request_beyond_the_budget_is_refused_with_the_numbers_and_the_engine_goes_on()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1, MemoryBudgetBytes = 10_000 });
        using var a = engine.From(Make.Values(1500, 1), [1500]);
        var e = Assert.Throws<MemoryBudgetException>(() => engine.Empty([2000]));
        Assert.Equal("Engine: 8,000 more bytes on cpu would pass the budget of 10,000 (6,016 in use); free tensors, take a smaller batch or raise MemoryBudgetBytes.", e.Message);
        Assert.Equal(6016, engine.Memory.LiveBytes);
        using var b = engine.Zeros([900]);
        Assert.Equal(Make.Values(1500, 1), a.ToFloats());
    }

    [Theory]
    [InlineData(DType.U8, 1 << 23, 1 << 23, "70,368,744,177,664")]
    [InlineData(DType.I64, 1 << 30, 1 << 28, "2,305,843,009,213,693,952")]
    public void More_than_the_machine_has_is_refused_and_the_engine_goes_on(DType dtype, int rows, int columns, string bytes)
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        engine.Empty([100]).Dispose();
        var e = Assert.Throws<MemoryBudgetException>(() => engine.Empty([rows, columns], dtype));
        Assert.StartsWith($"Engine: the system has no {bytes} more bytes (", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, engine.Memory.LiveBytes);
        using var t = engine.Zeros([10]);
    }

    [Fact]
    public void A_budget_below_zero_is_refused() =>
        Assert.Equal("Engine: MemoryBudgetBytes must be 0 (no bound) or more, got -1.", Assert.Throws<ArgumentException>(() => new Engine(new EngineOptions { MemoryBudgetBytes = -1 })).Message);

    [Fact]
    public void A_step_that_runs_out_of_budget_leaves_engine_and_tape_usable()
    {
        // room for forward but not for the gradients
        using var engine = new Engine(new EngineOptions { Threads = 2, MemoryBudgetBytes = 70_000 });
        using var x = Make.Random(engine, [10, 300], 1, requiresGrad: true);
        using var w = Make.Random(engine, [300], 2, requiresGrad: true);
        using var dy = Make.Random(engine, [10, 300], 3);
        using var tape = engine.Tape();
        long before = engine.Memory.LiveBytes;
        var y = tape.RmsNorm(tape.RmsNorm(x, w), w);
        var e = Assert.Throws<MemoryBudgetException>(() => tape.Backward(y, dy));
        Assert.Contains("would pass the budget of 70,000", e.Message, StringComparison.Ordinal);
        Assert.Throws<TapeFreedException>(() => tape.Backward(y, dy));
        tape.Reset();
        x.ClearGradient();
        w.ClearGradient();
        Assert.Equal(before, engine.Memory.LiveBytes);

        tape.Backward(tape.RmsNorm(x, w), dy);   // one layer fits
        tape.Reset();
        Assert.NotNull(x.Gradient);
        Assert.NotNull(w.Gradient);
    }
}
