using RadLab.Compute;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class AnswerWeightsTests
{
    [Fact]
    public void A_common_answer_counts_less_and_the_mean_stays_one()
    {
        // six answers by side and size, of unequal number
        var texts = TinyTraining.Texts(12).Concat(TinyTraining.Texts(1)).Concat(TinyTraining.Texts(1)).ToList();
        var weighted = AnswerWeights.Give(texts, 0.5);
        int[] counts = [.. texts.Select(t => texts.Count(o => o.Labels.Where(l => l >= 0).SequenceEqual(t.Labels.Where(l => l >= 0))))];
        Assert.True(counts.Distinct().Count() > 1);
        double mean = counts.Average(n => 1 / Math.Sqrt(n));
        for (int i = 0; i < texts.Count; i++) Assert.Equal(1 / Math.Sqrt(counts[i]) / mean, weighted[i].Weight, 1e-6);
        Assert.Equal(1, weighted.Average(t => t.Weight), 1e-6);
        Assert.Same(texts, AnswerWeights.Give(texts, 0));
    }

    [Fact]
    public void Pretraining_and_weights_of_another_shape_are_refused()
    {
        Assert.Equal("answer_weighting: must be 0 in pretraining, which knows no answers; leave it away.", Assert.Throws<RecipeException>(() => RecipeCheck.Check(Recipes.PretrainTiny with { AnswerWeighting = 0.5 })).Message);
        using var engine = new Engine();
        using var subject = TrainingSubject.Create(engine, TinyTraining.Recipe, TinyTraining.Base);
        using var batch = Batch.Padded(engine, TinyTraining.Texts(2));
        using var weights = engine.Zeros([2]);
        using var tape = engine.Tape(recording: false);
        Assert.StartsWith($"LlamaModel: weights must have shape {batch.Tokens.Shape} like tokens, got {weights.Shape}.", Assert.Throws<ArgumentException>(() => subject.Model.Loss(tape, batch.Tokens, batch.Labels, weights: weights)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_loss_is_the_mean_by_weight_and_label(bool packed)
    {
        using var engine = new Engine();
        using var subject = TrainingSubject.Create(engine, TinyTraining.Recipe, TinyTraining.Base);
        var (a, b) = (TinyTraining.Texts(1)[0] with { Weight = 3 }, TinyTraining.Texts(1, first: 5)[0] with { Weight = 0.5f });
        double expected = (3 * a.Counted * One(a with { Weight = 1 }) + 0.5 * b.Counted * One(b with { Weight = 1 })) / (3 * a.Counted + 0.5 * b.Counted);
        using var batch = packed ? Batch.Packed(engine, [[a, b]], 256) : Batch.Padded(engine, [a, b]);
        Assert.Equal(expected, Loss(batch), 2e-6);

        double One(TokenizedText text)
        {
            using var alone = Batch.Padded(engine, [text]);
            Assert.Null(alone.Weights);
            return Loss(alone);
        }

        double Loss(Batch of)
        {
            using var tape = engine.Tape(recording: false);
            return subject.Model.Loss(tape, of.Tokens, of.Labels, of.Layout, of.Weights).Item();
        }
    }

    [Fact]
    public void Accumulation_weighs_each_pass_by_its_labels_weights()
    {
        var texts = AnswerWeights.Give([.. TinyTraining.Texts(3), .. TinyTraining.Texts(1)], 1);
        var whole = Step(new BatchSettings { MicroBatch = 4, SequenceLength = 128 });
        var parts = Step(new BatchSettings { MicroBatch = 1, Accumulate = 4, SequenceLength = 128 });
        Assert.Equal(whole.Loss, parts.Loss, 2e-6);
        Assert.Equal(whole.GradientNorm, parts.GradientNorm, 1e-5 * whole.GradientNorm);
        Assert.Equal(whole.Counted, parts.Counted);

        StepResult Step(BatchSettings batch)
        {
            using var engine = new Engine();
            var recipe = TinyTraining.Recipe with { Batch = batch, Lora = TinyTraining.Recipe.Lora with { Dropout = 0 } };
            using var subject = TrainingSubject.Create(engine, recipe, TinyTraining.Base);
            using var optimizer = Optimizer.Create(engine, subject.Groups, recipe.Optimizer);
            using var loop = new TrainingLoop(subject, new BatchPlan(texts, batch, seed: 5), optimizer, batch.Accumulate);
            return loop.Step(0, 1e-3);
        }
    }
}
