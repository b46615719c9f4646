using System.Globalization;
using System.Text;
using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>Versions, aliases and stages of our registry, and what a server that follows MLflow's reference has of them.</summary>
public sealed class MlflowRestModelsTests : IDisposable
{
    private static readonly DateTime s_now = new(2026, 5, 6, 7, 8, 9, DateTimeKind.Utc);

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-models-").FullName;
    private readonly List<string> _notes = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Run => Path.Combine(_folder, "run");

    private string Folder => Path.Combine(_folder, "registry");

    private ModelRegistry Registry => new(Folder);

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void One_run_registered_twice_is_two_versions_with_their_own_alias_and_stage(int pageSize)
    {
        using var server = new StrictMlflowServer { PageSize = pageSize };
        FinishedRun.Write(Run);
        Tell(server);
        for (int i = 1; i <= 2; i++)
        {
            var entry = Registry.Add(Run, "chest", s_now);
            Registry.SetAlias("chest", "champion", entry.Version);
            for (int twice = 0; twice < 2; twice++) Send(server, TrackingRegistration.Of(entry, "champion", null, Folder));
        }
        Assert.Equal(["1", "2"], server.Models["chest"].Select((_, i) => server.VersionTag("chest", i + 1, "radlab.version")));
        Assert.Equal("2", server.Aliases["chest@champion"]);
        Registry.SetAlias("chest", "champion", 1);
        Registry.SetStage("chest", 2, RegistryStage.Production);
        Send(server, new TrackingVersionChange("chest", 1, "champion", null, Folder), new TrackingVersionChange("chest", 2, null, "Production", Folder));
        Assert.Equal(("1", "Production", null), (server.Aliases["chest@champion"], server.VersionTag("chest", 2, "radlab.stage"), server.VersionTag("chest", 1, "radlab.stage")));
        Assert.Empty(_notes);
    }

    [Fact]
    public void A_version_carries_its_whole_lineage_as_tags()
    {
        using var server = new StrictMlflowServer();
        var record = FinishedRun.Write(Run);
        File.WriteAllText(Path.Combine(Run, "evaluation-test.json"), ScoredReport.Impressions.ToJson().ToJsonString());
        Tell(server);
        var entry = Registry.Add(Run, "chest", s_now);
        Send(server, TrackingRegistration.Of(entry, null, RegistryStage.Staging, Folder) with { Registry = null });
        string? Tag(string key) => server.VersionTag("chest", 1, key);
        Assert.Equal((entry.AdapterSha256, entry.WeightsSha256, FinishedRun.BaseHash, entry.Identity), (Tag("radlab.adapter_sha256"), Tag("radlab.weights_sha256"), Tag("radlab.base.weights_sha256"), Tag("radlab.identity")));
        Assert.Equal((new string('e', 64), new string('f', 64)), (Tag("radlab.data.sha256.train.jsonl"), Tag("radlab.data.sha256.validation.jsonl")));
        Assert.Equal(("1.25", "Staging"), (Tag("radlab.evaluation.validation_loss"), Tag("radlab.stage")));
        Assert.Equal(entry.Evaluation["evaluation-test.abnormal_studies.rouge_l"], double.Parse(Tag("radlab.evaluation.test.abnormal_studies.rouge_l")!, CultureInfo.InvariantCulture));
        Assert.Equal(RecipeJson.Write(record.Recipe with { Description = "" }), RecipeJson.Write(RecipeJson.Read(Tag("radlab.recipe")!, "tag")));
    }

    [Fact]
    public void Lineage_of_more_tags_than_a_request_takes_arrives_whole()
    {
        using var server = new StrictMlflowServer();
        FinishedRun.Write(Run);
        Tell(server);
        var entry = Registry.Add(Run, "chest", s_now);
        var many = entry with { Evaluation = Enumerable.Range(0, 150).ToDictionary(i => $"figure{i:D3}", i => (double)i) };
        Send(server, TrackingRegistration.Of(many, null, null, Folder));
        Assert.Equal(Enumerable.Range(0, 150).Select(i => $"{i}"), Enumerable.Range(0, 150).Select(i => server.VersionTag("chest", 1, $"radlab.evaluation.figure{i:D3}")));
        Assert.All(server.Refusals, r => Assert.Contains("Could not find experiment", r, StringComparison.Ordinal));
    }

