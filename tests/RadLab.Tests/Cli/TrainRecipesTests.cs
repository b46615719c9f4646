using System.Text.Json;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>How a recipe comes to a run: shown, changed, and begun in one folder and gone on with in another.</summary>
public sealed class TrainRecipesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<CliResult> Run(string folder, params string[] arguments) => await Cli.RunAsync(folder, arguments, new Dictionary<string, string> { ["XDG_DATA_HOME"] = _folder.Path, ["RADLAB_THREADS"] = "1" });

    [Fact]
    public async Task What_show_prints_is_read_again()
    {
        var shown = await Run(_folder.Path, "train", "--show", "llama3-8b-impression-qlora", "--set", "lora.rank=8");
        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        string expected = RecipeJson.Write(RecipeJson.Set(Recipes.Llama3_8BImpressionQlora, "lora.rank=8"));
        Assert.Equal(expected + "\n", shown.Output);
        var again = await Run(_folder.Path, "train", "--show", _folder.Write("my.json", shown.Output));
        Assert.Equal(shown.Output, again.Output);
        var table = await Run(_folder.Path, "train", "--show", "my.json", "--sources");
        Assert.Equal(RecipeSettings.ToText(RecipeJson.Read(shown.Output, "x")) + "\n", table.Output);
        Assert.Matches("(?m)^lora.rank +8 +our choice$", table.Output);
    }

    [Theory]
    [InlineData("train: --sources goes with --show RECIPE.", "train", "tiny-impression", "--sources")]
    [InlineData("train: name one of RECIPE, --recipe FILE, --resume RUN, --show RECIPE or --list.", "train", "tiny-impression", "--show", "tiny-impression")]
    public async Task What_contradicts_itself_is_refused(string message, params string[] arguments)
    {
        var result = await Run(_folder.Path, arguments);
        Assert.Equal((2, $"radlab: {message}\n"), (result.ExitCode, result.Error));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task A_run_begun_with_relative_folders_goes_on_from_anywhere_and_is_scored_once()
    {
        LongTests.SkipUnlessAsked();
        string elsewhere = Directory.CreateDirectory(Path.Combine(_folder.Path, "elsewhere")).FullName;
        string model = Path.GetRelativePath(_folder.Path, PreparedTiny.Model), data = Path.GetRelativePath(_folder.Path, PreparedTiny.Data);
        _folder.Write("r.json", RecipeJson.Write(PreparedTiny.Recipe with { Model = model, Data = "nowhere", Steps = 2, Run = PreparedTiny.Recipe.Run with { ScoreTest = true } }));
        var begun = await Run(_folder.Path, "train", "--recipe", "r.json", "--data", data, "--json");
        Assert.True(begun.ExitCode == 0, begun.Error);
        using var end = JsonDocument.Parse(begun.Output);
        Assert.Equal("test", end.RootElement.GetProperty("test").GetProperty("split").GetString());
        string run = end.RootElement.GetProperty("run").GetString()!;
        run = Path.GetFullPath(run, _folder.Path);
        Assert.Equal((PreparedTiny.Model, PreparedTiny.Data), (RunRecord.Load(run).Recipe.Model, RunRecord.Load(run).Recipe.Data));

        var resumed = await Run(elsewhere, "train", "--resume", run);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Contains(FormattableString.Invariant($"loss {RunCurve.Read(run).Steps[^1].Loss:0.0000}"), resumed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", resumed.Output, StringComparison.Ordinal);
        Assert.EndsWith("already scored: radlab eval " + run + " --split test scores it again, which is logged\n", resumed.Output, StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(Path.Combine(run, "scorings.jsonl")));

        var shown = await Run(elsewhere, "runs", "show", run, "--recipe");
        Assert.Equal(RecipeJson.Write(RunRecord.Load(run).Recipe) + "\n", shown.Output);
    }
}
