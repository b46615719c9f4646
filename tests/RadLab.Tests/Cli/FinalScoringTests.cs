using RadLab.Cli;
using RadLab.Compute;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class FinalScoringTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void A_finished_run_is_scored_once_and_an_interrupted_scoring_says_how_to_go_on()
    {
        LongTests.SkipUnlessAsked();
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        var setup = RunSetup.New(PreparedTiny.Recipe with { Steps = 1 }, DateTime.UnixEpoch);
        string run = setup.CreateFolder(_folder.Path);
        setup.Run(engine, run).Train();
        using (var stopped = new Engine(new EngineOptions { Threads = 1 }))
            Assert.Equal($"the run is finished; score it with: radlab eval {run} --split test", Assert.Throws<OperationCanceledException>(() => FinalScoring.Run(stopped, run, new CancellationToken(canceled: true))).Message);
        Assert.False(File.Exists(FinalScoring.FileOf(run)));

        string scores = FinalScoring.Run(engine, run, default);
        Assert.Contains("\nreferences", scores, StringComparison.Ordinal);
        byte[] written = File.ReadAllBytes(FinalScoring.FileOf(run));
        long logged = new FileInfo(Path.Combine(run, "scorings.jsonl")).Length;
        Assert.Equal($"already scored: radlab eval {run} --split test scores it again, which is logged", FinalScoring.Run(engine, run, default));
        Assert.Equal(written, File.ReadAllBytes(FinalScoring.FileOf(run)));
        Assert.Equal(logged, new FileInfo(Path.Combine(run, "scorings.jsonl")).Length);

        // a run that had ended makes no step: its loss is the last one of the log
        var resumed = RunSetup.Resume(run).Run(engine, run).Train();
        Assert.True(double.IsNaN(resumed.Loss));
        double last = RunCurve.Read(run).Steps[^1].Loss;
        Assert.Contains(FormattableString.Invariant($"finished after 1 steps, {resumed.State.Tokens} tokens, loss {last:0.0000}, best validation loss"), TrainReport.Text(run, resumed), StringComparison.Ordinal);
        var json = TrainReport.Json(run, resumed);
        Assert.Equal((last, "test"), ((double)json["loss"]!, (string)json["test"]!["split"]!));
        Assert.Equal("references", (string?)json["test"]!["tables"]![0]!["rows"]!.AsArray()[^1]!["system"]);
    }

    [Fact]
    public void The_command_that_goes_on_stands_alone_in_the_last_line()
    {
        var result = new TrainingResult(RunEnd.Interrupted, RunState.Start with { Step = 3, Tokens = 90 }, double.NaN);
        Assert.Equal($"{_folder.Path}: interrupted after 3 steps, 90 tokens\ngo on with: radlab train --resume {_folder.Path}", TrainReport.Text(_folder.Path, result));
        Assert.Null(TrainReport.Json(_folder.Path, result)["loss"]);
        Assert.Null(TrainReport.Json(_folder.Path, result)["test"]);
        Assert.EndsWith("after 3 steps, 90 tokens, loss 2.5000\ngo on with: radlab train --resume " + _folder.Path, TrainReport.Text(_folder.Path, result with { Loss = 2.5 }), StringComparison.Ordinal);
    }
}
