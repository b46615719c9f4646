using System.Text.Json;
using System.Xml.Linq;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>Whole comparisons of arms, stopped, moved, gone on with.</summary>
public sealed class ArmsRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-arms-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public void The_comparison_goes_on_where_it_stopped_and_scores_each_run_on_the_test_split_once()
    {
        LongTests.SkipUnlessAsked();
        string folder = ArmsRun.Create(ShrunkArms.Whole, _folder, DateTime.UtcNow);
        using var cancel = new CancellationTokenSource();
        int steps = 0;
        // in the middle of the second size's arms
        Assert.Throws<OperationCanceledException>(() => ArmsRun.Open(folder, progress: new ShrunkArms.Direct(_ => { if (++steps == 30) cancel.Cancel(); })).Run(cancel.Token));
        int before = steps;
        string moved = folder + "-moved";
        Directory.Move(folder, moved);
        folder = moved;
        var result = ArmsRun.Open(folder, progress: new ShrunkArms.Direct(_ => steps++)).Run();
        // each size: 2 steps of pretraining and 2 for each of 3 arms x (one rate and 2 seeds), one run more for the second rate of full fine-tuning
        Assert.Equal(2 * (2 + 2 * 3 * 3 + 2), steps);
        Assert.True(before < steps);

        Assert.Equal(["a", "b"], result.Sizes.Select(s => s.Size.Name));
        foreach (var size in result.Sizes)
        {
            Assert.Equal(ShrunkArms.Whole.PretrainingTokens, size.Tokens, 200.0);
            Assert.Equal(["full", "bf16-lora", "qlora"], size.Arms.Select(a => a.Arm));
            Assert.All(size.Arms, a => Assert.Equal((2, 2), (a.Runs.Count, a.Scores.Count)));
            Assert.Equal([17UL, 18UL], size.Arm("qlora").Runs.Select(r => r.Trial.Recipe.Seed));
            Assert.All(size.Arms, a => Assert.All(a.Runs, r => Assert.Equal(TrialStatus.Finished, r.Status)));
            Assert.Equal(2, size.Arm("full").Tried);
            Assert.Equal(size.Size.Parameters, size.Arm("full").Runs[0].Parameters);
            Assert.True(size.Arm("qlora").Runs[0].Parameters < size.Size.Parameters);
            Assert.All(size.Arms, a => Assert.True(a.Seconds > 0 && a.PeakBytes > 0));
        }
        Assert.All(result.Sizes, s => Assert.All(s.Arms, a => Assert.All(a.Runs, r => Assert.Contains($"{Path.DirectorySeparatorChar}seeds{Path.DirectorySeparatorChar}", r.Folder, StringComparison.Ordinal))));
        // a line for the constant answer, for each base and for each seed's run, none for what was only tried
        string[] logs = [.. Directory.EnumerateFiles(folder, "scorings.jsonl", SearchOption.AllDirectories)];
        Assert.Equal(1 + 2 * (1 + 3 * 2), logs.Length);
        Assert.Equal((15, 15), result.Looks);
        Assert.All(logs, l => Assert.Contains("\"split\":\"test\"", Assert.Single(File.ReadAllLines(l)), StringComparison.Ordinal));

        string text = File.ReadAllText(Path.Combine(folder, "results.txt"));
        Assert.Contains("ROUGE-L of greedy answers to 2 test items, seeds 17, 18; intervals: 95 %, over items by bootstrap and over seeds by Student's t", text, StringComparison.Ordinal);
        Assert.Contains("The test split was looked at 15 times: once for each of 15 systems.", text, StringComparison.Ordinal);
        Assert.Contains("equivalence not assessable: full fine-tuning is not better than", text, StringComparison.Ordinal);   // two steps teach nothing
        Assert.Contains("Published claim \"larger models gain more from QLoRA\" (RadiologyLlama-70B, arXiv:2408.11848), at a and b parameters: ", text, StringComparison.Ordinal);
        Assert.Contains("Only these models were run, each of one pretraining", text, StringComparison.Ordinal);
        Assert.Contains("for teaching and tests", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        Assert.Equal(8, json.RootElement.GetProperty("rows").GetArrayLength());
        Assert.Equal(0.02, json.RootElement.GetProperty("qlora_against_full").GetProperty("a").GetProperty("margin").GetDouble());
        using var chart = JsonDocument.Parse(XDocument.Load(Path.Combine(folder, "chart.svg")).Descendants().Single(e => e.Name.LocalName == Chart.DataElement).Value);
        var last = chart.RootElement.GetProperty("series").EnumerateArray().Last();
        Assert.Equal("qlora", last.GetProperty("name").GetString());
        Assert.Equal([2, 2], last.GetProperty("points").EnumerateArray().Select(p => p.GetProperty("values").GetArrayLength()));

        string results = File.ReadAllText(Path.Combine(folder, "results.json"));
        ArmsRun.Open(folder, progress: new ShrunkArms.Direct(_ => Assert.Fail("nothing is left to train"))).Run();
        Assert.Equal(results, File.ReadAllText(Path.Combine(folder, "results.json")));
        Assert.All(logs, l => Assert.Single(File.ReadAllLines(l)));
    }

    [Fact]
    public void A_folder_that_was_moved_goes_on_and_its_files_name_no_place_outside_of_it()
    {
        string folder = ArmsRun.Create(ShrunkArms.Smallest, Path.Combine(_folder, "first"), DateTime.UtcNow);
        using var cancel = new CancellationTokenSource();
        int steps = 0;
        // within the first arm's second run: its checkpoint is gone on with as well
        Assert.Throws<OperationCanceledException>(() => ArmsRun.Open(folder, progress: new ShrunkArms.Direct(_ => { if (++steps == 4) cancel.Cancel(); })).Run(cancel.Token));
        string moved = Path.Combine(_folder, "second");
        Directory.Move(folder, moved);
        var result = ArmsRun.Open(moved, progress: new ShrunkArms.Direct(_ => steps++)).Run();
        Assert.Equal(1 + 2 * (2 + 2), steps);
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
        // one seed: no word of others, and no judgement
        Assert.Contains("to 1 test items, seed 17; intervals: 95 %, bootstrap over items alone: of one seed, they say nothing about others", table, StringComparison.Ordinal);
        Assert.DoesNotContain("over seeds", table, StringComparison.Ordinal);
        Assert.Contains("equivalence not assessable: with one seed this holds for these runs and says nothing about the methods", table, StringComparison.Ordinal);

        // a run of it is an ordinary one wherever the whole lies
        string run = size.Arm("qlora").Runs[0].Folder;
        Assert.Equal(Path.Combine(moved, "sizes", "a", "base"), BaseModels.Find("comparison:sizes/a/base", run).Folder);
        Assert.StartsWith("model comparison:sizes/a/none: there is no such model in ", Assert.Throws<RecipeException>(() => BaseModels.Find("comparison:sizes/a/none", run)).Message, StringComparison.Ordinal);
        Assert.StartsWith("model comparison:../x: there is no such model in ", Assert.Throws<RecipeException>(() => BaseModels.Find("comparison:../x", run)).Message, StringComparison.Ordinal);
        Assert.Equal("model comparison:sizes/a/base: belongs to a comparison's folder, and no arms.json lies here: a run of a comparison must stay within its folder.", Assert.Throws<RecipeException>(() => BaseModels.Find("comparison:sizes/a/base")).Message);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void A_seed_that_diverges_is_counted_out_and_the_comparison_goes_on()
    {
        LongTests.SkipUnlessAsked();
        string folder = ArmsRun.Create(ShrunkArms.Smallest with { Seeds = [17, 18] }, _folder, DateTime.UtcNow), seeds = Path.Combine(folder, "sizes", "a", "qlora", "seeds", "trials");
        Assert.Equal(2, ArmsRun.Open(folder).Run().LeastSeeds);
        Fail("trial-002");
        var result = ArmsRun.Open(folder, progress: new ShrunkArms.Direct(_ => Assert.Fail("nothing is left to train"))).Run();
        var qlora = result.Sizes[0].Arm("qlora");
        Assert.Equal((1, 1, 1), (qlora.Runs.Count, qlora.Scores.Count, result.LeastSeeds));
        Assert.Equal(KeyValuePair.Create(18UL, "step 2: the loss is not finite"), Assert.Single(qlora.Failed));
        Assert.Equal("with one seed this holds for these runs and says nothing about the methods", result.Equivalence[0].Obstacle);
        Assert.Contains("a qlora: 1 of 2 seeds; seed 18 failed: step 2: the loss is not finite. The arm is judged by the runs that came to their end, which flatters it.", File.ReadAllText(Path.Combine(folder, "results.txt")), StringComparison.Ordinal);
        Fail("trial-001");
        Assert.Equal("a qlora: no seed has a result with learning_rate=1e-3; trial-001, seed 17: step 2: the loss is not finite; try smaller rates in a new comparison.", Assert.Throws<TrainingGuardException>(() => ArmsRun.Open(folder).Run()).Message);

        void Fail(string trial) => File.WriteAllText(Path.Combine(seeds, trial, "trial.json"), "{\"finished\": false, \"failure\": \"step 2: the loss is not finite\", \"peak_bytes\": 1}");
    }
}
