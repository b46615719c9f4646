using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class ArmsRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-arms-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public void The_comparison_goes_on_where_it_stopped_and_scores_each_run_on_the_test_split_once()
    {
        LongTests.SkipUnlessAsked();
        string folder = ArmsRun.Create(Shrunk, _folder, DateTime.UtcNow);
        using var cancel = new CancellationTokenSource();
        int steps = 0;
        // in the middle of the second size's arms
        Assert.Throws<OperationCanceledException>(() => ArmsRun.Open(folder, progress: new Direct(_ => { if (++steps == 22) cancel.Cancel(); })).Run(cancel.Token));
        int before = steps;
        string moved = folder + "-moved";
        Directory.Move(folder, moved);
        folder = moved;
        var result = ArmsRun.Open(folder, progress: new Direct(_ => steps++)).Run();
        // each size: 2 steps of pretraining and 2 x 3 arms x 2 seeds, one more for the second rate of full fine-tuning
        Assert.Equal(2 * (2 + 2 * 3 * 2 + 2), steps);
        Assert.True(before < steps);

        Assert.Equal(["a", "b"], result.Sizes.Select(s => s.Size.Name));
        foreach (var size in result.Sizes)
        {
            Assert.Equal(Shrunk.PretrainingTokens, size.Tokens, 200.0);
            Assert.Equal(["full", "bf16-lora", "qlora"], size.Arms.Select(a => a.Arm));
            Assert.All(size.Arms, a => Assert.Equal((2, 2), (a.Runs.Count, a.Scores.Count)));
            Assert.Equal([17UL, 18UL], size.Arm("qlora").Runs.Select(r => r.Trial.Recipe.Seed));
            Assert.All(size.Arms, a => Assert.All(a.Runs, r => Assert.Equal(TrialStatus.Finished, r.Status)));
            Assert.Equal(2, size.Arm("full").Tried);
            Assert.Equal(size.Size.Parameters, size.Arm("full").Runs[0].Parameters);
            Assert.True(size.Arm("qlora").Runs[0].Parameters < size.Size.Parameters);
            Assert.All(size.Arms, a => Assert.True(a.Seconds > 0 && a.PeakBytes > 0));
        }
        // a line for the base and for each chosen run, none for what was only tried
        string[] logs = [.. Directory.EnumerateFiles(folder, "scorings.jsonl", SearchOption.AllDirectories)];
        Assert.Equal(2 * (1 + 3 * 2), logs.Length);
        Assert.All(logs, l => Assert.Contains("\"split\":\"test\"", Assert.Single(File.ReadAllLines(l)), StringComparison.Ordinal));

        string text = File.ReadAllText(Path.Combine(folder, "results.txt"));
        Assert.Contains("margin 0.02 stated beforehand: ", text, StringComparison.Ordinal);
        Assert.Contains("Published claim \"larger models gain more from QLoRA\" (RadiologyLlama-70B, arXiv:2408.11848), at a and b parameters: ", text, StringComparison.Ordinal);
        Assert.Contains("Only these sizes were run; nothing follows from them for others", text, StringComparison.Ordinal);
        Assert.Contains("for teaching and tests", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        Assert.Equal(8, json.RootElement.GetProperty("rows").GetArrayLength());
        Assert.Equal(0.02, json.RootElement.GetProperty("qlora_against_full").GetProperty("a").GetProperty("margin").GetDouble());
        using var chart = JsonDocument.Parse(XDocument.Load(Path.Combine(folder, "chart.svg")).Descendants().Single(e => e.Name.LocalName == Chart.DataElement).Value);
        var last = chart.RootElement.GetProperty("series").EnumerateArray().Last();
        Assert.Equal("qlora", last.GetProperty("name").GetString());
        Assert.Equal([2, 2], last.GetProperty("points").EnumerateArray().Select(p => p.GetProperty("values").GetArrayLength()));

        string results = File.ReadAllText(Path.Combine(folder, "results.json"));
        ArmsRun.Open(folder, progress: new Direct(_ => Assert.Fail("nothing is left to train"))).Run();
        Assert.Equal(results, File.ReadAllText(Path.Combine(folder, "results.json")));
        Assert.All(logs, l => Assert.Single(File.ReadAllLines(l)));
    }

    [Fact]
    public void A_folder_that_was_moved_goes_on_and_its_files_name_no_place_outside_of_it()
    {
        string folder = ArmsRun.Create(Smallest, Path.Combine(_folder, "first"), DateTime.UtcNow);
        using var cancel = new CancellationTokenSource();
        int steps = 0;
        // within the second arm's only run: its checkpoint is gone on with as well
        Assert.Throws<OperationCanceledException>(() => ArmsRun.Open(folder, progress: new Direct(_ => { if (++steps == 4) cancel.Cancel(); })).Run(cancel.Token));
        string moved = Path.Combine(_folder, "second");
        Directory.Move(folder, moved);
        var result = ArmsRun.Open(moved, progress: new Direct(_ => steps++)).Run();
        Assert.Equal(1 + 2 * 2, steps);
        var size = Assert.Single(result.Sizes);
        Assert.All(size.Arms, a => Assert.Equal("comparison:sizes/a/base", Assert.Single(a.Runs).Trial.Recipe.Model));
        Assert.All(size.Arms, a => Assert.InRange(a.Tokens, 100, 2 * 320));
        Assert.All(size.Arms, a => Assert.InRange(a.ProcessorSeconds!.Value, 1e-6, 600));
        var texts = Directory.EnumerateFiles(moved, "*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) is ".json" or ".jsonl" or ".txt" or ".csv").ToList();
        Assert.Contains(texts, f => Path.GetFileName(f) == "adapter_config.json");
        Assert.All(texts, f => Assert.DoesNotContain(_folder, File.ReadAllText(f), StringComparison.Ordinal));

        string table = File.ReadAllText(Path.Combine(moved, "results.txt"));
        Assert.Matches(@"\nsize +arm +parameters +trained +tokens +time +processor time +peak MB\n", table);
        Assert.Matches($@"\na +qlora +{size.Size.Parameters} +{size.Arm("qlora").Runs[0].Parameters} +{size.Arm("qlora").Tokens} ", table);
        Assert.Contains("hierarchical bootstrap over seeds and items", table, StringComparison.Ordinal);

        // a run of it is an ordinary one wherever the whole lies
        string run = size.Arm("qlora").Runs[0].Folder;
        Assert.Equal(Path.Combine(moved, "sizes", "a", "base"), BaseModels.Find("comparison:sizes/a/base", run).Folder);
        Assert.StartsWith("model comparison:sizes/a/none: there is no such model in ", Assert.Throws<RecipeException>(() => BaseModels.Find("comparison:sizes/a/none", run)).Message, StringComparison.Ordinal);
        Assert.StartsWith("model comparison:../x: there is no such model in ", Assert.Throws<RecipeException>(() => BaseModels.Find("comparison:../x", run)).Message, StringComparison.Ordinal);
        Assert.Equal("model comparison:sizes/a/base: belongs to a comparison's folder, and no arms.json lies here: a run of a comparison must stay within its folder.", Assert.Throws<RecipeException>(() => BaseModels.Find("comparison:sizes/a/base")).Message);
    }

    [Fact]
    public void A_comparison_of_an_earlier_version_goes_on_with_the_full_paths_that_it_wrote()
    {
        string folder = ArmsRun.Create(Smallest, _folder, DateTime.UtcNow), size = Path.Combine(folder, "sizes", "a");
        var first = ArmsRun.Open(folder).Run();
        // what it was before its pretraining and its last arm had taken a step
        foreach (string begun in (string[])["pretraining", Path.Combine("qlora", "choice")])
        {
            string record = Path.Combine(size, begun, begun == "pretraining" ? "run.json" : "sweep.json"), text = File.ReadAllText(record), model = begun == "pretraining" ? "random" : "base";
            Directory.Delete(Path.Combine(size, begun), recursive: true);
            Directory.CreateDirectory(Path.Combine(size, begun));
            File.WriteAllText(record, text.Replace($"comparison:sizes/a/{model}", Path.Combine(size, model), StringComparison.Ordinal));
        }
        int steps = 0;
        var again = ArmsRun.Open(folder, progress: new Direct(_ => steps++)).Run();
        Assert.Equal(1 + 2, steps);
        Assert.Equal(Path.Combine(size, "base"), again.Sizes[0].Arm("qlora").Runs[0].Trial.Recipe.Model);
        Assert.Equal("comparison:sizes/a/base", again.Sizes[0].Arm("full").Runs[0].Trial.Recipe.Model);
        Assert.Equal(first.Sizes[0].Arm("qlora").Scores[0].Values, again.Sizes[0].Arm("qlora").Scores[0].Values);
    }

    [Fact]
    public void The_analysis_says_what_the_scores_say()
    {
        // full 0.5, QLoRA within 0.005 of it at both sizes; the base 0.2 at the small, 0.1 at the large
        var result = ArmsResult.Of(new ArmsRecipe(), [Size(ModelSize.Small, @base: 0.2, full: 0.5, qlora: 0.495), Size(ModelSize.Tiny, @base: 0.1, full: 0.5, qlora: 0.505)]);
        Assert.Equal([0.2, 0.5, 0.5, 0.495, 0.1, 0.5, 0.5, 0.505], result.Qualities.Select(q => Math.Round(q.Quality.Mean, 9)));
        Assert.Equal([0.3, 0.3, 0.295, 0.4, 0.4, 0.405], result.Qualities.Where(q => q.Arm != "base").Select(q => Math.Round(q.Gain.Mean, 9)));
        Assert.All(result.Equivalence, e => Assert.True(e.Value.Holds));
        Assert.Equal(0.11, result.GainOfSize!.Value.Mean, 1e-9);
        Assert.Contains("the larger model gained more, as the claim says. Only these sizes were run", result.Claim, StringComparison.Ordinal);

        var other = ArmsResult.Of(new ArmsRecipe(), [Size(ModelSize.Tiny, 0.2, 0.5, 0.45, tokens: 5), Size(ModelSize.Small, 0.1, 0.5, 0.45)]);
        Assert.All(other.Equivalence, e => Assert.False(e.Value.Holds));
        Assert.Contains("against the claim. The bases were not pretrained on equally many tokens", other.Claim, StringComparison.Ordinal);
        Assert.Contains("6M less 1.5M: -0.100", other.Claim, StringComparison.Ordinal);
        var one = ArmsResult.Of(new ArmsRecipe(), [Size(ModelSize.Tiny, 0.2, 0.5, 0.45)]);
        Assert.Null(one.GainOfSize);
        Assert.Contains("one size says nothing about it", one.Claim, StringComparison.Ordinal);
        Assert.Contains("Only this size was run", one.Claim, StringComparison.Ordinal);
    }

    [Fact]
    public void The_recipe_is_read_back_as_it_was_written_and_checked()
    {
        new ArmsRecipe().Save(_folder);
        string json = File.ReadAllText(Path.Combine(_folder, "arms.json"));
        ArmsRecipe.Load(_folder).Save(_folder);
        Assert.Equal(json, File.ReadAllText(Path.Combine(_folder, "arms.json")));
        Assert.Contains("\"margin\": 0.02", json, StringComparison.Ordinal);
        // sizes that have read different amounts could not answer what size does
        Assert.Contains("\"pretrain_alike\": true", json, StringComparison.Ordinal);

        Refused(r => r with { Seeds = [1, 1] }, "compare-arms: seeds: must be 1 to 32 different ones.");
        Refused(r => r with { Sizes = [] }, "compare-arms: sizes: must be 1 to 8 different ones.");
        Refused(r => r with { Margin = 0 }, "compare-arms: margin: must be finite and above 0.");
        Refused(r => r with { Arms = [r.Arms[0]] }, "compare-arms: arms: must have full and qlora, which are compared.");
        Refused(r => r with { Recipe = r.Recipe with { Task = TrainingTask.Text } }, "compare-arms: task: must be Impression or Protocol: pretraining has no answers to compare.");
        Refused(r => r with { Sizes = [new ModelSize("x", 64, 128, 2, 3, 1)] }, "sizes: x: heads must divide the hidden size, key-value heads the heads, and all be at least 1, got 64, 128, 2, 3, 1.");
        Refused(r => r with { Arms = [r.Arms[0] with { Over = ["learning_rate=0"] }, r.Arms[2]] }, "learning_rate: must be finite and above 0, got 0.");
        Assert.Equal("--sizes 7M: must be among 1.5M, 6M, 25M.", Assert.Throws<RecipeException>(() => ModelSize.Get("7M")).Message);
        Assert.Contains("was prepared for the task protocol, but the comparison's task is impression", Assert.Throws<RecipeException>(() => ArmsRun.Create(Shrunk with { Recipe = Shrunk.Recipe with { Data = PreparedTiny.Protocols } }, Path.Combine(_folder, "new"), DateTime.UtcNow)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "new")));
        File.WriteAllText(Path.Combine(_folder, "arms.json"), "[]");
        Assert.EndsWith("is not what a comparison writes; restore it from a copy, or begin a new one.", Assert.Throws<RecipeException>(() => ArmsRecipe.Load(_folder)).Message, StringComparison.Ordinal);

        static void Refused(Func<ArmsRecipe, ArmsRecipe> change, string message) => Assert.Equal(message, Assert.Throws<RecipeException>(() => change(new ArmsRecipe()).Check()).Message);
    }

    [Fact]
    public void A_size_has_the_parameters_that_its_name_says()
    {
        foreach (var size in ModelSize.All)
        {
            double named = double.Parse(size.Name.TrimEnd('M'), CultureInfo.InvariantCulture) * 1e6;
            Assert.InRange(size.Parameters / named, 0.95, 1.05);
            int[] widths = [size.HiddenSize, size.IntermediateSize, size.KeyValueHeads * size.Config.HeadWidth];
            Assert.All(widths, w => Assert.Equal(0, w % 64));
        }
        Assert.Equal(RadLab.Models.RadLabTiny.Config, ModelSize.Tiny.Config);
        // the pretraining is that of RadLab-tiny, as long as its tokens say
        var recipe = new ArmsRecipe { PretrainingTokens = 1_000_000 }.PretrainingOf(ModelSize.Small, "m");
        Assert.Equal((245L, "m", 24L), (recipe.Steps, recipe.Model, recipe.Schedule.WarmupSteps));   // rows of 8 x 512 tokens
    }

    // a test of every part of the recipe at sizes that train in moments
    private static ArmsRecipe Shrunk
    {
        get
        {
            var usual = new ArmsRecipe();
            return usual with
            {
                Sizes = [new ModelSize("a", 64, 128, 2, 2, 1), new ModelSize("b", 128, 128, 2, 4, 2)], Seeds = [17, 18], TestItems = 2, PretrainingTokens = 512,
                Recipe = usual.Recipe with { Data = PreparedTiny.Data, Steps = 2, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 320 }, Run = new RunSchedule { EvaluateEvery = 2, EvaluateTexts = 2, SaveEvery = 1, Samples = 0 } },
                Arms = [.. usual.Arms.Select(a => a with { Over = a.Name == ArmsRecipe.Full ? ["learning_rate=1e-4,3e-4"] : ["learning_rate=1e-3"] })],
                Pretraining = usual.Pretraining with { Data = PreparedTiny.Data, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 256, Packing = true }, Run = new RunSchedule { EvaluateTexts = 2, SaveEvery = 1, Samples = 0 } },
            };
        }
    }

    // one size, one seed, two arms of one setting each
    private static ArmsRecipe Smallest => Shrunk with
    {
        Sizes = [Shrunk.Sizes[0]], Seeds = [17], TestItems = 1, PretrainingTokens = 256,
        Arms = [.. Shrunk.Arms.Where(a => a.Name != ArmsRecipe.Lora).Select(a => a with { Over = ["learning_rate=1e-3"] })],
    };

    private static SizeResult Size(ModelSize size, double @base, double full, double qlora, long tokens = 0) => new(size, tokens, null, Scores(@base, 0), [Arm("full", full), Arm("bf16-lora", full), Arm("qlora", qlora)]);

    private static ArmResult Arm(string name, double mean) => new(name, "learning_rate=1e-3", [], [Scores(mean, -0.001), Scores(mean, 0), Scores(mean, 0.001)], 1);

    // items differ by 0.1 around the mean, alike for all
    private static ItemScores Scores(double mean, double seed) => new(AnswerScoring.RougeL, [.. Enumerable.Range(0, 40).Select(i => mean + seed + (i % 2 == 0 ? 0.1 : -0.1))], 5, 0.2);

    private sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
