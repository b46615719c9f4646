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
internal static unsafe class GemmTile
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

    /// <summary>The same for 16 columns that begin at <paramref name="b"/> inside a panel of 48: the right edge of C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pair256(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
    {
        Vector256<float> c0a, c0b, c0c, c0d, c0e, c0f;
        Vector256<float> c1a, c1b, c1c, c1d, c1e, c1f;
        float* d = c + stride;
        if (accumulate)
        {
            c0a = Vector256.Load(c + 0);
            c0b = Vector256.Load(c + 8);
            c0c = Vector256.Load(c + 16);
            c0d = Vector256.Load(c + 24);
            c0e = Vector256.Load(c + 32);
            c0f = Vector256.Load(c + 40);
            c1a = Vector256.Load(d + 0);
            c1b = Vector256.Load(d + 8);
            c1c = Vector256.Load(d + 16);
            c1d = Vector256.Load(d + 24);
            c1e = Vector256.Load(d + 32);
            c1f = Vector256.Load(d + 40);
        }
        else
        {
            c0a = c0b = c0c = c0d = c0e = c0f = Vector256<float>.Zero;
            c1a = c1b = c1c = c1d = c1e = c1f = Vector256<float>.Zero;
        }

        for (int k = 0; k < depth; k++, a += Rows, b += Columns)
        {
            var a0 = Vector256.Create(a[0]);
            var a1 = Vector256.Create(a[1]);
            var ba = Vector256.Load(b + 0);
            c0a = Vector256.FusedMultiplyAdd(a0, ba, c0a);
            c1a = Vector256.FusedMultiplyAdd(a1, ba, c1a);
            var bb = Vector256.Load(b + 8);
            c0b = Vector256.FusedMultiplyAdd(a0, bb, c0b);
            c1b = Vector256.FusedMultiplyAdd(a1, bb, c1b);
            var bc = Vector256.Load(b + 16);
            c0c = Vector256.FusedMultiplyAdd(a0, bc, c0c);
            c1c = Vector256.FusedMultiplyAdd(a1, bc, c1c);
            var bd = Vector256.Load(b + 24);
            c0d = Vector256.FusedMultiplyAdd(a0, bd, c0d);
            c1d = Vector256.FusedMultiplyAdd(a1, bd, c1d);
            var be = Vector256.Load(b + 32);
            c0e = Vector256.FusedMultiplyAdd(a0, be, c0e);
            c1e = Vector256.FusedMultiplyAdd(a1, be, c1e);
            var bf = Vector256.Load(b + 40);
            c0f = Vector256.FusedMultiplyAdd(a0, bf, c0f);
            c1f = Vector256.FusedMultiplyAdd(a1, bf, c1f);
        }

        c0a.Store(c + 0);
        c0b.Store(c + 8);
        c0c.Store(c + 16);
        c0d.Store(c + 24);
        c0e.Store(c + 32);
        c0f.Store(c + 40);
        c1a.Store(d + 0);
        c1b.Store(d + 8);
        c1c.Store(d + 16);
        c1d.Store(d + 24);
        c1e.Store(d + 32);
        c1f.Store(d + 40);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pair128(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
    {
        Vector128<float> c0a, c0b, c0c, c0d, c0e, c0f, c0g, c0h, c0i, c0j, c0k, c0l;
        Vector128<float> c1a, c1b, c1c, c1d, c1e, c1f, c1g, c1h, c1i, c1j, c1k, c1l;
        float* d = c + stride;
        if (accumulate)
        {
            c0a = Vector128.Load(c + 0);
            c0b = Vector128.Load(c + 4);
            c0c = Vector128.Load(c + 8);
            c0d = Vector128.Load(c + 12);
            c0e = Vector128.Load(c + 16);
            c0f = Vector128.Load(c + 20);
            c0g = Vector128.Load(c + 24);
            c0h = Vector128.Load(c + 28);
            c0i = Vector128.Load(c + 32);
            c0j = Vector128.Load(c + 36);
            c0k = Vector128.Load(c + 40);
            c0l = Vector128.Load(c + 44);
            c1a = Vector128.Load(d + 0);
            c1b = Vector128.Load(d + 4);
            c1c = Vector128.Load(d + 8);
            c1d = Vector128.Load(d + 12);
            c1e = Vector128.Load(d + 16);
            c1f = Vector128.Load(d + 20);
            c1g = Vector128.Load(d + 24);
            c1h = Vector128.Load(d + 28);
            c1i = Vector128.Load(d + 32);
            c1j = Vector128.Load(d + 36);
            c1k = Vector128.Load(d + 40);
            c1l = Vector128.Load(d + 44);
        }
        else
        {
            c0a = c0b = c0c = c0d = c0e = c0f = c0g = c0h = c0i = c0j = c0k = c0l = Vector128<float>.Zero;
            c1a = c1b = c1c = c1d = c1e = c1f = c1g = c1h = c1i = c1j = c1k = c1l = Vector128<float>.Zero;
        }

        for (int k = 0; k < depth; k++, a += Rows, b += Columns)
        {
            var a0 = Vector128.Create(a[0]);
            var a1 = Vector128.Create(a[1]);
            var ba = Vector128.Load(b + 0);
            c0a = Vector128.FusedMultiplyAdd(a0, ba, c0a);
            c1a = Vector128.FusedMultiplyAdd(a1, ba, c1a);
            var bb = Vector128.Load(b + 4);
            c0b = Vector128.FusedMultiplyAdd(a0, bb, c0b);
            c1b = Vector128.FusedMultiplyAdd(a1, bb, c1b);
            var bc = Vector128.Load(b + 8);
            c0c = Vector128.FusedMultiplyAdd(a0, bc, c0c);
            c1c = Vector128.FusedMultiplyAdd(a1, bc, c1c);
            var bd = Vector128.Load(b + 12);
            c0d = Vector128.FusedMultiplyAdd(a0, bd, c0d);
            c1d = Vector128.FusedMultiplyAdd(a1, bd, c1d);
            var be = Vector128.Load(b + 16);
            c0e = Vector128.FusedMultiplyAdd(a0, be, c0e);
            c1e = Vector128.FusedMultiplyAdd(a1, be, c1e);
            var bf = Vector128.Load(b + 20);
            c0f = Vector128.FusedMultiplyAdd(a0, bf, c0f);
            c1f = Vector128.FusedMultiplyAdd(a1, bf, c1f);
            var bg = Vector128.Load(b + 24);
            c0g = Vector128.FusedMultiplyAdd(a0, bg, c0g);
            c1g = Vector128.FusedMultiplyAdd(a1, bg, c1g);
            var bh = Vector128.Load(b + 28);
            c0h = Vector128.FusedMultiplyAdd(a0, bh, c0h);
            c1h = Vector128.FusedMultiplyAdd(a1, bh, c1h);
            var bi = Vector128.Load(b + 32);
            c0i = Vector128.FusedMultiplyAdd(a0, bi, c0i);
            c1i = Vector128.FusedMultiplyAdd(a1, bi, c1i);
            var bj = Vector128.Load(b + 36);
            c0j = Vector128.FusedMultiplyAdd(a0, bj, c0j);
            c1j = Vector128.FusedMultiplyAdd(a1, bj, c1j);
            var bk = Vector128.Load(b + 40);
            c0k = Vector128.FusedMultiplyAdd(a0, bk, c0k);
            c1k = Vector128.FusedMultiplyAdd(a1, bk, c1k);
            var bl = Vector128.Load(b + 44);
            c0l = Vector128.FusedMultiplyAdd(a0, bl, c0l);
            c1l = Vector128.FusedMultiplyAdd(a1, bl, c1l);
        }

        c0a.Store(c + 0);
        c0b.Store(c + 4);
        c0c.Store(c + 8);
        c0d.Store(c + 12);
        c0e.Store(c + 16);
        c0f.Store(c + 20);
        c0g.Store(c + 24);
        c0h.Store(c + 28);
        c0i.Store(c + 32);
        c0j.Store(c + 36);
        c0k.Store(c + 40);
        c0l.Store(c + 44);
        c1a.Store(d + 0);
        c1b.Store(d + 4);
        c1c.Store(d + 8);
        c1d.Store(d + 12);
        c1e.Store(d + 16);
        c1f.Store(d + 20);
        c1g.Store(d + 24);
        c1h.Store(d + 28);
        c1i.Store(d + 32);
        c1j.Store(d + 36);
        c1k.Store(d + 40);
        c1l.Store(d + 44);
    }
}