    [Fact]
    public void What_full_fine_tuning_has_trained_is_uploaded_and_registered_as_a_model()
    {
        using var server = new StrictMlflowServer();
        FinishedRun.Write(Run);
        Directory.Move(Path.Combine(Run, "adapter"), Path.Combine(Run, "model"));
        Directory.CreateDirectory(Path.Combine(Run, "model", "shards"));
        File.WriteAllText(Path.Combine(Run, "model", "shards", "1.safetensors"), "more");
        Tell(server);
        Send(server, TrackingRegistration.Of(Registry.Add(Run, "whole", s_now), "champion", null, Folder) with { Registry = null });
        var run = Assert.Single(server.Runs.Values);
        Assert.Equal("more", Encoding.UTF8.GetString(server.Artifacts[$"1/{run.Id}/artifacts/model/shards/1.safetensors"]));
        string model = Encoding.UTF8.GetString(server.Artifacts[$"1/{run.Id}/artifacts/model/MLmodel"]);
        Assert.Contains("artifact_path: model\nflavors:\n  radlab:\n    model_format: \"huggingface\"\n", model, StringComparison.Ordinal);
        Assert.Contains($"\nrun_id: \"{run.Id}\"\n", model, StringComparison.Ordinal);
        Assert.Equal($"mlflow-artifacts:/1/{run.Id}/artifacts/model", (string?)Assert.Single(server.Models["whole"])["source"]);
        Assert.Empty(_notes);
    }

    [Fact]
    public void A_version_without_its_weights_is_not_registered_and_what_was_refused_can_be_sent_again()
    {
        using var server = new StrictMlflowServer { LargestBody = 100_000 };
        FinishedRun.Write(Run);
        File.WriteAllText(Path.Combine(Run, "adapter", "adapter_model.safetensors"), new string('w', 200_000));
        Tell(server);
        var entry = Registry.Add(Run, "chest", s_now);
        Registry.SetAlias("chest", "champion", 1);
        Send(server, TrackingRegistration.Of(entry, "champion", null, Folder), new TrackingVersionChange("chest", 1, null, "Staging", Folder));
        Assert.Equal(3, _notes.Count);
        Assert.Contains("was answered 413", _notes[0], StringComparison.Ordinal);
        Assert.Equal($"tracking: registered model chest not taken: chest: adapter is not (or not whole) among the artifacts that the run has left at {server.Uri}; 'radlab registry' keeps the version", _notes[1]);
        Assert.Equal($"tracking: alias or stage of chest/1 not taken: chest/1: is not registered at {server.Uri}; 'radlab registry' keeps what was said", _notes[2]);
        Assert.Empty(server.Models.Values.SelectMany(v => v));
        Assert.Empty(server.Aliases);

        using var spool = TrackingSpool.Open(Run, new TrackingTarget(server.Uri, true));
        using var store = spool.Target.Open();
        var sender = new SpoolSender(spool, store, null);
        sender.SendRefused(default);
        Assert.Equal(3, spool.RefusedCount);
        server.LargestBody = long.MaxValue;
        sender.SendRefused(default);
        Assert.Equal(0, spool.RefusedCount);
        Assert.Single(server.Models["chest"]);
        Assert.Equal(("1", "None"), (server.Aliases["chest@champion"], server.VersionTag("chest", 1, "radlab.stage")));
    }

