using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

// where registers are narrower than 16 lanes: two rows of the tile at a time
internal static unsafe partial class GemmTile
{
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
