using RadLab.Compute;

namespace RadLab.Models;

public sealed partial class LlamaModel
{
    /// <summary>Writes a Hugging Face folder: config.json and <c>model.safetensors</c>, or shards with their index. Adapters are not part of it.</summary>
    /// <remarks>
    /// F32 and BF16: all weights in that dtype, quantized ones decoded. Nf4 and Fp4: the blocks' linear layers in bitsandbytes' layout, those that are in that
    /// format already bit for bit; embedding, norms and head as they are in memory. Int8 has no form on disk.
    /// </remarks>
    /// <param name="format">Null: every weight in the dtype it has in memory, so that nothing is rounded; for models without quantized layers.</param>
    /// <param name="maxShardBytes">Tensor bytes of a file; a larger tensor has a file of its own.</param>
    /// <param name="overwrite">The folder may have files: weights and files of the same name are replaced, others stay.</param>
    /// <param name="doubleQuantization">4-bit formats: of the layers that are quantized now.</param>
    public void Save(string folder, WeightFormat? format = WeightFormat.F32, long maxShardBytes = ShardWriter.DefaultShardBytes, bool overwrite = false, bool doubleQuantization = true)
    {
        if (format is not (null or WeightFormat.F32 or WeightFormat.BF16 or WeightFormat.Nf4 or WeightFormat.Fp4))
            throw new ArgumentException($"LlamaModel.Save: format must be F32, BF16, Nf4 or Fp4, got {format}.", nameof(format));
        bool quantize = format is WeightFormat.Nf4 or WeightFormat.Fp4;
        if (format is null && Linears.Any(l => l.Quantized is not null)) throw new ArgumentException("LlamaModel.Save: format must be given for a model with quantized layers, got null.", nameof(format));
        using var output = new OutputFolder(folder, overwrite);
        using (var writer = new ShardWriter(output.Path, "model", maxShardBytes))
        {
            var linears = Linears.Select(l => LlamaWeights.WeightOf(l.Module)).ToHashSet();
            var form = new QuantizedForm(format ?? WeightFormat.F32, doubleQuantization);
            foreach (var tensor in SourceTensors.Of(this))
            {
                // a layer that was left out of a quantized folder stays out
                bool leftOut = tensor.Quantization is null && Linears.Any(l => l.Quantized is not null);
                if (quantize && (tensor.Quantization is not null || (linears.Contains(tensor.Name) && !leftOut)))
                    writer.Add(CheckpointParts.MaxQuantizedBytes(tensor), () => CheckpointParts.Quantized(Engine, tensor, form, writer.Spool));
                else
                    writer.Add(quantize || format is null ? CheckpointParts.AsStored(tensor) : CheckpointParts.As(tensor, format == WeightFormat.BF16 ? SafeTensorsDType.BF16 : SafeTensorsDType.F32));
            }
            writer.Complete();
        }
        WholeFile.Write(Path.Combine(output.Path, "config.json"), SavedConfig(format, quantize, doubleQuantization).ToJson());
        output.Commit();
    }

    private LlamaConfig SavedConfig(WeightFormat? format, bool quantize, bool doubleQuantization)
    {
        if (!quantize) return Config with { SavedDType = (format ?? (Embedding.Value.DType == DType.BF16 ? WeightFormat.BF16 : WeightFormat.F32)) == WeightFormat.BF16 ? "bfloat16" : "float32", Quantization = null };
        bool any = Linears.Any(l => l.Quantized is not null);
        string[] skipped = [.. any ? Linears.Where(l => l.Quantized is null).Select(l => l.Module) : [], .. Head?.Quantized is null ? (string[])[LlamaWeights.HeadModule] : []];
        bool nested = any ? Linears.Any(l => l.Quantized is { DoubleQuantized: true }) : doubleQuantization;
        return Config with
        {
            SavedDType = Embedding.Value.DType == DType.BF16 ? "bfloat16" : "float32",
            Quantization = new BitsAndBytesConfig(BitsAndBytesState.NameOf(format!.Value), nested, skipped),
        };
    }
}
