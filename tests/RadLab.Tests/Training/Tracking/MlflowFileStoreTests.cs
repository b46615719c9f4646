using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class MlflowFileStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-mlruns-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Root => Path.Combine(_folder, "mlruns");

    private static TrackedRun Run(string experiment = "tiny-impression/impression") =>
        new(experiment, "20260304-run", "0123456789abcdef0123456789abcdef", 1_700_000_000_000, new Dictionary<string, string> { ["lora.rank"] = "16", ["lora.targets"] = "[\"q_proj\"]" }, new Dictionary<string, string> { ["mlflow.runName"] = "20260304-run" });

    [Fact]
    public void A_run_has_the_files_and_keys_that_MLflow_reads()
    {
        using var store = new MlflowFileStore(Root);
        var run = Run();
        var id = store.Open(run, default);
        store.LogSettings(id, run.Parameters, run.Tags, default);
        store.LogMetrics(id, [new("loss", 2.5, 1000, 1), new("rate", 1e-5, 1000, 1), new("loss", 0.1, 2000, 2)], default);
        string file = Path.Combine(_folder, "a.txt");
        File.WriteAllText(file, "text");
        store.Upload(id, file, "adapter/a.txt", default);
        store.Update(id, TrackedStatus.Finished, 1_700_000_009_000, default);

        string experiment = Path.Combine(Root, id.ExperimentId), folder = Path.Combine(experiment, run.Key);
        Assert.Matches("^[0-9]{18}$", id.ExperimentId);
        string uri = new Uri(experiment).AbsoluteUri;
        string[] meta = File.ReadAllLines(Path.Combine(experiment, "meta.yaml"));
        Assert.Equal(["artifact_location", "creation_time", "experiment_id", "last_update_time", "lifecycle_stage", "name"], meta.Select(l => l.Split(':')[0]));
        Assert.Equal([$"artifact_location: '{uri}'", $"experiment_id: '{id.ExperimentId}'", "lifecycle_stage: 'active'", "name: 'tiny-impression/impression'"], meta.Where(l => !l.Contains("_time:", StringComparison.Ordinal)));
        Assert.Equal(
        [
            $"artifact_uri: '{uri}/{run.Key}/artifacts'", "end_time: 1700000009000", "entry_point_name: ''", $"experiment_id: '{id.ExperimentId}'", "lifecycle_stage: 'active'", $"run_id: '{run.Key}'", "run_name: '20260304-run'",
            $"run_uuid: '{run.Key}'", "source_name: ''", "source_type: 4", "source_version: ''", "start_time: 1700000000000", "status: 3", "tags: []", $"user_id: '{Environment.UserName}'",
        ], File.ReadAllLines(Path.Combine(folder, "meta.yaml")));
        Assert.Equal("1000 2.5 1\n2000 0.1 2\n", File.ReadAllText(Path.Combine(folder, "metrics", "loss")));
        Assert.Equal("1000 1E-05 1\n", File.ReadAllText(Path.Combine(folder, "metrics", "rate")));
        Assert.Equal("16", File.ReadAllText(Path.Combine(folder, "params", "lora.rank")));
        Assert.Equal("20260304-run", File.ReadAllText(Path.Combine(folder, "tags", "mlflow.runName")));
        Assert.Equal("text", File.ReadAllText(Path.Combine(folder, "artifacts", "adapter", "a.txt")));
        Assert.True(Directory.Exists(Path.Combine(Root, ".trash")));
        Assert.Contains("name: 'Default'", File.ReadAllText(Path.Combine(Root, "0", "meta.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_experiment_that_MLflow_made_is_used_and_a_deleted_one_is_not()
    {
        foreach (var (id, stage) in (ReadOnlySpan<(string, string)>)[("606783375233873416", "deleted"), ("606783375233873417", "active")])
        {
            Directory.CreateDirectory(Path.Combine(Root, id));
            File.WriteAllText(Path.Combine(Root, id, "meta.yaml"), $"artifact_location: file:///elsewhere/{id}\ncreation_time: 1721450907221\nexperiment_id: '{id}'\nlast_update_time: 1721450907221\nlifecycle_stage: {stage}\nname: tiny-impression/impression\n");
        }
        using var store = new MlflowFileStore(Root);
        var run = store.Open(Run(), default);
        Assert.Equal("606783375233873417", run.ExperimentId);
        Assert.Equal("file:///elsewhere/606783375233873417/0123456789abcdef0123456789abcdef/artifacts", run.ArtifactUri);
    }

    [Fact]
    public void Opening_a_run_once_more_finds_it_and_keeps_what_others_have_written()
    {
        using var store = new MlflowFileStore(Root);
        var id = store.Open(Run(), default);
        string meta = Path.Combine(Root, id.ExperimentId, id.RunId, "meta.yaml");
        File.AppendAllText(meta, "deleted_time: 5\nrun_note: 'it''s'\n");
        Assert.Equal(id, store.Open(Run(), default));
        store.Update(id, TrackedStatus.Killed, null, default);
        string[] lines = File.ReadAllLines(meta);
        Assert.Contains("status: 5", lines);
        Assert.Contains("end_time: null", lines);
        Assert.Equal(["deleted_time: 5", "run_note: 'it''s'"], lines[^2..]);
        Assert.Equal(2, Directory.GetDirectories(Root).Count(d => File.Exists(Path.Combine(d, "meta.yaml"))));
    }

    [Fact]
    public void A_line_cut_by_a_crash_is_removed_before_the_next_one()
    {
        using var store = new MlflowFileStore(Root);
        var id = store.Open(Run(), default);
        store.LogMetrics(id, [new("train/loss", 1, 1, 7)], default);
        string file = Path.Combine(Root, id.ExperimentId, id.RunId, "metrics", "train", "loss");
        File.AppendAllText(file, "2 0.5");
        Assert.Equal(new Dictionary<string, long> { ["train/loss"] = 7 }, store.LastSteps(id, default));
        store.LogMetrics(id, [new("train/loss", 0.25, 3, 8)], default);
        Assert.Equal("1 1 7\n3 0.25 8\n", File.ReadAllText(file));
    }

    [Theory]
    [InlineData("a[0]:b", "a_0__b")]
    [InlineData("../../etc", "__/__/etc")]
    [InlineData("/x//y/", "x/y")]
    [InlineData("", "_")]
    public void A_name_never_leads_out_of_the_store(string name, string key) => Assert.Equal(key, TrackingLimits.Key(name));

    [Fact]
    public void Values_that_are_too_long_are_cut_and_say_so()
    {
        Assert.Equal((6000, 5000, 250), (TrackingLimits.Parameter(new string('x', 9000)).Length, TrackingLimits.Tag(new string('x', 9000)).Length, TrackingLimits.Key(new string('x', 300)).Length));
        Assert.EndsWith("x… (cut)", TrackingLimits.Parameter(new string('x', 6001)), StringComparison.Ordinal);
        Assert.Equal(6000, TrackingLimits.Parameter(new string('x', 6000)).TrimEnd('…').Length);
    }

    [Fact]
    public void A_store_that_cannot_be_written_is_a_passing_fault()
    {
        File.WriteAllText(Root, "a file in the way");
        using var store = new MlflowFileStore(Root);
        var e = Assert.Throws<TrackingException>(() => store.Open(Run(), default));
        Assert.Equal(TrackingFault.Passing, e.Fault);
        Assert.StartsWith($"{Root}: could not be written (", e.Message, StringComparison.Ordinal);
    }
}
