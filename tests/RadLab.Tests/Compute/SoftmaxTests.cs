using RadLab.Compute;

namespace RadLab.Tests;

public sealed class SoftmaxTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private static double[] Reference(double[] x, int C)
    {
        var y = new double[x.Length];
        for (int r = 0; r < x.Length / C; r++)
        {
            var row = x.AsSpan(r * C, C).ToArray();
            double max = row.Max(), sum = row.Sum(v => Math.Exp(v - max));
            for (int c = 0; c < C; c++) y[r * C + c] = Math.Exp(row[c] - max) / sum;
        }
        return y;
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_matches_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [2, 3, C], seed: 1, dtype: dtype, low: -4, high: 4);
        using var tape = _engine.Tape(recording: false);
        Tolerances.Close(Reference(x.Doubles(), C), tape.Softmax(x).Doubles(), Tolerances.Of(dtype));
    }

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Backward_matches_the_derivative_formula(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [5, C], seed: 1, requiresGrad: true, dtype: dtype, low: -2, high: 2);
        using var dy = Make.Random(_engine, [5, C], seed: 2, dtype: dtype);
        using var tape = _engine.Tape();

        var y = tape.Softmax(x);
        tape.Backward(y, dy);

        // from y as it was kept: in BF16 backward sees the rounded probabilities
        var (p, up, expected) = (y.Doubles(), dy.Doubles(), new double[5 * C]);
        for (int i = 0; i < expected.Length; i++)
        {
            double mean = 0;
            for (int k = i / C * C; k < (i / C + 1) * C; k++) mean += p[k] * up[k];
            expected[i] = p[i] * (up[i] - mean);
        }
        Tolerances.Close(expected, x.Gradient!.Value.Doubles(), Tolerances.Of(dtype));
    }

    [Theory, InlineData(1), InlineData(9), InlineData(16), InlineData(33)]
    public void Backward_matches_finite_differences(int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Softmax(x), x);
    }

    [Fact]
    public void An_input_without_gradient_leaves_no_record()
    {
        using var x = Make.Random(_engine, [3, 5], seed: 1);
        using var tape = _engine.Tape();
        Assert.False(tape.Softmax(x).RequiresGrad);
        Assert.Equal(0, tape.Count);
    }

    [Fact]
    public void Large_inputs_neither_overflow_nor_lose_their_differences()
    {
        using var x = _engine.From([3e38f, 3e38f, -3e38f, 1000, 1001, 999], [2, 3]);
        using var tape = _engine.Tape(recording: false);
        Tolerances.Close([0.5, 0.5, 0, .. Reference([0, 1, -1], 3)], tape.Softmax(x).Doubles(), Tolerances.F32);
    }

    [Fact]
    public void A_long_row_keeps_its_digits()
    {
        // 300,000 terms of the same size in one F32 chain would be off by some 1e-5
        using var x = Make.Random(_engine, [1, 300_000], seed: 1, low: -1e-3, high: 1e-3);
        using var tape = _engine.Tape(recording: false);
        double[] y = tape.Softmax(x).Doubles();
        double[] expected = Reference(x.Doubles(), 300_000);
        for (int i = 0; i < y.Length; i++) Assert.Equal(1, y[i] / expected[i], 5e-7);
    }

    [Theory, InlineData(5), InlineData(16), InlineData(20)]
    public void A_row_that_is_masked_entirely_gives_zeros_and_no_gradient(int C)
    {
        using var x = _engine.From([.. Enumerable.Repeat(float.NegativeInfinity, C), .. Enumerable.Repeat(2f, C)], [2, C]);
        x.RequiresGrad = true;
        using var dy = Make.Random(_engine, [2, C], seed: 2);
        using var tape = _engine.Tape();
        var y = tape.Softmax(x);
        tape.Backward(y, dy);
        Assert.Equal(new float[C], y.ToFloats()[..C]);
        Assert.Equal(1.0, y.ToFloats()[C..].Sum(v => (double)v), 1e-6);
        Assert.Equal(new float[C], x.Gradient!.Value.ToFloats()[..C]);
    }

    [Fact]
    public void A_NaN_spoils_its_own_row_only()
    {
        using var x = _engine.From([0, float.NaN, 0, 0, 0, 0], [2, 3]);
        using var tape = _engine.Tape(recording: false);
        float[] y = tape.Softmax(x).ToFloats();
        Assert.All(y[..3], v => Assert.True(float.IsNaN(v)));
        Assert.Equal([1 / 3f, 1 / 3f, 1 / 3f], y[3..]);
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using var x = Make.Random(_engine, [3, 20], seed: 1, requiresGrad: true);
        using var dy = Make.Random(_engine, [3, 20], seed: 2);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Softmax(x), dy));
    }

    [Fact]
    public void Wrong_inputs_are_reported()
    {
        using var ids = _engine.Zeros([2], DType.I32);
        using var number = _engine.Zeros([]);
        using var tape = _engine.Tape();
        Assert.Equal("Softmax: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Softmax(ids)).Message);
        Assert.Equal("Softmax: x must have at least 1 dimension, got ().", Assert.Throws<ArgumentException>(() => tape.Softmax(number)).Message);
    }

    [Fact]
    public void A_BF16_parameter_as_input_gets_its_gradient_in_F32()
    {
        // the same numbers as a plain F32 input: only the rounding of y to BF16 lies between
        using var parameter = new Parameter("x", Make.Random(_engine, [3, 20], seed: 1, dtype: DType.BF16), trainable: true);
        using var plain = _engine.From(parameter.Value.ToFloats(), [3, 20]);
        plain.RequiresGrad = true;
        using var dy = Make.Random(_engine, [3, 20], seed: 2, dtype: DType.BF16);
        using var wide = _engine.From(dy.ToFloats(), [3, 20]);
        using var tape = _engine.Tape();
        tape.Backward(tape.Softmax(parameter.Value), dy);
        tape.Reset();
        tape.Backward(tape.Softmax(plain), wide);
        Assert.Equal(DType.F32, parameter.Gradient!.Value.DType);
        Tolerances.Close(plain.Gradient!.Value.Doubles(), parameter.Gradient!.Value.Doubles(), Tolerances.BF16);
    }
}
