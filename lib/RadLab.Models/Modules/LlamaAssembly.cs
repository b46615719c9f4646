using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Where the numbers of a new model come from, tensor by tensor.</summary>
internal interface IWeights
{
    /// <summary>F32 or BF16: the smaller of the two that holds this tensor without rounding.</summary>
    DType Exact(string name);

    /// <summary>The files have no more than 16 bits for this tensor.</summary>
    bool In16Bits(string name);

    /// <summary>A new tensor, owned by the caller; decoded where the files have it in 4 bits.</summary>
    Tensor Read(string name, Shape shape, DType dtype);

    /// <summary>The files have linear layers in 4 bits: those they have in 16 or 32 are meant to stay so.</summary>
    bool Quantized { get; }

    /// <summary>A weight exactly as the files have it in 4 bits, owned by the caller; null where they do not.</summary>
    QuantizedWeight? ReadQuantized(string name, Shape shape);
}

/// <summary>Puts a model together in the order of <see cref="LlamaWeights.Parameters"/>; at most one tensor is in memory twice.</summary>
internal sealed class LlamaAssembly(Engine engine, LlamaConfig config, LlamaStorage storage, IWeights weights)
{
    private readonly List<IDisposable> _parts = [];
    private readonly RotaryPositions _positions = new(engine, config);

    public LlamaModel Model()
    {
        var table = storage.EmbeddingDType(weights.In16Bits(LlamaWeights.Embedding));
        var embedding = Dense(LlamaWeights.Embedding, [config.VocabularySize, config.HiddenSize], table);
        var blocks = new TransformerBlock[config.Layers];
        for (int layer = 0; layer < blocks.Length; layer++) blocks[layer] = Block(layer, table);
        var norm = Norm(LlamaWeights.FinalNorm);
        var head = config.TiedEmbeddings ? null : Head(table);
        return new LlamaModel(engine, config, embedding, blocks, norm, head, _positions, storage.Activations ?? table);
    }

    /// <summary>After a failure: nothing of a half-made model stays in memory.</summary>
    public void DisposeParts()
    {
        foreach (var part in _parts) part.Dispose();
        _positions.Dispose();
    }

    private TransformerBlock Block(int layer, DType table)
    {
        var linears = new LinearLayer[LlamaWeights.LinearNames.Count];
        for (int i = 0; i < linears.Length; i++)
        {
            string name = LlamaWeights.LinearNames[i];
            var (outputs, inputs) = LlamaWeights.LinearShape(config, name);
            linears[i] = Linear(LlamaWeights.Module(layer, name), [outputs, inputs], table);
        }
        var attention = new SelfAttention(config, linears[0], linears[1], linears[2], linears[3], _positions);
        return new TransformerBlock(Norm(LlamaWeights.AttentionNorm(layer)), attention, Norm(LlamaWeights.FeedForwardNorm(layer)), new FeedForward(linears[4], linears[5], linears[6]));
    }

    private LinearLayer Linear(string module, Shape shape, DType table)
    {
        string name = LlamaWeights.WeightOf(module);
        if (storage.Quantized && weights.Quantized)
            return Stored(name, shape) is { } stored ? new LinearLayer(module, stored) : new LinearLayer(module, Dense(name, shape, table));
        return storage.Quantized
            ? new LinearLayer(module, Quantize(name, shape))
            : new LinearLayer(module, Dense(name, shape, storage.Linears == WeightFormat.BF16 ? DType.BF16 : DType.F32));
    }

    private LinearLayer Head(DType dtype)
    {
        Shape shape = [config.VocabularySize, config.HiddenSize];
        if (storage.Quantized && Stored(LlamaWeights.Head, shape) is { } stored) return new LinearLayer(LlamaWeights.HeadModule, stored);
        return storage.QuantizeHead
            ? new LinearLayer(LlamaWeights.HeadModule, Quantize(LlamaWeights.Head, shape))
            : new LinearLayer(LlamaWeights.HeadModule, Dense(LlamaWeights.Head, shape, dtype));
    }

    private RmsNormLayer Norm(string name) => new(Dense(name, [config.HiddenSize], DType.F32), config.RmsNormEps);

    private Parameter Dense(string name, Shape shape, DType dtype)
    {
        var parameter = new Parameter(name, weights.Read(name, shape, dtype), trainable: false);
        _parts.Add(parameter);
        return parameter;
    }

    private QuantizedWeight? Stored(string name, Shape shape)
    {
        var stored = weights.ReadQuantized(name, shape);
        if (stored is not null) _parts.Add(stored);
        return stored;
    }

    private QuantizedWeight Quantize(string name, Shape shape)
    {
        using var full = weights.Read(name, shape, weights.Exact(name));
        var quantized = QuantizedWeight.Quantize(full, storage.Linears, storage.BlockSize, storage.DoubleQuantization);
        _parts.Add(quantized);
        return quantized;
    }
}
