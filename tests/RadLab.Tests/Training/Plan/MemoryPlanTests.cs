using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class MemoryPlanTests
{
    private static readonly LlamaConfig s_config = TinyTraining.Config with { HiddenSize = 64, HeadWidth = 16, IntermediateSize = 160, Layers = 5 };

    public static TheoryData<WeightFormat, bool, int, int, int, bool, int> Settings
    {
        get
        {
            var data = new TheoryData<WeightFormat, bool, int, int, int, bool, int>();
            foreach (var format in (WeightFormat[])[WeightFormat.F32, WeightFormat.BF16, WeightFormat.Nf4])
                foreach (bool checkpointing in (bool[])[false, true])
                    foreach (var (rank, length, rows) in ((int, int, int)[])[(4, 64, 2), (32, 96, 1)])
                        data.Add(format, false, rank, length, rows, checkpointing, 2);
            data.Add(WeightFormat.F32, true, 1, 64, 2, false, 1);
            data.Add(WeightFormat.F32, true, 1, 96, 1, true, 2);
            data.Add(WeightFormat.BF16, true, 1, 64, 2, false, 2);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void The_plan_is_the_measured_peak_within_5_per_cent(WeightFormat format, bool full, int rank, int length, int rows, bool checkpointing, int accumulate)
    {
        var recipe = TinyTraining.Recipe with
        {
            Mode = full ? TrainingMode.Full : TrainingMode.Adapter, Storage = new LlamaStorage { Linears = format }, Lora = new Lora { Rank = rank, Alpha = 8, Targets = LlamaWeights.LinearNames },
            Batch = new BatchSettings { MicroBatch = rows, Accumulate = accumulate, SequenceLength = length }, GradientCheckpointing = checkpointing ? Checkpointing.On : Checkpointing.Off, Steps = 3,
        };
        var plan = MemoryPlan.Of(recipe, s_config, savedIn16Bits: false);
        long measured = Measure(recipe);
        Assert.InRange((double)plan.Total / measured, 0.95, 1.05);
    }

    [Fact]
    public void Automatic_checkpointing_takes_four_fifths_of_what_is_free_and_no_more()
    {
        var recipe = TinyTraining.Recipe with { GradientCheckpointing = Checkpointing.Auto };
        long plain = MemoryPlan.Of(recipe with { GradientCheckpointing = Checkpointing.Off }, s_config).Total, twice = MemoryPlan.Of(recipe with { GradientCheckpointing = Checkpointing.On }, s_config).Total;
        Assert.True(twice < plain);
        var enough = MemoryPlan.Of(recipe, s_config, availableBytes: (long)(plain / 0.8) + 1);
        Assert.Equal((false, plain), (enough.GradientCheckpointing, enough.Total));
        var tooLittle = MemoryPlan.Of(recipe, s_config, availableBytes: (long)(plain / 0.8) - 2);
        Assert.Equal((true, twice), (tooLittle.GradientCheckpointing, tooLittle.Total));
    }

    [Fact]
    public void A_model_that_fits_nowhere_is_planned_in_moments()
    {
        var plan = MemoryPlan.Of(Recipes.Llama3_70BImpressionQlora, ModelCatalog.Llama3_70B);
        // facts of the shape: 35.3 GB of NF4 with double quantization, 4.2 GB of embeddings and norms, an adapter of 828,375,040 numbers
        Assert.InRange(plan.Weights + plan.Scales, 39.3e9, 39.7e9);
        Assert.InRange(plan.Adapters, 828_375_040L * 4, 828_375_040L * 4 + (1 << 20));
        Assert.Equal(plan.Adapters, plan.Gradients, 1e6);
        Assert.Equal(1L << 30, plan.Optimizer);
        Assert.InRange(plan.OptimizerOnDisk, 828_375_040L * 8 - (1L << 30), 828_375_040L * 8 - (1L << 30) + (1 << 20));
    }

    private static long Measure(Recipe recipe)
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var subject = TrainingSubject.Create(engine, recipe, new RandomModel("tiny", s_config, TinyTraining.Tokenizer, 1));
        using var optimizer = Optimizer.Create(engine, subject.Groups, recipe.Optimizer);
        int length = recipe.Batch.SequenceLength;
        var random = new Random(1);
        TokenizedText[] texts = [.. Enumerable.Range(0, 8).Select(i =>
        {
            int[] ids = [.. Enumerable.Range(0, length).Select(_ => random.Next(s_config.VocabularySize))];
            return new TokenizedText($"{i}", ids, [-100, .. ids.AsSpan(1)], 0);
        })];
        var plan = new BatchPlan(texts, recipe.Batch, 1);
        using var loop = new TrainingLoop(subject, plan, optimizer, recipe.Batch.Accumulate);
        engine.ResetPeak();
        for (int step = 0; step < 2; step++) loop.Step(step, 1e-3);
        return engine.Memory.PeakBytes;
    }
}
