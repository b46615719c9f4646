using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>
/// The innermost products: an 8 × 48 tile of C from a packed panel of A (k rows of 8) and one of B (k rows of 48).
/// </summary>
/// <remarks>
/// A lane holds one element of C from the first k to the last, so the order of its sum is the same for every vector width. 24 accumulators of 16 lanes fill
/// AVX-512's registers; AVX2 takes the same panels two rows at a time (12 accumulators of 8), 128-bit vectors likewise (24 of 4: ARM64 has 32 registers).
/// </remarks>
internal static unsafe partial class GemmTile
{
    public const int Rows = 8;
    public const int Columns = 48;

    /// <summary>c[8][48] (+)= a·b over <paramref name="depth"/> values of k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Full(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
    {
        if (Vector512.IsHardwareAccelerated) Full512(a, b, depth, c, stride, accumulate);
        else
        {
            for (int r = 0; r < Rows; r += 2)
            {
                if (Vector256.IsHardwareAccelerated) Pair256(a + r, b, depth, c + r * stride, stride, accumulate);
                else Pair128(a + r, b, depth, c + r * stride, stride, accumulate);
            }
        }
    }

    /// <summary>
    /// The same for <paramref name="columns"/> columns, a multiple of 16 below 48, that begin at <paramref name="b"/> inside a panel of 48: the right edge of C.
    /// </summary>
    public static void Edge(float* a, float* b, int columns, int depth, float* c, nint stride, bool accumulate)
    {
        for (int j = 0; j < columns; j += Lanes.Count) Narrow(a, b + j, depth, c + j, stride, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
    {
        var c0 = accumulate ? Vector512.Load(c + 0 * stride) : Vector512<float>.Zero;
        var c1 = accumulate ? Vector512.Load(c + 1 * stride) : Vector512<float>.Zero;
        var c2 = accumulate ? Vector512.Load(c + 2 * stride) : Vector512<float>.Zero;
        var c3 = accumulate ? Vector512.Load(c + 3 * stride) : Vector512<float>.Zero;
        var c4 = accumulate ? Vector512.Load(c + 4 * stride) : Vector512<float>.Zero;
        var c5 = accumulate ? Vector512.Load(c + 5 * stride) : Vector512<float>.Zero;
        var c6 = accumulate ? Vector512.Load(c + 6 * stride) : Vector512<float>.Zero;
        var c7 = accumulate ? Vector512.Load(c + 7 * stride) : Vector512<float>.Zero;
        for (int k = 0; k < depth; k++, a += Rows, b += Columns)
        {
            var vb = Vector512.Load(b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[0]), vb, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[1]), vb, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2]), vb, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[3]), vb, c3);
            c4 = Vector512.FusedMultiplyAdd(Vector512.Create(a[4]), vb, c4);
            c5 = Vector512.FusedMultiplyAdd(Vector512.Create(a[5]), vb, c5);
            c6 = Vector512.FusedMultiplyAdd(Vector512.Create(a[6]), vb, c6);
            c7 = Vector512.FusedMultiplyAdd(Vector512.Create(a[7]), vb, c7);
        }
        c0.Store(c + 0 * stride);
        c1.Store(c + 1 * stride);
        c2.Store(c + 2 * stride);
        c3.Store(c + 3 * stride);
        c4.Store(c + 4 * stride);
        c5.Store(c + 5 * stride);
        c6.Store(c + 6 * stride);
        c7.Store(c + 7 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Full512(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
    {
        Vector512<float> c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32;
        Vector512<float> c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72;
        if (accumulate)
        {
            float* p = c;
            c00 = Vector512.Load(p); c01 = Vector512.Load(p + 16); c02 = Vector512.Load(p + 32); p += stride;
            c10 = Vector512.Load(p); c11 = Vector512.Load(p + 16); c12 = Vector512.Load(p + 32); p += stride;
            c20 = Vector512.Load(p); c21 = Vector512.Load(p + 16); c22 = Vector512.Load(p + 32); p += stride;
            c30 = Vector512.Load(p); c31 = Vector512.Load(p + 16); c32 = Vector512.Load(p + 32); p += stride;
            c40 = Vector512.Load(p); c41 = Vector512.Load(p + 16); c42 = Vector512.Load(p + 32); p += stride;
            c50 = Vector512.Load(p); c51 = Vector512.Load(p + 16); c52 = Vector512.Load(p + 32); p += stride;
            c60 = Vector512.Load(p); c61 = Vector512.Load(p + 16); c62 = Vector512.Load(p + 32); p += stride;
            c70 = Vector512.Load(p); c71 = Vector512.Load(p + 16); c72 = Vector512.Load(p + 32);
        }
        else
        {
            c00 = c01 = c02 = c10 = c11 = c12 = c20 = c21 = c22 = c30 = c31 = c32 = Vector512<float>.Zero;
            c40 = c41 = c42 = c50 = c51 = c52 = c60 = c61 = c62 = c70 = c71 = c72 = Vector512<float>.Zero;
        }

        // the tile below comes next: its part of C arrives while this one is computed
        if (Sse.IsSupported)
        {
            float* next = c + Rows * stride;
            for (int r = 0; r < Rows; r++, next += stride)
            {
                Sse.Prefetch0(next);
                Sse.Prefetch0(next + 16);
                Sse.Prefetch0(next + 32);
            }
        }

        for (int k = 0; k < depth; k++, a += Rows, b += Columns)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var b2 = Vector512.Load(b + 32);

            var a0 = Vector512.Create(a[0]);
            c00 = Vector512.FusedMultiplyAdd(a0, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(a0, b1, c01);
            c02 = Vector512.FusedMultiplyAdd(a0, b2, c02);
            var a1 = Vector512.Create(a[1]);
            c10 = Vector512.FusedMultiplyAdd(a1, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(a1, b1, c11);
            c12 = Vector512.FusedMultiplyAdd(a1, b2, c12);
            var a2 = Vector512.Create(a[2]);
            c20 = Vector512.FusedMultiplyAdd(a2, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(a2, b1, c21);
            c22 = Vector512.FusedMultiplyAdd(a2, b2, c22);
            var a3 = Vector512.Create(a[3]);
            c30 = Vector512.FusedMultiplyAdd(a3, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(a3, b1, c31);
            c32 = Vector512.FusedMultiplyAdd(a3, b2, c32);
            var a4 = Vector512.Create(a[4]);
            c40 = Vector512.FusedMultiplyAdd(a4, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(a4, b1, c41);
            c42 = Vector512.FusedMultiplyAdd(a4, b2, c42);
            var a5 = Vector512.Create(a[5]);
            c50 = Vector512.FusedMultiplyAdd(a5, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(a5, b1, c51);
            c52 = Vector512.FusedMultiplyAdd(a5, b2, c52);
            var a6 = Vector512.Create(a[6]);
            c60 = Vector512.FusedMultiplyAdd(a6, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(a6, b1, c61);
            c62 = Vector512.FusedMultiplyAdd(a6, b2, c62);
            var a7 = Vector512.Create(a[7]);
            c70 = Vector512.FusedMultiplyAdd(a7, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(a7, b1, c71);
            c72 = Vector512.FusedMultiplyAdd(a7, b2, c72);
        }

        c00.Store(c); c01.Store(c + 16); c02.Store(c + 32); c += stride;
        c10.Store(c); c11.Store(c + 16); c12.Store(c + 32); c += stride;
        c20.Store(c); c21.Store(c + 16); c22.Store(c + 32); c += stride;
        c30.Store(c); c31.Store(c + 16); c32.Store(c + 32); c += stride;
        c40.Store(c); c41.Store(c + 16); c42.Store(c + 32); c += stride;
        c50.Store(c); c51.Store(c + 16); c52.Store(c + 32); c += stride;
        c60.Store(c); c61.Store(c + 16); c62.Store(c + 32); c += stride;
        c70.Store(c); c71.Store(c + 16); c72.Store(c + 32);
    }
}
