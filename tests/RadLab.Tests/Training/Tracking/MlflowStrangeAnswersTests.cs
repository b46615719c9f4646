using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>Whatever a server answers, a run goes on, and what could not be sent is kept.</summary>
public sealed class MlflowStrangeAnswersTests : IDisposable
{
    private static readonly RunTrackerSettings s_fast = new() { Gather = TimeSpan.FromMilliseconds(5), FirstPause = TimeSpan.FromMilliseconds(5), Grace = TimeSpan.FromSeconds(20) };

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-strange-").FullName;
    private readonly List<string> _notes = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("experiments/get-by-name", """{"experiment":{"experiment_id":"1","experiment_id":"2"}}""")]
    [InlineData("experiments/get-by-name", """{"experiment":7}""")]
    [InlineData("experiments/get-by-name", """{"experiment":null}""")]
    [InlineData("experiments/get-by-name", "<html>a proxy</html>")]
    [InlineData("runs/search", "[]")]
    [InlineData("runs/search", """{"runs":[{"info":{"run_id":["x"]}}]}""")]
    [InlineData("runs/create", """{"run":{"info":{"run_id":"1","run_id":"2","artifact_uri":"mlflow-artifacts:/1"}}}""")]
    [InlineData("runs/get", """{"run":{"data":{"metrics":[{"key":"loss","step":"seven"}]}}}""")]
    [InlineData("runs/get", """{"run":{"data":{"metrics":[{"key":"loss","key":"loss"}]}}}""")]
    public void An_answer_that_no_MLflow_server_gives_ends_the_sending_and_nothing_else(string path, string answer)
    {
        using var server = new StrictMlflowServer();
        server.Strange[path] = answer;
        Assert.False(Track(server.Uri));
        Assert.Contains("this is no MLflow server; kept in the run's folder, training goes on", Assert.Single(_notes, n => !n.Contains("runs sync", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.EndsWith($"send the rest with: radlab runs sync {_folder}", _notes[^1], StringComparison.Ordinal);

        server.Strange.Clear();
        using var spool = TrackingSpool.Open(_folder, new TrackingTarget(server.Uri, true));
        using var store = new MlflowRestStore(spool.Target, new MlflowCredentials(null, null, null));
        new SpoolSender(spool, store, n => Assert.Fail(n)).Send(default);
        var run = Assert.Single(server.Runs.Values);
        Assert.Equal((5, "FINISHED"), (run.Metrics.Count(m => m.Key == "loss"), run.Status));
    }

    [Theory]
    [InlineData("mlflow-artifacts://[::bad", "names mlflow-artifacts://[::bad/1/00000000000000000000000000000001/artifacts for artifacts, which is no address; they stay in the run's folder")]
    [InlineData("mlflow-artifacts://elsewhere:81", "names another server for artifacts (elsewhere:81); they stay in the run's folder")]
    [InlineData("s3://bucket", "keeps artifacts at s3://bucket/1/00000000000000000000000000000001/artifacts and does not take them itself (mlflow server --serve-artifacts does); they stay in the run's folder")]
    public void Artifacts_that_cannot_be_sent_are_told_of_once_and_the_rest_arrives(string root, string reason)
    {
        using var server = new StrictMlflowServer { ArtifactRoot = root };
        Assert.True(Track(server.Uri));
        Assert.Equal([$"tracking: adapter/adapter_config.json not taken: {server.Uri}: {reason}"], _notes);
        Assert.Equal((5, "FINISHED"), (server.Runs.Values.Single().Metrics.Count(m => m.Key == "loss"), server.Runs.Values.Single().Status));
        Assert.Empty(server.Artifacts);
        Assert.Equal(4, File.ReadAllLines(Path.Combine(_folder, "tracking", "refused.jsonl")).Length);
    }

    [Fact]
    public void An_exception_that_nobody_foresaw_is_noted_and_tried_again()
    {
        var record = FinishedRun.Write(_folder);
        var target = new TrackingTarget(Path.Combine(_folder, "mlruns"), false);
        var store = new Unforeseen(target.Open(), new ArgumentException("an item with the same key"), new UriFormatException("no address"), new OperationCanceledException("not ours"));
        using (var tracker = RunTracker.Begin(_folder, record, target, store, s_fast, line =>
        {
            _notes.Add(line);
            throw new InvalidOperationException("the listener has a mistake in it too");
        }))
        {
            tracker.Report(FinishedRun.Progress(1));
            Assert.True(tracker.End(TrackedStatus.Finished));
        }
        Assert.Equal(["tracking: an item with the same key; kept and sent later"], _notes);
        Assert.Single(Directory.GetFiles(target.Uri, "loss", SearchOption.AllDirectories));
    }

    private bool Track(string uri)
    {
        var record = FinishedRun.Write(_folder);
        var target = new TrackingTarget(uri, true);
        using var tracker = RunTracker.Begin(_folder, record, target, new MlflowRestStore(target, new MlflowCredentials(null, null, null)), s_fast, _notes.Add);
        for (long step = 1; step <= 5; step++) tracker.Report(FinishedRun.Progress(step));
        AdapterArtifact.Log(tracker, record, _folder);
        return tracker.End(TrackedStatus.Finished);
    }

    /// <summary>Fails in ways that no store announces, and then works.</summary>
    private sealed class Unforeseen(ITrackingStore inner, params Exception[] failures) : ITrackingStore
    {
        private readonly Queue<Exception> _failures = new(failures);

        public TrackedId Open(TrackedRun run, CancellationToken cancellation) => _failures.TryDequeue(out var failure) ? throw failure : inner.Open(run, cancellation);

        public IReadOnlyDictionary<string, long> LastSteps(TrackedId run, CancellationToken cancellation) => inner.LastSteps(run, cancellation);

        public void LogMetrics(TrackedId run, IReadOnlyList<TrackedMetric> metrics, CancellationToken cancellation) => inner.LogMetrics(run, metrics, cancellation);

        public void LogSettings(TrackedId run, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string> tags, CancellationToken cancellation) => inner.LogSettings(run, parameters, tags, cancellation);

        public void Upload(TrackedId run, string file, string path, CancellationToken cancellation) => inner.Upload(run, file, path, cancellation);

        public void Update(TrackedId run, TrackedStatus status, long? endMs, CancellationToken cancellation) => inner.Update(run, status, endMs, cancellation);

        public void Register(TrackedId run, TrackingRegistration version, CancellationToken cancellation) => inner.Register(run, version, cancellation);

        public void Change(TrackedId run, TrackingVersionChange change, CancellationToken cancellation) => inner.Change(run, change, cancellation);

        public void Dispose() => inner.Dispose();
    }
}
