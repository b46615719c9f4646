using System.Text.Json;
using RadLab.Models;
using RadLab.Tests.Training;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests;

/// <summary>Whole runs through the command line: same bits, scores, refusals.</summary>
public sealed class TrainTests : TrainCommandTests
{
    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task Fresh_processes_with_any_number_of_threads_make_the_same_bits()
    {
        LongTests.SkipUnlessAsked();
        string recipe = await PrepareAsync("AdamW", steps: 3);
        foreach (string threads in (string[])["1", "2", "3"])
        {
            Variables["RADLAB_THREADS"] = threads;
            await Expect(0, "train", "--recipe", recipe, "--set", "run.evaluate_every=2", "--set", "lora.dropout=0.1", "--runs", threads);
        }
        foreach (string threads in (string[])["2", "3"])
        {
            Assert.Equal(Losses("1"), Losses(threads));
            Assert.Equal(AdapterHash("1"), AdapterHash(threads));
        }
    }

    [Fact]
    public async Task A_run_is_scored_beside_baselines_on_the_same_items()
    {
        string recipe = await PrepareAsync("AdamW", steps: 2);
        await Expect(0, "train", "--recipe", recipe, "--set", "answers.beams=2", "--set", "answers.prior_correction=1");
        var result = await Expect(0, "eval", RunOf("runs")!, "--split", "validation", "--limit", "3");
        foreach (string system in (string[])["constant (commonest answer)", "nearest neighbour", "lead sentence", "base without adapter", "model, greedy", "model ", "references"]) Assert.Contains("\n" + system, result.Output, StringComparison.Ordinal);
        Assert.Contains("\"split\":\"validation\"", File.ReadAllText(Path.Combine(RunOf("runs")!, "scorings.jsonl")), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RunOf("runs")!, "evaluation-validation.json")));
        Assert.Equal(7, json.RootElement.GetProperty("tables")[0].GetProperty("rows").GetArrayLength());
        var asked = AdapterPrompting.Load(Path.Combine(RunOf("runs")!, "adapter"))!;
        Assert.Equal((2, 1.0), (asked.Beams, asked.PriorCorrection));
        Assert.True(asked.Prior!.Examples > 3);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task A_protocol_run_is_scored_by_label_with_ambiguous_notes_apart()
    {
        LongTests.SkipUnlessAsked();
        await PrepareAsync("AdamW");
        await Expect(0, "data", "prepare", "synthetic-protocols", "--count", "150", "--out", "notes");
        var recipe = TinyTraining.Recipe with { Name = "labels", Task = TrainingTask.Protocol, Model = "model", Data = "notes", Steps = 1, Batch = new BatchSettings { MicroBatch = 2, SequenceLength = 512 } };
        await File.WriteAllTextAsync(Path.Combine(Folder, "labels.json"), RecipeJson.Write(recipe));
        await Expect(0, "train", "--recipe", "labels.json");
        var result = await Expect(0, "eval", RunOf("runs")!, "--split", "test", "--limit", "12");
        foreach (string system in (string[])["TF-IDF + logistic regression", "base without adapter", "model"]) Assert.Contains("\n" + system, result.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RunOf("runs")!, "evaluation-test.json")));
        var classes = json.RootElement.GetProperty("classes");
        int Items(string part) => classes.TryGetProperty(part, out var c) ? c.GetProperty("items").GetInt32() : 0;
        Assert.Equal(Items("all"), Items("unambiguous") + Items("ambiguous"));
        Assert.Equal(12, Items("all"));
        Assert.Equal(5, classes.GetProperty("unambiguous").GetProperty("systems").EnumerateObject().Count());
        Assert.InRange(classes.GetProperty("all").GetProperty("systems").GetProperty("TF-IDF + logistic regression").GetProperty("accuracy").GetDouble(), 0, 1);
        await Expect(0, "eval", RunOf("runs")!, "--limit", "4", "--no-base");
        Assert.DoesNotContain("base without adapter", File.ReadAllText(Path.Combine(RunOf("runs")!, "evaluation-validation.json")), StringComparison.Ordinal);

        // the same through the notes' problems; the adapter says so itself wherever it goes
        await Expect(0, "train", "--recipe", "labels.json", "--set", "through_problems=true", "--set", "run.samples=1", "--runs", "through");
        string through = RunOf("through")!;
        Assert.Contains(" -> ", File.ReadAllText(Directory.EnumerateFiles(Path.Combine(through, "samples")).First()).Replace("\\u003E", ">", StringComparison.Ordinal), StringComparison.Ordinal);
        await Expect(0, "eval", through, "--limit", "4", "--no-base");
        await Expect(0, "export", through, "--out", "exported");
        File.Copy(Path.Combine(Folder, "notes", "test.jsonl"), Path.Combine(Folder, "test.jsonl"));
        await Expect(0, "predict", "--model", "model", "--adapter", "exported", "--in", "test.jsonl", "--limit", "3", "--choices", "CT Chest,XR Chest 2 Views", "--out", "out.jsonl");
        Assert.All(File.ReadAllLines(Path.Combine(Folder, "out.jsonl")), l => Assert.Contains("\"problems\":", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_file_that_changed_since_refuses_to_go_on()
    {
        string recipe = await PrepareAsync("AdamW", steps: 4);
        await Expect(0, "train", "--recipe", recipe);
        string train = Path.Combine(Folder, "data", "train.jsonl");
        File.WriteAllText(train, File.ReadAllText(train) + "\n");
        var result = await Expect(3, "train", "--resume", RunOf("runs")!);
        Assert.Contains("train.jsonl", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("lora.rank=0", "lora.rank: must be from 1 to 4096, got 0.")]
    [InlineData("lora.rnak=3", "--set lora.rnak: there is no setting 'rnak'; here are rank,")]
    [InlineData("lora=null", "radlab: --set lora: must not be null; leave it out, or give an object of settings")]
    [InlineData("schedule.kind=cosin", "--set schedule.kind: must be one of Constant, Linear, Cosine, got 'cosin'.")]
    [InlineData("model=nowhere", "model nowhere: there is no such folder, nor such a model in the Hugging Face cache;")]
    [InlineData("name=../../../evil", "name: must have at most 64 letters, digits, '.', '_' and '-'")]
    [InlineData("optimizer.beta1=1", "optimizer.beta1: must be from 0 to below 1, got 1.")]
    [InlineData("batch.sequence_length=1025", "batch.sequence_length: must be at most 1024, the positions that ")]
    [InlineData("data=nowhere", "nowhere: there is no such data set;")]
    public async Task What_cannot_be_is_one_line_and_leaves_nothing_behind(string set, string message)
    {
        string recipe = await PrepareAsync("AdamW");
        var result = await Expect(3, "train", "--recipe", recipe, "--set", set);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(Path.Combine(Folder, "runs")));
    }
}
