using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
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
        Assert.Throws<OperationCanceledException>(() => ArmsRun.Open(folder, progress: new Direct(_ => { if (++steps == 30) cancel.Cancel(); })).Run(cancel.Token));
        int before = steps;
        string moved = folder + "-moved";
        Directory.Move(folder, moved);
        folder = moved;
        var result = ArmsRun.Open(folder, progress: new Direct(_ => steps++)).Run();
        // each size: 2 steps of pretraining and 2 for each of 3 arms x (one rate and 2 seeds), one run more for the second rate of full fine-tuning
        Assert.Equal(2 * (2 + 2 * 3 * 3 + 2), steps);
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
        // within the first arm's second run: its checkpoint is gone on with as well
        Assert.Throws<OperationCanceledException>(() => ArmsRun.Open(folder, progress: new Direct(_ => { if (++steps == 4) cancel.Cancel(); })).Run(cancel.Token));
        string moved = Path.Combine(_folder, "second");
        Directory.Move(folder, moved);
        var result = ArmsRun.Open(moved, progress: new Direct(_ => steps++)).Run();
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

    [Fact]
    public void A_comparison_of_an_earlier_version_goes_on_with_the_full_paths_that_it_wrote_and_says_what_it_cannot_tell()
    {
        string folder = ArmsRun.Create(Smallest with { ChoiceSeed = null }, _folder, DateTime.UtcNow), size = Path.Combine(folder, "sizes", "a");
        var first = ArmsRun.Open(folder).Run();
        // what it was before its pretraining and its last arm had taken a step
        foreach (string begun in (string[])["pretraining", Path.Combine("qlora", "choice")])
        {
            string record = Path.Combine(size, begun, begun == "pretraining" ? "run.json" : "sweep.json"), text = File.ReadAllText(record), model = begun == "pretraining" ? "random" : "base";
            Directory.Delete(Path.Combine(size, begun), recursive: true);
            Directory.CreateDirectory(Path.Combine(size, begun));
            File.WriteAllText(record, text.Replace($"comparison:sizes/a/{model}", Path.Combine(size, model), StringComparison.Ordinal));
        }
        Directory.Delete(Path.Combine(folder, "constant-scores"), recursive: true);
        foreach (string file in Directory.EnumerateFiles(folder, "*.json*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is "arms.json" or "sweep.json" or "scores-test.json" or "scorings.jsonl"))
        {
            var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            if (json["arms"] is JsonObject) json.Remove("arms");
            foreach (string field in (string[])["origin", "choice_seed", "items_sha256", "references", "left_out"]) json.Remove(field);
            File.WriteAllText(file, json.ToJsonString());
        }
        int steps = 0;
        var notes = new List<string>();
        var again = ArmsRun.Open(folder, notes.Add, new Direct(_ => steps++)).Run();
        Assert.Equal(1 + 2, steps);
        Assert.Equal(Path.Combine(size, "base"), again.Sizes[0].Arm("qlora").Runs[0].Trial.Recipe.Model);
        Assert.Equal("comparison:sizes/a/base", again.Sizes[0].Arm("full").Runs[0].Trial.Recipe.Model);
        Assert.Equal(first.Sizes[0].Arm("qlora").Scores[0].Values, again.Sizes[0].Arm("qlora").Scores[0].Values);
        Assert.Contains($"{Path.Combine(folder, "arms.json")} is of an earlier version: it does not say which data and base it began with, and only its runs are checked", notes);
        string report = File.ReadAllText(Path.Combine(folder, "results.txt")), full = Path.Combine("sizes", "a", "full", "choice", "trials", "trial-001", "scores-test.json");
        Assert.Contains($"{full}: scored by an earlier version, which did not write down what arms.json was: that its margin was stated before cannot be told.", report, StringComparison.Ordinal);
        Assert.Contains("Settings were chosen with a seed that is scored as well", report, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_stated_before_the_test_split_was_looked_at_cannot_be_changed_afterwards()
    {
        string folder = ArmsRun.Create(Smallest, _folder, DateTime.UtcNow), arms = Path.Combine(folder, "arms.json"), stated = File.ReadAllText(arms);
        ArmsRun.Open(folder).Run();
        string seed = Path.Combine(folder, "sizes", "a", "qlora", "seeds", "trials", "trial-001"), scores = Path.Combine(seed, "scores-test.json"), scored = File.ReadAllText(scores);

        // other white space is the same statement
        File.WriteAllText(arms, JsonNode.Parse(stated)!.ToJsonString());
        ArmsRun.Open(folder);
        foreach (var (field, from, to) in ((string, string, string)[])[("margin", "\"margin\": 0.02", "\"margin\": 0.6"), ("test_items", "\"test_items\": 1", "\"test_items\": 2"), ("recipe", "\"steps\": 2,", "\"steps\": 3,")])
        {
            Assert.Contains(from, stated, StringComparison.Ordinal);
            File.WriteAllText(arms, stated.Replace(from, to, StringComparison.Ordinal));
            Assert.StartsWith($"arms.json: {field} was changed after the test split had been looked at (constant-scores", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder)).Message, StringComparison.Ordinal);
        }
        // nor by throwing the scores away: the look is written down
        foreach (string file in Directory.EnumerateFiles(folder, "scores-test.json", SearchOption.AllDirectories)) File.Delete(file);
        Assert.Matches("^arms.json: recipe was changed after the test split had been looked at \\(constant-scores.scorings.jsonl\\): restore it, or begin a new comparison.$", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder)).Message);
        File.WriteAllText(arms, stated);
        var again = ArmsRun.Open(folder).Run();
        Assert.Equal((4, 8), again.Looks);
        Assert.Contains("The test split was looked at 8 times for 4 systems: what was chosen in between", File.ReadAllText(Path.Combine(folder, "results.txt")), StringComparison.Ordinal);
        Assert.Equal(scored, File.ReadAllText(scores));

        // scores of other items
        File.WriteAllText(scores, Regex.Replace(scored, "\"items_sha256\":\"[0-9a-f]+\"", "\"items_sha256\":\"00\""));
        Assert.Matches("qlora.*scores-test.json: scores test items with the hash 00, but constant-scores.*the data has changed in between", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder).Run()).Message);
        File.WriteAllText(scores, scored);

        // a sweep that does not follow from arms.json
        string sweep = Path.Combine(folder, "sizes", "a", "qlora", "seeds", "sweep.json"), written = File.ReadAllText(sweep);
        foreach (var (field, from, to) in ((string, string, string)[])[("over", "\"seed=17\"", "\"seed=99\""), ("recipe.learning_rate", "\"learning_rate\": 0.001", "\"learning_rate\": 0.002")])
        {
            File.WriteAllText(sweep, written.Replace(from, to, StringComparison.Ordinal));
            Assert.Equal($"{sweep}: {field} is not what arms.json implies: restore both files, or begin a new comparison.", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder).Run()).Message);
        }
    }

    [Fact]
    public void A_comparison_is_bound_to_the_data_that_it_began_with_and_each_pretraining_too()
    {
        string data = Prepare(17), texts = Path.Combine(_folder, "texts");
        CopyOf(data, texts);
        var recipe = Smallest with { Recipe = Smallest.Recipe with { Data = data }, Pretraining = Smallest.Pretraining with { Data = texts } };
        string folder = ArmsRun.Create(recipe, _folder, DateTime.UtcNow);
        var open = ArmsRun.Open(folder);
        Prepare(18);
        Assert.Matches($"^data {Regex.Escape(data)}: t(est|rain)\\.jsonl has the hash [0-9a-f]{{64}}, but the comparison began with [0-9a-f]{{64}}: restore it, or begin a new comparison\\.$", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder)).Message);
        // the pretraining is as it was, so it is done; what follows is not
        Assert.Matches($"^data {Regex.Escape(data)}: .* but the comparison began with ", Assert.Throws<RecipeException>(() => open.Run()).Message);
        Assert.True(Directory.Exists(Path.Combine(folder, "sizes", "a", "base")));
        Prepare(17);
        Directory.Delete(Path.Combine(folder, "sizes"), recursive: true);
        open = ArmsRun.Open(folder);
        Directory.Delete(texts, recursive: true);
        CopyOf(Prepare(18), texts);
        Assert.Matches($"^data {Regex.Escape(texts)}: .* but the comparison began with ", Assert.Throws<RecipeException>(() => open.Run()).Message);
        Assert.False(Directory.Exists(Path.Combine(folder, "sizes", "a", "pretraining", "checkpoints")));
    }

    [Fact]
    public void A_seed_that_diverges_is_counted_out_and_the_comparison_goes_on()
    {
        string folder = ArmsRun.Create(Smallest with { Seeds = [17, 18] }, _folder, DateTime.UtcNow), seeds = Path.Combine(folder, "sizes", "a", "qlora", "seeds", "trials");
        Assert.Equal(2, ArmsRun.Open(folder).Run().LeastSeeds);
        Fail("trial-002");
        var result = ArmsRun.Open(folder, progress: new Direct(_ => Assert.Fail("nothing is left to train"))).Run();
        var qlora = result.Sizes[0].Arm("qlora");
        Assert.Equal((1, 1, 1), (qlora.Runs.Count, qlora.Scores.Count, result.LeastSeeds));
        Assert.Equal(KeyValuePair.Create(18UL, "step 2: the loss is not finite"), Assert.Single(qlora.Failed));
        Assert.Equal("with one seed this holds for these runs and says nothing about the methods", result.Equivalence[0].Obstacle);
        Assert.Contains("a qlora: 1 of 2 seeds; seed 18 failed: step 2: the loss is not finite. The arm is judged by the runs that came to their end, which flatters it.", File.ReadAllText(Path.Combine(folder, "results.txt")), StringComparison.Ordinal);
        Fail("trial-001");
        Assert.Equal("a qlora: no seed has a result with learning_rate=1e-3; trial-001, seed 17: step 2: the loss is not finite; try smaller rates in a new comparison.", Assert.Throws<TrainingGuardException>(() => ArmsRun.Open(folder).Run()).Message);

        void Fail(string trial) => File.WriteAllText(Path.Combine(seeds, trial, "trial.json"), "{\"finished\": false, \"failure\": \"step 2: the loss is not finite\", \"peak_bytes\": 1}");
    }

    [Fact]
    public void The_analysis_says_what_the_scores_say()
    {
        // full 0.5, QLoRA within 0.005 of it at both sizes; the base 0.2 at the small, 0.1 at the large, one constant answer 0.15
        var result = Of(0.15, Size(ModelSize.Small, @base: 0.2, full: 0.5, qlora: 0.495), Size(ModelSize.Tiny, @base: 0.1, full: 0.5, qlora: 0.51));
        Assert.Equal([0.2, 0.5, 0.5, 0.495, 0.1, 0.5, 0.5, 0.51], result.Qualities.Select(q => Math.Round(q.Quality.Mean, 9)));
        Assert.Equal([0.3, 0.3, 0.295, 0.4, 0.4, 0.41], result.Qualities.Where(q => q.Arm != "base").Select(q => Math.Round(q.OverBase!.Value.Mean, 9)));
        Assert.Equal([0.05, 0.35, 0.35, 0.345, -0.05, 0.35, 0.35, 0.36], result.Qualities.Select(q => Math.Round(q.OverConstant.Mean, 9)));
        Assert.All(result.Equivalence, e => Assert.True(e.Holds));
        Assert.All(result.Equivalence, e => Assert.InRange(e.SmallestMargin, 0.0005, 0.005));
        // gains are over the better of base and constant answer: 0.295 over the base, 0.36 over the constant; full fine-tuning gains 0.05 more at the larger, QLoRA 0.065
        Assert.Equal([KeyValuePair.Create("1.5M", "base"), KeyValuePair.Create("6M", "constant")], result.Claim.Floors);
        Assert.Equal([0.295, 0.36], result.Claim.Gains.Select(g => Math.Round(g.Value.Mean, 9)));
        Assert.Equal([("full", 0.05), ("bf16-lora", 0.05), ("qlora", 0.065)], result.Claim.Contrasts.Select(c => (c.Arm, Math.Round(c.Difference.Mean, 9))));
        Assert.Equal([null, 0.0, 0.015], result.Claim.Contrasts.Select(c => c.LessFull is { } l ? Math.Round(l.Mean, 9) + 0.0 : (double?)null));
        Assert.Contains("the larger model gained more, and by more than with full fine-tuning, as the claim says. Only these models were run, each of one pretraining: the statement is on these checkpoints", result.Claim.Text, StringComparison.Ordinal);
        string text = ArmsReport.ToText(result);
        Assert.Contains("1.5M: QLoRA less full fine-tuning -0.005", text, StringComparison.Ordinal);
        Assert.Contains("margin 0.02 stated beforehand: equivalent (two one-sided tests, p = 0.0005; these data could show it for no margin below 0.00", text, StringComparison.Ordinal);
        Assert.Matches(@"\n- +references +- +- +- +7 +0\.300", text);
        Assert.Matches(@"\n- +constant +0\.150 ", text);

        // full fine-tuning gains just as much by size
        Assert.Contains("the larger model gained more, but not shown by more than with full fine-tuning: nothing in it is shown to be specific to QLoRA", Of(0.15, Size(ModelSize.Small, 0.2, 0.4, 0.4), Size(ModelSize.Tiny, 0.2, 0.5, 0.5)).Claim.Text, StringComparison.Ordinal);
        var other = Of(0.05, Size(ModelSize.Tiny, 0.2, 0.5, 0.45, tokens: 5), Size(ModelSize.Small, 0.1, 0.5, 0.45));
        Assert.All(other.Equivalence, e => Assert.False(e.Holds));
        Assert.Contains("the larger model gained less, against the claim. The bases were not pretrained on equally many tokens", other.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("6M less 1.5M: full -0.100", other.Claim.Text, StringComparison.Ordinal);
        var one = Of(0.1, Size(ModelSize.Tiny, 0.2, 0.5, 0.45));
        Assert.Empty(one.Claim.Contrasts);
        Assert.Contains("one size says nothing about it", one.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("Only this model was run, of one pretraining: the statement is on this checkpoint", one.Claim.Text, StringComparison.Ordinal);
        // three sizes: neighbours, each said
        var three = Of(0.1, Size(ModelSize.Medium, 0.2, 0.7, 0.7), Size(ModelSize.Small, 0.2, 0.4, 0.4), Size(ModelSize.Tiny, 0.2, 0.5, 0.3));
        Assert.Equal([("1.5M", "6M"), ("6M", "25M")], three.Claim.Contrasts.Where(c => c.Arm == "qlora").Select(c => (c.Smaller, c.Larger)));
        Assert.Contains("; 25M less 6M: full 0.200", three.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("the differences do not all point one way beyond what seeds and items explain: neither for the claim nor against it", three.Claim.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Arms_that_have_learnt_nothing_are_not_called_equivalent()
    {
        // both give what one sentence gives, far above the base
        var nothing = Of(0.3, Size(ModelSize.Small, 0.1, 0.3, 0.3), Size(ModelSize.Tiny, 0.1, 0.3, 0.3));
        Assert.All(nothing.Equivalence, e => Assert.Equal(("full fine-tuning is not better than one constant answer", true, false), (e.Obstacle, e.Test.Holds, e.Holds)));
        Assert.Contains("not assessable, as QLoRA is not better than base and constant answer at any size", nothing.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("equivalence not assessable: full fine-tuning is not better than one constant answer", ArmsReport.ToText(nothing), StringComparison.Ordinal);
        Assert.Null(ArmsReport.ToJson(nothing)["qlora_against_full"]!["6M"]!["equivalent"]);
        Assert.Equal("full fine-tuning is not better than the base", Of(0.1, Size(ModelSize.Small, 0.3, 0.3, 0.3)).Equivalence[0].Obstacle);
        // one seed
        var single = Size(ModelSize.Small, 0.1, 0.5, 0.5);
        single = single with { Arms = [.. single.Arms.Select(a => a with { Runs = [a.Runs[0]], Scores = [a.Scores[0]] })] };
        var alone = Of(0.2, single, Size(ModelSize.Tiny, 0.1, 0.6, 0.6));
        Assert.Contains("not answered, as with one seed an arm's luck is not told from its gain", alone.Claim.Text, StringComparison.Ordinal);
        Assert.Equal([false, true], alone.Equivalence.Select(e => e.Holds));
        // two seeds far apart: what a share of something cannot be is not shown
        var wide = Size(ModelSize.Small, 0.1, 0.5, 0.5);
        wide = wide with { Arms = [.. wide.Arms.Select(a => a with { Scores = [Scores(0.2, 0), Scores(0.8, 0)], Runs = [.. a.Runs.Take(2)] })] };
        Assert.All(Of(0.2, wide).Qualities.Where(q => q.Arm != "base"), q => Assert.Equal((0.0, 1.0), (q.Quality.Low, q.Quality.High)));
        Assert.All(Of(0.2, wide).Qualities.Where(q => q.Arm != "base"), q => Assert.True(q.OverConstant.Low < -1));
    }

    [Fact]
    public void A_choice_at_the_edge_of_its_grid_is_said_beside_it_under_the_table_and_with_the_verdict()
    {
        Assert.Equal("learning_rate is the largest value tried", Edge("1e-2", "learning_rate=1e-3,3e-3,1e-2"));
        Assert.Equal("learning_rate is the smallest value tried", Edge("1e-3", "learning_rate=3e-3,1e-3,1e-2"));
        Assert.Null(Edge("3e-3", "learning_rate=1e-3,3e-3,1e-2"));
        Assert.Null(Edge("3e-3", "learning_rate=3e-3"));
        Assert.Null(ArmResult.EdgeOf(new SweepTrial(1, [KeyValuePair.Create("seed", "2")], "", PreparedTiny.Recipe), [SweptSetting.Parse("seed=1,2")]));

        var size = Size(ModelSize.Small, 0.1, 0.5, 0.5);
        string text = ArmsReport.ToText(Of(0.2, size with { Arms = [.. size.Arms.Select(a => a.Arm == "full" ? a with { AtEdge = "learning_rate is the largest value tried" } : a)] }));
        Assert.Contains("learning_rate=1e-3 (of 1; learning_rate is the largest value tried: the optimum may lie beyond)", text, StringComparison.Ordinal);
        Assert.Contains("\n1.5M full: learning_rate is the largest value tried: the optimum may lie beyond, and the arm may be better than it looks here.\n", text, StringComparison.Ordinal);
        Assert.Contains("; full: learning_rate is the largest value tried: with better settings this may change", text, StringComparison.Ordinal);

        static string? Edge(string chosen, string axis) => ArmResult.EdgeOf(new SweepTrial(1, [KeyValuePair.Create("learning_rate", chosen)], "", PreparedTiny.Recipe), [SweptSetting.Parse(axis)]);
    }

    [Fact]
    public void The_usual_comparison_gives_every_arm_as_many_trials_and_chooses_with_a_seed_that_is_not_scored()
    {
        var usual = new ArmsRecipe();
        Assert.Equal([3, 3, 3], usual.Arms.Select(a => usual.ChoiceOf(a, "s", "radlab-tiny").Trials().Count));
        Assert.All(usual.Arms, a => Assert.All(usual.ChoiceOf(a, "s", "radlab-tiny").Trials(), t => Assert.Equal(16UL, t.Recipe.Seed)));
        Assert.DoesNotContain(16UL, usual.Seeds);
        Assert.Equal((18UL, 2), (usual.WithSeeds([16, 17]).ChoiceSeed!.Value, usual.WithSeeds([16, 17]).Seeds.Count));
        Assert.All(usual.Arms.Skip(1), a => Assert.Equal((16, 32f), (usual.RecipeOf(a, "m").Lora.Rank, usual.RecipeOf(a, "m").Lora.Alpha)));
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
        Refused(r => r with { Seeds = [16, 17] }, "compare-arms: choice_seed: 16 must not be among seeds: the run that wins the choice is partly lucky, and would be scored.");
        Refused(r => r with { Sizes = [] }, "compare-arms: sizes: must be 1 to 8 different ones.");
        Refused(r => r with { Margin = 0 }, "compare-arms: margin: must be finite and above 0.");
        Refused(r => r with { Arms = [r.Arms[0]] }, "compare-arms: arms: must have full and qlora, which are compared.");
        Refused(r => r with { Recipe = r.Recipe with { Task = TrainingTask.Text } }, "compare-arms: task: must be Impression or Protocol: pretraining has no answers to compare.");
        Refused(r => r with { Sizes = [new ModelSize("x", 64, 128, 2, 3, 1)] }, "sizes: x: heads must divide the hidden size, key-value heads the heads, and all be at least 1, got 64, 128, 2, 3, 1.");
        Refused(r => r with { Arms = [r.Arms[0] with { Over = ["learning_rate=0"] }, r.Arms[2]] }, "learning_rate: must be finite and above 0, got 0.");
        Assert.Equal("--sizes 7M: must be among 1.5M, 6M, 25M.", Assert.Throws<RecipeException>(() => ModelSize.Get("7M")).Message);
        Assert.Contains("was prepared for the task protocol, but the comparison's task is impression", Assert.Throws<RecipeException>(() => ArmsRun.Create(Shrunk with { Recipe = Shrunk.Recipe with { Data = PreparedTiny.Protocols } }, Path.Combine(_folder, "new"), DateTime.UtcNow)).Message, StringComparison.Ordinal);
        Assert.Matches("^batch.sequence_length: all 1 items of the split test of .* are too long for 48 tokens with room for an answer; raise it.$",
            Assert.Throws<RecipeException>(() => ArmsRun.Create(Smallest with { Recipe = Smallest.Recipe with { Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 48 } } }, Path.Combine(_folder, "new"), DateTime.UtcNow)).Message);
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

    private string Prepare(ulong seed)
    {
        string folder = Path.Combine(_folder, "prepared");
        DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-reports"), Out = folder, Folders = DataFolders.Default(), Count = 40, Seed = seed, Replace = true });
        return folder;
    }

    private static void CopyOf(string folder, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(folder)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
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

    private static ArmsResult Of(double constant, params SizeResult[] sizes) => ArmsResult.Of(new ArmsRecipe(), sizes, Scores(constant, 0) with { References = new AnswerVariety(7, 0.3) });

    private static SizeResult Size(ModelSize size, double @base, double full, double qlora, long tokens = 0) => new(size, tokens, null, Scores(@base, 0), [Arm("full", full), Arm("bf16-lora", full), Arm("qlora", qlora)]);

    private static ArmResult Arm(string name, double mean) => new(name, "learning_rate=1e-3", [.. Enumerable.Range(17, 3).Select(seed => Run((ulong)seed))], [Scores(mean, -0.001), Scores(mean, 0), Scores(mean, 0.001)], 1);

    private static TrialResult Run(ulong seed) => new(new SweepTrial(1, [], "", PreparedTiny.Recipe with { Seed = seed }), TrialStatus.Finished, "", 1, 1, null, 1, 1, 1, 1, null);

    // items differ by 0.1 around the mean, alike for all
    private static ItemScores Scores(double mean, double seed) => new(AnswerScoring.RougeL, [.. Enumerable.Range(0, 40).Select(i => mean + seed + (i % 2 == 0 ? 0.1 : -0.1))], 5, 0.2);

    private sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
