namespace RadLab.Models;

/// <summary>A tokenizer in the terms of a GGUF file, one entry per token id.</summary>
/// <param name="Model"><c>llama</c> for SentencePiece, <c>gpt2</c> for byte-level BPE.</param>
/// <param name="Scores">SentencePiece; null for BPE.</param>
/// <param name="TokenTypes">1 normal, 2 unknown, 3 control, 6 byte.</param>
/// <param name="Merges">BPE, a pair with a blank between; null for SentencePiece.</param>
/// <param name="PreTokenizer">How llama.cpp splits text before BPE, such as <c>llama-bpe</c>; null for SentencePiece.</param>
public sealed record GgufTokenizer(
    string Model, IReadOnlyList<string> Tokens, IReadOnlyList<int> TokenTypes, uint BosTokenId, uint EosTokenId,
    IReadOnlyList<float>? Scores = null, IReadOnlyList<string>? Merges = null, string? PreTokenizer = null)
{
    internal IEnumerable<KeyValuePair<string, object>> Metadata()
    {
        if (TokenTypes.Count != Tokens.Count || (Scores is not null && Scores.Count != Tokens.Count))
            throw new ArgumentException($"GgufTokenizer: tokens, types and scores must be equally many, got {Tokens.Count}, {TokenTypes.Count} and {Scores?.Count ?? Tokens.Count}.");
        yield return new("tokenizer.ggml.model", Model);
        if (PreTokenizer is not null) yield return new("tokenizer.ggml.pre", PreTokenizer);
        yield return new("tokenizer.ggml.tokens", Tokens.ToArray());
        if (Scores is not null) yield return new("tokenizer.ggml.scores", Scores.ToArray());
        yield return new("tokenizer.ggml.token_type", TokenTypes.ToArray());
        if (Merges is not null) yield return new("tokenizer.ggml.merges", Merges.ToArray());
        yield return new("tokenizer.ggml.bos_token_id", BosTokenId);
        yield return new("tokenizer.ggml.eos_token_id", EosTokenId);
    }
}
