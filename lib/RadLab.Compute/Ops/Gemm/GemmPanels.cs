using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>
/// Packing: copies strips of an operand, each <c>width</c> vectors long in the direction of C's rows (A) or columns (B), into k rows of <c>width</c> floats.
/// Widening and transposing happen here, so that the tile only ever sees F32 in one layout.
/// </summary>
internal static unsafe class GemmPanels
{
    /// <summary>panel[k * pitch + j] = x[j * stride + k]: each vector of the strip lies along k. Vectors from <paramref name="count"/> to <paramref name="width"/> become zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackAlongK<T>(void* source, long stride, int count, int depth, int width, int pitch, float* panel) where T : unmanaged, IStorage
    {
        for (int j = 0; j < width; j += 8)
        {
            int k = 0;
            if (Avx.IsSupported && count - j >= 8)
                for (; k <= depth - 8; k += 8)
                    Transpose8<T>(source, (nint)(j * stride + k), (nint)stride, panel + (nint)k * pitch + j, pitch);
            for (; k < depth; k++)
                for (int i = j; i < j + 8; i++)
                    panel[(nint)k * pitch + i] = i < count ? T.Get(source, (nint)(i * stride + k)) : 0f;
        }
    }

    /// <summary>
    /// panel[k][j] = x[k * stride + j] for <paramref name="count"/> vectors in strips of <paramref name="width"/>, a panel for each, <paramref name="pitch"/> floats apart:
    /// the strips lie along their vectors. Vectors beyond the count become zeros.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackAcrossK<T>(void* source, long stride, int count, int depth, int width, nint pitch, float* panels) where T : unmanaged, IStorage
    {
        int whole = count / width * width;
        for (int k = 0; k < depth; k++)
        {
            nint row = (nint)(k * stride);
            float* to = panels + (nint)k * width;
            int j = 0;
            for (; j < whole; j += width, to += pitch)
            {
                int i = 0;
                for (; i <= width - Lanes.Count; i += Lanes.Count) T.Load(source, row + j + i).Store(to + i);
                for (; i < width; i += 8) Load8<T>(source, row + j + i).Store(to + i);
            }
            if (j == count) continue;
            for (int i = 0; i < width; i++) to[i] = j + i < count ? T.Get(source, row + j + i) : 0f;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load8<T>(void* p, nint i) where T : unmanaged, IStorage
    {
        if (typeof(T) == typeof(F32)) return Vector256.Load((float*)p + i);
        var bits = Vector128.Load((ushort*)p + i);
        return (Vector256.Create(Vector128.WidenLower(bits), Vector128.WidenUpper(bits)) << 16).AsSingle();
    }

    // 8 × 8 elements: pairs, then fours, then halves
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8<T>(void* source, nint at, nint stride, float* to, int width) where T : unmanaged, IStorage
    {
        var r0 = Load8<T>(source, at);
        var r1 = Load8<T>(source, at + stride);
        var r2 = Load8<T>(source, at + 2 * stride);
        var r3 = Load8<T>(source, at + 3 * stride);
        var r4 = Load8<T>(source, at + 4 * stride);
        var r5 = Load8<T>(source, at + 5 * stride);
        var r6 = Load8<T>(source, at + 6 * stride);
        var r7 = Load8<T>(source, at + 7 * stride);

        var t0 = Avx.UnpackLow(r0, r1);
        var t1 = Avx.UnpackHigh(r0, r1);
        var t2 = Avx.UnpackLow(r2, r3);
        var t3 = Avx.UnpackHigh(r2, r3);
        var t4 = Avx.UnpackLow(r4, r5);
        var t5 = Avx.UnpackHigh(r4, r5);
        var t6 = Avx.UnpackLow(r6, r7);
        var t7 = Avx.UnpackHigh(r6, r7);

        r0 = Avx.Shuffle(t0, t2, 0x44);
        r1 = Avx.Shuffle(t0, t2, 0xEE);
        r2 = Avx.Shuffle(t1, t3, 0x44);
        r3 = Avx.Shuffle(t1, t3, 0xEE);
        r4 = Avx.Shuffle(t4, t6, 0x44);
        r5 = Avx.Shuffle(t4, t6, 0xEE);
        r6 = Avx.Shuffle(t5, t7, 0x44);
        r7 = Avx.Shuffle(t5, t7, 0xEE);

        Avx.Permute2x128(r0, r4, 0x20).Store(to);
        Avx.Permute2x128(r1, r5, 0x20).Store(to + width);
        Avx.Permute2x128(r2, r6, 0x20).Store(to + 2 * width);
        Avx.Permute2x128(r3, r7, 0x20).Store(to + 3 * width);
        Avx.Permute2x128(r0, r4, 0x31).Store(to + 4 * width);
        Avx.Permute2x128(r1, r5, 0x31).Store(to + 5 * width);
        Avx.Permute2x128(r2, r6, 0x31).Store(to + 6 * width);
        Avx.Permute2x128(r3, r7, 0x31).Store(to + 7 * width);
    }
}
