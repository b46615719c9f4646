using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Checks that an op allocates no managed memory once its nodes and buffers exist.</summary>
internal static class Warm
{
    /// <param name="step">Forward, and backward where the op has one; run a few times on one tape.</param>
    public static void AssertNoAllocation(Engine engine, Action<Tape> step)
    {
        using var tape = engine.Tape();
        for (int i = 0; i < 3; i++) Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 4; i++) Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            step(tape);
            tape.Reset();
        }
    }
}
