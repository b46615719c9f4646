using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>Every recipe that RadLab brings, made small and run for two steps: whatever it combines works together.</summary>
public sealed class ShrunkRecipeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-shrunk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Names => new(RadLab.Training.Recipes.All.Select(r => r.Name));

    public static TheoryData<string> SweepNames => new(SweepRecipes.All.Select(s => s.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Two_steps_of_every_recipe_train_what_it_says(string name)
    {
        var recipe = Shrink(RadLab.Training.Recipes.Get(name));
        var encoder = new ExampleEncoder(TinyTraining.Tokenizer, recipe.Batch.SequenceLength);
        IReadOnlyList<TokenizedText> train = Encode(40, 0), validation = Encode(4, 1000);
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        var result = new TrainingRun(engine, new TrainingInput(recipe, TinyTraining.Base, train, validation, "identity"), _folder).Train();

        Assert.Equal((RunEnd.Finished, 2L), (result.End, result.State.Step));
        Assert.NotNull(result.State.ValidationLoss);
        double[] losses = [.. File.ReadLines(Path.Combine(_folder, "metrics.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).Select(r => r.GetProperty("loss").GetDouble())];
        // random weights know nothing: every token is about as likely as any other
        Assert.All(losses, l => Assert.InRange(l, 0.8 * Math.Log(TinyTraining.Config.VocabularySize), 1.2 * Math.Log(TinyTraining.Config.VocabularySize)));
        using var subject = TrainingSubject.Result(engine, recipe, TinyTraining.Base, _folder);
        Assert.Equal(recipe.Mode == TrainingMode.Full, subject.Adapters is null);
        if (subject.Adapters is { } adapters) Assert.All(adapters.Layers, l => Assert.Contains(l.B.Value.ToFloats(), v => v != 0));   // B began at 0
        else Assert.NotEqual(TinyTraining.Base.Identity.WeightsSha256, BaseIdentity.OfModel(subject.Model).WeightsSha256);

        IReadOnlyList<TokenizedText> Encode(int count, int first) => [.. TinyTraining.Examples(count, first).Select(e => recipe.Task == TrainingTask.Text ? encoder.EncodePlain(e.Id, e.Input + "\n\n" + e.Answer) : encoder.Encode(e))];
    }

    [SkippableTheory]
    [MemberData(nameof(SweepNames))]
    [Trait(LongTests.Category, LongTests.Long)]
    public void Every_sweep_recipe_runs_to_its_table(string name)
    {
        LongTests.SkipUnlessAsked();
        var sweep = SweepRecipes.All.Single(s => s.Name == name);
        var recipe = Shrink(sweep.Recipe) with { Model = PreparedTiny.Model, Data = PreparedTiny.Data, Steps = sweep.Halving > 0 ? 3 : 2 };
        recipe = recipe with { Batch = recipe.Batch with { SequenceLength = 1024, MicroBatch = 1 }, Run = recipe.Run with { EvaluateTexts = 2 } };
        string folder = SweepRun.Create(sweep with { Recipe = recipe, Random = Math.Min(sweep.Random, 4), MetricItems = 0 }, _folder, DateTime.UtcNow);
        var result = SweepRun.Open(folder).Run();
        Assert.NotNull(result.Best);
        Assert.Equal(sweep.Random > 0 ? 4 : sweep.Over.Aggregate(1, (n, o) => n * o.Values.Count), result.Trials.Count);
        Assert.All(result.Trials, t => Assert.Contains(t.Status, (TrialStatus[])[TrialStatus.Finished, TrialStatus.Pruned]));
        Assert.Equal(sweep.Halving > 0, result.Trials.Any(t => t.Status == TrialStatus.Pruned));
    }

    // the shape, the data and the length alone: modes, formats, targets, optimizer and schedule stay what they are
    private static Recipe Shrink(Recipe recipe) => recipe with
    {
        Model = "tiny", Data = "test", Steps = 2,
        Batch = recipe.Batch with { MicroBatch = Math.Min(recipe.Batch.MicroBatch, 2), Accumulate = Math.Min(recipe.Batch.Accumulate, 2), SequenceLength = 128 },
        Run = recipe.Run with { EvaluateEvery = 1, SaveEvery = 1, Samples = 0 },
    };
}
