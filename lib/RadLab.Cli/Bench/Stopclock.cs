using System.Diagnostics;

namespace RadLab.Cli;

/// <summary>Timing by the best of many runs: on a shared machine everything else measures the neighbours.</summary>
internal static class Stopclock
{
    /// <summary>Seconds of the fastest of at least <paramref name="runs"/> runs, going on until <paramref name="seconds"/> have passed; a few runs before do not count.</summary>
    public static double Best(Action run, int runs = 10, double seconds = 1)
    {
        // the compiler's tiers need some thirty calls to settle; short runs get them, long ones are dominated by fully compiled loops anyway
        long warm = Stopwatch.GetTimestamp();
        for (int i = 0; i < 30 && Stopwatch.GetElapsedTime(warm).TotalSeconds < seconds / 4; i++) run();

        double best = double.PositiveInfinity;
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
