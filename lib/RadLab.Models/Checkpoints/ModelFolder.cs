using RadLab.Compute;

namespace RadLab.Models;

/// <summary>A model as it lies on disk: a Hugging Face folder, or a model file of llama2.c, alone or in a folder with its tokenizer.</summary>
/// <remarks>A llama2.c folder has two kinds of <c>.bin</c> files: tokenizers, whose names begin with <c>tok</c>, and the model.</remarks>
public sealed class ModelFolder
{
    private const string Advice = "name the file itself, or leave only one of them in the folder";

    private readonly string? _tokenizer;

    private ModelFolder(string path, string? llama2cFile, string? tokenizer) => (Path, Llama2cFile, _tokenizer) = (path, llama2cFile, tokenizer);

    /// <summary>As the caller named it.</summary>
    public string Path { get; }

    /// <summary>The model's file where it is llama2.c's, null for a Hugging Face folder.</summary>
    public string? Llama2cFile { get; }

    /// <exception cref="FileNotFoundException">There is no model of either kind.</exception>
    /// <exception cref="CheckpointFormatException">A llama2.c folder has several models or tokenizers.</exception>
    public static ModelFolder Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (IsBin(path) && File.Exists(path)) return new ModelFolder(path, path, OneOf(path, Bins(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, tokenizers: true), "tokenizer"));
        if (Directory.Exists(path))
        {
            if (File.Exists(System.IO.Path.Combine(path, "config.json"))) return new ModelFolder(path, null, path);
            if (OneOf(path, Bins(path, tokenizers: false), "model") is { } model) return new ModelFolder(path, model, OneOf(path, Bins(path, tokenizers: true), "tokenizer"));
        }
        throw new FileNotFoundException($"{path}: model: must be a folder with config.json and safetensors, or a llama2.c model (.bin) or its folder; check the path.", path);
    }

    public LlamaConfig LoadConfig()
    {
        if (Llama2cFile is null) return LlamaConfig.Load(Path);
        using var file = RadLab.Models.Llama2cFile.Open(Llama2cFile);
        return file.Config;
    }

    /// <param name="storage">Null: F32.</param>
    public LlamaModel Load(Engine engine, LlamaStorage? storage = null) =>
        Llama2cFile is null ? LlamaModel.Load(engine, Path, storage ?? new LlamaStorage()) : LlamaModel.LoadLlama2c(engine, Llama2cFile, storage);

    /// <summary>The tokenizer that lies with the model.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public Tokenizer LoadTokenizer() => _tokenizer is null
        ? throw new FileNotFoundException($"{Path}: tokenizer: a llama2.c model needs its tokenizer (tok*.bin) in the same folder; put it there.", Path)
        : Tokenizer.Load(_tokenizer);

    /// <summary>Whether <see cref="LoadTokenizer"/> would find a file.</summary>
    public bool HasTokenizer => _tokenizer is not null && (Llama2cFile is not null || ((string[])["tokenizer.json", "tokenizer.model"]).Any(name => File.Exists(System.IO.Path.Combine(Path, name))));

    /// <summary>Which model an adapter would belong to: reads all weights once.</summary>
    public BaseIdentity Identity()
    {
        if (Llama2cFile is null) return BaseIdentity.OfFolder(Path);
        using var file = RadLab.Models.Llama2cFile.Open(Llama2cFile);
        return BaseIdentity.OfTensors(SourceTensors.Of(file)) with { VocabularySha256 = HasTokenizer ? LoadTokenizer().VocabularyHash() : null };
    }

    private static bool IsBin(string path) => path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase);

    private static List<string> Bins(string folder, bool tokenizers) =>
        [.. Directory.EnumerateFiles(folder).Where(f => IsBin(f) && System.IO.Path.GetFileName(f).StartsWith("tok", StringComparison.OrdinalIgnoreCase) == tokenizers).Order(StringComparer.Ordinal)];

    private static string? OneOf(string path, List<string> files, string kind) => files.Count <= 1 ? files.FirstOrDefault()
        : throw new CheckpointFormatException(path, kind, $"could be {CheckpointFormatException.Quote(System.IO.Path.GetFileName(files[0]))} or {CheckpointFormatException.Quote(System.IO.Path.GetFileName(files[1]))}", Advice);
}
