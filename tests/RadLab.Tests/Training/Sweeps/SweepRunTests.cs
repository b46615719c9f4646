using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;
using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class SweepRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-sweeps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_trial_is_run_once_and_the_table_says_what_the_runs_say()
    {
        string folder = Create("a", "learning_rate=1e-3,2e-2", "seed=1,2");
        var result = SweepRun.Open(folder).Run();
        Assert.All(result.Trials, t => Assert.Equal((TrialStatus.Finished, 6L), (t.Status, t.Steps)));
        double[] losses = [.. result.Trials.Select(t => LastValidation(t.Folder))];
        Assert.Equal(losses.Select(l => (double?)l), result.Trials.Select(t => t.ValidationLoss));
        double[] means = [(losses[0] + losses[1]) / 2, (losses[2] + losses[3]) / 2];
        Assert.Equal(means.Select(m => (double?)m), result.Groups.Select(g => g.ValidationLoss));
        int first = means[0] <= means[1] ? 0 : 2;
        Assert.Equal(losses[first] <= losses[first + 1] ? first + 1 : first + 2, result.Best!.Trial.Number);
        Assert.All(result.Trials, t => Assert.Equal((AnswerScoring.RougeL, 3), (t.Score!.Metric, t.Score.Items)));
        Assert.All(result.Trials, t => Assert.True(t.PeakBytes > 0 && t.Seconds > 0 && t.TokensPerSecond > 0));
        // rank 4 on all seven layers of both blocks: 4 (in + out) each
        Assert.Equal(2 * 4 * (32 + 32 + 2 * (32 + 16) + 32 + 32 + 3 * (32 + 64)), result.Trials[0].Parameters);

        string[] csv = File.ReadAllLines(Path.Combine(folder, "results.csv"));
        Assert.Equal(5, csv.Length);
        Assert.StartsWith("trial,learning_rate,seed,status,steps,validation_loss,metric,score,", csv[0], StringComparison.Ordinal);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"trial-003,2e-2,1,Finished,6,{losses[2]:R},ROUGE-L,"), csv[3], StringComparison.Ordinal);
        string text = File.ReadAllText(Path.Combine(folder, "results.txt"));
        Assert.Contains("; ROUGE-L of greedy answers to validation items\n", text, StringComparison.Ordinal);
        Assert.Contains("mean over seeds", text, StringComparison.Ordinal);
        Assert.Contains($"chosen by validation loss: {result.Best.Trial.Name}", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        Assert.Equal(result.Best.Trial.Name, json.RootElement.GetProperty("best").GetString());
        using var chart = JsonDocument.Parse(XDocument.Load(Path.Combine(folder, "chart.svg")).Descendants().Single(e => e.Name.LocalName == Chart.DataElement).Value);
        var points = Assert.Single(chart.RootElement.GetProperty("series").EnumerateArray()).GetProperty("points").EnumerateArray().ToList();
        Assert.Equal(losses, points.SelectMany(p => p.GetProperty("values").EnumerateArray()).Select(v => v.GetDouble()));
        Assert.Equal(means, points.Select(p => p.GetProperty("mean").GetDouble()));

        Assert.DoesNotContain(TeachingModel.Note, text, StringComparison.Ordinal);
        var tiny = result with { Sweep = result.Sweep with { Recipe = result.Sweep.Recipe with { Model = "radlab-tiny" } } };
        Assert.EndsWith($"\n{TeachingModel.Note}\n", SweepReport.ToText(tiny), StringComparison.Ordinal);
        Assert.Equal((TeachingModel.Note, null), ((string?)SweepReport.ToJson(tiny)["note"], (string?)SweepReport.ToJson(result)["note"]));
        Assert.EndsWith("validation loss, RadLab-tiny (a teaching and test model)", SweepChart.Of(tiny).Title, StringComparison.Ordinal);

        var before = Files(folder);
        SweepRun.Open(folder).Run();
        Assert.Equal(before, Files(folder));
        Assert.Empty(Directory.EnumerateFiles(folder, "scorings.jsonl", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(folder, "*test*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_trial_counts_by_the_loss_of_what_it_leaves()
    {
        File.WriteAllText(Path.Combine(_folder, "metrics.jsonl"), string.Join('\n',
            "{\"step\":1,\"kind\":\"train\",\"loss\":4,\"tokens\":10,\"seconds\":0.5}", "{\"step\":1,\"kind\":\"validation\",\"loss\":3}", "{\"step\":2,\"kind\":\"train\",\"loss\":4,\"tokens\":30,\"seconds\":1.5}",
            "{\"step\":2,\"kind\":\"validation\",\"loss\":2}", "{\"step\":3,\"kind\":\"validation\",\"loss\":2.5}", "{\"step\":4,\"kind\":\"valid"));
        var curve = TrialCurve.Read(_folder);
        Assert.Equal((2L, 2.0, 40.0), (curve.Steps, curve.Seconds, curve.Tokens));
        Recipe last = PreparedTiny.Recipe, best = last with { Run = last.Run with { ResultIsBest = true } };
        Assert.Equal([null, 3.0, 2.0, 2.5, 2.5], ((long[])[0, 1, 2, 3, 9]).Select(step => curve.ResultAt(step, last)));
        Assert.Equal([null, 3.0, 2.0, 2.0, 2.0], ((long[])[0, 1, 2, 3, 9]).Select(step => curve.ResultAt(step, best)));
    }

    [Fact]
    public void No_trial_scores_the_test_split_even_where_its_recipe_does()
    {
        var sweep = new Sweep { Name = "s", Recipe = Recipes.TinyImpression, Over = [SweptSetting.Parse("lora.rank=4,8")] };
        Assert.True(sweep.Recipe.Run.ScoreTest);
        Assert.All(sweep.Trials(), t => Assert.False(t.Recipe.Run.ScoreTest));
    }

    [Fact]
    public void The_best_trial_alone_meets_the_test_split_and_once()
    {
        string folder = Create("t", "learning_rate=1e-3,2e-2");
        var run = SweepRun.Open(folder);
        var result = run.Run();
        string file = run.ScoreTest(result, limit: 3);
        run.ScoreTest(result, limit: 3);
        Assert.Equal(Path.Combine(result.Best!.Folder, "evaluation-test.json"), file);
        string log = Assert.Single(Directory.EnumerateFiles(folder, "scorings.jsonl", SearchOption.AllDirectories));
        Assert.Equal(result.Best.Folder, Path.GetDirectoryName(log));
        Assert.Contains("\"split\":\"test\"", Assert.Single(File.ReadAllLines(log)), StringComparison.Ordinal);
        Assert.Contains("The test split was looked at once for this run.", File.ReadAllText(file), StringComparison.Ordinal);

        using var engine = new Engine(new EngineOptions { Threads = 1 });
        Assert.Contains("The test split was looked at 2 times for this run, this time included: what was chosen in between by these scores makes them no test any more.", RunEvaluation.Open(result.Best.Folder).Run(engine, DataSplit.Test, 3, withBase: false).Notes);
        Assert.DoesNotContain(RunEvaluation.Open(result.Best.Folder).Run(engine, DataSplit.Validation, 3, withBase: false).Notes, n => n.Contains("looked at", StringComparison.Ordinal));
    }

    [Fact]
    public void A_sweep_is_bound_to_the_data_and_the_base_that_it_began_with()
    {
        string data = Prepare(17), model = Path.Combine(_folder, "model"), folder = Create("o", s => s with { MetricItems = 0, Recipe = s.Recipe with { Data = data, Model = CopyOf(PreparedTiny.Model, model), Steps = 1 } }, "learning_rate=1e-3,2e-3");
        SweepRun.Open(folder);
        // a trial is bound even where the sweep was opened before
        var open = SweepRun.Open(folder, progress: new Direct(_ => { if (Directory.Exists(data)) Prepare(18); }));
        Assert.Matches("^data .*: t(est|rain)\\.jsonl has the hash [0-9a-f]{64}, but the sweep began with [0-9a-f]{64}: restore it, or begin a new sweep\\.$", Assert.Throws<RecipeException>(() => open.Run()).Message);
        string message = Assert.Throws<RecipeException>(() => SweepRun.Open(folder)).Message;
        Assert.Matches("^data .* but the sweep began with ", message);
        Assert.Matches("^data .* but the run began with .*: restore it, or begin a new run\\.$", Assert.Throws<RecipeException>(() => RunEvaluation.Open(Path.Combine(folder, "trials", "trial-001"))).Message);
        Assert.Matches("^data .* but the run began with ", Assert.Throws<RecipeException>(() => new TrialRun(open.Sweep.Trials()[0], Path.Combine(folder, "trials", "trial-001")).ScoreItems(DataSplit.Test, 1, CancellationToken.None)).Message);
        Prepare(17);
        SweepRun.Open(folder);

        using (var engine = new Engine(new EngineOptions { Threads = 1 }))
        using (var other = RadLab.Models.LlamaModel.Random(engine, TinyTraining.Base.Load(engine, new RadLab.Models.LlamaStorage()).Config, 99)) other.Save(model, overwrite: true);
        Assert.Matches("^base .*: its weights and tokenizer have the hashes [0-9a-f]{64} and [0-9a-f]{64}, but the sweep began with [0-9a-f]{64} and [0-9a-f]{64}: restore them, or begin a new sweep\\.$", Assert.Throws<RecipeException>(() => SweepRun.Open(folder)).Message);

        // an earlier version wrote no hashes
        string path = Path.Combine(folder, "sweep.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json.Remove("origin");
        File.WriteAllText(path, json.ToJsonString());
        var notes = new List<string>();
        SweepRun.Open(folder, notes.Add);
        Assert.Equal($"{path} is of an earlier version: it does not say which data and base it began with, and only its runs are checked", Assert.Single(notes));
    }

    [Fact]
    public void Items_that_are_too_long_are_left_out_and_counted_before_anything_is_trained()
    {
        var tokenizer = RadLab.Models.Tokenizer.Load(PreparedTiny.Model);
        var data = TrainingData.OpenAll(PreparedTiny.Data);
        // the first length that some items fit and others do not
        var (length, scores) = Enumerable.Range(4, 60).Select(i => (Length: 16 * i, Scores: Scored(16 * i))).First(s => s.Scores is { LeftOut: > 0 });
        int all = data[0].Read(DataSplit.Validation).Count();
        Assert.Equal(all, scores!.Values.Count + scores.LeftOut);
        var encoder = new ExampleEncoder(tokenizer, length);
        Assert.Equal(scores.LeftOut, data[0].Read(DataSplit.Validation).Count(e => encoder.TryPrompt(e, length / 3) is null));
        Assert.Equal((1, 1.0), (scores.Distinct, scores.Commonest));
        Assert.NotEqual(Scored(4096)!.ItemsSha256, scores.ItemsSha256);

        var tooShort = PreparedTiny.Recipe with { Batch = new BatchSettings { SequenceLength = 48 } };
        string message = Assert.Throws<RecipeException>(() => AnswerScoring.Check(tokenizer, tooShort, data, DataSplit.Validation, 3)).Message;
        Assert.Matches("^batch.sequence_length: all 3 items of the split validation of .* are too long for 48 tokens with room for an answer; raise it\\.$", message);
        Assert.StartsWith("batch.sequence_length: ", Assert.Throws<TrainingGuardException>(() => Create("l", s => s with { Recipe = s.Recipe with { Batch = tooShort.Batch } }, "lora.rank=2,4")).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "l")));

        ItemScores? Scored(int sequenceLength)
        {
            try
            {
                return AnswerScoring.ScoreConstant(tokenizer, PreparedTiny.Recipe with { Batch = new BatchSettings { SequenceLength = sequenceLength } }, data, DataSplit.Validation, 1000);
            }
            catch (RecipeException)
            {
                return null;
            }
        }
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void An_interrupted_sweep_goes_on_and_ends_with_the_same_bits()
    {
        LongTests.SkipUnlessAsked();
        string whole = Create("w", s => s with { MetricItems = 0 }, "lora.rank=2,4"), parts = Create("p", s => s with { MetricItems = 0 }, "lora.rank=2,4");
        SweepRun.Open(whole).Run();
        using var cancel = new CancellationTokenSource();
        int steps = 0;
        Assert.Throws<OperationCanceledException>(() => SweepRun.Open(parts, progress: new Direct(_ => { if (++steps == 10) cancel.Cancel(); })).Run(cancel.Token));
        var half = SweepRun.Open(parts).Result();
        Assert.Equal([TrialStatus.Finished, TrialStatus.Begun], half.Trials.Select(t => t.Status));
        Assert.Equal(4, half.Trials[1].Steps);
        int more = 0;
        SweepRun.Open(parts, progress: new Direct(_ => more++)).Run();
        Assert.Equal(2, more);
        Assert.Equal(Adapters(whole), Adapters(parts));
    }

    [Fact]
    public void Halving_stops_the_worse_at_the_rung_and_the_rest_is_as_if_alone()
    {
        string folder = Create("h", s => s with { Halving = 2, MetricItems = 0, Recipe = s.Recipe with { Steps = 8 } }, "learning_rate=1e-6,5e-3,2e-6,1e-2");
        var result = SweepRun.Open(folder).Run();
        // four begin; the two tiny rates end at the first rung of 2 steps, one of the others at the second of 4
        Assert.All((int[])[0, 2], i => Assert.Equal((TrialStatus.Pruned, 2L), (result.Trials[i].Status, result.Trials[i].Steps)));
        Assert.Equal([(TrialStatus.Finished, 8L), (TrialStatus.Pruned, 4L)], ((TrialResult[])[result.Trials[1], result.Trials[3]]).Select(t => (t.Status, t.Steps)).OrderBy(t => t.Status));
        var best = result.Best!;
        Assert.Equal(8, best.Steps);

        string alone = Directory.CreateDirectory(Path.Combine(_folder, "alone")).FullName;
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        RunSetup.New(best.Trial.Recipe, DateTime.UtcNow).Run(engine, alone).Train();
        Assert.Equal(Hash(Path.Combine(alone, "adapter", "adapter_model.safetensors")), Hash(Path.Combine(best.Folder, "adapter", "adapter_model.safetensors")));
    }

    [Fact]
    public void A_trial_that_diverges_is_told_and_the_others_go_on()
    {
        string folder = Create("d", s => s with { MetricItems = 0 }, "learning_rate=1e30,1e-3");
        var result = SweepRun.Open(folder).Run();
        Assert.Equal([TrialStatus.Failed, TrialStatus.Finished], result.Trials.Select(t => t.Status));
        Assert.StartsWith("step ", result.Trials[0].Problem, StringComparison.Ordinal);
        Assert.Equal(2, result.Best!.Trial.Number);
        Assert.Contains($"trial-001 failed: {result.Trials[0].Problem}", File.ReadAllText(Path.Combine(folder, "results.txt")), StringComparison.Ordinal);
        string bad = Create("n", s => s with { MetricItems = 0 }, "learning_rate=1e30,1e29");
        Assert.Contains("no setting has a result with every seed; trial-001: step ", Assert.Throws<TrainingGuardException>(() => SweepRun.Open(bad).Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_said_before_anything_is_written()
    {
        string message = Refused(s => s, "lora.targets=[\"q_proj\"],[\"z_proj\"]");
        Assert.StartsWith("c-2 on ", message, StringComparison.Ordinal);
        Assert.Contains("Targets must be among", message, StringComparison.Ordinal);
        Assert.StartsWith("model nowhere: there is no such folder", Refused(s => s with { Recipe = s.Recipe with { Model = "nowhere" } }, "lora.rank=2,4"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "c")));

        string Refused(Func<Sweep, Sweep> change, string axis) => Assert.Throws<RecipeException>(() => Create("c", change, axis)).Message;
    }

    [Fact]
    public void A_folder_that_does_not_fit_or_is_in_use_is_refused()
    {
        string folder = Create("f", s => s with { MetricItems = 0 }, "lora.rank=2,4");
        var first = SweepRun.Open(folder, progress: new Direct(_ => Assert.Contains("another process works in it", Assert.Throws<RecipeException>(() => SweepRun.Open(folder).Run()).Message, StringComparison.Ordinal)));
        first.Run();
        File.Delete(Path.Combine(folder, "trials", "trial-001", "trial.json"));
        string path = Path.Combine(folder, "sweep.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"lora.rank=2,4\"", "\"lora.rank=3,4\"", StringComparison.Ordinal));
        Assert.Contains("was begun with another recipe than its sweep says now", Assert.Throws<RecipeException>(() => SweepRun.Open(folder).Run()).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "{}");
        Assert.Equal($"{path}: is not what a sweep writes; restore it from a copy, or begin a new sweep.", Assert.Throws<RecipeException>(() => SweepRun.Open(folder)).Message);
        Assert.Contains("there is none here nor in", Assert.Throws<RecipeException>(() => SweepRun.Find(_folder, "nothing")).Message, StringComparison.Ordinal);
    }

    private string Prepare(ulong seed)
    {
        string folder = Path.Combine(_folder, "prepared");
        DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-reports"), Out = folder, Folders = DataFolders.Default(), Count = 40, Seed = seed, Replace = true });
        return folder;
    }

    private static string CopyOf(string model, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(model)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        return to;
    }

    private string Create(string name, params string[] over) => Create(name, s => s, over);

    private string Create(string name, Func<Sweep, Sweep> change, params string[] over) => SweepRun.Create(
        change(new Sweep { Name = name, Recipe = PreparedTiny.Recipe, Over = [.. over.Select(SweptSetting.Parse)], MetricItems = 3 }), Path.Combine(_folder, name), DateTime.UtcNow);

    private static double LastValidation(string run) => File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)
        .Last(r => r.GetProperty("kind").GetString() == "validation").GetProperty("loss").GetDouble();

    private static string[] Adapters(string sweep) => [.. Directory.EnumerateDirectories(Path.Combine(sweep, "trials")).Order(StringComparer.Ordinal).Select(t => Hash(Path.Combine(t, "adapter", "adapter_model.safetensors")))];

    // names and contents
    private static string[] Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => $"{Path.GetRelativePath(folder, f)} {Hash(f)}")];

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));

    private sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
