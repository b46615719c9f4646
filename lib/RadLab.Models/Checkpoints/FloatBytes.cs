using System.Runtime.InteropServices;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Floats from and to the little-endian bytes of F32, F16 and BF16; rounded to nearest even.</summary>
internal static class FloatBytes
{
    public static bool IsFloat(SafeTensorsDType dtype) => dtype is SafeTensorsDType.F32 or SafeTensorsDType.F16 or SafeTensorsDType.BF16;

    public static void Decode(SafeTensorsDType dtype, ReadOnlySpan<byte> bytes, Span<float> floats)
    {
        switch (dtype)
        {
            case SafeTensorsDType.F32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(floats);
                break;
            case SafeTensorsDType.BF16:
                HalfWidening.BF16(MemoryMarshal.Cast<byte, ushort>(bytes)[..floats.Length], floats);
                break;
            case SafeTensorsDType.F16:
                HalfWidening.F16(MemoryMarshal.Cast<byte, ushort>(bytes)[..floats.Length], floats);
                break;
            default:
                throw new ArgumentException($"FloatBytes.Decode: dtype must be F32, F16 or BF16, got {dtype.Name()}.", nameof(dtype));
        }
    }

    public static void Encode(ReadOnlySpan<float> floats, SafeTensorsDType dtype, Span<byte> bytes)
    {
        switch (dtype)
        {
            case SafeTensorsDType.F32:
                floats.CopyTo(MemoryMarshal.Cast<byte, float>(bytes));
                break;
            case SafeTensorsDType.BF16:
                var bits = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < floats.Length; i++) bits[i] = BFloat16.FromSingle(floats[i]);
                break;
            case SafeTensorsDType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < floats.Length; i++) halves[i] = (Half)floats[i];
                break;
            default:
                throw new ArgumentException($"FloatBytes.Encode: dtype must be F32, F16 or BF16, got {dtype.Name()}.", nameof(dtype));
        }
    }
}
