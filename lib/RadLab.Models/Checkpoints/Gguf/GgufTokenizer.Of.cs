using System.Globalization;

namespace RadLab.Models;

public sealed partial record GgufTokenizer
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    /// <summary>A tokenizer for a model: rows of the embedding behind its last token become unused ones.</summary>
    /// <remarks>
    /// Byte-level tokens are written in GPT-2's alphabet, of equal merges the last counts as it does here, and the split is Llama 3's: llama.cpp calls it <c>llama-bpe</c> where
    /// a piece that is a token is never built from parts, and <c>smaug-bpe</c> where it is. Of several tokens that end a text, llama.cpp knows two by number and
    /// finds <c>&lt;|eom_id|&gt;</c> by name.
    /// </remarks>
    /// <param name="chatTemplate">In Jinja; null: none.</param>
    /// <exception cref="ArgumentException">The tokenizer has more tokens than the model, or is of a kind that GGUF has no name for.</exception>
    public static GgufTokenizer Of(Tokenizer tokenizer, LlamaConfig config, string? chatTemplate = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(config);
        int count = config.VocabularySize;
        if (tokenizer.VocabularySize > count)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GgufTokenizer: the tokenizer must have at most as many tokens as the model's {count} embeddings, got {tokenizer.VocabularySize}; check that they belong together."));
        var tokens = new string[count];
        var types = new int[count];
        for (int id = 0; id < count; id++) (tokens[id], types[id]) = (string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]"), Unused);
        var made = tokenizer switch
        {
            SentencePieceBpe pieces => OfPieces(pieces, tokens, types),
            ByteLevelBpe bytes => OfBytes(bytes, tokens, types),
            _ => throw new ArgumentException($"GgufTokenizer: the tokenizer must be SentencePieceBpe or ByteLevelBpe, got {tokenizer.GetType().Name}."),
        };
        foreach (var token in tokenizer.AddedTokens)
            if (types[token.Id] is Unused or Normal) (tokens[token.Id], types[token.Id]) = (token.Content, token.Special ? Control : UserDefined);

        int? eos = tokenizer.EosId is { } own && (config.EosTokenIds.Count == 0 || config.EosTokenIds.Contains(own)) ? own : config.EosTokenIds.Cast<int?>().FirstOrDefault() ?? tokenizer.EosId;
        int? eot = config.EosTokenIds.Where(id => id != eos && tokens[id] != "<|eom_id|>").Cast<int?>().FirstOrDefault();
        return made with
        {
            BosTokenId = (uint?)tokenizer.BosId,
            EosTokenId = (uint?)eos,
            EotTokenId = (uint?)eot,
            PaddingTokenId = config.PadTokenId is >= 0 and int pad && pad < count ? (uint)pad : null,
            ChatTemplate = chatTemplate,
        };
    }

    private static GgufTokenizer OfPieces(SentencePieceBpe tokenizer, string[] tokens, int[] types)
    {
        var scores = new float[tokens.Length];
        Array.Fill(scores, -10_000f);   // as other writers give to what no merge may make
        int unknown = -1;
        for (int id = 0; id < tokenizer.Pieces.Count; id++)
        {
            var piece = tokenizer.Pieces[id];
            tokens[id] = tokenizer.ModelText(piece);
            scores[id] = piece.Score;
            types[id] = piece.Type switch { SentencePieceType.Unknown => Unknown, SentencePieceType.Control => Control, SentencePieceType.Byte => Byte, _ => Normal };
            if (piece.Type == SentencePieceType.Unknown) unknown = id;
        }
        return new GgufTokenizer("llama", tokens, types, null, null, scores) { UnknownTokenId = unknown >= 0 ? (uint)unknown : null, AddSpacePrefix = tokenizer.AddsDummyPrefix };
    }

    private static GgufTokenizer OfBytes(ByteLevelBpe tokenizer, string[] tokens, int[] types)
    {
        for (int id = 0; id < tokenizer.VocabularySize; id++)
            if (tokenizer.BytesOf(id) is { IsEmpty: false } bytes) (tokens[id], types[id]) = (ByteAlphabet.Encode(bytes), Normal);
        var last = new Dictionary<(int, int), int>();
        for (int i = 0; i < tokenizer.Merges.Count; i++) last[tokenizer.Merges[i]] = i;
        var merges = new List<string>(last.Count);
        for (int i = 0; i < tokenizer.Merges.Count; i++)
        {
            var (left, right) = tokenizer.Merges[i];
            if (last[(left, right)] == i) merges.Add($"{tokens[left]} {tokens[right]}");
        }
        return new GgufTokenizer("gpt2", tokens, types, null, null, null, merges, tokenizer.IgnoreMerges ? "llama-bpe" : "smaug-bpe");
    }
}
