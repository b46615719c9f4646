namespace RadLab.Compute;

internal static unsafe class LoraLinearKernels
{
    public static void Forward(Tensor x, Tensor plain, QuantizedWeight? quantized, Tensor z, Tensor a, Tensor b, float scale, Tensor u, Tensor y)
    {
        LinearKernels.Forward(z, a, u);
        ScaleInPlace(u, scale);
        using var lx = x.Acquire();
        using var lu = u.Acquire();
        using var lb = b.Acquire();
        using var ly = y.Acquire();
        SumOfTwo(x.Engine, LinearKernels.Rows(x, lx), plain, quantized, transposeWeight: true, LinearKernels.Rows(u, lu), LinearKernels.Rows(b, lb).T, LinearKernels.Rows(y, ly), accumulate: false);
    }

    /// <summary>v = scale * dy·B</summary>
    public static void Inner(Tensor dy, Tensor b, float scale, Tensor v)
    {
        LinearKernels.BackwardInput(dy, b, v, accumulate: false);
        ScaleInPlace(v, scale);
    }

    /// <summary>dx (+)= dy·W + v·A; without v only the first product.</summary>
    public static void BackwardInput(Tensor dy, Tensor plain, QuantizedWeight? quantized, Tensor v, Tensor a, Tensor dx, bool accumulate)
    {
        using var ldy = dy.Acquire();
        using var ldx = dx.Acquire();
        if (!v.IsAlive)
        {
            SumOfTwo(dy.Engine, LinearKernels.Rows(dy, ldy), plain, quantized, transposeWeight: false, default, default, LinearKernels.Rows(dx, ldx), accumulate);
            return;
        }
        using var lv = v.Acquire();
        using var la = a.Acquire();
        SumOfTwo(dy.Engine, LinearKernels.Rows(dy, ldy), plain, quantized, transposeWeight: false, LinearKernels.Rows(v, lv), LinearKernels.Rows(a, la), LinearKernels.Rows(dx, ldx), accumulate);
    }

    // c (+)= x·op(W) + p·q: both products are summed in F32 before a BF16 result is rounded once.
    private static void SumOfTwo(Engine engine, in MatrixView x, Tensor plain, QuantizedWeight? quantized, bool transposeWeight, in MatrixView p, in MatrixView q, in MatrixView c, bool accumulate)
    {
        if (quantized is null)
        {
            using var lw = plain.Acquire();
            var w = LinearKernels.Rows(plain, lw);
            Gemm.MultiplyTwo(engine, x, transposeWeight ? w.T : w, p, q, c, accumulate);
        }
        else
        {
            using var lw = quantized.Acquire();
            var view = quantized.View;
            var w = new MatrixView(&view);
            Gemm.MultiplyTwo(engine, x, transposeWeight ? w.T : w, p, q, c, accumulate);
        }
    }

    private static void ScaleInPlace(Tensor t, float scale)
    {
        if (scale != 1f) ElementwiseKernels.Map(new TimesMap(scale), t, t, t);
    }

    private readonly struct TimesMap(float scale) : IMap
    {
        public System.Runtime.Intrinsics.Vector512<float> At(System.Runtime.Intrinsics.Vector512<float> a, System.Runtime.Intrinsics.Vector512<float> b) => a * scale;
    }
}
