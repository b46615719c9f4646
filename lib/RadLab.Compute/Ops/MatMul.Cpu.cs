namespace RadLab.Compute;

internal static unsafe class MatMulKernels
{
    public static bool SameBatch(Shape a, Shape b)
    {
        if (a.Rank != b.Rank) return false;
        for (int i = 0; i < a.Rank - 2; i++)
            if (a[i] != b[i]) return false;
        return true;
    }

    /// <summary>y (+)= op(a)·op(b) for each matrix of the batch. An operand without batch serves all; a result without batch is the sum over it, in order.</summary>
    public static void Multiply(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor y, bool accumulate)
    {
        using var la = a.Acquire();
        using var lb = b.Acquire();
        using var ly = y.Acquire();
        int batch = Math.Max(Batch(a), Math.Max(Batch(b), Batch(y)));
        for (int i = 0; i < batch; i++)
        {
            var va = View(a, la.Pointer, i);
            var vb = View(b, lb.Pointer, i);
            bool first = i == 0 || Batch(y) > 1;
            Gemm.Multiply(y.Engine, transposeA ? va.T : va, transposeB ? vb.T : vb, View(y, ly.Pointer, i), accumulate || !first);
        }
    }

    private static int Batch(Tensor t)
    {
        long matrix = (long)t.Shape[^2] * t.Shape[^1];
        return matrix == 0 ? 1 : (int)(t.Count / matrix);
    }

    private static MatrixView View(Tensor t, byte* pointer, int i)
    {
        int rows = t.Shape[^2], columns = t.Shape[^1];
        long offset = Batch(t) == 1 ? 0 : (long)i * rows * columns * t.DType.Size();
        return new MatrixView(pointer + offset, t.DType, rows, columns, columns);
    }
}
