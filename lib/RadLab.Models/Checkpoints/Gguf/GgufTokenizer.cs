using System.Globalization;

namespace RadLab.Models;

/// <summary>A tokenizer in the terms of a GGUF file, one entry per token id.</summary>
/// <param name="Model"><c>llama</c> for SentencePiece, <c>gpt2</c> for byte-level BPE.</param>
/// <param name="TokenTypes">1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.</param>
/// <param name="BosTokenId">Null: not known, and none is put in front of a text.</param>
/// <param name="Scores">SentencePiece; null for BPE.</param>
/// <param name="Merges">BPE, a pair with a blank between; null for SentencePiece.</param>
/// <param name="PreTokenizer">How llama.cpp splits text before BPE, such as <c>llama-bpe</c>; null for SentencePiece.</param>
public sealed partial record GgufTokenizer(
    string Model, IReadOnlyList<string> Tokens, IReadOnlyList<int> TokenTypes, uint? BosTokenId, uint? EosTokenId,
    IReadOnlyList<float>? Scores = null, IReadOnlyList<string>? Merges = null, string? PreTokenizer = null)
{
    /// <summary>Ends a turn, and with it a generation.</summary>
    public uint? EotTokenId { get; init; }

    public uint? UnknownTokenId { get; init; }

    public uint? PaddingTokenId { get; init; }

    /// <summary>SentencePiece: a text gets a space in front.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>In Jinja; null: none.</summary>
    public string? ChatTemplate { get; init; }

    internal IEnumerable<KeyValuePair<string, object>> Metadata()
    {
        if (TokenTypes.Count != Tokens.Count || (Scores is not null && Scores.Count != Tokens.Count))
            throw new ArgumentException($"GgufTokenizer: tokens, types and scores must be equally many, got {Tokens.Count}, {TokenTypes.Count} and {Scores?.Count ?? Tokens.Count}.");
        var seen = new Dictionary<string, int>(Tokens.Count, StringComparer.Ordinal);
        for (int id = 0; id < Tokens.Count; id++)
            if (!seen.TryAdd(Tokens[id], id))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GgufTokenizer: llama.cpp takes no token twice, but {CheckpointFormatException.Quote(Tokens[id])} has the ids {seen[Tokens[id]]} and {id}."));

        yield return new("tokenizer.ggml.model", Model);
        if (PreTokenizer is not null) yield return new("tokenizer.ggml.pre", PreTokenizer);
        yield return new("tokenizer.ggml.tokens", Tokens.ToArray());
        if (Scores is not null) yield return new("tokenizer.ggml.scores", Scores.ToArray());
        yield return new("tokenizer.ggml.token_type", TokenTypes.ToArray());
        if (Merges is not null) yield return new("tokenizer.ggml.merges", Merges.ToArray());
        if (BosTokenId is { } bos) yield return new("tokenizer.ggml.bos_token_id", bos);
        if (EosTokenId is { } eos) yield return new("tokenizer.ggml.eos_token_id", eos);
        if (EotTokenId is { } eot) yield return new("tokenizer.ggml.eot_token_id", eot);
        if (UnknownTokenId is { } unknown) yield return new("tokenizer.ggml.unknown_token_id", unknown);
        if (PaddingTokenId is { } padding) yield return new("tokenizer.ggml.padding_token_id", padding);
        yield return new("tokenizer.ggml.add_bos_token", BosTokenId is not null);
        yield return new("tokenizer.ggml.add_eos_token", false);
        if (AddSpacePrefix is { } prefix) yield return new("tokenizer.ggml.add_space_prefix", prefix);
        if (ChatTemplate is not null) yield return new("tokenizer.chat_template", ChatTemplate);
    }
}
