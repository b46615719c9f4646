using System.Runtime.InteropServices;

namespace RadLab.Models;

/// <summary>A PEFT adapter as a GGUF file that llama.cpp puts on its base: <c>blk.N.attn_q.weight.lora_a</c> (R, inputs), <c>.lora_b</c> (outputs, R), F32.</summary>
/// <remarks>
/// llama.cpp scales B·A with <c>adapter.lora.alpha</c> / R, one alpha for all layers: it is written as s·R of the first layer, which covers rsLoRA; where another layer's s·R
/// differs, its B takes the factor. Rows of B for queries and keys are reordered as the base's are.
/// </remarks>
internal static class LlamaGgufLora
{
    private sealed record Layer(string Module, SourceTensor A, SourceTensor B, float Alpha)
    {
        public string Weight => LlamaGguf.NameOf(LlamaWeights.WeightOf(Module));
    }

    public static ConversionResult Write(string folder, LlamaConfig config, string output)
    {
        var peft = PeftConfig.Load(folder);
        string file = Path.Combine(folder, PeftConfig.FileName);
        if (peft.Settings.UseDora)
            throw new CheckpointFormatException(file, "use_dora", "is true, but GGUF has no place for DoRA's magnitudes", "merge the adapter into its base and convert that");
        if (peft.Settings.Init.ChangesBase)
            throw new CheckpointFormatException(file, "init_lora_weights", $"is {peft.Settings.Init}, which stands on a changed base", "save the adapter as plain LoRA and convert that, or merge it");
        using var checkpoint = ShardedCheckpoint.Open(folder, PeftFolder.Stem);
        var layers = Layers(checkpoint, peft.Settings, config, folder);
        float alpha = layers[0].Alpha;

        var specs = layers.SelectMany(l => new[] { Spec(l.Weight + ".lora_a", l.A), Spec(l.Weight + ".lora_b", l.B) });
        KeyValuePair<string, object>[] metadata =
        [
            new("general.architecture", "llama"), new("general.type", "adapter"), new("general.file_type", 0u), new("adapter.type", "lora"), new("adapter.lora.alpha", alpha),
        ];
        using var writer = GgufWriter.Create(output, metadata, specs);
        foreach (var layer in layers)
        {
            writer.Append(layer.Weight + ".lora_a", MemoryMarshal.AsBytes(Floats(layer.A).AsSpan()));
            float[] b = InOrder(Floats(layer.B), LlamaGguf.HeadRows(config, LlamaWeights.WeightOf(layer.Module)), (int)layer.B.Shape[1]);
            float factor = layer.Alpha / alpha;
            if (factor != 1)
                foreach (ref float v in b.AsSpan()) v *= factor;
            writer.Append(layer.Weight + ".lora_b", MemoryMarshal.AsBytes(b.AsSpan()));
        }
        writer.Commit();
        return new ConversionResult(2 * layers.Count, 2 * layers.Count, writer.Tensors.Sum(t => t.ByteCount), []);
    }

    private static (string, GgufTensorType, IReadOnlyList<long>) Spec(string name, SourceTensor tensor) => (name, GgufTensorType.F32, tensor.Shape);

    private static List<Layer> Layers(ShardedCheckpoint checkpoint, Lora settings, LlamaConfig config, string folder)
    {
        var known = Enumerable.Range(0, config.Layers).SelectMany(layer => LlamaWeights.LinearNames.Select(name =>
        {
            var (outputs, inputs) = LlamaWeights.LinearShape(config, name);
            return (Module: LlamaWeights.Module(layer, name), outputs, inputs);
        })).ToList();
        PeftFolder.CheckTensors(checkpoint, folder, settings, known);
        var layers = known.Where(k => settings.IsTarget(k.Module))
            .Select(k => new Layer(k.Module, Tensor(LoraWeights.A(k.Module)), Tensor(LoraWeights.B(k.Module)), settings.ScaleOf(k.Module) * settings.RankOf(k.Module))).ToList();
        return layers.Count > 0 ? layers : throw new CheckpointFormatException(Path.Combine(folder, PeftConfig.FileName), "target_modules", "name no layer of the base", "check that adapter and model belong together");

        FileTensor Tensor(string name) => new(checkpoint, checkpoint.Get(PeftFolder.Prefix + name));
    }

    private static float[] Floats(SourceTensor tensor)
    {
        var floats = new float[checked((int)tensor.Count)];
        tensor.ReadFloats(0, floats);
        tensor.Release();
        return floats;
    }

    private static float[] InOrder(float[] rows, int headRows, int columns)
    {
        if (headRows == 0) return rows;
        var ordered = new float[rows.Length];
        for (int at = 0; at < rows.Length; at += headRows * columns) LlamaGguf.Interleave(rows.AsSpan(at, headRows * columns), ordered.AsSpan(at), headRows, columns);
        return ordered;
    }
}
