using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>How 16 stored numbers of type <typeparamref name="T"/> are widened to float32, without rounding.</summary>
internal unsafe interface IWeightSource<T> where T : unmanaged
{
    static abstract Vector512<float> Load(T* source);
}

internal readonly unsafe struct F32Source : IWeightSource<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);
}

/// <summary>BF16 bits: the upper half of a float32.</summary>
internal readonly unsafe struct BF16Source : IWeightSource<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ushort* source) => BF16.Load(source, 0);
}

internal readonly unsafe struct F16Source : IWeightSource<Half>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(Half* s) => Vector512.Create(
        (float)s[0], (float)s[1], (float)s[2], (float)s[3], (float)s[4], (float)s[5], (float)s[6], (float)s[7],
        (float)s[8], (float)s[9], (float)s[10], (float)s[11], (float)s[12], (float)s[13], (float)s[14], (float)s[15]);
}
