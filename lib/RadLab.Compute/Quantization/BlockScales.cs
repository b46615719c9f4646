using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>Where a kernel finds the scale (absolute maximum) of a block.</summary>
internal interface IBlockScales
{
    float this[long block] { get; }

    /// <summary>
    /// The scales of <paramref name="rows"/> rows of <paramref name="count"/> blocks, <paramref name="pitch"/> blocks apart: in place, or decoded into <paramref name="buffer"/>.
    /// </summary>
    /// <returns>A pointer to the first float, and how far apart the rows are there.</returns>
    unsafe (nint Scales, int Pitch) Take(long first, int count, int rows, int pitch, float* buffer);
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
    public (nint Scales, int Pitch) Take(long first, int count, int rows, int pitch, float* buffer) => ((nint)(scales + first), pitch);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Decode(long first, int count, float* buffer)
    {
        int i = 0;
        while (i < count)
        {
            // up to the end of a nested block: eight codes at a time, gathered from the map
            long nested = (first + i) >> nestedShift;
            int end = (int)Math.Min(count, ((nested + 1) << nestedShift) - first);
            var scale = Vector256.Create(absmax[nested]);
            if (Avx2.IsSupported)
            {
                for (; i + 8 <= end; i += 8)
                {
                    var value = Avx2.GatherVector256(map, Avx2.ConvertToVector256Int32(codes + first + i), sizeof(float));
                    (value * scale + Vector256.Create(offset)).Store(buffer + i);
                }
            }
            for (; i < end; i++) buffer[i] = this[first + i];
        }
    }

    public (nint Scales, int Pitch) Take(long first, int count, int rows, int pitch, float* buffer)
    {
        if (count == pitch) Decode(first, rows * count, buffer);
        else
            for (int r = 0; r < rows; r++) Decode(first + (long)r * pitch, count, buffer + r * count);
        return ((nint)buffer, count);
    }
}
