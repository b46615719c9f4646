using RadLab.Cli;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class RunsSyncTests : IDisposable
{
    private readonly string _run = Directory.CreateTempSubdirectory("radlab-sync-").FullName;

    public void Dispose() => Directory.Delete(_run, recursive: true);

    [Fact]
    public void What_was_refused_is_counted_and_sent_again_when_asked()
    {
        using var server = new StrictMlflowServer();
        var target = new TrackingTarget(server.Uri, true);
        var record = FinishedRun.Write(_run);
        using (var spool = TrackingSpool.Open(_run, target))
        {
            spool.Add(new TrackingBegin(TrackedRun.Of(record, _run)));
            spool.Add(new TrackingArtifact("late.txt", "late.txt"));
            spool.Add(new TrackingArtifact("gone.txt", "gone.txt"));
        }
        var (line, refused) = RunsSync.Send(_run, 1, default);
        Assert.Equal(2, refused);
        Assert.Matches($"^{_run}: sent [0-9]+ bytes to {server.Uri}, which has everything but 2 things that it refused; once it takes them: radlab runs sync {_run} --retry-refused$", line);
        File.WriteAllText(Path.Combine(_run, "late.txt"), "here");
        Assert.Equal(($"{_run}: {server.Uri} has everything but 2 things that it refused; once it takes them: radlab runs sync {_run} --retry-refused", 2), RunsSync.Send(_run, 1, default));
        Assert.Equal(($"{_run}: {server.Uri} has everything but 1 thing that it refused; once it takes it: radlab runs sync {_run} --retry-refused", 1), RunsSync.Send(_run, 1, default, retryRefused: true));
        Assert.EndsWith("/late.txt", Assert.Single(server.Artifacts.Keys), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_run, "gone.txt"), "too");
        Assert.Equal(($"{_run}: {server.Uri} has everything", 0), RunsSync.Send(_run, 1, default, retryRefused: true));
        Assert.Equal(2, server.Artifacts.Count);
    }

    [Fact]
    public void A_state_that_was_refused_does_not_come_back_over_a_later_one()
    {
        using var server = new StrictMlflowServer();
        var record = FinishedRun.Write(_run);
        using (var spool = TrackingSpool.Open(_run, new TrackingTarget(server.Uri, true)))
        {
            spool.Add(new TrackingBegin(TrackedRun.Of(record, _run)));
            spool.Add(new TrackingState(TrackedStatus.Running, null));
            spool.Add(new TrackingState(TrackedStatus.Finished, 9));
            spool.Refuse("an old reason", new TrackingState(TrackedStatus.Running, null));
        }
        Assert.Equal(0, RunsSync.Send(_run, 1, default, retryRefused: true).Refused);
        Assert.Equal(("FINISHED", 9L), (server.Runs.Values.Single().Status, server.Runs.Values.Single().End));
    }

    [Fact]
    public void What_a_tracker_cannot_be_told_stops_nothing_and_loses_nothing()
    {
        var record = FinishedRun.Write(_run);
        RunsSync.Tell(_run, _ => Assert.Fail("the run is not tracked"), default);
        using (var server = new StrictMlflowServer())
        {
            var target = new TrackingTarget(server.Uri, true);
            using (var spool = TrackingSpool.Open(_run, target))
            {
                spool.Add(new TrackingBegin(TrackedRun.Of(record, _run)));
                RunsSync.Tell(_run, _ => Assert.Fail("another process has the spool"), default);
            }
            RunsSync.Tell(_run, spool => spool.Add(new TrackingState(TrackedStatus.Finished, 9)), new CancellationToken(canceled: true));
            Assert.Empty(server.Runs);
            Assert.Equal(0, RunsSync.Send(_run, 1, default).Refused);
            Assert.Equal("FINISHED", server.Runs.Values.Single().Status);
        }
    }

    [Fact]
    public void A_spools_state_with_a_key_twice_is_named()
    {
        FinishedRun.Write(_run);
        TrackingSpool.Open(_run, new TrackingTarget(Path.Combine(_run, "mlruns"), false)).Dispose();
        string sent = Path.Combine(_run, "tracking", "sent.json");
        File.WriteAllText(sent, "{\"offset\":1,\"offset\":2}");
        Assert.Equal($"{sent}: is not what RadLab writes; remove it to send everything once more.", Assert.Throws<RecipeException>(() => RunsSync.Send(_run, 1, default)).Message);
    }
}
