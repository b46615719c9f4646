using System.Diagnostics;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed unsafe class InterruptTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    /// <summary>A chunk takes a millisecond; all of it would take minutes.</summary>
    private struct SlowKernel : IRangeKernel
    {
        public int* Done;

        public readonly void Run(long start, long end, int worker)
        {
            Interlocked.Increment(ref *Done);
            Thread.Sleep(1);
        }
    }

    [Theory, InlineData(1), InlineData(2), InlineData(4)]
    public void An_interrupt_from_another_thread_stops_a_long_kernel_soon(int threads)
    {
        using var engine = new Engine(new EngineOptions { Threads = threads });
        using var done = engine.Zeros([1], DType.I32);
        using var lease = done.Acquire();
        nint counter = (nint)lease.I32;
        long asked = 0;
        var other = new Thread(() =>
        {
            while (Volatile.Read(ref *(int*)counter) < 5) Thread.Yield();
            asked = Stopwatch.GetTimestamp();
            engine.Interrupt();
        });
        other.Start();
        string message = "";
        try { engine.For(new SlowKernel { Done = (int*)counter }, 1_000_000, 1); }
        catch (OperationCanceledException e) { message = e.Message; }
        var waited = Stopwatch.GetElapsedTime(asked);
        other.Join();

        Assert.Equal("Engine: interrupted between two ops or tiles; parameters are whole, results in progress are not.", message);
        Assert.True(waited < TimeSpan.FromSeconds(2), $"took {waited}");
        int stopped = done.ToInts()[0];
        Assert.InRange(stopped, 5, 100_000);

        engine.For(new SlowKernel { Done = (int*)counter }, 20, 1);   // once, not for ever
        Assert.Equal(stopped + 20, done.ToInts()[0]);
    }

    [Fact]
    public void An_interrupt_while_nothing_runs_stops_the_next_op_and_only_that()
    {
        using var x = Make.Random(_engine, [2, 8], 1);
        using var w = Make.Random(_engine, [8], 2);
        using var tape = _engine.Tape();
        _engine.Interrupt();
        _engine.Interrupt();
        Assert.Throws<OperationCanceledException>(() => tape.RmsNorm(x, w));
        tape.RmsNorm(x, w);
    }

    [Fact]
    public void A_deferred_interrupt_waits_for_the_end_of_the_scope()
    {
        using var done = _engine.Zeros([1], DType.I32);
        using var lease = done.Acquire();
        using (_engine.DeferInterrupts())
        {
            using (_engine.DeferInterrupts()) _engine.Interrupt();
            _engine.For(new SlowKernel { Done = lease.I32 }, 10, 1);
            Assert.Equal(10, *lease.I32);
        }
        bool stopped = false;
        try { _engine.For(new SlowKernel { Done = lease.I32 }, 10, 1); }
        catch (OperationCanceledException) { stopped = true; }
        Assert.True(stopped);
        Assert.Equal(10, *lease.I32);
    }

    [Fact]
    public void Shields_on_several_threads_add_up()
    {
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 20_000; i++)
                using (_engine.DeferInterrupts()) { }
        });
        _engine.Interrupt();
        Assert.Throws<OperationCanceledException>(() => _engine.Zeros([1]));
    }

    [Fact]
    public void Work_that_was_cut_short_throws_even_if_another_thread_took_the_interrupt()
    {
        using var done = _engine.Zeros([1], DType.I32);
        using var lease = done.Acquire();
        nint counter = (nint)lease.I32;
        for (int round = 0; round < 30; round++)
        {
            *(int*)counter = 0;
            var other = new Thread(() =>
            {
                while (Volatile.Read(ref *(int*)counter) < 3) Thread.Yield();
                _engine.Interrupt();
                Thread.Sleep(round % 3);
                try { _engine.ThrowIfInterrupted(); } catch (OperationCanceledException) { }
            });
            other.Start();
            bool threw = false;
            try { _engine.For(new SlowKernel { Done = (int*)counter }, 20, 1); }
            catch (OperationCanceledException) { threw = true; }
            other.Join();
            try { _engine.ThrowIfInterrupted(); } catch (OperationCanceledException) { }
            Assert.True(threw || *(int*)counter == 20, $"returned as if done after {*(int*)counter} of 20 chunks");
        }
    }

    [Fact]
    public void An_interrupted_step_can_be_thrown_away_and_repeated_with_the_same_result()
    {
        using var x = Make.Random(_engine, [64, 257], 1, requiresGrad: true);
        using var w = Make.Random(_engine, [257], 2, requiresGrad: true);
        using var dy = Make.Random(_engine, [64, 257], 3);
        using var tape = _engine.Tape();
        float[] Step()
        {
            tape.Backward(tape.RmsNorm(tape.RmsNorm(x, w), w), dy);
            tape.Reset();
            float[] gradients = [.. x.Gradient!.Value.ToFloats(), .. w.Gradient!.Value.ToFloats()];
            x.ClearGradient();
            w.ClearGradient();
            return gradients;
        }
        float[] expected = Step();
        long live = _engine.Memory.LiveBytes;

        int interrupted = 0;
        for (int round = 0; round < 200; round++)
        {
            // from inside a backward function, so that the interrupt falls at every place of the pass
            int at = round % 12;
            try
            {
                var y = tape.RmsNorm(tape.RmsNorm(x, w), w);
                if (at < 6) _engine.Interrupt();
                else
                {
                    var timer = new Thread(() => { Thread.SpinWait(at * 300); _engine.Interrupt(); });
                    timer.Start();
                    try { tape.Backward(y, dy); } finally { timer.Join(); }
                    _engine.ThrowIfInterrupted();
                }
                tape.Backward(y, dy);
            }
            catch (OperationCanceledException) { interrupted++; }
            tape.Reset();
            x.ClearGradient();
            w.ClearGradient();
            Assert.Equal(live, _engine.Memory.LiveBytes);
            Assert.Equal(expected, Step());
        }
        Assert.Equal(200, interrupted);
    }
}
