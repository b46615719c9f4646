namespace RadLab.Models;

/// <summary>Finding out what kind of tokenizer a file or folder holds.</summary>
public abstract partial class Tokenizer
{
    private const string Json = "tokenizer.json", Model = "tokenizer.model", Config = "tokenizer_config.json", Added = "added_tokens.json";

    /// <summary>
    /// Loads the tokenizer of a model: a Hugging Face folder, a <c>tokenizer.json</c>, a SentencePiece or Meta <c>tokenizer.model</c>, or llama2.c's
    /// <c>.bin</c>. In a folder a SentencePiece model goes before tokenizer.json, and tokenizer_config.json and added_tokens.json are read too.
    /// </summary>
    public static Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) return LoadFile(path, new TokenizerSettings());

        byte[]? Optional(string name) => File.Exists(Path.Combine(path, name)) ? TokenizerFile.Read(Path.Combine(path, name)) : null;
        var settings = TokenizerSettings.Parse(Optional(Config), Path.Combine(path, Config), Optional(Added), Path.Combine(path, Added));
        string json = Path.Combine(path, Json), model = Path.Combine(path, Model);
        if (File.Exists(model) && (!File.Exists(json) || IsSentencePiece(model))) return LoadFile(model, settings);
        if (File.Exists(json)) return LoadFile(json, settings);
        throw new FileNotFoundException($"Tokenizer.Load: {path} must hold {Json} or {Model}, but has neither; name the file itself if it lies elsewhere.", path);
    }

    private static Tokenizer LoadFile(string path, TokenizerSettings settings)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"Tokenizer.Load: {path} does not exist.", path);
        byte[] bytes = TokenizerFile.Read(path);
        if (path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase)) return SentencePieceBpe.ParseLlama2C(bytes, path);
        if (LooksLikeSentencePiece(bytes)) return SentencePieceBpe.ParseModel(bytes, path, settings);
        return bytes.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{', ..]
            ? ByteLevelBpe.ParseTokenizerJson(bytes, path, settings)
            : ByteLevelBpe.ParseMetaModel(bytes, path, ReleaseOf(settings), settings);
    }

    // Meta's file is the same for all releases; the names of the control tokens tell them apart.
    private static Llama3Release ReleaseOf(TokenizerSettings settings) =>
        settings.Added.Any(t => t.Content == "<|python_tag|>") ? Llama3Release.Llama31 : Llama3Release.Llama3;

    private static bool IsSentencePiece(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using var stream = File.OpenRead(path);
        return LooksLikeSentencePiece(start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }

    // A message whose first field is a piece that begins with its text; neither JSON nor base64 lines begin so.
    private static bool LooksLikeSentencePiece(ReadOnlySpan<byte> bytes) => bytes is [0x0A, _, 0x0A, ..];
}
