using RadLab.Compute;

namespace RadLab.Models;

/// <summary>What <see cref="PeftFolder.Load"/> put on a model.</summary>
/// <param name="Notes">What the user should know, a line each.</param>
public sealed record PeftAdapters(LoraAdapters Adapters, PeftConfig Config, IReadOnlyList<string> Notes);

/// <summary>
/// An adapter as PEFT keeps it: <c>adapter_config.json</c>, <c>adapter_model.safetensors</c> with the names
/// <c>base_model.model.MODULE.lora_A.weight</c> (R, inputs), <c>.lora_B.weight</c> (outputs, R) and <c>.lora_magnitude_vector</c> (outputs); beside
/// them <c>radlab.json</c>, which names the base and is no concern of other tools.
/// </summary>
public static class PeftFolder
{
    internal const string Stem = "adapter_model";
    internal const string Prefix = "base_model.model.";

    /// <summary>Writes the adapters' folder, replacing an adapter that is there.</summary>
    /// <param name="base">Where it is known: the adapter will refuse another one.</param>
    /// <param name="previous">The config that the adapters were loaded with: keys that RadLab does not know are kept.</param>
    /// <param name="baseModel">Name or path of the base for people and other tools.</param>
    /// <param name="asLora">
    /// An adapter that has changed its base is written as the difference to its start, with twice the rank, which stands on the unchanged base: any tool
    /// can load that. Otherwise it is written as it is, and whoever loads it computes the start once more.
    /// </param>
    public static void Save(LoraAdapters adapters, string folder, BaseIdentity? @base = null, PeftConfig? previous = null, string? baseModel = null, bool asLora = false)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        var (settings, parts) = asLora ? PlainLora.Of(adapters) : (adapters.Settings, adapters.Parameters.Select(p => CheckpointParts.As(new MemoryTensor(p), SafeTensorsDType.F32)));
        Write(folder, settings, parts.ToDictionary(p => Prefix + p.Spec.Name), ProvenanceOf(adapters, @base), previous, baseModel);
    }

    /// <summary>Writes all adapters of a model: the default one into the folder, the others into folders of their names within it, as PEFT does.</summary>
    /// <inheritdoc cref="Save"/>
    public static void SaveAll(AdapterSet adapters, string folder, BaseIdentity? @base = null, string? baseModel = null)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        foreach (string name in adapters.Names) Save(adapters[name], name == AdapterSet.DefaultName ? folder : Path.Combine(folder, name), @base, null, baseModel);
    }

    /// <summary>The base that an adapter was trained on; null where its folder has no <c>radlab.json</c>, so for one from elsewhere.</summary>
    public static BaseIdentity? BaseOf(string folder) => PeftProvenance.Load(folder)?.Base;

    /// <summary>How the base was kept while the adapter was trained; null where its folder does not say.</summary>
    public static LlamaStorage? StorageOf(string folder)
    {
        if (PeftProvenance.Load(folder) is not { } own || PeftProvenance.FormatOf(own.Quantization) is not { } format) return null;
        var storage = new LlamaStorage { Linears = format };
        return storage with { BlockSize = own.BlockSize ?? storage.BlockSize, DoubleQuantization = own.DoubleQuantization ?? storage.DoubleQuantization };
    }

    private static void Write(string folder, Lora settings, Dictionary<string, CheckpointPart> parts, PeftProvenance provenance, PeftConfig? previous, string? baseModel)
    {
        Directory.CreateDirectory(folder);
        using (var writer = SafeTensorsWriter.Create(Path.Combine(folder, Stem + ".safetensors"), parts.Select(p => p.Value.Spec with { Name = p.Key }), [KeyValuePair.Create("format", "pt")]))
        {
            foreach (var entry in writer.Entries) parts[entry.Name].Write(bytes => writer.Append(entry.Name, bytes));
            writer.Commit();
        }
        WholeFile.Write(Path.Combine(folder, PeftConfig.FileName), PeftConfig.Of(settings, previous, baseModel).ToJson());
        WholeFile.Write(Path.Combine(folder, PeftProvenance.FileName), provenance.ToJson());
    }

    private static PeftProvenance ProvenanceOf(LoraAdapters adapters, BaseIdentity? @base)
    {
        var layer = adapters.Layers[0].Layer;
        return new PeftProvenance(@base ?? new BaseIdentity(null, null), PeftProvenance.QuantizationOf(layer), layer.Form?.BlockSize, layer.Form?.DoubleQuantization);
    }

    /// <summary>Puts the adapter of a folder on a model, which is frozen by that; it is then the active one.</summary>
    /// <param name="base">The model's identity: <see cref="BaseIdentity.OfFolder"/> of the folder it was loaded from.</param>
    /// <param name="force">Load it on another base than its own all the same.</param>
    /// <param name="seed">Of dropout, should it be trained on.</param>
    /// <param name="name">What the model calls the adapter.</param>
    /// <param name="original">What quantized layers were quantized from: needed there for an adapter that began by PiSSA or LoftQ.</param>
    /// <exception cref="CheckpointFormatException">The folder is malformed, does not fit the model, or belongs to another base.</exception>
    public static PeftAdapters Load(LlamaModel model, string folder, BaseIdentity @base, bool force = false, ulong seed = 0, string name = AdapterSet.DefaultName, OriginalWeights? original = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(@base);
        var config = PeftConfig.Load(folder);
        var notes = CheckBase(folder, @base, force, PeftProvenance.QuantizationOf(model.Linears[0]));
        using var checkpoint = ShardedCheckpoint.Open(folder, Stem);
        CheckTensors(checkpoint, folder, config.Settings, model.Linears.Select(l => (l.Module, l.Outputs, l.Inputs)));
        if (config.Settings.Init.ChangesBase && PeftProvenance.Load(folder) is null)
            notes.Add($"{folder}: the adapter began by {config.Settings.Init} elsewhere; its base is computed anew here, which is the same but for rounding{(config.Settings.Init.Iterations is null ? "" : " and for what the iterations leave open")}.");

        var adapters = config.Settings.Attach(model, seed, name, original);
        try
        {
            foreach (var parameter in adapters.Parameters) Read(checkpoint, parameter.Name, parameter.Value);
        }
        catch
        {
            adapters.Detach(original);
            throw;
        }
        return new PeftAdapters(adapters, config, notes);
    }

    /// <summary>Fills a tensor in F32 with one of an adapter's.</summary>
    internal static void Read(ShardedCheckpoint checkpoint, string name, Tensor destination) =>
        new FileTensor(checkpoint, checkpoint.Get(Prefix + name)).ReadFloats(0, destination.AsSpan<float>());

    /// <summary>Refuses another base than the adapter's, unless forced.</summary>
    /// <param name="quantization">Of the base as it is loaded; null where nothing is loaded.</param>
    /// <returns>Notes.</returns>
    internal static List<string> CheckBase(string folder, BaseIdentity @base, bool force, string? quantization)
    {
        string file = Path.Combine(folder, PeftProvenance.FileName);
        if (PeftProvenance.Load(folder) is not { } own)
            return [$"{folder}: there is no {PeftProvenance.FileName}: the adapter comes from elsewhere, and whether it belongs to this base cannot be checked."];
        var notes = new List<string>();
        if (own.Base.WeightsSha256 is null || @base.WeightsSha256 is null)
        {
            notes.Add($"{file}: the hash of {(own.Base.WeightsSha256 is null ? "the adapter's" : "this")} base is not known: whether they belong together cannot be checked.");
        }
        else if (own.Base.WeightsSha256 != @base.WeightsSha256)
        {
            string problem = $"the adapter belongs to the base {own.Base.WeightsSha256}, but this base is {@base.WeightsSha256}";
            if (!force) throw new CheckpointFormatException(file, "base.weights_sha256", problem, "load it on the model it was trained on, or force it");
            notes.Add($"{file}: {problem}; loaded all the same.");
        }
        if (own.Base.VocabularySha256 is { } vocabulary && @base.VocabularySha256 is { } ids)
        {
            string problem = $"the adapter was trained with the vocabulary {vocabulary}, but this base has {ids}";
            if (vocabulary != ids && !force) throw new CheckpointFormatException(file, "base.vocabulary_sha256", problem, "load it with the tokenizer it was trained with, or force it");
            if (vocabulary != ids) notes.Add($"{file}: {problem}; loaded all the same.");
        }
        else if (own.Base.TokenizerSha256 is { } tokenizer && @base.TokenizerSha256 is { } other && tokenizer != other)
            notes.Add($"{file}: the adapter was trained with the tokenizer {tokenizer}, but this base has {other}.");
        if (own.Quantization is { } trained && quantization is not null && trained != quantization)
            notes.Add($"{file}: the adapter was trained on the base in {trained}, which is now in {quantization}.");
        return notes;
    }

    // All of it before the model is touched: a tensor without a place would be silently without effect.
    internal static void CheckTensors(ShardedCheckpoint checkpoint, string folder, Lora settings, IEnumerable<(string Module, int Outputs, int Inputs)> layers)
    {
        var expected = new Dictionary<string, long[]>();
        foreach (var (module, outputs, inputs) in layers.Where(l => settings.IsTarget(l.Module)))
        {
            int rank = settings.RankOf(module);
            expected.Add(Prefix + LoraWeights.A(module), [rank, inputs]);
            expected.Add(Prefix + LoraWeights.B(module), [outputs, rank]);
            if (settings.UseDora) expected.Add(Prefix + LoraWeights.Magnitude(module), [outputs]);
        }
        foreach (var entry in checkpoint.Entries)
            if (!expected.ContainsKey(entry.Name)) throw Fail(entry.Name, "has no place by adapter_config.json in this model");
        foreach (var (name, shape) in expected)
        {
            var entry = checkpoint.Get(name);
            if (!entry.Shape.SequenceEqual(shape)) throw Fail(name, $"must have shape {SafeTensorsEntry.TextOf(shape)} by adapter_config.json in this model, but has {entry.ShapeText}");
            if (!FloatBytes.IsFloat(entry.DType)) throw Fail(name, $"must be F32, F16 or BF16, but is {entry.DType.Name()}");
        }

        CheckpointFormatException Fail(string tensor, string problem) =>
            new(folder, $"tensor {CheckpointFormatException.Quote(tensor)}", problem, "check that adapter and model belong together");
    }
}
