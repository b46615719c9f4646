namespace RadLab.Compute;

/// <summary>Matrix products on the CPU.</summary>
internal static unsafe class Gemm
{
    /// <summary>c = a·b, or c += a·b. Each output element is one chain of fused multiply-adds in F32 over ascending k, starting from zero or from c.</summary>
    /// <param name="c">Not transposed.</param>
    public static void Multiply(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        for (int i = 0; i < c.Rows; i++)
            for (int j = 0; j < c.Columns; j++)
            {
                float sum = accumulate ? Get(c, i, j) : 0f;
                for (int k = 0; k < a.Columns; k++) sum = MathF.FusedMultiplyAdd(Get(a, i, k), Get(b, k, j), sum);
                if (c.DType == DType.F32) F32.Set(c.Pointer, (nint)(i * c.RowStride + j), sum);
                else BF16.Set(c.Pointer, (nint)(i * c.RowStride + j), sum);
            }
    }

    private static float Get(in MatrixView m, int r, int c)
    {
        nint at = m.IsTransposed ? (nint)(c * m.RowStride + r) : (nint)(r * m.RowStride + c);
        return m.DType == DType.F32 ? F32.Get(m.Pointer, at) : BF16.Get(m.Pointer, at);
    }
}
