using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>A whole run in a folder, read back by MLflow's own rules for its file store: which files and keys there must be, and of what type.</summary>
public sealed partial class MlflowReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-mlflow-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Root => Path.Combine(_folder, "mlruns");

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void MLflow_finds_experiment_run_model_and_version()
    {
        LongTests.SkipUnlessAsked();
        string run = Path.Combine(_folder, "20260304-050607-test");
        var record = FinishedRun.Write(run);
        var target = new TrackingTarget(Root, IsServer: false);
        using (var tracker = RunTracker.Begin(run, record, target, target.Open(), note: n => Assert.Fail(n)))
        {
            for (long step = 1; step <= 3; step++) tracker.Report(FinishedRun.Progress(step, step == 3 ? 0.5 : null));
            AdapterArtifact.Log(tracker, record, run);
            Assert.True(tracker.End(TrackedStatus.Finished));
        }
        using var store = (MlflowFileStore)target.Open();

        // experiments: a folder each, named by an id that is a text; 0 is there from the beginning
        var experiments = Directory.EnumerateDirectories(Root).Where(d => Path.GetFileName(d) is not (".trash" or "models")).ToDictionary(d => Path.GetFileName(d), Meta);
        Assert.Equal(2, experiments.Count);
        foreach (var (number, meta) in experiments)
        {
            Assert.Equal(["artifact_location", "creation_time", "experiment_id", "last_update_time", "lifecycle_stage", "name"], meta.Keys.Order(StringComparer.Ordinal));
            Assert.Equal((number, "active"), (Text(meta, "experiment_id"), Text(meta, "lifecycle_stage")));
            Assert.Equal(Path.Combine(Root, number), Local(Text(meta, "artifact_location")));
            Assert.InRange(Whole(meta, "creation_time"), 1_700_000_000_000, Whole(meta, "last_update_time"));
        }
        Assert.Equal("Default", Text(experiments["0"], "name"));
        string experiment = experiments.Keys.Single(k => k != "0");
        Assert.Equal("test/impression", Text(experiments[experiment], "name"));

        // the run: every key that MLflow's reader asks for, numbers as numbers and ids as texts
        string own = Assert.Single(Directory.EnumerateDirectories(Path.Combine(Root, experiment)));
        var of = Meta(own);
        string id32 = Path.GetFileName(own);
        Assert.Matches("^[0-9a-f]{32}$", id32);
        Assert.Equal((id32, id32, experiment, "active", Path.GetFileName(run)), (Text(of, "run_id"), Text(of, "run_uuid"), Text(of, "experiment_id"), Text(of, "lifecycle_stage"), Text(of, "run_name")));
        Assert.Equal(Environment.UserName, Text(of, "user_id"));
        Assert.Equal((3, 4), (Whole(of, "status"), Whole(of, "source_type")));   // FINISHED, LOCAL
        Assert.Equal(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero).ToUnixTimeMilliseconds(), Whole(of, "start_time"));
        Assert.True(Whole(of, "end_time") >= Whole(of, "start_time") || DateTime.UtcNow < new DateTime(2026, 3, 5));
        foreach (string key in (string[])["entry_point_name", "source_name", "source_version"]) Assert.Equal("", Text(of, key));
        Assert.Equal("[]", of["tags"]);
        string artifacts = Local(Text(of, "artifact_uri"));
        Assert.Equal(Path.Combine(own, "artifacts"), artifacts);
        Assert.Equal(["artifacts", "meta.yaml", "metrics", "params", "tags"], Directory.EnumerateFileSystemEntries(own).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        // parameters and tags: a file each, its name the key, its text the value; the first line of a parameter is all that MLflow reads
        string Tag(string name) => File.ReadAllText(Path.Combine(own, "tags", name));
        Assert.Equal((Path.GetFileName(run), Environment.UserName, "radlab train", "LOCAL", record.Recipe.Description), (Tag("mlflow.runName"), Tag("mlflow.user"), Tag("mlflow.source.name"), Tag("mlflow.source.type"), Tag("mlflow.note.content")));
        Assert.All(Directory.EnumerateFiles(Path.Combine(own, "params")), f => Assert.DoesNotContain('\n', File.ReadAllText(f)));
        Assert.Equal("4", File.ReadAllText(Path.Combine(own, "params", "lora.rank")));
        Assert.All(Files(Path.Combine(own, "tags")).Concat(Files(Path.Combine(own, "params"))), f => Assert.Matches(@"^[\w.\- /]{1,250}$", f));

        // metrics: lines of milliseconds, value and step; the value as Python's float() takes it
        Assert.Contains("loss", Files(Path.Combine(own, "metrics")));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(own, "metrics")))
            foreach (string line in File.ReadAllLines(file))
                Assert.Matches(@"^\d{13} -?(\d+(\.\d+)?([eE][-+]?\d+)?) \d+$", line);
        Assert.Equal(["4", "2", (4.0 / 3).ToString("R", CultureInfo.InvariantCulture)], File.ReadAllLines(Path.Combine(own, "metrics", "loss")).Select(l => l.Split(' ')[1]));
        Assert.Equal("3", Assert.Single(File.ReadAllLines(Path.Combine(own, "metrics", "validation_loss"))).Split(' ')[2]);

        // the model: MLmodel beside its files, and the tag that lists it
        var model = Yaml(Path.Combine(artifacts, "adapter", "MLmodel"));
        Assert.Equal(("adapter", id32), (model["artifact_path"], JsonSerializer.Deserialize<string>(model["run_id"])));
        Assert.Matches("^\"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\\.[0-9]{6}\"$", model["utc_time_created"]);
        Assert.Equal(32, JsonSerializer.Deserialize<string>(model["model_uuid"])!.Length);
        Assert.Equal("\".\"", model["flavors/radlab/data"]);
        foreach (string side in (string[])["inputs", "outputs"]) Assert.Equal("string", JsonDocument.Parse(JsonSerializer.Deserialize<string>(model["signature/" + side])!).RootElement[0].GetProperty("type").GetString());
        var history = JsonDocument.Parse(Tag("mlflow.log-model.history")).RootElement[0];
        Assert.Equal((id32, "adapter"), (history.GetProperty("run_id").GetString(), history.GetProperty("artifact_path").GetString()));
        foreach (string key in (string[])["utc_time_created", "flavors", "model_uuid"]) Assert.True(history.TryGetProperty(key, out _), key);

        // registered: twice the same call is one version, another run's is the next
        var id = new TrackedId(experiment, id32, Text(of, "artifact_uri"));
        TrackingRegistration Version(string number, string? alias) => new("chest", "adapter", alias, new Dictionary<string, string> { ["radlab.version"] = number, ["radlab.data.sha256.1-set/train.jsonl"] = "e" }) { Stage = "Staging" };
        for (int i = 0; i < 2; i++) store.Register(id, Version("7", "champion"), default);
        var other = store.Open(new TrackedRun("test/impression", "other", new string('a', 32), 1_800_000_000_000, new Dictionary<string, string>(), new Dictionary<string, string>()), default);
        var refused = Assert.Throws<TrackingException>(() => store.Register(other, Version("8", null), default));
        Assert.Equal((TrackingFault.Refused, $"chest: adapter is not (or not whole) among the artifacts that the run has left at {Root}; 'radlab registry' keeps the version"), (refused.Fault, refused.Message));
        string arrived = Directory.CreateDirectory(Path.Combine(Local(other.ArtifactUri), "adapter")).FullName;
        File.WriteAllText(Path.Combine(arrived, "adapter_config.json"), "{}");
        Assert.Throws<TrackingException>(() => store.Register(other, Version("8", null) with { Files = ["adapter_config.json", "adapter_model.safetensors"] }, default));
        File.WriteAllText(Path.Combine(arrived, "adapter_model.safetensors"), "weights");
        store.Register(other, Version("8", "candidate") with { Files = ["adapter_config.json", "adapter_model.safetensors"] }, default);
        store.Change(other, new TrackingVersionChange("chest", 8, "runner-up", "Production", null), default);
        Assert.Equal($"chest/9: is not registered at {Root}; 'radlab registry' keeps what was said", Assert.Throws<TrackingException>(() => store.Change(other, new TrackingVersionChange("chest", 9, "x", null, null), default)).Message);

        string registered = Path.Combine(Root, "models", "chest");
        Assert.Equal(["aliases", "meta.yaml", "version-1", "version-2"], Directory.EnumerateFileSystemEntries(registered).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var of3 = Meta(registered);
        Assert.Equal(["aliases", "creation_timestamp", "description", "last_updated_timestamp", "name"], of3.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("chest", "null", "{}"), (Text(of3, "name"), of3["description"], of3["aliases"]));
        Assert.InRange(Whole(of3, "creation_timestamp"), 1_700_000_000_000, Whole(of3, "last_updated_timestamp"));
        Assert.Equal(("1", "2"), (File.ReadAllText(Path.Combine(registered, "aliases", "champion")), File.ReadAllText(Path.Combine(registered, "aliases", "runner-up"))));
        var first = Meta(Path.Combine(registered, "version-1"));
        Assert.Equal(["aliases", "creation_timestamp", "current_stage", "description", "last_updated_timestamp", "name", "run_id", "run_link", "source", "status", "status_message", "storage_location", "user_id", "version"], first.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((1, id32, "Staging", "READY", "chest"), (Whole(first, "version"), Text(first, "run_id"), Text(first, "current_stage"), Text(first, "status"), Text(first, "name")));
        Assert.Equal(Path.Combine(artifacts, "adapter"), Local(Text(first, "source")));
        Assert.Equal(Text(first, "source"), Text(first, "storage_location"));
        Assert.Equal("7", File.ReadAllText(Path.Combine(registered, "version-1", "tags", "radlab.version")));
        Assert.Equal("e", File.ReadAllText(Path.Combine(registered, "version-1", "tags", "radlab.data.sha256.1-set", "train.jsonl")));
        var second = Meta(Path.Combine(registered, "version-2"));
        Assert.Equal((2, "Production", "Production"), (Whole(second, "version"), Text(second, "current_stage"), File.ReadAllText(Path.Combine(registered, "version-2", "tags", "radlab.stage"))));
        // what 'mlflow migrate-filestore' asks for on its way into a database: whole numbers where a database has them
        Assert.All(experiments.Keys, k => Assert.True(long.TryParse(k, NumberStyles.None, CultureInfo.InvariantCulture, out _), k));
        Assert.All(Directory.EnumerateFiles(Path.Combine(registered, "aliases")), f => Assert.True(int.TryParse(File.ReadAllText(f), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && Directory.Exists(Path.Combine(registered, $"version-{n}")), f));
        Assert.All(Directory.EnumerateFiles(Path.Combine(own, "metrics"), "*", SearchOption.AllDirectories).SelectMany(File.ReadLines), l => Assert.True(l.Split(' ') is { Length: >= 3 } part && long.TryParse(part[0], out _) && long.TryParse(part[2], out _), l));
        // models are no experiment, and a store with them is opened like any other
        Assert.Equal(id.ExperimentId, store.Open(new TrackedRun("test/impression", "third", new string('b', 32), 1, new Dictionary<string, string>(), new Dictionary<string, string>()), default).ExperimentId);
        Assert.Empty(Directory.EnumerateFiles(Root, "*.tmp", SearchOption.AllDirectories));
    }

    private static Dictionary<string, string> Meta(string folder) => Yaml(Path.Combine(folder, "meta.yaml"));

    // two-space mappings of scalars, which is all that these files have; nested keys with / between
    private static Dictionary<string, string> Yaml(string file)
    {
        var values = new Dictionary<string, string>();
        var above = new List<string>();
        foreach (string line in File.ReadAllLines(file))
        {
            var match = Line().Match(line);
            Assert.True(match.Success, $"{file}: '{line}' is no YAML mapping");
            above.RemoveRange(match.Groups[1].Length / 2, above.Count - match.Groups[1].Length / 2);
            if (match.Groups[3].Length == 0) above.Add(match.Groups[2].Value);
            else values.Add(string.Join('/', above.Append(match.Groups[2].Value)), match.Groups[3].Value);
        }
        return values;
    }

    private static string Text(Dictionary<string, string> meta, string key)
    {
        string raw = meta[key];
        Assert.True(raw is ['\'', .., '\''], $"{key}: {raw} is not read as a text");
        return raw[1..^1].Replace("''", "'", StringComparison.Ordinal);
    }

    private static long Whole(Dictionary<string, string> meta, string key) => long.Parse(meta[key], NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Local(string uri)
    {
        Assert.StartsWith("file:///", uri, StringComparison.Ordinal);
        return new Uri(uri).LocalPath;
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'));

    [GeneratedRegex(@"^((?:  )*)([A-Za-z_0-9]+):(?: (.+))?$")]
    private static partial Regex Line();
}
