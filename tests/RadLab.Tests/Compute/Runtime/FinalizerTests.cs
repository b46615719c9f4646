using System.Runtime.CompilerServices;
using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>The safety net for what a notebook forgets.</summary>
[Collection("process-wide")]
public sealed class FinalizerTests
{
    [Fact]
    public void Forgotten_tensors_views_and_tapes_give_their_memory_back()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        Forget(engine);
        Collect(() => engine.Memory.LiveBytes == 0);
        Assert.Equal(0, engine.Memory.LiveBytes);
        using var t = engine.Zeros([10]);
        Assert.All(t.ToFloats(), v => Assert.Equal(0f, v));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(Engine engine)
    {
        var x = Make.Random(engine, [100, 100], 1, requiresGrad: true);
        var w = Make.Random(engine, [100], 2, requiresGrad: true);
        x.View([10_000]);
        var tape = engine.Tape();
        var y = tape.RmsNorm(x, w);
        tape.Backward(y, x);
        tape.RecordingAgain(x, w);
    }

    [Fact]
    public void A_forgotten_engine_ends_its_threads_and_frees_its_memory()
    {
        var (workers, memory) = ForgetEngine();
        Collect(() => workers.All(t => !t.IsAlive) && memory.Counters.ReservedBytes == 0);
        Assert.All(workers, t => Assert.False(t.IsAlive, $"{t.Name} still runs"));
        Assert.Equal(0, memory.Counters.ReservedBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Thread[] Workers, MemoryPool Memory) ForgetEngine()
    {
        var engine = new Engine(new EngineOptions { Threads = 3 });
        engine.Empty([1000]).Dispose();
        engine.Empty([2000]);
        return ([.. engine.Workers], engine.Pool);
    }

    [Fact]
    public void An_engine_that_could_not_be_made_does_no_harm_when_collected()
    {
        for (int i = 0; i < 10; i++) Assert.Throws<ArgumentException>(() => new Engine(new EngineOptions { Threads = -5 }));
        int rounds = 0;
        Collect(() => rounds++ == 2);   // one collection finalizes what was never made; the second finds nothing of it
    }

    private static void Collect(Func<bool> done)
    {
        for (int i = 0; i < 20 && !done(); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }
    }
}

file static class Tapes
{
    public static void RecordingAgain(this Tape tape, Tensor x, Tensor w)
    {
        tape.Reset();
        tape.RmsNorm(x, w);
    }
}
