using System.Diagnostics;
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
        Assert.InRange((double)plan.Total / Measure(recipe, s_config), 0.95, 1.05);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void A_peak_that_moves_from_the_head_to_the_end_of_backward_is_found()
    {
        LongTests.SkipUnlessAsked();
        // with 2 or 3 blocks the logits and the head's gradient are the peak, with 24 all gradients at the end of backward
        var config = TinyTraining.Config with { HiddenSize = 256, Heads = 8, KeyValueHeads = 4, HeadWidth = 32, IntermediateSize = 704, Layers = 24, VocabularySize = 32000, TiedEmbeddings = true };
        var recipe = TinyTraining.Recipe with
        {
            Mode = TrainingMode.Full, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 64 }, GradientCheckpointing = Checkpointing.On,
        };
        Assert.InRange((double)MemoryPlan.Of(recipe, config, savedIn16Bits: false).Total / Measure(recipe, config), 0.999, 1.001);
    }

    public static TheoryData<bool, WeightFormat, bool, int, int, int> Lines
    {
        get
        {
            var data = new TheoryData<bool, WeightFormat, bool, int, int, int>();
            foreach (bool checkpointing in (bool[])[false, true])
                foreach (int accumulate in (int[])[1, 2])
                    foreach (var (tokens, vocabulary) in ((int, int)[])[(16, 32000), (64, 32000), (512, 1000)])
                    {
                        foreach (var format in (WeightFormat[])[WeightFormat.F32, WeightFormat.BF16]) data.Add(true, format, checkpointing, accumulate, tokens, vocabulary);
                        data.Add(false, WeightFormat.Nf4, checkpointing, accumulate, tokens, vocabulary);
                    }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void What_is_carried_on_is_what_all_blocks_take(bool full, WeightFormat format, bool checkpointing, int accumulate, int tokens, int vocabulary)
    {
        foreach (bool tied in (bool[])[true, false])
        {
            var config = s_config with { HiddenSize = 256, HeadWidth = 64, IntermediateSize = 704, Layers = 20, VocabularySize = vocabulary, TiedEmbeddings = tied };
            var recipe = TinyTraining.Recipe with
            {
                Mode = full ? TrainingMode.Full : TrainingMode.Adapter, Storage = new LlamaStorage { Linears = format, QuantizeHead = format == WeightFormat.Nf4 && !tied },
                Lora = new Lora { Rank = 8, Targets = LlamaWeights.LinearNames, Dropout = 0.1f, UseDora = accumulate == 1 }, Batch = new BatchSettings { MicroBatch = 1, Accumulate = accumulate, SequenceLength = tokens },
            };
            var batch = new PlannedBatch(1, tokens, tokens / 2, accumulate > 1);
            MemoryTrace line = MemoryTrace.Of(recipe, config, true, checkpointing, batch), all = MemoryTrace.Measure(recipe, config, true, checkpointing, batch);
            Assert.Equal(all with { Moments = [] }, line with { Moments = [] });
            foreach (double share in (double[])[1, 0.125, 0])
                Assert.Equal(all.Moments.Max(m => m.Peak - (long)((1 - share) * m.Gradients)), line.Moments.Max(m => m.Peak - (long)((1 - share) * m.Gradients)), 1.0);
            Assert.True(line.Moments.Count < all.Moments.Count);
        }
    }

    [Fact]
    public void Blocks_that_differ_are_measured_one_and_all()
    {
        var recipe = TinyTraining.Recipe with { Lora = new Lora { Rank = 8, Targets = LlamaWeights.LinearNames, Layers = [9, 11] }, GradientCheckpointing = Checkpointing.Off };
        var some = MemoryPlan.Of(recipe, s_config with { Layers = 12 });
        var all = MemoryPlan.Of(recipe with { Lora = recipe.Lora with { Layers = null } }, s_config with { Layers = 12 });
        Assert.Equal(all.Adapters, 6 * some.Adapters);
        Assert.True(some.Activations < all.Activations / 3);   // those below the first adapter are not kept
    }

    [Fact]
    public void Automatic_checkpointing_takes_four_fifths_of_what_is_free_and_no_more()
    {
        var recipe = TinyTraining.Recipe with { GradientCheckpointing = Checkpointing.Auto };
        long plain = MemoryPlan.Of(recipe with { GradientCheckpointing = Checkpointing.Off }, s_config).Total, twice = MemoryPlan.Of(recipe with { GradientCheckpointing = Checkpointing.On }, s_config).Total;
        Assert.True(twice < plain);
        var enough = MemoryPlan.Of(recipe, s_config, limitBytes: (long)(plain / 0.8) + 1);
        Assert.Equal((false, plain), (enough.GradientCheckpointing, enough.Total));
        var tooLittle = MemoryPlan.Of(recipe, s_config, limitBytes: (long)(plain / 0.8) - 2);
        Assert.Equal((true, twice), (tooLittle.GradientCheckpointing, tooLittle.Total));
    }

    [Fact]
    public void A_model_that_fits_nowhere_is_planned_in_moments()
    {
        var watch = Stopwatch.StartNew();
        var plan = MemoryPlan.Of(Recipes.Llama3_70BImpressionQlora, ModelCatalog.Llama3_70B);
        // facts of the shape: 35.3 GB of NF4 with double quantization, 4.2 GB of embeddings and norms, an adapter of 828,375,040 numbers
        Assert.InRange(plan.Weights + plan.Scales, 39.3e9, 39.7e9);
        Assert.InRange(plan.Adapters, 828_375_040L * 4, 828_375_040L * 4 + (1 << 20));
        Assert.Equal(plan.Adapters, plan.Gradients, 1e6);
        Assert.Equal((0, 1L << 30), (plan.Optimizer, plan.OptimizerPages));
        Assert.Equal(plan.EnginePeak + (1L << 30), plan.Total);
        Assert.InRange(plan.OptimizerOnDisk, 828_375_040L * 8 - (1L << 30), 828_375_040L * 8 - (1L << 30) + (1 << 20));

        var largest = MemoryPlan.Of(Recipes.Llama3_70BImpressionQlora, ModelCatalog.Llama31_405B);
        Assert.InRange(largest.Weights + largest.Scales, 405.85e9 * 0.51, 405.85e9 * 0.54);
        // 8 billion numbers in BF16 with F32 gradients, masters and both means
        var small = MemoryPlan.Of(Recipes.Llama3_70BImpressionFull, ModelCatalog.Llama3_8B);
        Assert.InRange(small.Weights + small.Gradients + small.Optimizer, 8.03e9 * 18 * 0.999, 8.04e9 * 18 * 1.001);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void Devices_share_out_what_the_stage_says()
    {
        MemoryPlan Of(int devices, ZeroStage stage) => MemoryPlan.Of(Recipes.Llama3_70BImpressionFull, ModelCatalog.Llama3_8B, sharding: new Sharding(devices, stage));
        var one = Of(8, ZeroStage.None);
        Assert.Equal(MemoryPlan.Of(Recipes.Llama3_70BImpressionFull, ModelCatalog.Llama3_8B), one);
        Assert.Equal(one, Of(1, ZeroStage.Weights));
        static long Eighth(long bytes) => (bytes + 7) / 8;

        var first = Of(8, ZeroStage.OptimizerState);
        Assert.Equal(one with { Optimizer = Eighth(one.Optimizer) }, first);
        var second = Of(8, ZeroStage.Gradients);
        Assert.Equal((one.Weights, Eighth(one.Optimizer), Eighth(one.Gradients)), (second.Weights, second.Optimizer, second.Gradients));
        Assert.Equal(first.Total - (one.Gradients - Eighth(one.Gradients)), second.Total, 0.01 * first.Total);
        var third = Of(8, ZeroStage.Weights);
        // the gathered part is the embedding or the head: 128,256 rows of 4,096 in BF16, more than a block of 218 million numbers
        Assert.Equal(Eighth(one.Weights) + 128_256L * 4096 * 2, third.Weights);
        Assert.Equal((second.Optimizer, second.Gradients, second.Activations), (third.Optimizer, third.Gradients, third.Activations));
        // a paged state is shared out before it is paged
        var paged = MemoryPlan.Of(Recipes.Llama3_70BImpressionQlora, ModelCatalog.Llama3_8B, sharding: new Sharding(2, ZeroStage.OptimizerState));
        var whole = MemoryPlan.Of(Recipes.Llama3_70BImpressionQlora with { Optimizer = new OptimizerSettings() }, ModelCatalog.Llama3_8B);
        Assert.Equal((whole.Optimizer + 1) / 2, paged.Optimizer + paged.OptimizerPages + paged.OptimizerOnDisk);
        Assert.Equal("world size: must be from 1 to 1048576, got 0.", Assert.Throws<RecipeException>(() => Of(0, ZeroStage.None)).Message);
    }

    [Theory]
    [InlineData("h100", 80_000_000_000)]
    [InlineData("a100-40", 40_000_000_000)]
    [InlineData("24GB", 24_000_000_000)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("24", null)]
    [InlineData("-1GB", null)]
    [InlineData("NaNGB", null)]
    public void A_device_is_a_name_or_a_size(string text, long? bytes) => Assert.Equal(bytes, DeviceMemory.Find(text)?.Bytes);

    private static long Measure(Recipe recipe, LlamaConfig config)
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var subject = TrainingSubject.Create(engine, recipe, new RandomModel("tiny", config, TinyTraining.Tokenizer, 1));
        using var optimizer = Optimizer.Create(engine, subject.Groups, recipe.Optimizer);
        int length = recipe.Batch.SequenceLength;
        var random = new Random(1);
        TokenizedText[] texts = [.. Enumerable.Range(0, 8).Select(i =>
        {
            int[] ids = [.. Enumerable.Range(0, length).Select(_ => random.Next(config.VocabularySize))];
            return new TokenizedText($"{i}", ids, [-100, .. ids.AsSpan(1)], 0);
        })];
        var plan = new BatchPlan(texts, recipe.Batch, 1);
        using var loop = new TrainingLoop(subject, plan, optimizer, recipe.Batch.Accumulate);
        engine.ResetPeak();
        for (int step = 0; step < 2; step++) loop.Step(step, 1e-3);
        return engine.Memory.PeakBytes;
    }
}
