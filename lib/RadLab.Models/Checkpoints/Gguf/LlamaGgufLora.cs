using System.Globalization;
using System.Runtime.InteropServices;

namespace RadLab.Models;

/// <summary>A PEFT adapter as a GGUF file that llama.cpp puts on its base: <c>blk.N.attn_q.weight.lora_a</c> (R, inputs), <c>.lora_b</c> (outputs, R), F32.</summary>
/// <remarks>
/// llama.cpp scales B·A with <c>adapter.lora.alpha</c> / R, one alpha for all layers: it is written as s·R of the first layer, which covers rsLoRA; where another layer's s·R
/// differs, its B takes the factor. Rows of B for queries and keys are reordered as the base's are.
/// </remarks>
internal static class LlamaGgufLora
{
    private const string A = ".lora_A.weight", B = ".lora_B.weight";
    private const string Advice = "check that adapter and model belong together";

    private sealed record Layer(string Module, SourceTensor A, SourceTensor B, float Alpha)
    {
        public string Weight => LlamaGguf.NameOf(LlamaWeights.WeightOf(Module));
    }

    public static ConversionResult Write(string folder, LlamaConfig config, string output)
    {
        var peft = PeftConfig.Load(folder);
        if (peft.Settings.UseDora)
            throw new CheckpointFormatException(Path.Combine(folder, PeftConfig.FileName), "use_dora", "is true, but GGUF has no place for DoRA's magnitudes", "merge the adapter into its base and convert that");
        using var checkpoint = ShardedCheckpoint.Open(folder, PeftFolder.Stem);
        var layers = Layers(checkpoint, peft, config, folder);
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

    private static List<Layer> Layers(ShardedCheckpoint checkpoint, PeftConfig peft, LlamaConfig config, string folder)
    {
        var known = Enumerable.Range(0, config.Layers).SelectMany(l => LlamaWeights.LinearNames.Select(n => (Module: LlamaWeights.Module(l, n), Shape: LlamaWeights.LinearShape(config, n)))).ToList();
        var names = known.SelectMany(k => new[] { PeftFolder.Prefix + k.Module + A, PeftFolder.Prefix + k.Module + B }).ToHashSet();
        if (checkpoint.Entries.FirstOrDefault(e => !names.Contains(e.Name)) is { } stray) throw Fail(stray.Name, "has no place in the model that is given as its base");
        var layers = new List<Layer>();
        foreach (var (module, shape) in known)
        {
            string a = PeftFolder.Prefix + module + A, b = PeftFolder.Prefix + module + B;
            if (!checkpoint.Contains(a) && !checkpoint.Contains(b)) continue;
            var (down, up) = (new FileTensor(checkpoint, checkpoint.Get(a)), new FileTensor(checkpoint, checkpoint.Get(b)));
            Require(down, peft.Settings.Rank, shape.Inputs);
            Require(up, shape.Outputs, peft.Settings.Rank);
            layers.Add(new Layer(module, down, up, peft.Settings.Scale * peft.Settings.Rank));
        }
        return layers.Count > 0 ? layers : throw new CheckpointFormatException(folder, "tensors", "there are none of an adapter", Advice);

        void Require(SourceTensor tensor, long rows, long columns)
        {
            if (!tensor.IsFloat) throw Fail(tensor.Name, $"must be F32, F16 or BF16, but is {tensor.DType.Name()}");
            if (!tensor.Shape.SequenceEqual([rows, columns]))
                throw Fail(tensor.Name, string.Create(CultureInfo.InvariantCulture, $"must have shape ({rows}, {columns}) by adapter_config.json and the base, but has {SafeTensorsEntry.TextOf(tensor.Shape)}"));
        }

        CheckpointFormatException Fail(string tensor, string problem) => new(folder, $"tensor {CheckpointFormatException.Quote(tensor)}", problem, Advice);
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
