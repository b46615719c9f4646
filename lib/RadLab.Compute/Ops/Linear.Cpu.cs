namespace RadLab.Compute;

internal static unsafe class LinearKernels
{
    /// <summary>y = x·Wᵀ</summary>
    public static void Forward(Tensor x, Tensor weight, Tensor y)
    {
        using var lx = x.Acquire();
        using var lw = weight.Acquire();
        using var ly = y.Acquire();
        Gemm.Multiply(x.Engine, Rows(x, lx), Rows(weight, lw).T, Rows(y, ly), accumulate: false);
    }

    /// <summary>dx (+)= dy·W</summary>
    public static void BackwardInput(Tensor dy, Tensor weight, Tensor dx, bool accumulate)
    {
        using var ldy = dy.Acquire();
        using var lw = weight.Acquire();
        using var ldx = dx.Acquire();
        Gemm.Multiply(dy.Engine, Rows(dy, ldy), Rows(weight, lw), Rows(dx, ldx), accumulate);
    }

    /// <summary>dw (+)= dyᵀ·x</summary>
    public static void BackwardWeight(Tensor dy, Tensor x, Tensor dw, bool accumulate)
    {
        using var ldy = dy.Acquire();
        using var lx = x.Acquire();
        using var ldw = dw.Acquire();
        Gemm.Multiply(dy.Engine, Rows(dy, ldy).T, Rows(x, lx), Rows(dw, ldw), accumulate);
    }

    /// <summary>All leading dimensions as rows.</summary>
    public static MatrixView Rows(Tensor t, in TensorLease lease) => new(lease.Pointer, t.DType, t.Shape.Rows, t.Shape.Last, t.Shape.Last);
}
