using System.Globalization;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>A model of 40,000 numbers, a tokenizer and texts: whole runs in a second.</summary>
internal static class TinyTraining
{
    private static readonly string[] s_sides = ["left", "right"], s_sizes = ["small", "moderate", "large"];

    public static Tokenizer Tokenizer { get; } = ByteLevelBpe.Train(Examples(60).SelectMany(e => new[] { e.Instruction, e.Input, e.Answer }), new BpeTraining { VocabularySize = 330 });

    public static LlamaConfig Config { get; } = new()
    {
        VocabularySize = Tokenizer.VocabularySize, HiddenSize = 32, IntermediateSize = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadWidth = 8,
        RmsNormEps = 1e-5f, MaxPositions = 1024, BosTokenId = Tokenizer.BosId ?? 0, EosTokenIds = [Tokenizer.EosId ?? 0],
    };

    public static RandomModel Base { get; } = new("tiny", Config, Tokenizer, seed: 3);

    public static Recipe Recipe { get; } = new()
    {
        Name = "test", Model = "tiny", Data = "test",
        Lora = new Lora { Rank = 4, Alpha = 8, Targets = LlamaWeights.LinearNames, Dropout = 0.1f },
        LearningRate = 5e-3, Schedule = new LearningRateSchedule { WarmupSteps = 2 },
        Batch = new BatchSettings { MicroBatch = 2, Accumulate = 2, SequenceLength = 128 },
        Steps = 8, Run = new RunSchedule { SaveEvery = 2, EvaluateEvery = 4, Samples = 0 },
    };

    public static IReadOnlyList<PromptExample> Examples(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(Example)];

    public static IReadOnlyList<TokenizedText> Texts(int count, int first = 0, int maxTokens = 128)
    {
        var encoder = new ExampleEncoder(Tokenizer, maxTokens);
        return [.. Examples(count, first).Select(encoder.Encode)];
    }

    public static TrainingInput Input(Recipe? recipe = null, int texts = 24) => new(recipe ?? Recipe, Base, Texts(texts), Texts(6, first: 1000), "identity");

    private static PromptExample Example(int i)
    {
        string side = s_sides[i % 2], size = s_sizes[i / 2 % 3];
        return new PromptExample
        {
            Id = i.ToString(CultureInfo.InvariantCulture), Task = "impression", Split = "train", Instruction = "Write the impression.",
            Input = $"There is a {size} {side} pleural effusion{(i % 5 == 0 ? " with adjacent atelectasis of the lower lobe" : "")}. The heart is normal. Film {i}.",
            Answer = $"{size} {side} effusion.",
        };
    }
}
