using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>A Llama small enough for tests, with grouped heads and widths that are no powers of two, and a batch for it.</summary>
internal static class TinyLlama
{
    public static LlamaConfig Config { get; } = new()
    {
        VocabularySize = 96,
        HiddenSize = 72,
        IntermediateSize = 160,
        Layers = 2,
        Heads = 6,
        KeyValueHeads = 2,
        HeadWidth = 12,
        RmsNormEps = 1e-5f,
        MaxPositions = 1024,
    };

    public static LlamaStorage Nf4 { get; } = new() { Linears = WeightFormat.Nf4 };

    public static Lora AllLinear { get; } = new() { Rank = 4, Alpha = 8, Targets = LlamaWeights.LinearNames };

    public static (Tensor Tokens, Tensor Labels) Batch(Engine engine, int B = 2, int T = 24, int seed = 1)
    {
        var rng = new Random(seed);
        var tokens = new int[B * T];
        for (int i = 0; i < tokens.Length; i++) tokens[i] = rng.Next(Config.VocabularySize);
        int[] labels = [.. tokens];
        for (int i = 0; i < 5; i++) labels[i] = -100;
        return (engine.From(tokens, [B, T]), engine.From(labels, [B, T]));
    }
}
