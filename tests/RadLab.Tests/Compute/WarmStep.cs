using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Counts what a training step allocates once everything has been used before.</summary>
internal static class WarmStep
{
    /// <summary>Managed bytes on this thread of the fourth forward and backward pass of <paramref name="op"/>, which must not allocate itself.</summary>
    public static long AllocatedBytes(Engine engine, Func<Tape, Tensor> op, Tensor dy)
    {
        using var tape = engine.Tape();
        long bytes = 0;
        for (int i = 0; i < 4; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            tape.Backward(op(tape), dy);
            tape.Reset();
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        return bytes;
    }
}
