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

    /// <summary>Three products with the same x, of 1 to 8 rows in F32; the third weight may be missing.</summary>
    public static void Forward(Tensor x, QuantizedWeight first, Tensor y1, QuantizedWeight second, Tensor y2, QuantizedWeight? third, Tensor y3)
    {
        using var lx = x.Acquire();
        using var l1 = first.Acquire();
        using var l2 = second.Acquire();
        using var l3 = (third ?? second).Acquire();
        QuantizedGemv.Multiply(x.Engine, LinearKernels.Rows(x, lx), Part(first, y1), Part(second, y2), third is null ? default : Part(third, y3));
    }

    // Results are the tape's own memory, which nothing moves.
    private static QuantizedGemv.Part Part(QuantizedWeight weight, Tensor y)
    {
        using var lease = y.Acquire();
        return new QuantizedGemv.Part(weight.View, lease.F32, y.Shape.Last);
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
