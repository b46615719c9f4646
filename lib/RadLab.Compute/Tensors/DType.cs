namespace RadLab.Compute;

/// <summary>How one element of a <see cref="Tensor"/> is stored. Quantized weights are no dtype: see <c>WeightFormat</c>.</summary>
public enum DType : byte
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    F32,

    /// <summary>Upper half of a single: 8 exponent bits, 7 fraction bits, 2 bytes.</summary>
    BF16,

    /// <summary>Unsigned byte: packed 4-bit codes, 8-bit codes, masks.</summary>
    U8,

    /// <summary>32-bit integer: token ids, labels, positions.</summary>
    I32,

    /// <summary>64-bit integer.</summary>
    I64,
}

public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.F32 or DType.I32 => 4,
        DType.BF16 => 2,
        DType.U8 => 1,
        DType.I64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "DType: unknown element type."),
    };

    /// <summary>True for the types that gradients flow through.</summary>
    public static bool IsFloat(this DType dtype) => dtype is DType.F32 or DType.BF16;
}
