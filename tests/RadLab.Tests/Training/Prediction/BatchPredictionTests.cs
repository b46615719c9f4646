using System.Text.Json;
using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class BatchPredictionTests : IDisposable
{
    private static readonly PredictionSettings s_written = new() { Task = "impression", Instruction = "Write the impression.", ContextTokens = 128, AnswerTokens = 6 };

    private static readonly PredictionSettings s_chosen = s_written with { Task = "protocol", Instruction = "Choose the protocol.", AnswerTokens = 24, Labels = PredictionFixture.Labels };

    private static readonly PredictionSettings s_through = s_chosen with { ThroughProblems = true };

    private static readonly PredictionSettings s_beams = s_written with { Beams = 3 };

    private readonly ScratchFolder _folder = new();
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private string Input(int records = 11) => _folder.Write("in.csv", PredictionFixture.Csv(records));

    private PredictionResult Run(string input, string output, PredictionSettings settings, string? adapter = null, int batch = 4, CancellationToken cancellation = default, Action<PredictionProgress>? progress = null) =>
        new BatchPrediction(PredictionModel.Open(PredictionFixture.Model, adapter), new PromptRecords(input), settings, new PredictionOrigin(PredictionFixture.Synthetic, []))
            .Run(_engine, _folder.File(output), batch, progress, cancellation: cancellation);

    private string Text(string output) => File.ReadAllText(_folder.File(output));

    private JsonElement[] Rows(string output) => [.. Text(output).TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement)];

    [Fact]
    public void Every_record_has_one_row_in_order_with_model_adapter_and_prompt()
    {
        var result = Run(Input(), "out.jsonl", s_written, PredictionFixture.Adapter);
        Assert.Equal((11L, 11L, 0L), (result.Rows, result.Added, result.LeftOut));
        var rows = Rows("out.jsonl");
        Assert.Equal(Enumerable.Range(0, 11).Select(i => $"n{i}"), rows.Select(r => r.GetProperty("id").GetString()));
        var model = PredictionModel.Open(PredictionFixture.Model, PredictionFixture.Adapter);
        Assert.All(rows, r => Assert.Equal((model.Base.WeightsSha256, model.AdapterSha256), (r.GetProperty("base").GetString(), r.GetProperty("adapter").GetString())));
        Assert.Equal(11, rows.Select(r => r.GetProperty("prompt").GetString()).Distinct().Count());
        using var about = JsonDocument.Parse(File.ReadAllBytes(_folder.File("out.jsonl.about.json")));
        Assert.Equal(("none", false), (about.RootElement.GetProperty("data").GetProperty("phi_class").GetString(), about.RootElement.GetProperty("data").GetProperty("restricted").GetBoolean()));
        Assert.Equal(rows[0].GetProperty("adapter").GetString(), about.RootElement.GetProperty("adapter").GetProperty("sha256").GetString());

        // the adapter changes what is said, or nothing was put on
        Run(Input(), "base.jsonl", s_written);
        Assert.NotEqual(rows.Select(r => r.GetProperty("answer").GetString()), Rows("base.jsonl").Select(r => r.GetProperty("answer").GetString()));
        Assert.All(Rows("base.jsonl"), r => Assert.Equal(JsonValueKind.Null, r.GetProperty("adapter").ValueKind));
    }

    [Fact]
    public void Rows_do_not_depend_on_the_batch_and_shards_are_everything_once()
    {
        Run(Input(), "whole.jsonl", s_written);
        Run(Input(), "ones.jsonl", s_written, batch: 1);
        Assert.Equal(Text("whole.jsonl"), Text("ones.jsonl"));
        for (int part = 1; part <= 3; part++) Run(Input(), $"part{part}.jsonl", s_written with { Shard = new PredictionShard(part, 3) });
        string[] parts = [.. Enumerable.Range(1, 3).SelectMany(p => Text($"part{p}.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal(Text("whole.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), parts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Labels_have_probabilities_and_below_the_threshold_none_is_given()
    {
        Run(Input(5), "out.jsonl", s_chosen);
        foreach (var row in Rows("out.jsonl"))
        {
            var p = row.GetProperty("probabilities").EnumerateObject().ToList();
            Assert.Equal(PredictionFixture.Labels.Order(), p.Select(x => x.Name).Order());
            Assert.Equal(1, p.Sum(x => x.Value.GetDouble()), 5);
            Assert.Equal(p[0].Name, row.GetProperty("answer").GetString());
            Assert.True(p.Zip(p.Skip(1)).All(x => x.First.Value.GetDouble() >= x.Second.Value.GetDouble()));
        }
        var result = Run(Input(5), "unsure.jsonl", s_chosen with { AbstainBelow = 1 });
        Assert.Equal(5, result.Abstained);
        Assert.All(Rows("unsure.jsonl"), r => Assert.True(r.GetProperty("abstained").GetBoolean() && r.GetProperty("answer").ValueKind == JsonValueKind.Null));
    }

    [Fact]
    public void Through_problems_a_row_says_what_its_label_was_chosen_from_and_abstains_by_both_probabilities()
    {
        Run(Input(5), "out.jsonl", s_through);
        Run(Input(5), "ones.jsonl", s_through, batch: 1);
        Assert.Equal(Text("out.jsonl"), Text("ones.jsonl"));
        var rows = Rows("out.jsonl");
        Assert.All(rows, r => Assert.InRange(r.GetProperty("problems_probability").GetDouble(), 0, 1));
        using var model = PredictionModel.Open(PredictionFixture.Model, null).Load(_engine);
        var encoder = new ExampleEncoder(TinyTraining.Tokenizer, 128);
        var notes = TinyTraining.Examples(5).Select(e => e with { Id = "n" + e.Id, Task = ProtocolPrompts.Task, Instruction = s_through.Instruction }).ToArray();
        Assert.Equal(new LabelChooser(model, encoder, PredictionFixture.Labels, throughProblems: true).Choose(notes).Select(c => c.Problems), rows.Select(r => r.GetProperty("problems").GetString()));
        // the best of four labels has a quarter at least; a list that a model of random weights writes has nearly nothing
        Assert.Equal(0, Run(Input(5), "sure.jsonl", s_chosen with { AbstainBelow = 0.25 }).Abstained);
        Assert.Equal(5, Run(Input(5), "unsure.jsonl", s_through with { AbstainBelow = 0.25 }).Abstained);
    }

    [Fact]
    public void The_best_of_beams_is_written_and_may_differ_from_the_greedy_answer()
    {
        Run(Input(5), "greedy.jsonl", s_written);
        Run(Input(5), "beams.jsonl", s_beams);
        using var model = PredictionModel.Open(PredictionFixture.Model, null).Load(_engine);
        var expected = new Predictor(model, new ExampleEncoder(TinyTraining.Tokenizer, 128), 6, new AnswerSettings { Beams = 3 }).Answer(TinyTraining.Examples(5));
        Assert.Equal(expected, Rows("beams.jsonl").Select(r => r.GetProperty("answer").GetString()));
        Assert.NotEqual(Rows("greedy.jsonl").Select(r => r.GetProperty("answer").GetString()), expected);
    }

    [Fact]
    public void A_record_that_is_too_long_has_a_row_that_says_so()
    {
        string input = _folder.Write("in.jsonl", "{\"id\":\"a\",\"input\":\"The heart is normal.\"}\n{\"id\":\"b\",\"input\":\"The heart is normal.\",\"instruction\":\"" + string.Concat(Enumerable.Repeat("Write the impression. ", 60)) + "\"}\n{\"id\":\"c\",\"input\":\"The heart is normal.\"}\n");
        Assert.Equal(1, Run(input, "out.jsonl", s_written).LeftOut);
        var rows = Rows("out.jsonl");
        Assert.Equal(JsonValueKind.Null, rows[1].GetProperty("answer").ValueKind);
        Assert.Equal("too little of the input would fit", rows[1].GetProperty("left_out").GetString());
        Assert.Equal(rows[0].GetProperty("answer").GetString(), rows[2].GetProperty("answer").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(400)]
    public void A_file_cut_anywhere_is_completed_to_the_same_bytes(int cut)
    {
        foreach (var (settings, name) in new[] { (s_written, "written.jsonl"), (s_chosen, "chosen.jsonl"), (s_through, "through.jsonl"), (s_beams, "beams.jsonl") })
        {
            Run(Input(), name, settings);
            byte[] whole = File.ReadAllBytes(_folder.File(name));
            File.WriteAllBytes(_folder.File(name), [.. whole[..^cut], .. new byte[cut > 100 ? 64 : 0]]);   // zeros: what a file system may leave after a power loss
            var result = Run(Input(), name, settings);
            Assert.Equal(whole, File.ReadAllBytes(_folder.File(name)));
            Assert.Equal((11L, cut == 0), (result.Rows, result.Added == 0));
        }
    }

    [Fact]
    public void A_file_that_something_else_began_is_refused_with_both_hashes()
    {
        Run(Input(), "out.jsonl", s_chosen);
        byte[] before = File.ReadAllBytes(_folder.File("out.jsonl"));
        var model = PredictionModel.Open(PredictionFixture.Model, PredictionFixture.Adapter);
        string refused = Assert.Throws<RecipeException>(() => Run(Input(), "out.jsonl", s_chosen, PredictionFixture.Adapter)).Message;
        Assert.Equal($"--out {_folder.File("out.jsonl")}: was begun with the adapter none, but this is {model.AdapterSha256}; go on with the same, or choose another file.", refused);
        refused = Assert.Throws<RecipeException>(() => Run(Input(), "out.jsonl", s_chosen with { Labels = ["a", "b"] })).Message;
        Assert.Matches("was begun with the prompt \\(task, instruction, labels, lengths or shard\\) [0-9a-f]{64}, but this is [0-9a-f]{64}; go on with the same", refused);
        Assert.Equal(before, File.ReadAllBytes(_folder.File("out.jsonl")));

        _folder.Write("other.jsonl", "something\n");
        Assert.EndsWith("says that it was begun by radlab predict; choose another file.", Assert.Throws<RecipeException>(() => Run(Input(), "other.jsonl", s_chosen)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_that_changed_is_refused_by_line_without_its_text()
    {
        string input = Input();
        Run(input, "out.jsonl", s_written);
        _folder.Write("in.csv", File.ReadAllText(input).Replace("n3,", "SECRET,", StringComparison.Ordinal));
        Assert.Contains(":4: is not the row of line 5 of the input: its id is another one;", Assert.Throws<RecipeException>(() => Run(input, "out.jsonl", s_written)).Message, StringComparison.Ordinal);
        _folder.Write("in.csv", PredictionFixture.Csv(11).Replace("Film 3", "SECRET", StringComparison.Ordinal));
        Assert.Contains(":4: is not the row of line 5 of the input: its prompt is another one;", Assert.Throws<RecipeException>(() => Run(input, "out.jsonl", s_written)).Message, StringComparison.Ordinal);
        _folder.Write("in.csv", PredictionFixture.Csv(9));
        Assert.Contains("has more rows than the input has records", Assert.Throws<RecipeException>(() => Run(input, "out.jsonl", s_written)).Message, StringComparison.Ordinal);
        // records that were added at the end are simply answered
        _folder.Write("in.csv", PredictionFixture.Csv(13));
        Assert.Equal(2, Run(input, "out.jsonl", s_written).Added);
        Assert.Equal(13, Rows("out.jsonl").Length);
    }

    [Fact]
    public void Two_predictions_do_not_write_one_file()
    {
        Run(Input(3), "out.jsonl", s_written);
        using var other = new FileStream(_folder.File("out.jsonl"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.EndsWith("another prediction may be writing it.", Assert.Throws<IOException>(() => Run(Input(3), "out.jsonl", s_written)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupt_leaves_a_file_that_the_next_run_completes()
    {
        Run(Input(), "whole.jsonl", s_written);
        using var stop = new CancellationTokenSource();
        using var registration = stop.Token.Register(_engine.Interrupt);
        Assert.ThrowsAny<OperationCanceledException>(() => Run(Input(), "out.jsonl", s_written, batch: 2, cancellation: stop.Token, progress: p =>
        {
            if (p.Rows >= 4) stop.Cancel();
        }));
        Assert.Equal(4, Rows("out.jsonl").Length);
        Run(Input(), "out.jsonl", s_written, batch: 2);
        Assert.Equal(Text("whole.jsonl"), Text("out.jsonl"));
    }

    [Fact]
    public void Settings_that_cannot_be_are_named()
    {
        string Message(PredictionSettings settings) => Assert.Throws<RecipeException>(() => Run(Input(), "out.jsonl", settings)).Message;
        Assert.Equal("task 'poem': must be impression or protocol.", Message(s_written with { Task = "poem" }));
        Assert.Equal("task protocol: needs the closed set of labels to choose from; give --labels FILE or --choices a,b.", Message(s_chosen with { Labels = [] }));
        Assert.Equal("abstention: the probability must be from 0 to 1, got 1.5.", Message(s_chosen with { AbstainBelow = 1.5 }));
        Assert.Equal("through problems: is for the task protocol, got impression.", Message(s_written with { ThroughProblems = true }));
        Assert.Equal("abstention: needs a closed set of labels to have probabilities.", Message(s_written with { AbstainBelow = 0.5 }));
        Assert.Equal("answer tokens: must be from 1 to 63, below the 64 of prompt and answer together, got 64.", Message(s_written with { ContextTokens = 64, AnswerTokens = 64 }));
        Assert.Matches("^context: must be at most 1024, the positions that .* knows, got 1025\\.$", Message(s_written with { ContextTokens = 1025 }));
        Assert.Equal("labels: one stands twice; keep one of each.", Message(s_chosen with { Labels = ["a", "a"] }));
        Assert.Equal("must be i/n with i from 1 to n, such as 2/4, got 0/3", Assert.Throws<ArgumentException>(() => PredictionShard.Parse("0/3")).Message);
        Assert.Equal(new PredictionShard(2, 3), PredictionShard.Parse("2/3"));
        Assert.False(File.Exists(_folder.File("out.jsonl")));
    }

    [Fact]
    public void Answers_to_restricted_or_unknown_records_stay_out_of_git_work_trees()
    {
        Directory.CreateDirectory(_folder.File("tree/.git"));
        string inside = _folder.File("tree/out.jsonl");
        var mimic = DataProvenance.Of(ManifestCatalog.Find("mimic-cxr"), []);
        new PredictionOrigin(PredictionFixture.Synthetic, []).CheckPlace(inside, null);
        new PredictionOrigin(null, []).CheckPlace(_folder.File("out.jsonl"), null);
        Assert.Contains("and where the records come from is not known, so they count as patients'", Assert.Throws<DataRefusedException>(() => new PredictionOrigin(null, []).CheckPlace(inside, null)).Message, StringComparison.Ordinal);
        Assert.EndsWith("and mimic-cxr is restricted; choose a place outside, or give --allow-in-git mimic-cxr", Assert.Throws<DataRefusedException>(() => new PredictionOrigin(mimic, []).CheckPlace(inside, "unknown")).Message, StringComparison.Ordinal);
        Assert.Throws<DataRefusedException>(() => new PredictionOrigin(PredictionFixture.Synthetic, [mimic]).CheckPlace(inside, null));
        new PredictionOrigin(mimic, []).CheckPlace(inside, "mimic-cxr");
        new PredictionOrigin(null, []).CheckPlace(inside, "unknown");
    }
}
