using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>The grouping for 16 registers of 256 bits: the blocks for 512 bits need twice as many, and would go through memory at each step.</summary>
internal static unsafe partial class AttentionProduct
{
    // 4 rows of 16 lanes in 8 registers, 2 for b and 1 broadcast.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block4x16Lanes(float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, int depth, bool accumulate)
    {
        float* a0 = a, a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        float* r0 = c, r1 = c + cRow, r2 = r1 + cRow, r3 = r2 + cRow;
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        if (accumulate)
        {
            (c00, c01) = (Vector256.Load(r0), Vector256.Load(r0 + 8));
            (c10, c11) = (Vector256.Load(r1), Vector256.Load(r1 + 8));
            (c20, c21) = (Vector256.Load(r2), Vector256.Load(r2 + 8));
            (c30, c31) = (Vector256.Load(r3), Vector256.Load(r3 + 8));
        }
        nint i = 0;
        for (; depth > 0; depth--)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var x = Vector256.Create(a0[i]);
            c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
            x = Vector256.Create(a1[i]);
            c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
            x = Vector256.Create(a2[i]);
            c20 = Vector256.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
            x = Vector256.Create(a3[i]);
            c30 = Vector256.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
            i += aStep;
            b += bStep;
        }
        c00.Store(r0); c01.Store(r0 + 8);
        c10.Store(r1); c11.Store(r1 + 8);
        c20.Store(r2); c21.Store(r2 + 8);
        c30.Store(r3); c31.Store(r3 + 8);
    }
}
