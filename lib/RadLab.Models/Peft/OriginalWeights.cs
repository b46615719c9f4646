using RadLab.Compute;

namespace RadLab.Models;

/// <summary>A model folder in 16 or 32 bits, opened to read single weights from: what a quantized model was made of.</summary>
public sealed class OriginalWeights : IDisposable
{
    private readonly string _folder;
    private readonly ShardedCheckpoint _checkpoint;

    private OriginalWeights(string folder, ShardedCheckpoint checkpoint) => (_folder, _checkpoint) = (folder, checkpoint);

    public static OriginalWeights Open(string folder) => new(folder, ShardedCheckpoint.Open(folder));

    /// <summary>The weight of a layer, (Outputs, Inputs) in F32; owned by the caller.</summary>
    internal Tensor Read(Engine engine, LinearLayer layer)
    {
        string name = LlamaWeights.WeightOf(layer.Module);
        var entry = _checkpoint.Get(name);
        if (!FloatBytes.IsFloat(entry.DType))
            throw Fail(name, $"must be F32, F16 or BF16 to begin from, but is {entry.DType.Name()}", "give the folder that the 4-bit one was made of");
        if (!entry.Shape.SequenceEqual([layer.Outputs, layer.Inputs]))
            throw Fail(name, $"must have shape {SafeTensorsEntry.TextOf([layer.Outputs, layer.Inputs])} as in the model, but has {entry.ShapeText}", "give the folder that the model was loaded from");
        return CheckpointParts.Load(engine, new FileTensor(_checkpoint, entry), DType.F32);
    }

    public void Dispose() => _checkpoint.Dispose();

    private CheckpointFormatException Fail(string tensor, string problem, string advice) => new(_folder, $"tensor {CheckpointFormatException.Quote(tensor)}", problem, advice);
}
