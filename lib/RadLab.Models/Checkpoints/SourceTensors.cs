using RadLab.Compute;

namespace RadLab.Models;

/// <summary>All tensors of a checkpoint or of a model in memory, 4-bit weights as one tensor each.</summary>
internal static class SourceTensors
{
    /// <summary>In the order of the files.</summary>
    public static IReadOnlyList<SourceTensor> Of(Engine engine, ShardedCheckpoint checkpoint)
    {
        var tensors = new List<SourceTensor>();
        foreach (var entry in checkpoint.Entries)
        {
            if (BitsAndBytesWeights.OwnerOf(entry.Name) is { } owner && checkpoint.Contains(owner) && BitsAndBytesWeights.StateOf(checkpoint, owner) is not null) continue;
            tensors.Add(BitsAndBytesWeights.StateOf(checkpoint, entry.Name) is { } state
                ? new QuantizedTensor(entry.Name, state, () => BitsAndBytesWeights.Read(engine, checkpoint, entry.Name, state))
                : new FileTensor(checkpoint, entry));
        }
        return tensors;
    }

    /// <summary>In the order of <see cref="LlamaWeights.Parameters"/>; good while the file is open.</summary>
    public static IReadOnlyList<SourceTensor> Of(Llama2cFile file) =>
        [.. LlamaWeights.Parameters(file.Config).Select(p => new Llama2cTensor(file, p.Name, [.. p.Shape.Select(d => (long)d)]))];

    /// <summary>In the order of <see cref="LlamaWeights.Parameters"/>.</summary>
    public static IReadOnlyList<SourceTensor> Of(LlamaModel model)
    {
        var dense = model.Parameters.ToDictionary(p => p.Name);
        var quantized = model.Linears.Append(model.Head).Where(l => l?.Quantized is not null).ToDictionary(l => LlamaWeights.WeightOf(l!.Module), l => l!.Quantized!);
        var original = model.Embedding.Value.DType == DType.BF16 ? SafeTensorsDType.BF16 : SafeTensorsDType.F32;
        return [.. LlamaWeights.Parameters(model.Config).Select(p => quantized.TryGetValue(p.Name, out var weight)
            ? (SourceTensor)new QuantizedTensor(p.Name, weight, original)
            : new MemoryTensor(dense[p.Name]))];
    }
}
