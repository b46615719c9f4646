namespace RadLab.Models;

/// <summary>Element types of a safetensors file, in the order that the format's writer sorts by (smallest alignment first).</summary>
public enum SafeTensorsDType
{
    Bool,
    F4,
    F6E2M3,
    F6E3M2,
    U8,
    I8,
    F8E5M2,
    F8E4M3,
    F8E8M0,
    F8E4M3Fnuz,
    F8E5M2Fnuz,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    C64,
    F64,
    I64,
    U64,
}

/// <summary>Names and widths of <see cref="SafeTensorsDType"/>.</summary>
public static class SafeTensorsDTypes
{
    private static readonly (string Name, int Bits)[] s_types =
    [
        ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8),
        ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8),
        ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32),
        ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
    ];

    /// <summary>The name in the file, for example <c>BF16</c>.</summary>
    public static string Name(this SafeTensorsDType dtype) => s_types[(int)dtype].Name;

    /// <summary>Bits per element; below 8 the elements are packed and a tensor must fill whole bytes.</summary>
    public static int Bits(this SafeTensorsDType dtype) => s_types[(int)dtype].Bits;

    /// <summary>Finds the type that a file calls <paramref name="name"/>; case matters.</summary>
    public static bool TryParse(string name, out SafeTensorsDType dtype)
    {
        int index = Array.FindIndex(s_types, t => t.Name == name);
        dtype = (SafeTensorsDType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Bytes of a tensor of this shape.</summary>
    /// <returns>False where the product overflows 63 bits or does not fill whole bytes.</returns>
    public static bool TryByteCount(this SafeTensorsDType dtype, IReadOnlyList<long> shape, out long bytes)
    {
        bytes = 0;
        UInt128 bits = (uint)dtype.Bits(), limit = (UInt128)long.MaxValue * 8;
        bool empty = false;
        foreach (long size in shape)
        {
            if (size < 0) return false;
            if (size == 0) empty = true;
            // Checked even where another dimension is zero, so that the result does not depend on the order of dimensions.
            else if ((ulong)size > limit / bits) return false;
            else bits *= (ulong)size;
        }
        if (empty) return true;
        if (bits % 8 != 0) return false;
        bytes = (long)(bits / 8);
        return true;
    }
}
