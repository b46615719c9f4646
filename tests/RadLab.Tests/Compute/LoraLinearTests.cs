using RadLab.Compute;

namespace RadLab.Tests;

public sealed class LoraLinearTests : IDisposable
{
    private const float Scale = 0.7f;
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    // y = xWᵀ + s (z Aᵀ) Bᵀ and its gradients, in double
    private static (double[] Y, double[] Dx, double[] Dz, double[] Da, double[] Db) Reference(double[] x, double[] w, double[] z, double[] a, double[] b, double[] dy, int rows, int O, int C, int R)
    {
        double[] u = Times(MatMulTests.Reference(z, false, a, true, rows, R, C));
        double[] v = Times(MatMulTests.Reference(dy, false, b, false, rows, R, O));
        double[] y = MatMulTests.Reference(x, false, w, true, rows, O, C).Zip(MatMulTests.Reference(u, false, b, true, rows, O, R), (p, q) => p + q).ToArray();
        return (y, MatMulTests.Reference(dy, false, w, false, rows, C, O), MatMulTests.Reference(v, false, a, false, rows, C, R),
            MatMulTests.Reference(v, true, z, false, R, C, rows), MatMulTests.Reference(dy, true, u, false, O, R, rows));

        static double[] Times(double[] m) => [.. m.Select(e => e * Scale)];
    }

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_and_backward_match_the_definition(DType dtype, int C)
    {
        const int rows = 20, O = 21, R = 4;
        using var x = Make.Random(_engine, [rows, C], seed: 1, requiresGrad: true, dtype: dtype);
        using var w = Make.Random(_engine, [O, C], seed: 2, dtype: dtype);
        using var z = Make.Random(_engine, [rows, C], seed: 3, requiresGrad: true, dtype: dtype);
        using var a = Make.Random(_engine, [R, C], seed: 4, requiresGrad: true);
        using var b = Make.Random(_engine, [O, R], seed: 5, requiresGrad: true);
        using var dy = Make.Random(_engine, [rows, O], seed: 6, dtype: dtype);
        var expected = Reference(x.Doubles(), w.Doubles(), z.Doubles(), a.Doubles(), b.Doubles(), dy.Doubles(), rows, O, C, R);
        using var tape = _engine.Tape();

        var y = tape.LoraLinear(x, w, z, a, b, Scale);
        Tolerances.Close(expected.Y, y.Doubles(), Tolerances.Of(dtype), "y");
        tape.Backward(y, dy);
        Tolerances.Close(expected.Dx, x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dx");
        Tolerances.Close(expected.Dz, z.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dz");
        Tolerances.Close(expected.Da, a.Gradient!.Value.Doubles(), Tolerances.F32, "da");
        Tolerances.Close(expected.Db, b.Gradient!.Value.Doubles(), Tolerances.F32, "db");
    }

    [Theory, InlineData(false), InlineData(true)]
    public void When_z_is_x_both_gradients_meet_in_one_buffer(bool quantized)
    {
        const int rows = 20, O = 50, C = 70, R = 8;
        using var x = Make.Random(_engine, [rows, C], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [O, C], seed: 2);
        using var q = QuantizedWeight.Quantize(w);
        using var decoded = q.Dequantize();
        using var a = Make.Random(_engine, [R, C], seed: 4, requiresGrad: true);
        using var b = Make.Random(_engine, [O, R], seed: 5, requiresGrad: true);
        using var dy = Make.Random(_engine, [rows, O], seed: 6);
        double[] weight = quantized ? decoded.Doubles() : w.Doubles();
        var expected = Reference(x.Doubles(), weight, x.Doubles(), a.Doubles(), b.Doubles(), dy.Doubles(), rows, O, C, R);
        using var tape = _engine.Tape();

        var y = quantized ? tape.LoraLinear(x, q, x, a, b, Scale) : tape.LoraLinear(x, w, x, a, b, Scale);
        Tolerances.Close(expected.Y, y.Doubles(), Tolerances.F32, "y");
        tape.Backward(y, dy);
        Tolerances.Close([.. expected.Dx.Zip(expected.Dz, (p, r) => p + r)], x.Gradient!.Value.Doubles(), Tolerances.F32, "dx");
        Tolerances.Close(expected.Da, a.Gradient!.Value.Doubles(), Tolerances.F32, "da");
        Tolerances.Close(expected.Db, b.Gradient!.Value.Doubles(), Tolerances.F32, "db");
        Assert.Null(w.Gradient);
    }

    [Fact]
    public void Backward_matches_finite_differences_and_frozen_parts_get_nothing()
    {
        using var x = Make.Random(_engine, [3, 6], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [5, 6], seed: 2);
        using var a = Make.Random(_engine, [2, 6], seed: 4, requiresGrad: true);
        using var b = Make.Random(_engine, [5, 2], seed: 5, requiresGrad: true);
        using var frozenA = Make.Random(_engine, [2, 6], seed: 4);
        using var frozenX = Make.Random(_engine, [3, 6], seed: 1);
        GradCheck.Run(_engine, t => t.LoraLinear(x, w, x, a, b, Scale), x, w, a, b);
        GradCheck.Run(_engine, t => t.LoraLinear(frozenX, w, frozenX, frozenA, b, Scale), frozenX, w, frozenA, b);
    }

    [Fact]
    public void Wrong_shapes_and_a_trainable_base_are_reported()
    {
        using var x = _engine.Zeros([3, 6]);
        using var w = _engine.Zeros([5, 6]);
        using var a = _engine.Zeros([2, 6]);
        using var b = _engine.Zeros([5, 3]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.LoraLinear(x, w, x, a, b, Scale));
        Assert.Equal("LoraLinear: b must have shape (5, 2), got (5, 3).", e.Message);
        w.RequiresGrad = true;
        e = Assert.Throws<ArgumentException>(() => tape.LoraLinear(x, w, x, a, b, Scale));
        Assert.Equal("LoraLinear: weight must be frozen, got RequiresGrad.", e.Message);
    }
}
