using RadLab.Training;

namespace RadLab.Cli;

/// <summary>Tells a run's tracker how the run was scored: figures, and the report's file, which holds no texts.</summary>
internal static class EvaluationTracking
{
    /// <inheritdoc cref="RunsSync.Tell"/>
    public static void Tell(string run, EvaluationReport report, CancellationToken cancellation) => RunsSync.Tell(run, spool => EvaluationArtifact.Log(spool, report.Split), cancellation);
}
