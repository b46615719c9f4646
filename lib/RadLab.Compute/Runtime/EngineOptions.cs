using System.Globalization;

namespace RadLab.Compute;

/// <summary>Settings of one <see cref="Engine"/>. Nothing is process-global, so engines with different settings live side by side.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads that compute, the caller's included; 0 takes <c>RADLAB_THREADS</c>, or else every core. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>Upper bound of <see cref="MemoryCounters.LiveBytes"/>; 0 means no bound.</summary>
    public long MemoryBudgetBytes { get; init; }

    /// <summary>
    /// Kernels do not run: results have undefined contents, but everything is allocated and freed, recorded and counted as in earnest. So the counters tell what a
    /// model and a step of any shape would take, in moments and without the memory (which the system only hands out when it is touched).
    /// </summary>
    public bool DryRun { get; init; }

    internal int ResolveThreads()
    {
        const int most = 1024;
        if (Threads is < 0 or > most) throw new ArgumentException($"Engine: threads must be 0 (automatic) to {most}, got {Threads}.");
        if (Threads > 0) return Threads;
        string? text = Environment.GetEnvironmentVariable("RADLAB_THREADS");
        if (string.IsNullOrEmpty(text)) return Math.Clamp(Environment.ProcessorCount, 1, most);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is >= 1 and <= most
            ? n
            : throw new ArgumentException($"Engine: RADLAB_THREADS must be a number from 1 to {most}, got '{text}'.");
    }
}