    [Fact]
    public void A_server_that_cannot_say_what_arrived_gets_no_version_and_everything_else()
    {
        using var server = new StrictMlflowServer { Without = "artifacts/list" };
        FinishedRun.Write(Run);
        Tell(server);
        Send(server, TrackingRegistration.Of(Registry.Add(Run, "chest", s_now), null, null, Folder), new TrackingPoint(1, 1, new Dictionary<string, double> { ["test.rouge_l"] = 0.5 }));
        Assert.Contains("registered model chest not taken: ", Assert.Single(_notes), StringComparison.Ordinal);
        Assert.Contains("/api/2.0/mlflow/artifacts/list was answered 404 ENDPOINT_NOT_FOUND", _notes[0], StringComparison.Ordinal);
        Assert.Contains("; the run or the address is not there (any more)", _notes[0], StringComparison.Ordinal);
        Assert.Empty(server.Models);
        Assert.Single(server.Runs.Values.Single().Metrics, m => m.Key == "test.rouge_l");
    }

    [Fact]
    public void An_alias_that_has_waited_does_not_undo_what_was_said_since()
    {
        using var server = new StrictMlflowServer();
        FinishedRun.Write(Run);
        Tell(server);
        var entries = Enumerable.Range(0, 2).Select(_ => Registry.Add(Run, "chest", s_now)).ToList();
        Registry.SetAlias("chest", "champion", 2);
        // told in this order by two runs whose servers were down for different times
        Send(server, TrackingRegistration.Of(entries[1], "champion", null, Folder), TrackingRegistration.Of(entries[0], "champion", null, Folder));
        Assert.Equal("2", server.VersionTag("chest", int.Parse(server.Aliases["chest@champion"], CultureInfo.InvariantCulture), "radlab.version"));
        Directory.Delete(Folder, recursive: true);
        Send(server, new TrackingVersionChange("chest", 1, "champion", null, Folder));
        Assert.Equal("1", server.VersionTag("chest", int.Parse(server.Aliases["chest@champion"], CultureInfo.InvariantCulture), "radlab.version"));
    }

    [Fact]
    public void Points_that_were_refused_are_kept_whole_and_sent_again()
    {
        using var server = new StrictMlflowServer();
        FinishedRun.Write(Run);
        Tell(server);
        server.LargestBody = 10_000;
        Send(server, [.. Enumerable.Range(1, 300).Select(step => new TrackingPoint(step, 1000 + step, new Dictionary<string, double> { ["loss"] = 1.0 / step, ["rate"] = step }))]);
        Assert.StartsWith("tracking: steps 1 to 300 not taken: ", Assert.Single(_notes), StringComparison.Ordinal);
        Assert.Empty(server.Runs.Values.Single().Metrics);
        server.LargestBody = long.MaxValue;
        using var spool = TrackingSpool.Open(Run, new TrackingTarget(server.Uri, true));
        using var store = spool.Target.Open();
        new SpoolSender(spool, store, null).SendRefused(default);
        Assert.Equal(0, spool.RefusedCount);
        Assert.Equal(Enumerable.Range(1, 300).Select(s => (1.0 / s, 1000L + s)), server.Runs.Values.Single().Metrics.Where(m => m.Key == "loss").Select(m => (m.Value, m.Time)));
    }

    // as training does
    private void Tell(StrictMlflowServer server)
    {
        var target = new TrackingTarget(server.Uri, true);
        using var tracker = RunTracker.Begin(Run, FinishedRun.Record(), target, target.Open(), new RunTrackerSettings { Gather = TimeSpan.FromMilliseconds(5) }, _notes.Add);
        AdapterArtifact.Log(tracker, FinishedRun.Record(), Run);
        Assert.True(tracker.End(TrackedStatus.Finished));
    }

    private void Send(StrictMlflowServer server, params TrackingEvent[] events)
    {
        using var spool = TrackingSpool.Open(Run, new TrackingTarget(server.Uri, true));
        foreach (var e in events) spool.Add(e);
        using var store = spool.Target.Open();
        new SpoolSender(spool, store, _notes.Add).Send(default);
    }
}
