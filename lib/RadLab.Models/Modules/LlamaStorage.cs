using RadLab.Compute;

namespace RadLab.Models;

/// <summary>In which formats a model is kept in memory.</summary>
/// <remarks>Norm weights are always F32: they are few.</remarks>
public sealed record LlamaStorage
{
    /// <summary>Of the blocks' linear layers.</summary>
    public WeightFormat Linears { get; init; }

    /// <summary>F32 or BF16, of embedding and head. Null: as the linear layers; where those are quantized, BF16 for files in 16 bits, else F32.</summary>
    public DType? Embedding { get; init; }

    /// <summary>F32 or BF16, of the hidden states. Null: as the embedding.</summary>
    public DType? Activations { get; init; }

    /// <summary>The output head is quantized like the linear layers. It then cannot be tied, and the loss computes all logits.</summary>
    public bool QuantizeHead { get; init; }

    /// <summary>Elements that share a scale, where quantized.</summary>
    public int BlockSize { get; init; } = 64;

    /// <summary>4-bit formats: the scales are quantized as well.</summary>
    public bool DoubleQuantization { get; init; } = true;

    internal bool Quantized => Linears is WeightFormat.Nf4 or WeightFormat.Fp4 or WeightFormat.Int8;

    internal DType EmbeddingDType(bool savedIn16Bits)
    {
        if (Embedding is { } dtype) return dtype;
        return Linears == WeightFormat.BF16 || (Quantized && savedIn16Bits) ? DType.BF16 : DType.F32;
    }

    /// <summary>Refuses to quantize what a folder has quantized already.</summary>
    internal void CheckSource(LlamaConfig config)
    {
        if (config.Quantization is not { } source || !Quantized) return;
        var stored = source.QuantType == Fp4.Name ? WeightFormat.Fp4 : WeightFormat.Nf4;
        if (Linears == stored) return;
        throw new ArgumentException($"LlamaStorage: Linears must be {stored}, F32 or BF16 for a folder whose linear layers are stored in {source.QuantType}, got {Linears}; quantizing twice would lose twice.");
    }

    internal void Check(LlamaConfig config)
    {
        if (Linears > WeightFormat.Int8) throw new ArgumentException($"LlamaStorage: Linears must be F32, BF16, Nf4, Fp4 or Int8, got {Linears}.");
        if (Embedding is { } e && !e.IsFloat()) throw new ArgumentException($"LlamaStorage: Embedding must be F32 or BF16, got {e}.");
        if (Activations is { } a && !a.IsFloat()) throw new ArgumentException($"LlamaStorage: Activations must be F32 or BF16, got {a}.");
        if (!QuantizeHead) return;
        if (!Quantized) throw new ArgumentException($"LlamaStorage: QuantizeHead needs a quantized format for Linears, got {Linears}.");
        if (config.TiedEmbeddings) throw new ArgumentException("LlamaStorage: QuantizeHead needs a head of its own, but this model's head is its embedding.");
    }
}
