using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The safetensors side of <see cref="ModelConversion"/>.</summary>
internal static class SafeTensorsConversion
{
    private enum Fate
    {
        Copied,
        Floats,
        Quantized,
    }

    /// <summary>A single file into a single file.</summary>
    public static ConversionResult File(Engine engine, ShardedCheckpoint source, string output, ConversionOptions options)
    {
        var tensors = SourceTensors.Of(engine, source);
        var skip = new NamePatterns(options.Skip);
        skip.RequireUse([.. tensors.Select(t => t.Name)]);
        using var spool = new PartSpool(output + ".spool.tmp");
        var parts = new Dictionary<string, CheckpointPart>();
        int converted = 0;
        foreach (var tensor in tensors)
        {
            bool wanted = tensor.IsMatrix && tensor.Name.EndsWith(".weight", StringComparison.Ordinal) && !skip.Match(tensor.Name);
            var fate = !wanted ? Fate.Copied : options.Target == ConversionTarget.BnbNf4 ? Fate.Quantized : Fate.Floats;
            foreach (var part in Parts(engine, tensor, ref fate, options, spool)) parts.Add(part.Spec.Name, part);
            if (fate != Fate.Copied) converted++;
        }
        using var writer = SafeTensorsWriter.Create(output, parts.Values.Select(p => p.Spec), source.Shards[0].Metadata);
        foreach (var entry in writer.Entries) parts[entry.Name].Write(bytes => writer.Append(entry.Name, bytes));
        writer.Commit();
        return new ConversionResult(tensors.Count, converted, writer.Entries.Sum(e => e.ByteCount), Notes(tensors, options));
    }

    /// <summary>The weights of a model folder, and the config.json that belongs to them.</summary>
    /// <param name="changed">Null: the tensors as the source has them.</param>
    public static (ConversionResult Result, byte[] Config) Folder(Engine engine, ConversionSource source, string output, ConversionOptions options, IReadOnlyList<SourceTensor>? changed = null)
    {
        var (config, tensors) = (source.Config, changed ?? source.Tensors);
        var skip = new NamePatterns(options.Skip);
        skip.RequireUse([.. tensors.Select(t => t.Name)]);
        var linears = LlamaWeights.Parameters(config).Select(p => p.Name).Where(n => LlamaWeights.LinearNames.Any(l => n.EndsWith($".{l}.weight", StringComparison.Ordinal))).ToHashSet();
        bool quantize = options.Target == ConversionTarget.BnbNf4;
        var left = new List<string>();
        int converted = 0;
        using var writer = new ShardWriter(output, "model", options.MaxShardBytes);
        foreach (var tensor in tensors)
        {
            bool skipped = skip.Match(tensor.Name), linear = linears.Contains(tensor.Name) || tensor.Quantization is not null;
            var fate = skipped || !tensor.IsFloat ? Fate.Copied : !quantize ? Fate.Floats : linear ? Fate.Quantized : Fate.Copied;
            if (fate == Fate.Copied && tensor.IsMatrix && (linear || tensor.Name == LlamaWeights.Head)) left.Add(tensor.Name[..^".weight".Length]);
            if (fate == Fate.Quantized) writer.Add(CheckpointParts.MaxQuantizedBytes(tensor), () => Parts(engine, tensor, ref fate, options, writer.Spool));
            else foreach (var part in Parts(engine, tensor, ref fate, options, writer.Spool)) writer.Add(part);
            if (fate != Fate.Copied) converted++;
        }
        long bytes = writer.Complete();
        if (config.TiedEmbeddings && !left.Contains(LlamaWeights.HeadModule)) left.Add(LlamaWeights.HeadModule);
        return (new ConversionResult(tensors.Count, converted, bytes, Notes(tensors, options)), Config(source, left, options));
    }

    // fate comes back as Copied where the tensor has the form already
    private static IReadOnlyList<CheckpointPart> Parts(Engine engine, SourceTensor tensor, ref Fate fate, ConversionOptions options, PartSpool spool)
    {
        if (fate == Fate.Quantized)
        {
            var parts = CheckpointParts.Quantized(engine, tensor, new QuantizedForm(WeightFormat.Nf4, options.DoubleQuantization), spool);
            if (tensor.Quantization is not null) fate = Fate.Copied;
            return parts;
        }
        if (fate == Fate.Floats)
        {
            var dtype = options.Target == ConversionTarget.SafeTensorsBF16 ? SafeTensorsDType.BF16 : SafeTensorsDType.F32;
            if (tensor.Quantization is null && tensor.DType == dtype) fate = Fate.Copied;
            return [CheckpointParts.As(tensor, dtype)];
        }
        // a skipped weight in 4 bits: kept out of the 4-bit form, as the user asked, in the dtype it had before
        return [tensor.Quantization is null ? CheckpointParts.AsStored(tensor) : CheckpointParts.As(tensor, tensor.DType)];
    }

    private static List<string> Notes(IReadOnlyList<SourceTensor> tensors, ConversionOptions options)
    {
        var notes = new List<string>();
        int already = tensors.Count(t => t.Quantization is not null);
        if (already > 0 && options.Target == ConversionTarget.BnbNf4)
            notes.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{already} weights are in 4 bits already and are kept bit for bit, whatever their scales"));
        return notes;
    }

    // The folder's own config with its unknown keys, changed only in what the conversion changes.
    private static byte[] Config(ConversionSource source, List<string> left, ConversionOptions options)
    {
        var (config, tensors, json) = (source.Config, source.Tensors, source.ConfigJson);
        if (options.Target != ConversionTarget.BnbNf4)
        {
            json.Remove("quantization_config");
            string key = json.ContainsKey("dtype") ? "dtype" : "torch_dtype";
            json[key] = options.Target == ConversionTarget.SafeTensorsBF16 ? "bfloat16" : "float32";
            return IndentedJson.Bytes(json);
        }
        bool nested = config.Quantization?.DoubleQuantization ?? options.DoubleQuantization;
        string dtype = config.SavedDType ?? CheckpointParts.NameOf(tensors.First(t => t.Name == LlamaWeights.Embedding).DType);
        json["quantization_config"] = new BitsAndBytesConfig(Nf4.Name, nested, left).ToJson(dtype);
        return IndentedJson.Bytes(json);
    }
}
