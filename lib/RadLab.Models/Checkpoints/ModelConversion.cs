using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Converts a model folder, one safetensors file or an adapter, tensor by tensor; the output appears under its name only when it is complete.</summary>
public static class ModelConversion
{
    /// <param name="engine">Quantizes.</param>
    /// <param name="input">
    /// A Hugging Face folder; a llama2.c model or its folder; a safetensors file, of which every float matrix whose name ends in <c>.weight</c> is converted and all else is
    /// copied; for <see cref="ConversionTarget.GgufLora"/> an adapter's PEFT folder.
    /// </param>
    /// <param name="output">A folder; a file for GGUF and where the input is a file.</param>
    /// <exception cref="CheckpointFormatException">The input is malformed or cannot have the form that is asked for.</exception>
    /// <exception cref="IOException">The output is there already and must not be overwritten.</exception>
    /// <exception cref="ArgumentException">A pattern matches nothing, or a weight would be quantized twice.</exception>
    public static ConversionResult Convert(Engine engine, string input, string output, ConversionOptions options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        if (Same(input, output)) throw new ArgumentException($"ModelConversion: output must be another path than the input, got {output} for both.");
        if (options.Target == ConversionTarget.GgufLora) return ToGgufLora(input, output, options);
        if (File.Exists(input) && !input.EndsWith(".bin", StringComparison.OrdinalIgnoreCase))
        {
            if (options.Target.Gguf() is not null)
                throw new CheckpointFormatException(input, "model", "is a single file, but GGUF needs config.json as well", "give the model's folder");
            RequireNewFile(output, options);
            using var file = ShardedCheckpoint.Of(SafeTensorsReader.Open(input));
            return SafeTensorsConversion.File(engine, file, output, options);
        }
        if (!File.Exists(input) && !Directory.Exists(input)) throw new FileNotFoundException($"{input}: input: must be a model folder or a safetensors file; check the path.", input);
        using var source = ConversionSource.Open(engine, input);
        return options.Target.Gguf() is { } type ? ToGguf(engine, input, source, output, type, options) : ToFolder(engine, source, output, options);
    }

    private static ConversionResult ToFolder(Engine engine, ConversionSource source, string output, ConversionOptions options)
    {
        using var folder = new OutputFolder(output, options.Overwrite);
        var (result, changed) = SafeTensorsConversion.Folder(engine, source, folder.Path, options);
        WholeFile.Write(Path.Combine(folder.Path, "config.json"), changed);
        source.CopyCompanions(folder.Path);
        folder.Commit();
        return result;
    }

    private static ConversionResult ToGguf(Engine engine, string input, ConversionSource source, string output, GgufTensorType type, ConversionOptions options)
    {
        RequireNewFile(output, options);
        var tensors = source.Tensors.Where(t => !LlamaWeights.IsDerived(t.Name)).ToDictionary(t => t.Name);
        var skip = new NamePatterns(options.Skip);
        skip.RequireUse(tensors.Keys);
        var tokenizer = options.WithoutTokenizer ? null : options.Tokenizer ?? source.Tokenizer();
        ProvenanceFile.Carry([input], output + "." + ProvenanceFile.Name);
        var (quantized, bytes) = LlamaGguf.Write(engine, source.Config, tensors, input, output, type, skip.Match, tokenizer);
        var notes = new List<string>();
        if (tokenizer is null) notes.Add("the file has no tokenizer: programs that read it must be given token ids");
        bool blocks = type is GgufTensorType.Q8_0 or GgufTensorType.Q4_0;
        int kept = blocks ? tensors.Values.Count(t => t.IsMatrix && t.Shape[1] % GgufBlocks.Length != 0) : 0;
        if (kept > 0) notes.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kept} matrices stay in F16: their rows are no multiple of {GgufBlocks.Length}"));
        return new ConversionResult(tensors.Count, blocks ? quantized : tensors.Count, bytes, notes);
    }

    private static ConversionResult ToGgufLora(string input, string output, ConversionOptions options)
    {
        if (!Directory.Exists(input)) throw new FileNotFoundException($"{input}: input: must be an adapter's PEFT folder; check the path.", input);
        if (options.BaseModel is not { } @base) throw new ArgumentException("ModelConversion: gguf-lora needs BaseModel, the folder of the model that the adapter belongs to: its heads decide the order of rows.");
        if (options.Skip.Count > 0) throw new ArgumentException("ModelConversion: gguf-lora converts all of an adapter, Skip must be empty.");
        RequireNewFile(output, options);
        ProvenanceFile.Carry([input], output + "." + ProvenanceFile.Name);
        return LlamaGgufLora.Write(input, ModelFolder.Find(@base).LoadConfig(), output);
    }

    private static void RequireNewFile(string output, ConversionOptions options)
    {
        if (Directory.Exists(output)) throw new IOException($"{output}: output: must be a file, but is a folder; choose another path.");
        if (File.Exists(output) && !options.Overwrite) throw new IOException($"{output}: output: must be a new file; choose another path, or allow overwriting.");
    }

    private static bool Same(string a, string b) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(a)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(b));
}
