using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>What users get wrong, and Ctrl-C: one line, the right exit code, nothing half-written.</summary>
public sealed class RefusedInputTests : IDisposable
{
    private static readonly Dictionary<string, string> s_environment = new() { ["RADLAB_THREADS"] = "1" };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string At(string name) => Path.Combine(_folder.Path, name);

    [Fact]
    public async Task A_model_whose_heads_do_not_divide_its_width_is_refused_before_a_run_is_begun()
    {
        string config = Path.Combine(Model(), "config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["num_attention_heads"] = 3;
        json.AsObject().Remove("head_dim");
        File.WriteAllText(config, json.ToJsonString());
        WriteRecipe(PreparedTiny.Recipe with { Model = "model" });
        string error = await Refused(3, "train", "--recipe", "r.json");
        Assert.Contains("heads", error, StringComparison.Ordinal);
        Assert.Contains(" 3", error, StringComparison.Ordinal);
        Assert.Equal(["model", "r.json"], Left());
    }

    [Fact]
    public async Task A_recipe_file_with_an_unknown_key_is_refused_by_name()
    {
        var json = JsonNode.Parse(RecipeJson.Write(PreparedTiny.Recipe))!;
        json["lora"]!["rnak"] = 8;
        File.WriteAllText(At("r.json"), json.ToJsonString());
        foreach (string[] verb in (string[][])[["train", "--recipe", "r.json"], ["sweep", "--recipe", "r.json", "--over", "seed=1,2"]])
            Assert.Contains("'rnak'", await Refused(3, verb), StringComparison.Ordinal);
        Assert.Equal(["r.json"], Left());
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task A_base_that_changed_since_the_checkpoint_and_an_adapter_of_another_base_are_refused()
    {
        LongTests.SkipUnlessAsked();
        Model();
        WriteRecipe(PreparedTiny.Recipe with { Model = "model", Steps = 2, Run = new RunSchedule { SaveEvery = 1, EvaluateTexts = 1, Samples = 0 } });
        var trained = await Cli.RunAsync(_folder.Path, ["train", "--recipe", "r.json"], s_environment);
        Assert.True(trained.ExitCode == 0, trained.Error);
        string run = Directory.EnumerateDirectories(At("runs")).Single(), weights = Directory.EnumerateFiles(At("model"), "*.safetensors").First();
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^2] ^= 1;
        File.WriteAllBytes(weights, bytes);
        string[] before = Files(run);
        Assert.Matches("^radlab: base [^ ]+/model: its weights have the hash [0-9a-f]{64}, but the run began with [0-9a-f]{64}: restore the base, or begin a new run\\.$", await Refused(3, "train", "--resume", run));
        File.WriteAllText(At("in.csv"), "id,input\n1,There is a small left pleural effusion.\n");
        string other = await Refused(3, "predict", "--model", "model", "--adapter", run, "--in", "in.csv", "--out", "out.jsonl");
        Assert.Contains("base", other, StringComparison.Ordinal);
        Assert.Equal(["in.csv", "model", "r.json", "runs"], Left());
        Assert.Equal(before, Files(run));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task An_evaluation_that_cannot_be_written_or_is_stopped_leaves_none()
    {
        LongTests.SkipUnlessAsked();
        WriteRecipe(PreparedTiny.Recipe with { Steps = 1, Run = new RunSchedule { EvaluateTexts = 1, Samples = 0 } });
        var trained = await Cli.RunAsync(_folder.Path, ["train", "--recipe", "r.json"], s_environment);
        Assert.True(trained.ExitCode == 0, trained.Error);
        string run = Directory.EnumerateDirectories(At("runs")).Single(), log = Path.Combine(run, "scorings.jsonl");

        // a folder stands where its log goes: nobody can write there, root neither
        Directory.CreateDirectory(log);
        Assert.Matches("^radlab: .*: the evaluation failed on a file \\(.*\\); the run's folder must be writable, its model and data readable\\.$", await Refused(1, "eval", run, "--split", "validation"));
        Directory.Delete(log);

        var stopped = await Cli.RunAsync(_folder.Path, ["eval", run, "--split", "validation"], s_environment, process => Interrupt(process, () => File.Exists(log)));
        Assert.Equal((130, ""), (stopped.ExitCode, stopped.Output));
        Assert.Equal("radlab: interrupted; no evaluation was written: the same command begins it again", OneLine(stopped.Error));
        Assert.DoesNotContain(Files(run), f => Path.GetFileName(f).StartsWith("evaluation-", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task A_comparison_of_arms_that_is_stopped_can_be_gone_on_with()
    {
        LongTests.SkipUnlessAsked();
        string[] arguments = ["sweep", "compare-arms", "--sizes", "1.5M", "--trained-weights", "--seeds", "17", "--data", PreparedTiny.Data, "--pretrain-data", PreparedTiny.Data];
        var stopped = await Cli.RunAsync(_folder.Path, arguments, s_environment, process => Interrupt(process, () => Directory.EnumerateFiles(_folder.Path, "metrics.jsonl", SearchOption.AllDirectories).Any(f => new FileInfo(f).Length > 0)));
        Assert.Equal((130, ""), (stopped.ExitCode, stopped.Output));
        string folder = Directory.EnumerateDirectories(At("sweeps")).Single();
        Assert.EndsWith($"\nradlab: interrupted; go on with: radlab sweep compare-arms --resume {folder}\n", stopped.Error, StringComparison.Ordinal);
        Assert.Contains("\"pretrain_alike\": false", File.ReadAllText(Path.Combine(folder, "arms.json")), StringComparison.Ordinal);
        string pretraining = Path.Combine(folder, "sizes", "1.5M", "pretraining");
        Assert.Contains(Directory.EnumerateDirectories(Path.Combine(pretraining, "checkpoints")), d => File.Exists(Path.Combine(d, "manifest.json")));
        Assert.DoesNotContain(Files(folder), f => f.EndsWith(".tmp", StringComparison.Ordinal) || f.Contains(".partial", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(folder, "results.txt")));
    }

    private string Model()
    {
        string copy = Directory.CreateDirectory(At("model")).FullName;
        foreach (string file in Directory.EnumerateFiles(PreparedTiny.Model)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    private void WriteRecipe(Recipe recipe) => File.WriteAllText(At("r.json"), RecipeJson.Write(recipe));

    private async Task<string> Refused(int exitCode, params string[] arguments)
    {
        var result = await Cli.RunAsync(_folder.Path, arguments, s_environment);
        Assert.True(result.ExitCode == exitCode, $"{result.ExitCode}\n{result.Output}\n{result.Error}");
        Assert.Equal("", result.Output);
        return OneLine(result.Error);
    }

    private static async Task Interrupt(Process process, Func<bool> begun)
    {
        while (!process.HasExited && !begun()) await Task.Delay(5);
        using var signal = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
    }

    private static string OneLine(string error) => Assert.Single(error.TrimEnd('\n').Split('\n'));

    private string[] Left() => [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static string[] Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
