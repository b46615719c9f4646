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
    public static void Save(LoraAdapters adapters, string folder, BaseIdentity? @base = null, PeftConfig? previous = null, string? baseModel = null)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        Directory.CreateDirectory(folder);
        var parts = adapters.Parameters.Select(p => new MemoryTensor(p)).Select(t => CheckpointParts.As(t, SafeTensorsDType.F32)).ToDictionary(p => Prefix + p.Spec.Name);
        using (var writer = SafeTensorsWriter.Create(Path.Combine(folder, Stem + ".safetensors"), parts.Select(p => p.Value.Spec with { Name = p.Key }), [KeyValuePair.Create("format", "pt")]))
        {
            foreach (var entry in writer.Entries) parts[entry.Name].Write(bytes => writer.Append(entry.Name, bytes));
            writer.Commit();
        }
        WholeFile.Write(Path.Combine(folder, PeftConfig.FileName), PeftConfig.Of(adapters.Settings, previous, baseModel).ToJson());
        WholeFile.Write(Path.Combine(folder, PeftProvenance.FileName), new PeftProvenance(@base ?? new BaseIdentity(null, null), QuantizationOf(adapters.Layers[0].Layer)).ToJson());
    }

    /// <summary>Puts the adapter of a folder on a model, which is frozen by that.</summary>
    /// <param name="base">The model's identity: <see cref="BaseIdentity.OfFolder"/> of the folder it was loaded from.</param>
    /// <param name="force">Load it on another base than its own all the same.</param>
    /// <param name="seed">Of dropout, should it be trained on.</param>
    /// <exception cref="CheckpointFormatException">The folder is malformed, does not fit the model, or belongs to another base.</exception>
    public static PeftAdapters Load(LlamaModel model, string folder, BaseIdentity @base, bool force = false, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(@base);
        var config = PeftConfig.Load(folder);
        var notes = CheckBase(folder, @base, force, QuantizationOf(model.Linears[0]));
        using var checkpoint = ShardedCheckpoint.Open(folder, Stem);
        var expected = Expected(model, config.Settings);
        CheckTensors(checkpoint, folder, expected);

        var adapters = config.Settings.Attach(model, seed);
        try
        {
            foreach (var parameter in adapters.Parameters)
                new FileTensor(checkpoint, checkpoint.Get(Prefix + parameter.Name)).ReadFloats(0, parameter.Value.AsSpan<float>());
        }
        catch
        {
            adapters.Detach();
            throw;
        }
        return new PeftAdapters(adapters, config, notes);
    }

    private static List<string> CheckBase(string folder, BaseIdentity @base, bool force, string quantization)
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
        if (own.Base.TokenizerSha256 is { } tokenizer && @base.TokenizerSha256 is { } other && tokenizer != other)
            notes.Add($"{file}: the adapter was trained with the tokenizer {tokenizer}, but this base has {other}.");
        if (own.Quantization is { } trained && trained != quantization)
            notes.Add($"{file}: the adapter was trained on the base in {trained}, which is now in {quantization}.");
        return notes;
    }

    private static Dictionary<string, long[]> Expected(LlamaModel model, Lora settings)
    {
        var shapes = new Dictionary<string, long[]>();
        foreach (var layer in model.Linears.Where(l => settings.Targets.Any(t => LlamaWeights.IsTarget(l.Module, t))))
        {
            shapes.Add(Prefix + LoraWeights.A(layer.Module), [settings.Rank, layer.Inputs]);
            shapes.Add(Prefix + LoraWeights.B(layer.Module), [layer.Outputs, settings.Rank]);
            if (settings.UseDora) shapes.Add(Prefix + LoraWeights.Magnitude(layer.Module), [layer.Outputs]);
        }
        return shapes;
    }

    // All of it before the model is touched: a tensor without a place would be silently without effect.
    private static void CheckTensors(ShardedCheckpoint checkpoint, string folder, Dictionary<string, long[]> expected)
    {
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

    private static string QuantizationOf(LinearLayer layer) => layer.Quantized is { } q
        ? q.Format switch { WeightFormat.Nf4 => "nf4", WeightFormat.Fp4 => "fp4", _ => "int8" }
        : layer.Weight!.Value.DType == DType.BF16 ? "bf16" : "f32";
}
