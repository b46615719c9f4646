using System.CommandLine;
using System.Globalization;
using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab eval</c>: a run's answers scored beside baselines that need no model.</summary>
internal static class EvalVerb
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "A run's folder or name." };
        var runs = new Option<string>("--runs") { HelpName = "DIR", DefaultValueFactory = _ => "runs", Description = "Folder of all runs. Default: runs." };
        var split = new Option<string>("--split") { DefaultValueFactory = _ => "validation", Description = "validation (to choose by) or test (once, at the end: every scoring is logged)." };
        split.AcceptOnlyFromAmong("validation", "test");
        var limit = new Option<int>("--limit") { HelpName = "N", DefaultValueFactory = _ => 1000, Description = "Items at most." };
        var bare = new Option<bool>("--no-base") { Description = "Leave out the base without the adapter, which takes as long again." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("eval", "Score a run: ROUGE-L, exact match and labels, with intervals and baselines.") { run, runs, split, limit, bare, json };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(limit) < 1) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--limit: must be at least 1, got {parsed.GetValue(limit)}"));
            string folder = RunFolder.Find(parsed.GetValue(runs)!, parsed.GetValue(run)!);
            using var engine = new Engine();
            using var stop = cancellation.Register(engine.Interrupt);
            var side = parsed.GetValue(split) == "test" ? DataSplit.Test : DataSplit.Validation;
            EvaluationReport report;
            try
            {
                report = RunEvaluation.Open(folder, Console.Error.WriteLine).Run(engine, side, parsed.GetValue(limit), withBase: !parsed.GetValue(bare));
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                Console.Error.WriteLine("radlab: interrupted; no evaluation was written: the same command begins it again");
                return Task.FromResult(ExitCodes.Interrupted);
            }
            catch (Exception e) when (e is IOException and not FileNotFoundException or UnauthorizedAccessException)
            {
                throw new IOException($"{folder}: the evaluation failed on a file ({e.Message.TrimEnd('.')}); the run's folder must be writable, its model and data readable.", e);
            }
            Console.WriteLine(parsed.GetValue(json) ? File.ReadAllText(Path.Combine(folder, $"evaluation-{report.Split}.json")) : report.ToString());
            EvaluationTracking.Tell(folder, report, cancellation);
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }
}
