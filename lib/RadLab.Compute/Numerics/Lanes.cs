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

    /// <summary>16 bytes as numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadBytes(byte* p)
    {
        var bytes = Vector128.Load(p);
        return Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(bytes)
            : Vector512.Create(Vector256.WidenLower(Widened(bytes)), Vector256.WidenUpper(Widened(bytes))).AsInt32();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<ushort> Widened(Vector128<byte> b) => Vector256.Create(Vector128.WidenLower(b), Vector128.WidenUpper(b));
    }

    /// <summary>The lowest byte of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(byte* p, Vector512<int> v)
    {
        var narrow = Vector256.Narrow(v.GetLower().AsUInt32(), v.GetUpper().AsUInt32());
        var bytes = Avx512F.IsSupported ? Avx512F.ConvertToVector128Byte(v.AsUInt32()) : Vector128.Narrow(narrow.GetLower(), narrow.GetUpper());
        bytes.Store(p);
    }

    /// <summary>table[index], lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gather(float* table, Vector512<int> index)
    {
        return Avx2.IsSupported ? Vector512.Create(Eight(table, index.GetLower()), Eight(table, index.GetUpper())) : GatherOneByOne(table, index);

        // with a mask: the plain form merges into whatever its register held, and waits for that
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<float> Eight(float* table, Vector256<int> index) =>
            Avx2.GatherMaskVector256(Vector256<float>.Zero, table, index, Vector256<float>.AllBitsSet, sizeof(float));
    }

    /// <summary>The bytes table[index], lane by lane; three more bytes behind the largest index must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> GatherBytes(byte* table, Vector512<int> index)
    {
        return Avx2.IsSupported ? Vector512.Create(Eight((int*)table, index.GetLower()), Eight((int*)table, index.GetUpper())) & Vector512.Create(0xff) : GatherBytesOneByOne(table, index);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<int> Eight(int* table, Vector256<int> index) => Avx2.GatherMaskVector256(Vector256<int>.Zero, table, index, Vector256<int>.AllBitsSet, 1);
    }

    private static Vector512<float> GatherOneByOne(float* table, Vector512<int> index)
    {
        int* at = stackalloc int[Count];
        float* values = stackalloc float[Count];
        index.Store(at);
        for (int k = 0; k < Count; k++) values[k] = table[at[k]];
        return Vector512.Load(values);
    }

    private static Vector512<int> GatherBytesOneByOne(byte* table, Vector512<int> index)
    {
        int* at = stackalloc int[Count];
        index.Store(at);
        for (int k = 0; k < Count; k++) at[k] = table[at[k]];
        return Vector512.Load(at);
    }
}
