using System.Diagnostics;
using System.Globalization;

namespace RadLab.Cli;

/// <summary>Timing by the best of many runs: on a shared machine everything else measures the neighbours.</summary>
internal static class Stopclock
{
    /// <summary>Seconds that a figure is measured for, 1, or as <c>RADLAB_BENCH_SECONDS</c> says; fewer are quicker and noisier.</summary>
    public static double Patience { get; } =
        double.TryParse(Environment.GetEnvironmentVariable("RADLAB_BENCH_SECONDS"), NumberStyles.Float, CultureInfo.InvariantCulture, out double given) && given is > 0 and <= 100 ? given : 1;

    /// <summary>Seconds of the fastest of at least <paramref name="runs"/> runs, going on until <paramref name="seconds"/> have passed; a few runs before do not count.</summary>
    public static double Best(Action run, int runs = 10, double seconds = 1)
    {
        seconds *= Patience;
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
