using System.Globalization;

namespace RadLab.Models;

/// <summary>The names of a Llama's tensors in a Hugging Face folder, and their shapes: [out, in] for a linear layer.</summary>
public static class LlamaWeights
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string FinalNorm = "model.norm.weight";
    public const string HeadModule = "lm_head";
    public const string Head = HeadModule + ".weight";

    /// <summary>The linear layers of a block, by the names that adapters target, in the order of the block.</summary>
    public static IReadOnlyList<string> LinearNames { get; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>All parameters, block by block. A tied output head is not listed: it is the embedding.</summary>
    public static IEnumerable<(string Name, int[] Shape)> Parameters(LlamaConfig config)
    {
        int C = config.HiddenSize;
        yield return (Embedding, [config.VocabularySize, C]);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            foreach (string linear in LinearNames)
            {
                var (outputs, inputs) = LinearShape(config, linear);
                yield return (WeightOf(Module(layer, linear)), [outputs, inputs]);
            }
            yield return (AttentionNorm(layer), [C]);
            yield return (FeedForwardNorm(layer), [C]);
        }
        yield return (FinalNorm, [C]);
        if (!config.TiedEmbeddings) yield return (Head, [config.VocabularySize, C]);
    }

    /// <summary>Path of a linear layer, without <c>.weight</c>; adapters and 4-bit files put their own endings behind it.</summary>
    public static string Module(int layer, string linear) => string.Create(CultureInfo.InvariantCulture,
        $"model.layers.{layer}.{(linear is "gate_proj" or "up_proj" or "down_proj" ? "mlp" : "self_attn")}.{linear}");

    /// <summary>True where the last part of a module's path is <paramref name="target"/>, one of <see cref="LinearNames"/>.</summary>
    public static bool IsTarget(string module, string target) => module.AsSpan(module.LastIndexOf('.') + 1).SequenceEqual(target);

    /// <summary>The weight of a linear layer by its <see cref="Module"/>.</summary>
    public static string WeightOf(string module) => module + ".weight";

    public static string AttentionNorm(int layer) => string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.input_layernorm.weight");

    public static string FeedForwardNorm(int layer) => string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.post_attention_layernorm.weight");

    /// <summary>Tensors of old files that are computed anew instead of being read.</summary>
    public static bool IsDerived(string name) => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal);

    /// <summary>Outputs and inputs of one of <see cref="LinearNames"/>.</summary>
    public static (int Outputs, int Inputs) LinearShape(LlamaConfig config, string linear)
    {
        int C = config.HiddenSize, F = config.IntermediateSize, D = config.HeadWidth;
        return linear switch
        {
            "q_proj" => (config.Heads * D, C),
            "k_proj" or "v_proj" => (config.KeyValueHeads * D, C),
            "o_proj" => (C, config.Heads * D),
            "gate_proj" or "up_proj" => (F, C),
            "down_proj" => (C, F),
            _ => throw new ArgumentException($"LlamaWeights: linear must be one of {string.Join(", ", LinearNames)}, got '{linear}'.", nameof(linear)),
        };
    }

    /// <summary>Parameters of the model; a tied output head counts once.</summary>
    public static long Count(LlamaConfig config) => Parameters(config).Sum(p => p.Shape.Aggregate(1L, (product, size) => product * size));

    /// <summary>Trainable parameters of LoRA factors A [rank, in] and B [out, rank] on the targets of every block.</summary>
    /// <param name="targets">Some of <see cref="LinearNames"/>.</param>
    public static long LoraCount(LlamaConfig config, int rank, IEnumerable<string> targets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        long perRank = 0;
        foreach (string target in targets.Distinct())
        {
            var (outputs, inputs) = LinearShape(config, target);
            perRank += (long)outputs + inputs;
        }
        return perRank * rank * config.Layers;
    }
}
