using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>How the next token is chosen and when a text ends. The default is greedy: the token with the highest score.</summary>
public sealed record GenerationOptions
{
    /// <summary>New tokens of a text at most; the model's positions bound it as well.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Scores are divided by it before a token is drawn; 0 is greedy.</summary>
    public double Temperature { get; init; }

    /// <summary>Draws from this many tokens of highest probability only; 0: from all.</summary>
    public int TopK { get; init; }

    /// <summary>Draws from the fewest tokens of highest probability that have this share of it (of that of <see cref="TopK"/>, where given); 1: from all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Chooses what is drawn: the same seed gives the same text on every machine.</summary>
    public ulong Seed { get; init; }

    /// <summary>A seed for each prompt instead of <see cref="Seed"/>: a text then does not depend on what else is in its batch. Null: one seed, and a stream of it for each place in the batch.</summary>
    public IReadOnlyList<ulong>? PromptSeeds { get; init; }

    /// <summary>Positive scores of tokens that stand in the text or prompt are divided by it, negative ones multiplied (Keskar et al., arXiv:1909.05858); 1: none.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Tokens that end a text and do not belong to it; null: those of the model.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }

    /// <summary>Texts that end a text and do not belong to it. Need <see cref="Decode"/>.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>The tokenizer's way from ids to text; null: results have ids only.</summary>
    public Func<ReadOnlySpan<int>, string>? Decode { get; init; }

    /// <summary>F32 or BF16, of the cached keys and values. Null: that of the model's hidden states.</summary>
    public DType? CacheDType { get; init; }

    internal void Check(LlamaConfig config)
    {
        Require(MaxNewTokens >= 1, "MaxNewTokens must be at least 1", MaxNewTokens);
        Require(Temperature >= 0 && double.IsFinite(Temperature), "Temperature must be finite and not negative", Temperature);
        Require(TopK >= 0, "TopK must not be negative", TopK);
        Require(TopP is > 0 and <= 1, "TopP must be above 0 and at most 1", TopP);
        Require(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), "RepetitionPenalty must be finite and above 0", RepetitionPenalty);
        foreach (int stop in StopTokens ?? []) Require((uint)stop < (uint)config.VocabularySize, string.Create(CultureInfo.InvariantCulture, $"StopTokens must be 0 to {config.VocabularySize - 1}"), stop);
        if (StopStrings.Any(string.IsNullOrEmpty)) throw new ArgumentException("Generation: StopStrings must not be empty, got an empty one.");
        if (StopStrings.Count > 0 && Decode is null) throw new ArgumentException("Generation: StopStrings need Decode, the tokenizer's way from ids to text; set it as well.");
    }

    private static void Require(bool holds, string requirement, double got)
    {
        if (!holds) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Generation: {requirement}, got {got}."));
    }
}

/// <summary>Why a text ended.</summary>
public enum StopReason
{
    /// <summary>It has as many tokens as were allowed.</summary>
    Length,

    /// <summary>A stop token came.</summary>
    StopToken,

    /// <summary>A stop string came.</summary>
    StopString,
}

/// <summary>One generated text.</summary>
/// <param name="Tokens">New tokens without prompt and stop token; those of a stop string are among them.</param>
/// <param name="Text">Without the stop string; null where nothing decodes.</param>
/// <param name="Stop">Why it ended.</param>
public sealed record GeneratedText(IReadOnlyList<int> Tokens, string? Text, StopReason Stop);
