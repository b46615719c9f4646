namespace RadLab.Compute;

internal static unsafe class Nf4LinearKernels
{
    /// <summary>y = x·dequant(W)ᵀ</summary>
    public static void Forward(Tensor x, QuantizedWeight weight, Tensor y)
    {
        using var lx = x.Acquire();
        using var lw = weight.Acquire();
        using var ly = y.Acquire();
        var view = weight.View;
        Gemm.Multiply(x.Engine, LinearKernels.Rows(x, lx), new MatrixView(&view).T, LinearKernels.Rows(y, ly), accumulate: false);
    }

    /// <summary>dx (+)= dy·dequant(W)</summary>
    public static void BackwardInput(Tensor dy, QuantizedWeight weight, Tensor dx, bool accumulate)
    {
        using var ldy = dy.Acquire();
        using var lw = weight.Acquire();
        using var ldx = dx.Acquire();
        var view = weight.View;
        Gemm.Multiply(dy.Engine, LinearKernels.Rows(dy, ldy), new MatrixView(&view), LinearKernels.Rows(dx, ldx), accumulate);
    }
}
