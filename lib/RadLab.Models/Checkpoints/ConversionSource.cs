using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>A model to be converted, whatever its files are: its shape, its tensors by their Hugging Face names, and the files beside them.</summary>
internal sealed class ConversionSource : IDisposable
{
    /// <summary>Files of a model folder that describe it and are not weights.</summary>
    private static readonly string[] s_companions =
        ["tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json", "chat_template.jinja", ProvenanceFile.Name];

    private readonly IDisposable _files;
    private readonly ModelFolder _folder;

    private ConversionSource(ModelFolder folder, LlamaConfig config, JsonObject json, IReadOnlyList<SourceTensor> tensors, IDisposable files) =>
        (_folder, Config, ConfigJson, Tensors, _files) = (folder, config, json, tensors, files);

    public LlamaConfig Config { get; }

    /// <summary>config.json with all keys that it has, or as it would be written.</summary>
    public JsonObject ConfigJson { get; }

    public IReadOnlyList<SourceTensor> Tensors { get; }

    public static ConversionSource Open(Engine engine, string path)
    {
        var folder = ModelFolder.Find(path);
        if (folder.Llama2cFile is { } llama2c)
        {
            var file = Llama2cFile.Open(llama2c);
            return new ConversionSource(folder, file.Config, JsonNode.Parse(file.Config.ToJson())!.AsObject(), SourceTensors.Of(file), file);
        }
        var config = LlamaConfig.Load(path);
        var checkpoint = ShardedCheckpoint.Open(path);
        try
        {
            var json = JsonNode.Parse(File.ReadAllBytes(Path.Combine(path, "config.json")))!.AsObject();
            return new ConversionSource(folder, config, json, SourceTensors.Of(engine, checkpoint), checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer as llama.cpp wants it; null where the folder has none.</summary>
    public GgufTokenizer? Tokenizer() => _folder.HasTokenizer
        ? GgufTokenizer.Of(_folder.LoadTokenizer(), Config, _folder.Llama2cFile is null ? ChatTemplateFile.Read(_folder.Path) : null)
        : null;

    /// <summary>Puts the files that are no weights into a new folder; llama2.c's tokenizer becomes a <c>tokenizer.model</c>.</summary>
    public void CopyCompanions(string target)
    {
        if (_folder.Llama2cFile is null)
        {
            foreach (string name in s_companions.Where(n => File.Exists(Path.Combine(_folder.Path, n)))) WholeFile.Copy(Path.Combine(_folder.Path, name), Path.Combine(target, name));
        }
        else if (_folder.HasTokenizer && _folder.LoadTokenizer() is SentencePieceBpe tokenizer)
        {
            tokenizer.SaveModel(Path.Combine(target, "tokenizer.model"));
        }
    }

    public void Dispose() => _files.Dispose();
}
