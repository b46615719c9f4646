using System.Runtime.InteropServices;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Numbers from a model folder's safetensors, converted piece by piece.</summary>
internal sealed class CheckpointWeights(Engine engine, ShardedCheckpoint checkpoint, string folder) : IWeights
{
    private const int Piece = 1 << 20;   // elements

    private readonly Dictionary<string, BitsAndBytesState?> _states = [];
    private byte[]? _staging;

    /// <summary>Whether config.json says so; without that, 4-bit parts have no place in the model.</summary>
    public bool Quantized { get; private set; }

    /// <summary>Refuses tensors that the model has no place for: they would be silently without effect.</summary>
    public void RequireOnly(LlamaConfig config)
    {
        Quantized = config.Quantization is not null;
        var known = LlamaWeights.Parameters(config).Select(p => p.Name).ToHashSet();
        foreach (var entry in checkpoint.Entries)
        {
            // some writers store the tied head as well: it is the embedding once more
            if (Quantized && BitsAndBytesWeights.OwnerOf(entry.Name) is { } owner && known.Contains(owner)) continue;
            if (known.Contains(entry.Name) || LlamaWeights.IsDerived(entry.Name) || (config.TiedEmbeddings && entry.Name == LlamaWeights.Head)) continue;
            throw Fail(entry, "has no place in the model that config.json describes", "check that weights and config.json belong together");
        }
    }

    public DType Exact(string name) => checkpoint.Get(name).DType == SafeTensorsDType.BF16 ? DType.BF16 : DType.F32;

    public bool In16Bits(string name) => State(name) is { } state ? state.DType != "float32" : checkpoint.Get(name).DType is SafeTensorsDType.BF16 or SafeTensorsDType.F16;

    public QuantizedWeight? ReadQuantized(string name, Shape shape)
    {
        if (State(name) is not { } state) return null;
        if (!shape.ToArray().AsSpan().SequenceEqual([state.Outputs, state.Inputs]))
            throw Fail(checkpoint.Get(name), $"must have shape {shape} by config.json, but has {SafeTensorsEntry.TextOf([state.Outputs, state.Inputs])}", "check that weights and config.json belong together");
        return BitsAndBytesWeights.Read(engine, checkpoint, name, state);
    }

    public Tensor Read(string name, Shape shape, DType dtype)
    {
        if (ReadQuantized(name, shape) is { } quantized)
        {
            using (quantized) return quantized.Dequantize(dtype);
        }
        var entry = checkpoint.Get(name);
        if (!entry.Shape.SequenceEqual(shape.ToArray().Select(d => (long)d)))
            throw Fail(entry, $"must have shape {shape} by config.json, but has {entry.ShapeText}", "check that weights and config.json belong together");
        if (entry.DType is not (SafeTensorsDType.F32 or SafeTensorsDType.F16 or SafeTensorsDType.BF16))
            throw Fail(entry, $"must be F32, F16 or BF16, but is {entry.DType.Name()}", "convert the weights first");

        var t = engine.Empty(shape, dtype);
        try
        {
            for (long at = 0; at < t.Count; at += Piece) ReadPiece(entry, t, at, (int)Math.Min(Piece, t.Count - at));
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
    }

    private void ReadPiece(SafeTensorsEntry entry, Tensor t, long at, int count)
    {
        int width = entry.DType == SafeTensorsDType.F32 ? 4 : 2;
        if ((entry.DType, t.DType) is (SafeTensorsDType.F32, DType.F32) or (SafeTensorsDType.BF16, DType.BF16))
        {
            checkpoint.ReadRange(entry.Name, at * width, TensorBytes.Of(t, at, count));
            return;
        }
        _staging ??= new byte[Piece * (sizeof(float) + sizeof(float))];
        var read = _staging.AsSpan(0, count * width);
        checkpoint.ReadRange(entry.Name, at * width, read);
        if (t.DType == DType.F32)
        {
            FloatBytes.Decode(entry.DType, read, t.AsSpan<float>().Slice((int)at, count));
            return;
        }
        var floats = MemoryMarshal.Cast<byte, float>(_staging.AsSpan(Piece * sizeof(float)))[..count];
        FloatBytes.Decode(entry.DType, read, floats);
        TensorBytes.Write(t, at, floats);
    }

    private BitsAndBytesState? State(string name)
    {
        if (!Quantized) return null;
        if (!_states.TryGetValue(name, out var state)) _states.Add(name, state = BitsAndBytesWeights.StateOf(checkpoint, name));
        return state;
    }

    private CheckpointFormatException Fail(SafeTensorsEntry entry, string problem, string advice) =>
        new(folder, $"tensor {CheckpointFormatException.Quote(entry.Name)}", problem, advice);
}
