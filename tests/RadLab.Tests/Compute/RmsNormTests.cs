using RadLab.Compute;

namespace RadLab.Tests;

public sealed class RmsNormTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // The definition, in double and without SIMD, so that it shares nothing with the kernels.
    private static double[] Reference(double[] x, double[] w, double eps)
    {
        int C = w.Length;
        var y = new double[x.Length];
        for (int i = 0; i < y.Length; i++)
        {
            double meanSquare = x.Skip(i / C * C).Take(C).Average(v => v * v);
            y[i] = x[i] / Math.Sqrt(meanSquare + eps) * w[i % C];
        }
        return y;
    }

    // 1, and one below, at and above the SIMD widths: the tail is where kernels break.
    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_matches_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [2, 3, C], seed: 1, dtype: dtype);
        using var w = Make.Random(_engine, [C], seed: 2, dtype: dtype);
        using var tape = _engine.Tape(recording: false);

        var y = tape.RmsNorm(x, w, eps: 1e-5f);

        Tolerances.Close(Reference(x.Doubles(), w.Doubles(), 1e-5), y.Doubles(), Tolerances.Of(dtype));
    }

    [Theory, InlineData(9), InlineData(16), InlineData(33)]
    public void Backward_matches_finite_differences(int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [C], seed: 2, requiresGrad: true);
        GradCheck.Run(_engine, t => t.RmsNorm(x, w), x, w);
    }

    [Fact]
    public void A_frozen_weight_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [2, 8], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [8], seed: 2);
        GradCheck.Run(_engine, t => t.RmsNorm(x, w), x, w);
    }

    [Fact]
    public void A_wrong_weight_length_is_reported_with_both_shapes()
    {
        using var x = _engine.Zeros([2, 8]);
        using var w = _engine.Zeros([4]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.RmsNorm(x, w));
        Assert.Equal("RmsNorm: weight must have shape (8), got (4).", e.Message);
    }

    [Fact]
    public void An_integer_input_is_reported()
    {
        using var x = _engine.Zeros([2, 8], DType.I32);
        using var w = _engine.Zeros([8]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.RmsNorm(x, w));
        Assert.Equal("RmsNorm: x must be F32 or BF16, got I32.", e.Message);
    }

    [Fact]
    public void A_BF16_parameter_as_input_gets_its_gradient_in_F32()
    {
        using var parameter = new Parameter("x", Make.Random(_engine, [3, 20], seed: 1, dtype: DType.BF16), trainable: true);
        using var plain = _engine.From(parameter.Value.ToFloats(), [3, 20]);
        plain.RequiresGrad = true;
        using var dy = Make.Random(_engine, [3, 20], seed: 2, dtype: DType.BF16);
        using var wide = _engine.From(dy.ToFloats(), [3, 20]);
        using var w = Make.Random(_engine, [20], seed: 3);
        using var tape = _engine.Tape();
        tape.Backward(tape.RmsNorm(parameter.Value, w), dy);
        tape.Reset();
        tape.Backward(tape.RmsNorm(plain, w), wide);
        Assert.Equal(DType.F32, parameter.Gradient!.Value.DType);
        Tolerances.Close(plain.Gradient!.Value.Doubles(), parameter.Gradient!.Value.Doubles(), Tolerances.F32);
    }
}
