namespace RadLab.Tests;

/// <summary>How much managed memory a piece of code takes on the thread that runs it.</summary>
internal static class Allocations
{
    /// <summary>Bytes of a run. The least of several: a garbage collection in between counts what was free in the thread's allocation buffer as used.</summary>
    public static long Least(Action run, int times = 3)
    {
        long least = long.MaxValue;
        for (int i = 0; i < times; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
