using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>Where a kernel finds the scale (absolute maximum) of a block.</summary>
internal interface IBlockScales
{
    float this[long block] { get; }

    /// <summary>The scales of <paramref name="count"/> blocks in a row: in place, or decoded into <paramref name="buffer"/>.</summary>
    unsafe float* Take(long first, int count, float* buffer);
}

/// <summary>One float32 per block.</summary>
internal readonly unsafe struct PlainScales(float* scales) : IBlockScales
{
    public float this[long block]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => scales[block];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Take(long first, int count, float* buffer) => scales + first;
}

/// <summary>Scales that are quantized themselves: <c>map[code] * absmax + offset</c>, each operation rounded to float32 (not fused).</summary>
/// <param name="codes">One per block.</param>
/// <param name="map">256 values, ascending.</param>
/// <param name="absmax">One per nested block of 2^<paramref name="nestedShift"/> codes.</param>
/// <param name="offset">One for the tensor.</param>
/// <param name="nestedShift">log2 of the nested block size; 8 for blocks of 256.</param>
internal readonly unsafe struct NestedScales(byte* codes, float* map, float* absmax, float offset, int nestedShift = DoubleQuantization.NestedShift)
    : IBlockScales
{
    public float this[long block]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => map[codes[block]] * absmax[block >> nestedShift] + offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Take(long first, int count, float* buffer)
    {
        for (int i = 0; i < count; i++) buffer[i] = this[first + i];
        return buffer;
    }
}
