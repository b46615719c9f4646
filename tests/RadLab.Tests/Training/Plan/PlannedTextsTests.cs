using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>Plans of whole runs on prompts with answers, against what the run's engine counted.</summary>
public sealed class PlannedTextsTests : IDisposable
{
    private static readonly LlamaConfig s_config = TinyTraining.Config with { HiddenSize = 64, HeadWidth = 16, IntermediateSize = 160, Layers = 4 };

    private static readonly Recipe s_recipe = TinyTraining.Recipe with
    {
        Steps = 6, Lora = new Lora { Rank = 16, Alpha = 32, Targets = LlamaWeights.LinearNames }, GradientCheckpointing = Checkpointing.Off,
        Batch = new BatchSettings { MicroBatch = 4, Accumulate = 2, SequenceLength = 160 }, Run = new RunSchedule { SaveEvery = 3, EvaluateEvery = 3, Samples = 0 },
    };

    private static readonly Dictionary<string, (Recipe Recipe, LlamaConfig Config)> s_settings = new()
    {
        ["plain"] = (s_recipe, s_config),
        ["QLoRA, 8-bit optimizer"] = (s_recipe with { Storage = Nf4, Lora = s_recipe.Lora with { Rank = 64 }, Optimizer = new OptimizerSettings { Kind = OptimizerKind.AdamW8Bit } }, s_config),
        ["paged"] = (s_recipe with { Storage = Nf4, Lora = s_recipe.Lora with { Rank = 64 }, Optimizer = new OptimizerSettings { StateBudgetBytes = 1 << 20 } }, s_config),
        ["packing"] = (s_recipe with { Batch = s_recipe.Batch with { Packing = true, SequenceLength = 320, MicroBatch = 2 } }, s_config),
        ["packing, checkpointing"] = (s_recipe with { Batch = s_recipe.Batch with { Packing = true, SequenceLength = 320, MicroBatch = 2 }, GradientCheckpointing = Checkpointing.On }, s_config),
        ["dropout"] = (s_recipe with { Lora = s_recipe.Lora with { Dropout = 0.1f } }, s_config),
        ["DoRA"] = (s_recipe with { Lora = s_recipe.Lora with { UseDora = true }, Storage = Nf4 }, s_config),
        ["checkpointing"] = (s_recipe with { GradientCheckpointing = Checkpointing.On }, s_config),
        ["BF16"] = (s_recipe with { Storage = new LlamaStorage { Linears = WeightFormat.BF16 } }, s_config),
        ["full, BF16, one pass"] = (s_recipe with { Mode = TrainingMode.Full, Storage = new LlamaStorage { Linears = WeightFormat.BF16 }, Batch = s_recipe.Batch with { Accumulate = 1 } }, s_config),
        ["full, untied large vocabulary"] = (s_recipe with { Mode = TrainingMode.Full }, s_config with { VocabularySize = 8000 }),
        ["adapter, untied large vocabulary"] = (s_recipe with { Storage = new LlamaStorage { Linears = WeightFormat.BF16 } }, s_config with { VocabularySize = 8000 }),
        ["quantized head"] = (s_recipe with { Storage = Nf4 with { QuantizeHead = true } }, s_config with { VocabularySize = 8000 }),
        ["tied large vocabulary, full, checkpointing, one pass"] = (s_recipe with { Mode = TrainingMode.Full, GradientCheckpointing = Checkpointing.On, Batch = s_recipe.Batch with { Accumulate = 1 } }, s_config with { VocabularySize = 8000, TiedEmbeddings = true }),
        ["twelve blocks"] = (s_recipe with { Storage = Nf4 }, s_config with { Layers = 12 }),
        ["twelve blocks, checkpointing, dropout"] = (s_recipe with { GradientCheckpointing = Checkpointing.On, Lora = s_recipe.Lora with { Dropout = 0.1f } }, s_config with { Layers = 12 }),
        ["grouped by length, weighted answers"] = (s_recipe with { Batch = s_recipe.Batch with { GroupByLength = true }, AnswerWeighting = 0.5 }, s_config),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-plan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Names => [.. s_settings.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_of_a_run_is_its_peak_within_5_per_cent(string name)
    {
        var (recipe, config) = s_settings[name];
        var texts = Texts(40);
        if (recipe.AnswerWeighting > 0) texts = AnswerWeights.Give(texts, recipe.AnswerWeighting);
        var planned = PlannedTexts.Of(texts, recipe);
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        new TrainingRun(engine, new TrainingInput(recipe, new RandomModel("tiny", config, TinyTraining.Tokenizer, 1), texts, Texts(6, first: 1000), "identity"), _folder).Train();
        var plan = MemoryPlan.Of(recipe, config, savedIn16Bits: false, planned);
        Assert.InRange((double)plan.EnginePeak / engine.Memory.PeakBytes, 0.95, 1.05);
        Assert.True(plan.EnginePeak <= MemoryPlan.Of(recipe, config, savedIn16Bits: false).EnginePeak, "what is assumed without texts must be an upper bound");
        Assert.Equal(recipe.Optimizer.StateBudgetBytes ?? 0, plan.OptimizerPages);
    }

    [Fact]
    public void They_are_the_heaviest_micro_batches_of_the_run()
    {
        TokenizedText Text(int length, int counted)
        {
            int[] labels = new int[length];
            labels.AsSpan(0, length - counted).Fill(TokenizedText.IgnoredLabel);
            return new TokenizedText($"{length}", new int[length], labels, 0);
        }
        var recipe = s_recipe with { Steps = 0, Epochs = 1, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 128 } };
        var planned = PlannedTexts.Of([Text(100, 10), Text(60, 50), Text(50, 5), Text(90, 2)], recipe);
        Assert.Equal([new PlannedBatch(1, 100, 10, false), new PlannedBatch(1, 60, 50, false)], planned.Batches.OrderByDescending(b => b.Length));
        Assert.Equal((100, 67 / 300.0), (planned.LongestText, planned.CountedShare));
        Assert.Equal("22.3 % of the 4 training texts, the longest of 100 tokens", planned.Source);
        // two rows of a pass are as long as the longer; the second pass of the only step finds gradients
        var pairs = PlannedTexts.Of([Text(100, 10), Text(60, 50), Text(50, 5), Text(90, 2)], recipe with { Batch = recipe.Batch with { MicroBatch = 2, Accumulate = 2 } });
        Assert.Equal([false, true], pairs.Batches.Select(b => b.FindsGradients).Order());
        Assert.Contains(pairs.Batches, b => b is { Rows: 2, Length: 100 });
    }

    [Fact]
    public void Data_that_is_prepared_is_read_and_what_is_assumed_says_why()
    {
        var planned = PlannedTexts.OfPrepared(PreparedTiny.Recipe);
        Assert.InRange(planned.CountedShare, 0.01, 0.6);
        Assert.InRange(planned.LongestText, 50, PreparedTiny.Recipe.Batch.SequenceLength);
        Assert.Equal("all (upper bound: the model's tokenizer is not here)", PlannedTexts.OfPrepared(PreparedTiny.Recipe with { Model = "llama-3-8b" }).Source);
        Assert.Equal("all (upper bound: the data is not prepared yet)", PlannedTexts.OfPrepared(PreparedTiny.Recipe with { Data = "synthetic-reports:count=31,seed=987654321" }).Source);
        Assert.Equal("all (running text in packed rows)", PlannedTexts.OfPrepared(Recipes.PretrainTiny).Source);
    }

    private static LlamaStorage Nf4 => new() { Linears = WeightFormat.Nf4 };

    private static IReadOnlyList<TokenizedText> Texts(int count, int first = 0) => TinyTraining.Texts(count, first, maxTokens: 160);
}
