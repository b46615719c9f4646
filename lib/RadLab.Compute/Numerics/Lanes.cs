using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>How a kernel reads and writes 16 elements: load, widen to F32, compute, narrow, store. Kernels are generic over it.</summary>
internal unsafe interface IStorage
{
    static abstract Vector512<float> Load(void* p, nint i);

    static abstract void Store(void* p, nint i, Vector512<float> v);

    static abstract float Get(void* p, nint i);

    static abstract void Set(void* p, nint i, float v);
}

internal readonly unsafe struct F32 : IStorage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* p, nint i) => Vector512.Load((float*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* p, nint i, Vector512<float> v) => v.Store((float*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(void* p, nint i) => ((float*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(void* p, nint i, float v) => ((float*)p)[i] = v;
}

internal readonly unsafe struct BF16 : IStorage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* p, nint i)
    {
        var bits = Vector256.Load((ushort*)p + i);
        var wide = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512UInt32(bits)
            : Vector512.Create(Vector256.WidenLower(bits), Vector256.WidenUpper(bits));
        return (wide << 16).AsSingle();
    }

    // round to nearest even in integers; a NaN gets its quiet bit so that rounding cannot turn it into infinity
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* p, nint i, Vector512<float> v)
    {
        var bits = v.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        var nan = (bits >> 16) | Vector512.Create(0x40u);
        var ordered = Vector512.Equals(v, v).AsUInt32();
        var narrow = Vector512.ConditionalSelect(ordered, rounded, nan);
        var halves = Avx512F.IsSupported
            ? Avx512F.ConvertToVector256UInt16(narrow)
            : Vector256.Narrow(narrow.GetLower(), narrow.GetUpper());
        halves.Store((ushort*)p + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(void* p, nint i) => BFloat16.ToSingle(((ushort*)p)[i]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(void* p, nint i, float v) => ((ushort*)p)[i] = BFloat16.FromSingle(v);
}

/// <summary>16 lanes of F32, whatever the width of the hardware: .NET splits them without changing a bit.</summary>
internal static unsafe class Lanes
{
    public const int Count = 16;

    /// <summary>The one reduction tree of the engine: upper half onto lower half, 16 → 8 → 4 → 2 → 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v)
    {
        var a = v.GetLower() + v.GetUpper();
        var b = a.GetLower() + a.GetUpper();
        var c = b + Vector128.Shuffle(b, Vector128.Create(2, 3, 0, 1));
        return c.ToScalar() + c.GetElement(1);
    }

    /// <summary>Four sums at once, each with the bits of <see cref="Sum(Vector512{float})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sum(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        if (!Avx512F.IsSupported) return Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d));
        // quarters of 4 lanes: the upper two of each vector onto its lower two, then the second onto the first
        var ab = Avx512F.Shuffle4x128(a, b, 0b01_00_01_00) + Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);
        var cd = Avx512F.Shuffle4x128(c, d, 0b01_00_01_00) + Avx512F.Shuffle4x128(c, d, 0b11_10_11_10);
        var quarters = Avx512F.Shuffle4x128(ab, cd, 0b10_00_10_00) + Avx512F.Shuffle4x128(ab, cd, 0b11_01_11_01);
        var pairs = quarters + Avx512F.Shuffle(quarters, quarters, 0b01_00_11_10);
        var sums = pairs + Avx512F.Shuffle(pairs, pairs, 0b10_11_00_01);
        return Avx512F.PermuteVar16x32(sums, Vector512.Create(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)).GetLower().GetLower();
    }

    /// <summary>Largest lane; NaN lanes must not occur.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector512<float> v)
    {
        var a = Vector256.Max(v.GetLower(), v.GetUpper());
        var b = Vector128.Max(a.GetLower(), a.GetUpper());
        var c = Vector128.Max(b, Vector128.Shuffle(b, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(c.ToScalar(), c.GetElement(1));
    }

    /// <summary>The first <paramref name="count"/> (1 to 15) elements, the other lanes filled with <paramref name="fill"/>.</summary>
    public static Vector512<float> LoadTail<T>(void* p, nint i, int count, float fill = 0f) where T : IStorage
    {
        float* buffer = stackalloc float[Count];
        for (int k = 0; k < Count; k++) buffer[k] = k < count ? T.Get(p, i + k) : fill;
        return Vector512.Load(buffer);
    }

    /// <summary>Stores the first <paramref name="count"/> lanes.</summary>
    public static void StoreTail<T>(void* p, nint i, Vector512<float> v, int count) where T : IStorage
    {
        float* buffer = stackalloc float[Count];
        v.Store(buffer);
        for (int k = 0; k < count; k++) T.Set(p, i + k, buffer[k]);
    }
}
