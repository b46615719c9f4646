using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>What a finished run ends with where its recipe asks for it: its answers to the test split beside the baselines, once.</summary>
internal static class FinalScoring
{
    /// <summary>What a scoring of the test split leaves in the run's folder.</summary>
    public static string FileOf(string folder) => Path.Combine(folder, "evaluation-test.json");

    /// <returns>The tables, or that they are there already.</returns>
    /// <exception cref="OperationCanceledException">Nothing was written; the message says how to score later.</exception>
    public static string Run(Engine engine, string folder, CancellationToken cancellation)
    {
        if (File.Exists(FileOf(folder))) return $"already scored: radlab eval {folder} --split test scores it again, which is logged";
        using var stop = cancellation.Register(engine.Interrupt);
        try
        {
            var report = RunEvaluation.Open(folder, Console.Error.WriteLine).Run(engine, DataSplit.Test, int.MaxValue);
            EvaluationTracking.Tell(folder, report, cancellation);
            return report.ToString();
        }
        catch (OperationCanceledException e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException($"the run is finished; score it with: radlab eval {folder} --split test", e, cancellation);
        }
    }
}
