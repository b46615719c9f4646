namespace RadLab.Compute;

/// <summary>How a weight is kept. F32 and BF16 are plain tensors; the others are a <see cref="QuantizedWeight"/>.</summary>
public enum WeightFormat : byte
{
    F32,
    BF16,

    /// <summary>4 bits, the quantiles of a normal distribution (QLoRA).</summary>
    Nf4,

    /// <summary>4 bits, a tiny floating-point number.</summary>
    Fp4,

    /// <summary>8 bits, the signed dynamic map.</summary>
    Int8,
}
