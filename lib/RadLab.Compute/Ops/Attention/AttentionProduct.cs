using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>Products of two matrices that lie in the first-level cache: where attention spends its time.</summary>
/// <remarks>
/// Each element is one chain of fused multiply-adds over ascending k, starting from zero or from c: its bits do not depend on how elements are grouped
/// into registers, and the grouping for narrower registers gives the same.
/// </remarks>
internal static unsafe partial class AttentionProduct
{
    /// <summary>Rows of c come in multiples of this.</summary>
    public const int RowBlock = 8;

    /// <summary>Rows rounded up to whole blocks.</summary>
    public static int WholeBlocks(int rows) => (rows + RowBlock - 1) / RowBlock * RowBlock;

    /// <summary>c[m,n] = or += sum_k a[m*aRow + k*aStep] * b[k*bStep + n]; lanes run over n.</summary>
    /// <param name="rows">m, a multiple of 8</param>
    /// <param name="vectors">n in vectors of 16</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, int rows, int vectors, int depth, bool accumulate)
    {
        for (int m = 0; m < rows; m += RowBlock)
        {
            float* am = a + m * aRow;
            float* cm = c + m * cRow;
            int n = 0;
            if (!Vector512.IsHardwareAccelerated)
            {
                for (; n < vectors; n++)
                {
                    Block4x16Lanes(am, aRow, aStep, b + n * Lanes.Count, bStep, cm + n * Lanes.Count, cRow, depth, accumulate);
                    Block4x16Lanes(am + 4 * aRow, aRow, aStep, b + n * Lanes.Count, bStep, cm + 4 * cRow + n * Lanes.Count, cRow, depth, accumulate);
                }
                continue;
            }
            for (; n <= vectors - 2; n += 2) Block8x2(am, aRow, aStep, b + n * Lanes.Count, bStep, cm + n * Lanes.Count, cRow, depth, accumulate);
            if (n < vectors) Block8x1(am, aRow, aStep, b + n * Lanes.Count, bStep, cm + n * Lanes.Count, cRow, depth, accumulate);
        }
    }

    // 16 sums, 2 vectors of b and 1 broadcast: 10 loads for 16 multiply-adds, so that the two multiply-add units wait for nothing.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block8x2(float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, int depth, bool accumulate)
    {
        float* a0 = a, a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow, a6 = a5 + aRow, a7 = a6 + aRow;
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        if (accumulate)
        {
            float* r = c;
            (c00, c01) = (Vector512.Load(r), Vector512.Load(r + 16)); r += cRow;
            (c10, c11) = (Vector512.Load(r), Vector512.Load(r + 16)); r += cRow;
            (c20, c21) = (Vector512.Load(r), Vector512.Load(r + 16)); r += cRow;
            (c30, c31) = (Vector512.Load(r), Vector512.Load(r + 16)); r += cRow;
            (c40, c41) = (Vector512.Load(r), Vector512.Load(r + 16)); r += cRow;
            (c50, c51) = (Vector512.Load(r), Vector512.Load(r + 16)); r += cRow;
            (c60, c61) = (Vector512.Load(r), Vector512.Load(r + 16)); r += cRow;
            (c70, c71) = (Vector512.Load(r), Vector512.Load(r + 16));
        }
        nint i = 0;
        for (; depth > 0; depth--)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var x = Vector512.Create(a0[i]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a1[i]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a2[i]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(a3[i]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a4[i]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a5[i]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(a6[i]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a7[i]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
            i += aStep;
            b += bStep;
        }
        c00.Store(c); c01.Store(c + 16); c += cRow;
        c10.Store(c); c11.Store(c + 16); c += cRow;
        c20.Store(c); c21.Store(c + 16); c += cRow;
        c30.Store(c); c31.Store(c + 16); c += cRow;
        c40.Store(c); c41.Store(c + 16); c += cRow;
        c50.Store(c); c51.Store(c + 16); c += cRow;
        c60.Store(c); c61.Store(c + 16); c += cRow;
        c70.Store(c); c71.Store(c + 16);
    }

    // The odd vector: tails of D and of the query rows, and decoding.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block8x1(float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, int depth, bool accumulate)
    {
        float* a0 = a, a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow, a6 = a5 + aRow, a7 = a6 + aRow;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        if (accumulate)
        {
            float* r = c;
            c0 = Vector512.Load(r); r += cRow;
            c1 = Vector512.Load(r); r += cRow;
            c2 = Vector512.Load(r); r += cRow;
            c3 = Vector512.Load(r); r += cRow;
            c4 = Vector512.Load(r); r += cRow;
            c5 = Vector512.Load(r); r += cRow;
            c6 = Vector512.Load(r); r += cRow;
            c7 = Vector512.Load(r);
        }
        nint i = 0;
        for (; depth > 0; depth--)
        {
            var b0 = Vector512.Load(b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[i]), b0, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(a1[i]), b0, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(a2[i]), b0, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(a3[i]), b0, c3);
            c4 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[i]), b0, c4);
            c5 = Vector512.FusedMultiplyAdd(Vector512.Create(a5[i]), b0, c5);
            c6 = Vector512.FusedMultiplyAdd(Vector512.Create(a6[i]), b0, c6);
            c7 = Vector512.FusedMultiplyAdd(Vector512.Create(a7[i]), b0, c7);
            i += aStep;
            b += bStep;
        }
        c0.Store(c); c += cRow;
        c1.Store(c); c += cRow;
        c2.Store(c); c += cRow;
        c3.Store(c); c += cRow;
        c4.Store(c); c += cRow;
        c5.Store(c); c += cRow;
        c6.Store(c); c += cRow;
        c7.Store(c);
    }
}
