using System.Runtime.InteropServices;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Puts numbers in other formats into a part of a tensor.</summary>
internal static class TensorBytes
{
    /// <summary>Writes floats from element <paramref name="at"/> on, rounded where the tensor is BF16.</summary>
    public static void Write(Tensor t, long at, ReadOnlySpan<float> values)
    {
        if (t.DType == DType.F32)
        {
            values.CopyTo(t.AsSpan<float>()[(int)at..]);
            return;
        }
        var bits = t.AsSpan<ushort>().Slice((int)at, values.Length);
        for (int i = 0; i < bits.Length; i++) bits[i] = BFloat16.FromSingle(values[i]);
    }

    /// <summary>The memory of elements [at, at + count) as the bytes of a little-endian file.</summary>
    public static Span<byte> Of(Tensor t, long at, int count) => t.DType == DType.F32
        ? MemoryMarshal.AsBytes(t.AsSpan<float>().Slice((int)at, count))
        : MemoryMarshal.AsBytes(t.AsSpan<ushort>().Slice((int)at, count));
}
