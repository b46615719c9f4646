using System.Globalization;
using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>From training to export with the command itself, on a made-up set that has the terms of a restricted one.</summary>
public sealed class TrackTests : IDisposable
{
    private const string Restricted = "openi-chest-xray";

    private static readonly Dictionary<string, string> s_untracked = new() { ["MLFLOW_TRACKING_URI"] = "" };

    private readonly TemporaryModelFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Restricted_data_is_not_written_where_a_commit_would_publish_it()
    {
        Prepare();
        string repo = Repository();

        var refused = await Train(repo, "--runs", "runs");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains($"samples would be published by an ordinary commit; choose a folder outside with --runs, or give --allow-in-git {Restricted}", refused.Error, StringComparison.Ordinal);
        var other = await Train(repo, "--track-samples", "mimic-cxr");
        Assert.Equal((2, $"radlab: --track-samples mimic-cxr: the run's data is {Restricted}; name that, or leave the option out\n"), (other.ExitCode, other.Error));
        var inside = await Train(repo, "--runs", "../outside", "--tracking-uri", "mlruns", "--track-samples", Restricted);
        Assert.Equal(4, inside.ExitCode);
        Assert.Contains($"is restricted: what is sent there would be published by an ordinary commit; choose a folder outside, or give --allow-in-git {Restricted}", inside.Error, StringComparison.Ordinal);
        Assert.Equal([".git"], Directory.EnumerateFileSystemEntries(repo).Select(Path.GetFileName));
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task Restricted_data_is_trained_tracked_registered_and_exported_only_as_far_as_somebody_allows()
    {
        LongTests.SkipUnlessAsked();
        Prepare();
        string repo = Repository();

        var away = await Train(repo, "--json");
        Assert.True(away.ExitCode == 0, away.Error);
        Assert.StartsWith(_folder.File("home"), JsonDocument.Parse(away.Output).RootElement.GetProperty("run").GetString(), StringComparison.Ordinal);
        Assert.Equal([".git"], Directory.EnumerateFileSystemEntries(repo).Select(Path.GetFileName));

        var trained = await Train(repo, "--allow-in-git", Restricted, "--tracking-uri", "../mlruns", "--json");
        Assert.True(trained.ExitCode == 0, trained.Error);
        string run = Path.Combine(repo, JsonDocument.Parse(trained.Output).RootElement.GetProperty("run").GetString()!);
        Assert.True(File.Exists(Path.Combine(run, "adapter", "data-provenance.json")));
        Assert.True(File.Exists(Path.Combine(run, "checkpoints", "step-00000004", "adapter", "data-provenance.json")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(run, "samples")));

        string tracked = Directory.GetDirectories(_folder.File("mlruns")).SelectMany(Directory.GetDirectories).Single();
        Assert.Equal("16", File.ReadAllText(Path.Combine(tracked, "params", "lora.rank")));
        Assert.Equal(4, File.ReadAllLines(Path.Combine(tracked, "metrics", "loss")).Length);
        // of restricted data figures alone: neither samples nor weights
        Assert.Equal(["evaluation-test.json", "run.json"], Directory.EnumerateFileSystemEntries(Path.Combine(tracked, "artifacts")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        string scored = File.ReadAllText(Path.Combine(tracked, "artifacts", "evaluation-test.json"));
        Assert.All(File.ReadAllLines(Path.Combine(repo, "..", "data", "test.jsonl")), l => Assert.DoesNotContain(JsonDocument.Parse(l).RootElement.GetProperty("answer").GetString()!, scored, StringComparison.Ordinal));
        Assert.Contains("status: 3", File.ReadAllLines(Path.Combine(tracked, "meta.yaml")));

        var sync = await Cli.RunAsync(repo, ["runs", "sync", Path.GetFileName(run)], s_untracked);
        Assert.Equal((0, ""), (sync.ExitCode, sync.Error));
        Assert.EndsWith("has everything\n", sync.Output, StringComparison.Ordinal);

        var added = await Cli.RunAsync(repo, ["registry", "add", Path.GetFileName(run), "--name", "chest", "--alias", "champion", "--stage", "Staging", "--json"], s_untracked);
        Assert.True(added.ExitCode == 0, added.Error);
        using (var json = JsonDocument.Parse(added.Output))
        {
            Assert.Equal((1, "Staging", Restricted), (json.RootElement.GetProperty("version").GetInt32(), json.RootElement.GetProperty("stage").GetString(), json.RootElement.GetProperty("data").GetString()));
        }
        var shown = await Cli.RunAsync(repo, ["registry", "show", "chest@champion"], s_untracked);
        Assert.StartsWith("chest/1: Staging @champion, registered ", shown.Output, StringComparison.Ordinal);
        Assert.Contains("commercial use Forbidden", shown.Output, StringComparison.Ordinal);

        var kept = await Cli.RunAsync(repo, ["export", Path.GetFileName(run), "--out", "../given"], s_untracked);
        Assert.Equal(4, kept.ExitCode);
        Assert.Contains("commercialUse is forbidden: non-commercial", kept.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("given")));
        var given = await Cli.RunAsync(repo, ["export", Path.GetFileName(run), "--out", "../given", "--acknowledge"], s_untracked);
        Assert.Equal(0, given.ExitCode);
        Assert.True(File.Exists(_folder.File(Path.Combine("given", "adapter_model.safetensors"))) && File.Exists(_folder.File(Path.Combine("given", "data-provenance.json"))));
    }

    [Theory]
    [InlineData(3, "model nowhere: there is no such folder", "train", "--track", "tiny-impression", "--data", "nowhere", "--model", "nowhere")]
    [InlineData(3, "model nowhere: there is no such folder", "train", "tiny-impression", "--track", "--data", "nowhere", "--model", "nowhere")]
    [InlineData(2, "--track: contradicts --tracking-uri off; leave one of them out", "train", "tiny-impression", "--track", "--tracking-uri", "off", "--model", "../base", "--data", "../data")]
    [InlineData(2, "--tracking-uri: must not be empty; give a folder, https://HOST or off", "train", "tiny-impression", "--tracking-uri", " ", "--model", "../base", "--data", "../data")]
    [InlineData(2, "--experiment: has a meaning with --track or --tracking-uri only", "train", "tiny-impression", "--experiment", "mine", "--model", "../base", "--data", "../data")]
    public async Task The_option_to_track_takes_no_recipe_for_its_value(int exitCode, string message, params string[] arguments)
    {
        Prepare();
        string folder = Directory.CreateDirectory(_folder.File("elsewhere")).FullName;
        var result = await Cli.RunAsync(folder, arguments, s_untracked);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("name one of RECIPE", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task A_run_is_trained_scored_and_registered_at_a_server_that_the_environment_names()
    {
        LongTests.SkipUnlessAsked();
        using var server = new StrictMlflowServer("Bearer secret");
        var environment = new Dictionary<string, string> { ["MLFLOW_TRACKING_URI"] = server.Uri, ["MLFLOW_TRACKING_TOKEN"] = "secret\n", ["MLFLOW_EXPERIMENT_NAME"] = "liver clinic", ["RADLAB_THREADS"] = "1" };
        string folder = Recipe();
        var trained = await Cli.RunAsync(folder, ["train", "--recipe", "recipe.json"], environment);
        Assert.True(trained.ExitCode == 0, trained.Error);
        Assert.Contains($"tracked at {server.Uri}", trained.Error, StringComparison.Ordinal);
        string name = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(folder, "runs"))));
        Assert.Equal(["liver clinic"], server.Experiments.Keys);
        var run = Assert.Single(server.Runs.Values);
        Assert.Equal(("FINISHED", name, 2), (run.Status, run.Name, run.Metrics.Count(m => m.Key == "loss")));
        using (var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "runs", name, "evaluation-test.json"))))
        {
            var own = report.RootElement.GetProperty("tables")[0].GetProperty("rows").EnumerateArray().Single(r => r.GetProperty("system").GetString() == "model");
            Assert.Equal(own.GetProperty("rouge_l")[0].GetDouble(), Assert.Single(run.Metrics, m => m.Key == "test.rouge_l").Value);
        }
        string artifacts = $"1/{run.Id}/artifacts/";
        Assert.Superset(new HashSet<string> { "run.json", "evaluation-test.json", "adapter/MLmodel", "adapter/adapter_model.safetensors" }, server.Artifacts.Keys.Select(k => k[artifacts.Length..]).ToHashSet());
        Assert.Contains($"run_id: \"{run.Id}\"", System.Text.Encoding.UTF8.GetString(server.Artifacts[artifacts + "adapter/MLmodel"]), StringComparison.Ordinal);

        var added = await Cli.RunAsync(folder, ["registry", "add", name, "--name", "chest", "--alias", "champion", "--stage", "Staging"], environment);
        Assert.True(added.ExitCode == 0, added.Error);
        Assert.Contains("which has everything now", added.Error, StringComparison.Ordinal);
        var moved = await Cli.RunAsync(folder, ["registry", "alias", "chest", "candidate", "1"], environment);
        Assert.True(moved.ExitCode == 0, moved.Error);
        Assert.Equal(("1", "1", "Staging"), (server.Aliases["chest@champion"], server.Aliases["chest@candidate"], server.VersionTag("chest", 1, "radlab.stage")));
        Assert.NotNull(server.VersionTag("chest", 1, "radlab.evaluation.test.rouge_l"));
        Assert.DoesNotContain("secret", trained.Error + trained.Output + added.Error + added.Output, StringComparison.Ordinal);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task What_a_base_has_seen_holds_back_the_run_that_began_with_it()
    {
        LongTests.SkipUnlessAsked();
        string folder = Recipe();
        var data = FinishedRun.Record().Data;
        AdapterProvenance.Write(Path.Combine(folder, "base"), data with
        {
            Provenance = data.Provenance with { DataSet = "clinic", Phi = new PhiStatement(PhiClass.ContainsPhi, "names"), Terms = data.Provenance.Terms with { TrainedWeights = TermsOfUse.Forbidden } },
        });
        var trained = await Cli.RunAsync(folder, ["train", "--recipe", "recipe.json", "--tracking-uri", "mlruns", "--experiment", "mine", "--set", "run.score_test=false"], s_untracked);
        Assert.True(trained.ExitCode == 0, trained.Error);
        Assert.Contains("tracking: the weights stay here: clinic is restricted; --track-adapter clinic sends them\n", trained.Error, StringComparison.Ordinal);
        Assert.Contains("tracking: samples stay here: clinic is restricted; --track-samples clinic sends them\n", trained.Error, StringComparison.Ordinal);
        string experiment = Directory.GetDirectories(Path.Combine(folder, "mlruns")).Single(d => Path.GetFileName(d) is not ("0" or ".trash"));
        Assert.Contains("name: 'mine'", File.ReadAllLines(Path.Combine(experiment, "meta.yaml")));
        Assert.Equal(["run.json"], Directory.EnumerateFileSystemEntries(Path.Combine(Directory.GetDirectories(experiment).Single(), "artifacts")).Select(Path.GetFileName));

        var other = await Cli.RunAsync(folder, ["train", "--recipe", "recipe.json", "--track-adapter", "mimic-cxr"], s_untracked);
        Assert.Equal((2, "radlab: --track-adapter mimic-cxr: the run's data is synthetic-reports, and its base was trained on clinic; name that, or leave the option out\n"), (other.ExitCode, other.Error));
        string run = Path.GetFileName(Directory.GetDirectories(Path.Combine(folder, "runs")).Single());
        var elsewhere = await Cli.RunAsync(folder, ["train", "--resume", run, "--experiment", "yours"], s_untracked);
        Assert.Equal((2, "radlab: --experiment yours: the run is tracked in mine; leave the option out to go on there\n"), (elsewhere.ExitCode, elsewhere.Error));
    }

    [Theory]
    [InlineData("MLFLOW_TRACKING_TOKEN", "hid\nden", "radlab: MLFLOW_TRACKING_TOKEN: must be one line of plain letters, digits and signs without blanks; set it anew\n")]
    [InlineData("MLFLOW_EXPERIMENT_NAME", "hid\nden", "radlab: MLFLOW_EXPERIMENT_NAME: must be a name of 1 to 500 characters\n")]
    public async Task What_the_environment_must_not_say_is_told_before_a_run_is_made(string variable, string value, string message)
    {
        string folder = Recipe();
        var result = await Cli.RunAsync(folder, ["train", "--recipe", "recipe.json"], new Dictionary<string, string> { ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9", [variable] = value });
        Assert.Equal((2, message), (result.ExitCode, result.Error));
        Assert.False(Directory.Exists(Path.Combine(folder, "runs")));
    }

    // a base, and a run of two steps on generated reports that is scored at its end
    private string Recipe()
    {
        string folder = Directory.CreateDirectory(_folder.File("work")).FullName, @base = Directory.CreateDirectory(Path.Combine(folder, "base")).FullName;
        foreach (string file in Directory.EnumerateFiles(PreparedTiny.Model)) File.Copy(file, Path.Combine(@base, Path.GetFileName(file)));
        var recipe = PreparedTiny.Recipe with { Model = "base", Steps = 2, Run = PreparedTiny.Recipe.Run with { EvaluateEvery = 2, Samples = 1, ScoreTest = true } };
        File.WriteAllText(Path.Combine(folder, "recipe.json"), RecipeJson.Write(recipe));
        return folder;
    }

    private Task<CliResult> Train(string repo, params string[] options) => Cli.RunAsync(repo,
    [
        "train", "tiny-impression", "--model", "../base", "--data", "../data", "--set", "steps=4", "--set", "run.evaluate_every=4", "--set", "run.samples=1", "--set", "run.save_every=2",
        "--set", "batch.micro_batch=1", "--set", "batch.accumulate=1", "--set", "batch.sequence_length=96", .. options,
    ], new Dictionary<string, string>(s_untracked) { ["XDG_DATA_HOME"] = _folder.File("home") });

    private string Repository()
    {
        string repo = Directory.CreateDirectory(_folder.File("repo")).FullName;
        Directory.CreateDirectory(Path.Combine(repo, ".git"));
        return repo;
    }

    private void Prepare()
    {
        using (var engine = new Engine(new EngineOptions { Threads = 1 }))
        using (var model = TinyTraining.Base.Load(engine, new LlamaStorage()))
            model.Save(_folder.File("base"));
        ((ByteLevelBpe)TinyTraining.Tokenizer).Save(_folder.File(Path.Combine("base", "tokenizer.json")));
        var reports = Enumerable.Range(0, 80).Select(i => new Report
        {
            Id = i.ToString(CultureInfo.InvariantCulture), Source = "set", Modality = "CR", Findings = $"The finding of the study is {Words(i)} and nothing else.", Impression = $"{Words(i + 1000)}.",
        });
        new Preparation<Report>(new ReportKind(), [], (r, _, split) => new PromptExample { Id = r.Id, Task = "impression", Split = split, Instruction = "Write the impression.", Input = r.Findings, Answer = r.Impression }, new PreparationOptions { Salt = "salt" })
            .Run(reports.Select((r, i) => new ReadResult<Report>(r, "a.csv", i + 2)), () => DataProvenance.Of(ManifestCatalog.Find(Restricted), []), "impression", _folder.File("data"));
    }

    private static string Words(int i) => string.Join(' ', Enumerable.Range(0, 6).Select(k => new string([.. ((i * 41L + k) * 2654435761 % 10_000_019).ToString(CultureInfo.InvariantCulture).Select(d => (char)('a' + d - '0'))])));
}
