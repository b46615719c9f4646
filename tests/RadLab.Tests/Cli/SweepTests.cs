using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RadLab.Radiology;
using RadLab.Tests.Training;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests;

public sealed class SweepTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-sweep-").FullName;
    private readonly Dictionary<string, string> _environment = new() { ["RADLAB_THREADS"] = "1" };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task Ctrl_C_saves_a_resumed_sweep_ends_and_the_test_split_is_scored_when_asked()
    {
        LongTests.SkipUnlessAsked();
        File.WriteAllText(Path.Combine(_folder, "r.json"), RecipeJson.Write(PreparedTiny.Recipe with { Steps = 14, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 1024 } }));
        var stopped = await Cli.RunAsync(_folder, ["sweep", "--recipe", "r.json", "--over", "learning_rate=1e-3,3e-3", "--metric-items", "0"], _environment, async process =>
        {
            while (!process.HasExited && !Directory.EnumerateFiles(_folder, "metrics.jsonl", SearchOption.AllDirectories).Any(f => new FileInfo(f).Length > 300)) await Task.Delay(20);
            using var signal = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        });
        Assert.Equal(130, stopped.ExitCode);
        string sweep = Directory.EnumerateDirectories(Path.Combine(_folder, "sweeps")).Single();
        Assert.Contains($"radlab: interrupted; go on with: radlab sweep --resume {sweep}", stopped.Error, StringComparison.Ordinal);

        var done = await Cli.RunAsync(_folder, ["sweep", "--resume", Path.GetFileName(sweep), "--score-test", "--test-items", "2", "--json"], _environment);
        Assert.True(done.ExitCode == 0, done.Error);
        using var json = JsonDocument.Parse(done.Output);
        Assert.All(json.RootElement.GetProperty("trials").EnumerateArray(), t => Assert.Equal(("Finished", 14), (t.GetProperty("status").GetString(), t.GetProperty("steps").GetInt32())));
        Assert.Equal("test", json.RootElement.GetProperty("test").GetProperty("split").GetString());
        Assert.Single(Directory.EnumerateFiles(sweep, "scorings.jsonl", SearchOption.AllDirectories));

        var other = await Cli.RunAsync(_folder, ["sweep", "--resume", Path.GetFileName(sweep), "--halving", "2"], _environment);
        Assert.Equal((2, "radlab: sweep: --resume goes on with what sweep.json says; --halving belongs to a new sweep.\n"), (other.ExitCode, other.Error));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task Data_that_was_prepared_anew_ends_evaluations_and_sweeps_with_one_line()
    {
        LongTests.SkipUnlessAsked();
        string data = Path.Combine(_folder, "prepared");
        Prepare(17);
        string sweep = SweepRun.Create(new Sweep { Name = "s", Recipe = PreparedTiny.Recipe with { Data = data, Steps = 1 }, Over = [SweptSetting.Parse("lora.rank=2")], MetricItems = 0 }, Path.Combine(_folder, "sweeps"), DateTime.UtcNow);
        SweepRun.Open(sweep).Run();
        Prepare(18);
        foreach (var (what, arguments) in ((string, string[])[])[("sweep", ["sweep", "--resume", sweep]), ("run", ["eval", Path.Combine(sweep, "trials", "trial-001"), "--split", "test"])])
        {
            var refused = await Cli.RunAsync(_folder, arguments, _environment);
            Assert.Equal((3, ""), (refused.ExitCode, refused.Output));
            Assert.Matches($"^radlab: data .*prepared: t(est|rain)\\.jsonl has the hash [0-9a-f]{{64}}, but the {what} began with [0-9a-f]{{64}}: restore it, or begin a new {what}\\.$", Assert.Single(refused.Error.TrimEnd().Split('\n')));
        }
        Assert.Empty(Directory.EnumerateFiles(_folder, "scorings.jsonl", SearchOption.AllDirectories));

        void Prepare(ulong seed) => DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-reports"), Out = data, Folders = DataFolders.Default(), Count = 40, Seed = seed, Replace = true });
    }

    [Fact]
    public async Task The_list_names_every_sweep_and_the_comparison_of_arms()
    {
        var list = await Cli.RunAsync(_folder, ["sweep", "--list"], _environment);
        Assert.Equal(["lora-rank-sweep", "learning-rate-sweep", "compare-arms"], list.Output.TrimEnd().Split('\n').Select(l => l.Split(' ')[0]));
    }

    [Theory]
    [InlineData(2, "sweep: name one of NAME, --recipe FILE, --resume SWEEP or --list.", "sweep")]
    [InlineData(3, "sweep 'nothing': there is neither a sweep nor a recipe of that name;", "sweep", "nothing")]
    [InlineData(2, "--random: must be at least 1, got 0", "sweep", "tiny-impression", "--over", "lora.rank=1,2", "--random", "0")]
    [InlineData(3, "--sizes 2M: must be among 1.5M, 6M, 25M.", "sweep", "compare-arms", "--sizes", "2M")]
    [InlineData(2, "--seeds: must be whole numbers with commas between them, got 'x'", "sweep", "compare-arms", "--seeds", "1,x")]
    [InlineData(2, "compare-arms: --resume goes on with what arms.json says; --margin belongs to a new comparison.", "sweep", "compare-arms", "--resume", "a", "--margin", "0.1")]
    public async Task What_cannot_be_is_one_line_and_leaves_nothing_behind(int exitCode, string message, params string[] arguments)
    {
        var result = await Cli.RunAsync(_folder, arguments, _environment);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(message, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }
}
