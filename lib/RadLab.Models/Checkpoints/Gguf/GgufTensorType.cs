namespace RadLab.Models;

/// <summary>How a GGUF file keeps a tensor; the numbers are the format's. RadLab writes F32, F16, Q4_0 and Q8_0; the others it can list.</summary>
public enum GgufTensorType : uint
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q8_1 = 9,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    Q8_K = 15,
    I8 = 24,
    I16 = 25,
    I32 = 26,
    I64 = 27,
    F64 = 28,
    BF16 = 30,
}

/// <summary>Sizes of <see cref="GgufTensorType"/>.</summary>
public static class GgufTensorTypes
{
    /// <summary>Elements that are stored together, and the bytes they take; 0 for a type that is not known.</summary>
    public static (int Elements, int Bytes) Block(this GgufTensorType type) => type switch
    {
        GgufTensorType.F32 or GgufTensorType.I32 => (1, 4),
        GgufTensorType.F16 or GgufTensorType.BF16 or GgufTensorType.I16 => (1, 2),
        GgufTensorType.I8 => (1, 1),
        GgufTensorType.I64 or GgufTensorType.F64 => (1, 8),
        GgufTensorType.Q4_0 => (32, 18),
        GgufTensorType.Q4_1 => (32, 20),
        GgufTensorType.Q5_0 => (32, 22),
        GgufTensorType.Q5_1 => (32, 24),
        GgufTensorType.Q8_0 => (32, 34),
        GgufTensorType.Q8_1 => (32, 36),
        GgufTensorType.Q2_K => (256, 84),
        GgufTensorType.Q3_K => (256, 110),
        GgufTensorType.Q4_K => (256, 144),
        GgufTensorType.Q5_K => (256, 176),
        GgufTensorType.Q6_K => (256, 210),
        GgufTensorType.Q8_K => (256, 292),
        _ => (0, 0),
    };

    /// <summary>Bytes of a tensor of this shape, whose rows must consist of whole blocks.</summary>
    /// <returns>False where they do not, or where the product overflows 63 bits.</returns>
    public static bool TryByteCount(this GgufTensorType type, IReadOnlyList<long> shape, out long bytes)
    {
        var (elements, size) = type.Block();
        bytes = 0;
        if (elements == 0 || shape.Any(s => s < 1) || (shape.Count > 0 ? shape[^1] : 1) % elements != 0) return false;
        UInt128 count = 1;
        foreach (long length in shape)
        {
            count *= (ulong)length;
            if (count > long.MaxValue) return false;
        }
        count = count / (uint)elements * (uint)size;
        if (count > long.MaxValue) return false;
        bytes = (long)count;
        return true;
    }
}

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Shape">Outermost first, [out, in] for a linear layer; the file has the reverse order.</param>
/// <param name="Offset">First byte, counted from the start of the data section.</param>
public sealed record GgufTensor(string Name, GgufTensorType Type, IReadOnlyList<long> Shape, long Offset, long ByteCount)
{
    /// <summary>The shape as messages show it, for example <c>(128256, 4096)</c>.</summary>
    public string ShapeText => SafeTensorsEntry.TextOf(Shape);
}
