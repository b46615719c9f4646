using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class RunSetupTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Texts_longer_than_the_base_knows_positions_are_refused_before_anything_is_written()
    {
        var e = Assert.Throws<RecipeException>(() => RunSetup.New(With(length: 1025), DateTime.UnixEpoch));
        Assert.Equal($"batch.sequence_length: must be at most 1024, the positions that {PreparedTiny.Model} knows, got 1025.", e.Message);
        // a sweep asks before its first trial
        var sweep = new Sweep { Name = "s", Recipe = PreparedTiny.Recipe, Over = [SweptSetting.Parse("batch.sequence_length=1024,1025")] };
        Assert.Equal(e.Message, Assert.Throws<RecipeException>(() => SweepRun.Create(sweep, _folder.Path, DateTime.UnixEpoch)).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_length_that_no_text_fits_is_named_before_anything_is_written()
    {
        int texts = PreparedFolder.Open(PreparedTiny.Data).Read(DataSplit.Train).Count();
        Assert.Equal($"batch.sequence_length: must leave room for instruction, input and answer, but none of {texts} training examples fits 16 tokens; raise it.",
            Assert.Throws<TrainingGuardException>(() => RunSetup.New(With(length: 16), DateTime.UnixEpoch)).Message);
    }

    [Fact]
    public void Splits_that_the_run_will_need_are_looked_for_before_it_begins()
    {
        string data = Path.Combine(_folder.Path, "data");
        DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-reports"), Out = data, Count = 5 });
        Recipe With(RunSchedule run) => PreparedTiny.Recipe with { Data = data, Run = run };
        string Refused(RunSchedule run) => Assert.Throws<RecipeException>(() => RunSetup.New(With(run), DateTime.UnixEpoch)).Message;
        Assert.Equal($"run.score_test: data {data} has no test examples to score; give more data, or set run.score_test=false.", Refused(new RunSchedule { ScoreTest = true }));
        Assert.Equal($"run.patience: data {data} has no validation examples of at most 1024 tokens to judge by; give more data, or leave the setting away.", Refused(new RunSchedule { EvaluateEvery = 1, Patience = 2 }));
        Assert.Equal($"run.result_is_best: data {data} has no validation examples of at most 1024 tokens to judge by; give more data, or leave the setting away.", Refused(new RunSchedule { EvaluateEvery = 1, ResultIsBest = true }));
        RunSetup.New(With(new RunSchedule { EvaluateEvery = 1 }), DateTime.UnixEpoch);
    }

    [Fact]
    public void What_cannot_be_scored_at_the_end_is_refused_at_the_beginning()
    {
        var scored = PreparedTiny.Recipe with { Run = new RunSchedule { ScoreTest = true } };
        string Refused(Recipe recipe) => Assert.Throws<RecipeException>(() => RunSetup.New(recipe, DateTime.UnixEpoch)).Message;
        string two = $"{PreparedTiny.Data}+{PreparedTiny.Data}";
        Assert.Equal($"run.score_test: data {two} joins 2 sets, and only one can be scored; set run.score_test=false.", Refused(scored with { Data = two }));
        Assert.Equal("run.score_test: pretraining has no answers to score; set run.score_test=false.", Refused(scored with { Task = TrainingTask.Text, Mode = TrainingMode.Full }));
        Assert.StartsWith("batch.sequence_length: all ", Refused(scored with { Batch = scored.Batch with { SequenceLength = 72 } }), StringComparison.Ordinal);
        RunSetup.New(scored, DateTime.UnixEpoch);
    }

    [Theory]
    [InlineData("\"rope_theta\": 10000", "\"rope_theta\": 20000", "config.json says")]
    [InlineData(null, " ", "tokenizer has the hash")]
    public void A_base_that_computes_otherwise_than_at_the_beginning_is_refused(string? then, string now, string named)
    {
        string model = Directory.CreateDirectory(Path.Combine(_folder.Path, "model")).FullName;
        foreach (string file in Directory.EnumerateFiles(PreparedTiny.Model)) File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        string folder = RunSetup.New(PreparedTiny.Recipe with { Model = model }, DateTime.UnixEpoch).CreateFolder(_folder.Path);
        RunSetup.Resume(folder);
        string changed = Path.Combine(model, then is null ? "tokenizer.json" : "config.json"), text = File.ReadAllText(changed);
        File.WriteAllText(changed, then is null ? text + now : text.Replace(then, now, StringComparison.Ordinal));
        Assert.NotEqual(text, File.ReadAllText(changed));
        var e = Assert.Throws<RecipeException>(() => RunSetup.Resume(folder));
        Assert.StartsWith($"base {model}: its {named} ", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(": restore the base, or begin a new run.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lora.init=pissa", "lora.rank=", "the rank of model.layers.0.self_attn.k_proj must be at most ")]
    public void A_start_that_the_layers_are_too_small_for_is_refused_before_anything_is_written(string init, string rank, string message)
    {
        var config = LlamaConfig.Load(PreparedTiny.Model);
        int most = Math.Min(config.HiddenSize, config.KeyValueHeads * config.HeadWidth);
        Recipe With(int r) => RecipeJson.Set(RecipeJson.Set(PreparedTiny.Recipe, init), string.Create(CultureInfo.InvariantCulture, $"{rank}{r}"));
        RunSetup.New(With(most), DateTime.UnixEpoch);
        Assert.Contains(message, Assert.Throws<RecipeException>(() => RunSetup.New(With(most + 1), DateTime.UnixEpoch)).Message, StringComparison.Ordinal);
        var untrained = RecipeJson.Set(PreparedTiny.Recipe, init) with { Model = "radlab-tiny-random", Storage = new LlamaStorage { Linears = WeightFormat.Nf4 } };
        Assert.Equal("lora.init: Pissa begins with the weights as they were before storage.linears=Nf4, and radlab-tiny-random lies in no folder that has them; choose another init, model or storage.",
            Assert.Throws<RecipeException>(() => RunSetup.New(untrained, DateTime.UnixEpoch)).Message);
    }

    [Fact]
    public void Validation_examples_that_do_not_fit_are_counted()
    {
        var setup = RunSetup.New(With(length: 160) with { Run = new RunSchedule { EvaluateTexts = 64 } }, DateTime.UnixEpoch);
        int missing = PreparedFolder.Open(PreparedTiny.Data).Read(DataSplit.Validation).Count() - setup.ValidationIds.Count;
        Assert.True(missing > 0 && setup.ValidationIds.Count > 0, $"{missing} {setup.ValidationIds.Count}");
        var notes = new List<string>();
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        setup.Run(engine, _folder.Path, notes.Add);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{missing} validation examples are left out: 160 tokens would leave too little of their input"), notes);
    }

    [Fact]
    public void Samples_do_not_change_what_is_evaluated()
    {
        string more = Path.Combine(_folder.Path, "more");
        DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-reports"), Out = more, Count = 60, Seed = 5 });
        Assert.Equal(Loss(samples: 0), Loss(samples: 4));

        double Loss(int samples)
        {
            using var engine = new Engine(new EngineOptions { Threads = 1 });
            var setup = RunSetup.New(PreparedTiny.Recipe with { Data = $"{PreparedTiny.Data}+{more}", Steps = 1, Run = new RunSchedule { EvaluateEvery = 1, EvaluateTexts = 2, Samples = samples } }, DateTime.UnixEpoch);
            return setup.Run(engine, setup.CreateFolder(_folder.Path)).Train().State.ValidationLoss!.Value;
        }
    }

    [Fact]
    public void Runs_of_one_second_get_folders_of_their_own()
    {
        // often enough that both look for the folder before either has made it
        const int Rounds = 300;
        var folders = new string[2][];
        using var together = new Barrier(2);
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(t => new Thread(() => folders[t] = [.. Enumerable.Range(0, Rounds).Select(Create)]))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(2 * Rounds, folders.SelectMany(f => f).Distinct().Count());

        string Create(int round)
        {
            together.SignalAndWait();
            return RunFolder.Create(_folder.Path, "same", DateTime.UnixEpoch.AddSeconds(round));
        }
    }

    [Fact]
    public void Cancelled_it_prepares_nothing_more()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => RunSetup.New(PreparedTiny.Recipe, DateTime.UnixEpoch, cancellation: cancelled.Token));
        string folder = RunSetup.New(PreparedTiny.Recipe, DateTime.UnixEpoch).CreateFolder(_folder.Path);
        Assert.ThrowsAny<OperationCanceledException>(() => RunSetup.Resume(folder, cancelled.Token));
    }

    [Fact]
    public void Cut_texts_are_counted_by_what_is_cut_of_them()
    {
        const int length = 320;
        var recipe = With(length) with { Task = TrainingTask.Text, Mode = TrainingMode.Full };
        var encoder = new ExampleEncoder(TinyTraining.Tokenizer, length);
        var texts = PreparedFolder.Open(PreparedTiny.Data).Read(DataSplit.Train).Select((e, i) => PretrainingText.Encode(encoder, e, recipe.Seed, i)).OfType<TokenizedText>().ToList();
        // in the chat form the answer and its end are there in any case
        int end = encoder.EndTokens[0], open = texts.Count(t => t.Cut > 0 && t.Ids[^1] != end), cut = texts.Count(t => t.Cut > 0 && t.Ids[^1] == end);
        Assert.True(open > 0 && cut > 0, $"{open} {cut}");
        var notes = new List<string>();
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        RunSetup.New(recipe, DateTime.UnixEpoch).Run(engine, _folder.Path, notes.Add);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{cut} of {texts.Count} training texts lose the end of their input to fit {length} tokens; their answers are whole"), notes);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{open} of {texts.Count} training texts are cut at their end to fit {length} tokens: what follows, their end token too, is not learnt"), notes);
    }

    [Fact]
    public void A_setting_that_came_later_leaves_the_hash_of_earlier_runs_as_it_was()
    {
        var recipe = TinyTraining.Recipe with { Mode = TrainingMode.Full };
        var record = FinishedRun.Record(recipe: recipe);
        var decisive = recipe with { Run = new RunSchedule { EvaluateEvery = 4 }, Answers = new AnswerSettings() };
        string json = RecipeJson.Write(decisive), earlier = json.Replace("    \"decay_norms\": true,\n", "", StringComparison.Ordinal);
        Assert.Equal(json.Length - 25, earlier.Length);
        string text = string.Join('\n', (string[])[earlier, record.Base.WeightsSha256!, record.Base.TokenizerSha256!, record.Base.VocabularySha256!, .. record.Data.Sha256.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}\0{p.Value}")]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), record.Identity());
        Assert.NotEqual(record.Identity(), FinishedRun.Record(recipe: recipe with { Optimizer = recipe.Optimizer with { DecayNorms = false } }).Identity());
    }

    private static Recipe With(int length) => PreparedTiny.Recipe with { Batch = PreparedTiny.Recipe.Batch with { SequenceLength = length } };
}
