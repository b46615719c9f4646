namespace RadLab.Models;

/// <summary>How a byte-level vocabulary is learned from text.</summary>
public sealed record BpeTraining
{
    /// <summary>Pieces in all: 256 bytes, the merges and the special tokens. Fewer come out where the text has nothing more to merge.</summary>
    public int VocabularySize { get; init; } = 4096;

    /// <summary>Control tokens, put behind the learned pieces in this order. The default is what Llama 3's chat form needs.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];

    /// <summary>A pair that stands side by side less often is not merged.</summary>
    public int MinFrequency { get; init; } = 2;

    /// <summary>The longest piece.</summary>
    public int MaxTokenBytes { get; init; } = 32;
}
