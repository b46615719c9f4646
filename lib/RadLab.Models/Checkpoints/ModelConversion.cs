using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Converts a model folder, or one safetensors file, tensor by tensor; the output appears under its name only when it is complete.</summary>
public static class ModelConversion
{
    /// <summary>Files of a model folder that describe it and are not weights.</summary>
    private static readonly string[] s_companions =
        ["tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json", "chat_template.jinja"];

    /// <param name="engine">Quantizes.</param>
    /// <param name="input">A Hugging Face folder, or a safetensors file, of which every float matrix whose name ends in <c>.weight</c> is converted and all else is copied.</param>
    /// <param name="output">A folder; a file for GGUF and where the input is a file.</param>
    /// <exception cref="CheckpointFormatException">The input is malformed or cannot have the form that is asked for.</exception>
    /// <exception cref="IOException">The output is there already and must not be overwritten.</exception>
    /// <exception cref="ArgumentException">A pattern matches nothing, or a weight would be quantized twice.</exception>
    public static ConversionResult Convert(Engine engine, string input, string output, ConversionOptions options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        if (Same(input, output)) throw new ArgumentException($"ModelConversion: output must be another path than the input, got {output} for both.");
        if (File.Exists(input))
        {
            if (options.Target.Gguf() is not null)
                throw new CheckpointFormatException(input, "model", "is a single file, but GGUF needs config.json as well", "give the model's folder");
            RequireNewFile(output, options);
            using var file = ShardedCheckpoint.Of(SafeTensorsReader.Open(input));
            return SafeTensorsConversion.File(engine, file, output, options);
        }
        if (!Directory.Exists(input)) throw new FileNotFoundException($"{input}: input: must be a model folder or a safetensors file; check the path.", input);
        var config = LlamaConfig.Load(input);
        using var checkpoint = ShardedCheckpoint.Open(input);
        return options.Target.Gguf() is { } type ? ToGguf(engine, input, config, checkpoint, output, type, options) : ToFolder(engine, input, config, checkpoint, output, options);
    }

    private static ConversionResult ToFolder(Engine engine, string input, LlamaConfig config, ShardedCheckpoint checkpoint, string output, ConversionOptions options)
    {
        using var folder = new OutputFolder(output, options.Overwrite);
        var (result, changed) = SafeTensorsConversion.Folder(engine, config, checkpoint, folder.Path, input, options);
        WholeFile.Write(Path.Combine(folder.Path, "config.json"), changed);
        CopyCompanions(input, folder.Path);
        folder.Commit();
        return result;
    }

    /// <summary>Copies the tokenizer and whatever else belongs to a model besides config and weights.</summary>
    internal static void CopyCompanions(string input, string folder)
    {
        foreach (string name in s_companions.Where(n => File.Exists(Path.Combine(input, n)))) WholeFile.Copy(Path.Combine(input, name), Path.Combine(folder, name));
    }

    private static ConversionResult ToGguf(Engine engine, string input, LlamaConfig config, ShardedCheckpoint checkpoint, string output, GgufTensorType type, ConversionOptions options)
    {
        RequireNewFile(output, options);
        var tensors = SourceTensors.Of(engine, checkpoint).Where(t => !LlamaWeights.IsDerived(t.Name)).ToDictionary(t => t.Name);
        var skip = new NamePatterns(options.Skip);
        skip.RequireUse(tensors.Keys);
        var (quantized, bytes) = LlamaGguf.Write(engine, config, tensors, input, output, type, skip.Match, options.Tokenizer);
        var notes = new List<string>();
        if (options.Tokenizer is null) notes.Add("the file has no tokenizer: programs that read it must be given token ids");
        bool blocks = type is GgufTensorType.Q8_0 or GgufTensorType.Q4_0;
        int kept = blocks ? tensors.Values.Count(t => t.IsMatrix && t.Shape[1] % GgufBlocks.Length != 0) : 0;
        if (kept > 0) notes.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kept} matrices stay in F16: their rows are no multiple of {GgufBlocks.Length}"));
        return new ConversionResult(tensors.Count, blocks ? quantized : tensors.Count, bytes, notes);
    }

    private static void RequireNewFile(string output, ConversionOptions options)
    {
        if (Directory.Exists(output)) throw new IOException($"{output}: output: must be a file, but is a folder; choose another path.");
        if (File.Exists(output) && !options.Overwrite) throw new IOException($"{output}: output: must be a new file; choose another path, or allow overwriting.");
    }

    private static bool Same(string a, string b) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(a)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(b));
}
