using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float* Take(long first, int count, float* buffer)
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
        return buffer;
    }
}
