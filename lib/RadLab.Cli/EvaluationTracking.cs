using RadLab.Training;

namespace RadLab.Cli;

/// <summary>Tells a run's tracker how the run was scored: figures, and the report's file, which holds no texts.</summary>
internal static class EvaluationTracking
{
    /// <summary>Nothing happens where the run is not tracked.</summary>
    public static void Tell(string run, EvaluationReport report, CancellationToken cancellation)
    {
        if (TrackingSpool.TargetOf(run) is not { } target) return;
        using (var spool = TrackingSpool.Open(run, target)) EvaluationArtifact.Log(spool, report.Split);
        RunsSync.SendOrKeep(run, cancellation);
    }
}
