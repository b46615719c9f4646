using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class MlflowRestStoreTests : IDisposable
{
    private static readonly RunTrackerSettings s_fast = new() { Gather = TimeSpan.FromMilliseconds(5), FirstPause = TimeSpan.FromMilliseconds(5), Grace = TimeSpan.FromSeconds(20) };

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-track-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_tracked_run_arrives_whole_at_a_strict_server()
    {
        using var server = new StrictMlflowServer("Bearer secret");
        var record = FinishedRun.Write(_folder);
        using (var tracker = Begin(server.Uri, record, token: "secret"))
        {
            for (long step = 1; step <= 700; step++) tracker.Report(FinishedRun.Progress(step, step % 100 == 0 ? 1.0 / step : null));
            tracker.LogMetrics(701, new Dictionary<string, double> { ["loss"] = double.NaN, ["rouge l: f1"] = 0.5 });
            AdapterArtifact.Log(tracker, record, _folder);
            Assert.True(tracker.End(TrackedStatus.Finished));
        }
        Assert.All(server.Refusals, r => Assert.Contains("Could not find experiment", r, StringComparison.Ordinal));
        Assert.Equal(["test/impression"], server.Experiments.Keys);
        var run = Assert.Single(server.Runs.Values);
        Assert.Equal(("FINISHED", Path.GetFileName(_folder), true), (run.Status, run.Name, run.End > 0));
        Assert.Equal(("4", "[\"q_proj\""), (run.Parameters["lora.rank"], run.Parameters["lora.targets"][..9]));
        Assert.Equal((FinishedRun.BaseHash, "synthetic-reports", new string('e', 64)), (run.Tags["radlab.base.weights_sha256"], run.Tags["radlab.data.set"], run.Tags["radlab.data.sha256.train.jsonl"]));
        Assert.Equal(Enumerable.Range(1, 700).Select(s => (long)s), run.Metrics.Where(m => m.Key == "loss").Select(m => m.Step));
        Assert.Equal(Enumerable.Range(1, 7).Select(s => s * 100L), run.Metrics.Where(m => m.Key == "validation_loss").Select(m => m.Step));
        Assert.Equal(0.5, Assert.Single(run.Metrics, m => m.Key == "rouge l_ f1").Value);
        string artifacts = $"1/{run.Id}/artifacts/adapter/";
        Assert.Equal(["MLmodel", "adapter_config.json", "adapter_model.safetensors", "radlab.json"], server.Artifacts.Keys.Select(k => k[artifacts.Length..]).Order(StringComparer.Ordinal));
        Assert.Equal("weights", Encoding.UTF8.GetString(server.Artifacts[artifacts + "adapter_model.safetensors"]));
        string model = Encoding.UTF8.GetString(server.Artifacts[artifacts + "MLmodel"]);
        Assert.Contains("artifact_path: adapter\nflavors:\n  radlab:\n    adapter_format: \"peft\"\n", model, StringComparison.Ordinal);
        Assert.Contains($"\nrun_id: \"{run.Id}\"\n", model, StringComparison.Ordinal);
        Assert.Contains("  inputs: \"[{\\\"type\\\":\\\"string\\\",\\\"name\\\":\\\"findings\\\",\\\"required\\\":true}]\"\n", model, StringComparison.Ordinal);
        Assert.Contains($"\"run_id\":\"{run.Id}\",\"artifact_path\":\"adapter\"", run.Tags["mlflow.log-model.history"], StringComparison.Ordinal);
    }

    [Fact]
    public void Many_steps_are_sent_in_few_full_batches()
    {
        using var server = new StrictMlflowServer();
        using var spool = Spool(server.Uri);
        for (long step = 1; step <= 3000; step++) spool.Add(Point(step));
        Send(spool, attempts: 1);
        Assert.Equal(3, server.Requests.Count(r => r == "POST /api/2.0/mlflow/runs/log-batch") - 2);   // parameters and tags are one each
        Assert.Equal(3000, server.Runs.Values.Single().Metrics.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Answers_that_are_lost_make_nothing_twice(int lost)
    {
        using var server = new StrictMlflowServer();
        using var spool = Spool(server.Uri);
        server.LoseNextAnswers(lost);
        Send(spool, attempts: 10);
        for (long step = 1; step <= 50; step++) spool.Add(Point(step));
        server.LoseNextAnswers(lost);
        Send(spool, attempts: 10);
        File.WriteAllText(Path.Combine(_folder, "weights"), "weights");
        spool.Add(new TrackingArtifact("weights", "adapter/weights"));
        spool.Add(new TrackingRegistration("radiology", "adapter", "champion", new Dictionary<string, string> { ["radlab.version"] = "1" }) { Stage = "Staging" });
        server.LoseNextAnswers(lost);
        Send(spool, attempts: 10);
        Assert.Equal(Enumerable.Range(1, 50).Select(s => (long)s), Assert.Single(server.Runs.Values).Metrics.Select(m => m.Step));
        Assert.Single(server.Experiments);
        Assert.Equal("mlflow-artifacts:/1/00000000000000000000000000000001/artifacts/adapter", (string?)Assert.Single(server.Models["radiology"])["source"]);
        Assert.Equal(("1", "Staging"), (server.Aliases["radiology@champion"], server.VersionTag("radiology", 1, "radlab.stage")));
    }

    [Fact]
    public void A_crash_between_sending_and_noting_it_sends_nothing_twice()
    {
        using var server = new StrictMlflowServer();
        SpoolPosition before;
        using (var spool = Spool(server.Uri))
        {
            Send(spool, attempts: 1);
            before = spool.Position;
            for (long step = 1; step <= 20; step++) spool.Add(Point(step));
            Send(spool, attempts: 1);
            spool.Position = before;
        }
        using (var spool = Spool(server.Uri))
        {
            // the resumed run repeats steps 16 to 20 and goes on
            for (long step = 16; step <= 25; step++) spool.Add(Point(step));
            Send(spool, attempts: 1);
        }
        Assert.Equal(Enumerable.Range(1, 25).Select(s => (long)s), server.Runs.Values.Single().Metrics.Select(m => m.Step));
    }

    [Fact]
    public void A_server_that_is_busy_is_asked_again()
    {
        using var server = new StrictMlflowServer();
        using var spool = Spool(server.Uri);
        spool.Add(Point(1));
        server.FailNext(3);
        Send(spool, attempts: 5);
        Assert.Single(server.Runs.Values.Single().Metrics);
        spool.Add(Point(2));
        server.FailNext(3);
        var e = Assert.Throws<TrackingException>(() => Send(spool, attempts: 2));
        Assert.Equal((TrackingFault.Passing, $"{server.Uri}: GET /api/2.0/mlflow/runs/get was answered 503 TEMPORARILY_UNAVAILABLE: busy"), (e.Fault, e.Message));
    }

    [Theory]
    [InlineData("7", 7, 7)]
    [InlineData("in ten seconds", 8, 10)]
    [InlineData("soon", null, null)]
    public void A_server_that_says_when_to_come_back_is_heard(string header, int? least, int? most)
    {
        using var server = new StrictMlflowServer();
        using var store = new MlflowRestStore(new TrackingTarget(server.Uri, true), new MlflowCredentials(null, null, null));
        server.FailNext(1, header == "in ten seconds" ? DateTimeOffset.UtcNow.AddSeconds(10).ToString("R", CultureInfo.InvariantCulture) : header);
        var e = Assert.Throws<TrackingException>(() => store.Open(new TrackedRun("e", "n", "k", 1, new Dictionary<string, string>(), new Dictionary<string, string>()), default));
        Assert.Equal(TrackingFault.Passing, e.Fault);
        if (least is null) Assert.Null(e.RetryAfter);
        else Assert.InRange(e.RetryAfter!.Value.TotalSeconds, least.Value, most!.Value);
    }

    [Fact]
    public void A_server_that_is_down_neither_stops_nor_slows_a_run_and_gets_everything_later()
    {
        string uri;
        using (var gone = new StrictMlflowServer()) uri = gone.Uri;
        var record = FinishedRun.Write(_folder);
        var notes = new List<string>();
        using (var tracker = Begin(uri, record, note: notes.Add, settings: s_fast with { Grace = TimeSpan.FromMilliseconds(200) }))
        {
            long began = Stopwatch.GetTimestamp();
            for (long step = 1; step <= 200; step++) tracker.Report(FinishedRun.Progress(step));
            Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 5);
            Assert.False(tracker.End(TrackedStatus.Finished));
        }
        Assert.StartsWith($"tracking: {uri}: cannot be reached (", notes[0], StringComparison.Ordinal);
        Assert.EndsWith($"send the rest with: radlab runs sync {_folder}", notes[^1], StringComparison.Ordinal);
        Assert.Equal(2, notes.Count);

        using var server = new StrictMlflowServer();
        // the server comes back elsewhere: what is told apart is the run, not the port
        File.WriteAllText(Path.Combine(_folder, "tracking", "target.json"), $"{{\"uri\":\"{server.Uri}\"}}");
        using var spool = TrackingSpool.Open(_folder, TrackingSpool.TargetOf(_folder)!);
        Send(spool, attempts: 1);
        var run = Assert.Single(server.Runs.Values);
        Assert.Equal((200, "FINISHED"), (run.Metrics.Count(m => m.Key == "loss"), run.Status));
    }

    [Fact]
    public void A_wrong_token_ends_the_sending_with_what_to_do_and_shows_no_token()
    {
        using var server = new StrictMlflowServer("Basic bWU6d29yZA==");
        var record = FinishedRun.Write(_folder);
        var notes = new List<string>();
        using (var tracker = Begin(server.Uri, record, token: "hidden", note: notes.Add))
        {
            tracker.Report(FinishedRun.Progress(1));
            Assert.False(tracker.End(TrackedStatus.Finished));
        }
        Assert.Contains("was answered 401 UNAUTHENTICATED: who are you; check MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD", notes[0], StringComparison.Ordinal);
        Assert.DoesNotContain(notes, n => n.Contains("hidden", StringComparison.Ordinal));
        Assert.Single(server.Requests);
        foreach (string file in Directory.GetFiles(Path.Combine(_folder, "tracking"))) Assert.DoesNotContain("hidden", File.ReadAllText(file), StringComparison.Ordinal);

        using var spool = TrackingSpool.Open(_folder, new TrackingTarget(server.Uri, true));
        using var store = new MlflowRestStore(spool.Target, new MlflowCredentials("me", "word", "hidden"));
        new SpoolSender(spool, store, null).Send(default);
        Assert.Equal("FINISHED", server.Runs.Values.Single().Status);
    }

    [Fact]
    public void What_is_refused_is_kept_with_its_reason_and_holds_up_nothing()
    {
        using var server = new StrictMlflowServer();
        var notes = new List<string>();
        using var spool = Spool(server.Uri);
        spool.Add(new TrackingArtifact("gone.bin", "gone.bin"));
        spool.Add(new TrackingArtifact("../outside", "outside"));
        spool.Add(Point(1));
        using var store = new MlflowRestStore(spool.Target, new MlflowCredentials(null, null, null));
        new SpoolSender(spool, store, notes.Add).Send(default);
        Assert.Equal(["tracking: gone.bin not taken: gone.bin: the file is not in the run's folder (any more)", "tracking: outside not taken: ../outside: the file is not in the run's folder (any more)"], notes);
        Assert.Single(server.Runs.Values.Single().Metrics);
        Assert.Equal(2, File.ReadAllLines(Path.Combine(_folder, "tracking", "refused.jsonl")).Length);
    }

    [Fact]
    public void Long_and_many_settings_are_cut_and_split_to_what_a_server_takes()
    {
        using var server = new StrictMlflowServer();
        using var store = new MlflowRestStore(new TrackingTarget(server.Uri, true), new MlflowCredentials(null, null, null));
        var parameters = Enumerable.Range(0, 250).ToDictionary(i => $"p{i}", i => new string('ä', 7000));
        var run = new TrackedRun("e", "n", "k", 1, parameters, new Dictionary<string, string> { [new string('t', 400)] = new string('v', 9000) });
        store.LogSettings(store.Open(run, default), run.Parameters, run.Tags, default);
        Assert.Equal(250, server.Runs.Values.Single().Parameters.Count);
        Assert.All(server.Runs.Values.Single().Parameters.Values, v => Assert.Equal(6000, v.Length));
        Assert.Contains(server.Runs.Values.Single().Tags, t => t.Key.Length == 250 && t.Value.Length == 5000);
    }

    [Theory]
    [InlineData("runs/log-batch", """{"run_id":"00000000000000000000000000000001","metrics":[{"key":"a","value":"1","timestamp":1}]}""")]
    [InlineData("runs/log-batch", """{"run_id":"00000000000000000000000000000001","metrics":[{"key":"a:b","value":1,"timestamp":1}]}""")]
    [InlineData("runs/log-batch", """{"run_id":"00000000000000000000000000000001","metrics":[{"key":"a","value":1,"timestamp":1.5}]}""")]
    [InlineData("runs/log-batch", """{"run_id":"00000000000000000000000000000001","metric":[]}""")]
    [InlineData("runs/update", """{"run_id":"00000000000000000000000000000001","status":3}""")]
    [InlineData("runs/update", """{"run_id":"00000000000000000000000000000001","status":"DONE"}""")]
    [InlineData("runs/create", """{"experiment_id":1}""")]
    [InlineData("model-versions/create", """{"name":"m","source":"mlflow-artifacts:/1/00000000000000000000000000000001/artifacts/adapter","run_id":"00000000000000000000000000000001"}""")]
    public async Task The_test_server_is_strict(string path, string body)
    {
        using var server = new StrictMlflowServer();
        using (var store = new MlflowRestStore(new TrackingTarget(server.Uri, true), new MlflowCredentials(null, null, null))) store.Open(new TrackedRun("e", "n", "k", 1, new Dictionary<string, string>(), new Dictionary<string, string>()), default);
        using var http = new HttpClient();
        using var model = await http.PostAsync(new Uri($"{server.Uri}/api/2.0/mlflow/registered-models/create"), new StringContent("""{"name":"m"}"""));
        using var elsewhere = await http.PutAsync(new Uri($"{server.Uri}/api/2.0/mlflow-artifacts/artifacts/1/somebody/artifacts/adapter/x"), new StringContent("x"));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (model.StatusCode, elsewhere.StatusCode));
        using var answer = await http.PostAsync(new Uri($"{server.Uri}/api/2.0/mlflow/{path}"), new StringContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public void Pauses_grow_stay_below_a_minute_and_follow_the_seed()
    {
        TimeSpan[] Draw(ulong seed)
        {
            var backoff = new Backoff(seed, TimeSpan.FromSeconds(1));
            return [.. Enumerable.Range(0, 10).Select(_ => backoff.Next(null))];
        }
        var pauses = Draw(1);
        for (int i = 0; i < pauses.Length; i++) Assert.InRange(pauses[i].TotalSeconds, Math.Min(60, 1 << i) * 0.5, Math.Min(60, 1 << i));
        Assert.Equal(pauses, Draw(1));
        Assert.NotEqual(pauses, Draw(2));
        Assert.Equal(30, new Backoff(1, TimeSpan.FromSeconds(1)).Next(TimeSpan.FromSeconds(30)).TotalSeconds);
        Assert.Equal(60, new Backoff(1, TimeSpan.FromSeconds(1)).Next(TimeSpan.FromHours(3)).TotalSeconds);
    }

    private RunTracker Begin(string uri, RunRecord record, string? token = null, Action<string>? note = null, RunTrackerSettings? settings = null)
    {
        var target = new TrackingTarget(uri, true);
        return RunTracker.Begin(_folder, record, target, new MlflowRestStore(target, new MlflowCredentials(null, null, token)), settings ?? s_fast, note);
    }

    private TrackingSpool Spool(string uri)
    {
        var spool = TrackingSpool.Open(_folder, new TrackingTarget(uri, true));
        if (!spool.HasBegun) spool.Add(new TrackingBegin(TrackedRun.Of(FinishedRun.Record(), _folder)));
        return spool;
    }

    private static TrackingPoint Point(long step) => new(step, 1000 + step, new Dictionary<string, double> { ["loss"] = 1.0 / step });

    private static void Send(TrackingSpool spool, int attempts)
    {
        using var store = new MlflowRestStore(spool.Target, new MlflowCredentials(null, null, null));
        new SpoolSender(spool, store, null).SendAll(new Backoff(1, TimeSpan.FromMilliseconds(1)), attempts, default);
    }
}
