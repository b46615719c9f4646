using RadLab.Compute;

namespace RadLab.Tests;

public sealed class DoraScaleTests : IDisposable
{
    private const int R = 3;
    private const float Scale = 1.5f;

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // The norm of row o of W + s B A, in double.
    private static double Norm(double[] w, double[] a, double[] b, int o, int C)
    {
        double sum = 0;
        for (int c = 0; c < C; c++)
        {
            double v = w[o * C + c];
            for (int r = 0; r < R; r++) v += Scale * b[o * R + r] * a[r * C + c];
            sum += v * v;
        }
        return Math.Sqrt(sum);
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_and_gradients_match_the_definition(DType dtype, int width)
    {
        const int rows = 5;
        foreach (var (O, C) in new[] { (width, 33), (7, width) })
        {
            using var x = Make.Random(_engine, [rows, O], seed: 1, requiresGrad: true, dtype: dtype);
            using var m = Make.Random(_engine, [O], seed: 2, requiresGrad: true);
            // around 6: a norm that cancels to almost nothing would measure the cancellation
            using var w = Make.Random(_engine, [O, C], seed: 3, dtype: dtype, low: 5, high: 7);
            using var a = Make.Random(_engine, [R, C], seed: 4);
            using var b = Make.Random(_engine, [O, R], seed: 5);
            using var dy = Make.Random(_engine, [rows, O], seed: 6, dtype: dtype);
            using var tape = _engine.Tape();

            var y = tape.DoraScale(x, m, w, a, b, Scale);

            var (xs, ms, ds) = (x.Doubles(), m.Doubles(), dy.Doubles());
            var (ws, @as, bs) = (w.Doubles(), a.Doubles(), b.Doubles());
            double[] inverse = [.. Enumerable.Range(0, O).Select(o => 1 / Norm(ws, @as, bs, o, C))];
            double tolerance = Tolerances.Of(dtype);
            Tolerances.Close([.. xs.Select((v, i) => v * ms[i % O] * inverse[i % O])], y.Doubles(), tolerance, "y");
            tape.Backward(y, dy);
            Tolerances.Close([.. ds.Select((v, i) => v * ms[i % O] * inverse[i % O])], x.Gradient!.Value.Doubles(), tolerance, "dx");
            Tolerances.Close([.. Enumerable.Range(0, O).Select(o => Enumerable.Range(0, rows).Sum(t => ds[t * O + o] * xs[t * O + o]) * inverse[o])], m.Gradient!.Value.Doubles(), tolerance, "dm");
        }
    }

    // The norm is a constant in backward by definition, so finite differences may only move x and m.
    [Fact]
    public void Backward_matches_finite_differences_and_stops_at_the_norm()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        using var m = Make.Random(_engine, [17], seed: 2, requiresGrad: true);
        using var w = Make.Random(_engine, [17, 9], seed: 3);
        using var a = Make.Random(_engine, [R, 9], seed: 4);
        using var b = Make.Random(_engine, [17, R], seed: 5);
        GradCheck.Run(_engine, t => t.DoraScale(x, m, w, a, b, Scale), x, m, w, a, b);

        a.RequiresGrad = b.RequiresGrad = true;
        using var tape = _engine.Tape();
        tape.Backward(tape.Sum(tape.DoraScale(x, m, w, a, b, Scale)));
        Assert.Null(a.Gradient);
        Assert.Null(b.Gradient);
    }

    [Theory, InlineData(false, true), InlineData(true, false)]
    public void A_frozen_input_gets_no_gradient(bool trainX, bool trainM)
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: trainX);
        using var m = Make.Random(_engine, [17], seed: 2, requiresGrad: trainM);
        using var w = Make.Random(_engine, [17, 9], seed: 3);
        using var a = Make.Random(_engine, [R, 9], seed: 4);
        using var b = Make.Random(_engine, [17, R], seed: 5);
        GradCheck.Run(_engine, t => t.DoraScale(x, m, w, a, b, Scale), x, m);
    }

    [Theory]
    [InlineData(WeightFormat.Nf4, 48, true)]
    [InlineData(WeightFormat.Nf4, 33, true)]   // odd: every second row begins within a byte
    [InlineData(WeightFormat.Nf4, 33, false)]
    [InlineData(WeightFormat.Fp4, 33, true)]
    [InlineData(WeightFormat.Int8, 33, false)]
    public void A_quantized_weight_gives_the_bits_of_its_decoded_form(WeightFormat format, int C, bool nested)
    {
        const int O = 40;
        using var w = Make.Random(_engine, [O, C], seed: 3);
        using var quantized = QuantizedWeight.Quantize(w, format, doubleQuantization: nested);
        using var decoded = quantized.Dequantize();
        using var x = Make.Random(_engine, [4, O], seed: 1);
        using var m = Make.Random(_engine, [O], seed: 2);
        using var a = Make.Random(_engine, [R, C], seed: 4);
        using var b = Make.Random(_engine, [O, R], seed: 5);
        using var tape = _engine.Tape(recording: false);
        Assert.Equal(tape.DoraScale(x, m, decoded, a, b, Scale).ToFloats(), tape.DoraScale(x, m, quantized, a, b, Scale).ToFloats());
        using var norms = Dora.RowNorms(quantized);
        using var same = Dora.RowNorms(decoded);
        Assert.Equal(same.ToFloats(), norms.ToFloats());
    }

    [Fact]
    public void Row_norms_are_lengths_of_rows_and_a_row_of_zeros_gives_zeros()
    {
        using var w = _engine.From([3f, 4, 0, 0], [2, 2]);
        using var norms = Dora.RowNorms(w);
        Assert.Equal([5, 0], norms.ToFloats());

        using var x = _engine.From([2f, 2], [1, 2]);
        using var m = _engine.From([5f, 5], [2]);
        using var a = _engine.Zeros([1, 2]);
        using var b = _engine.Zeros([2, 1]);
        using var tape = _engine.Tape(recording: false);
        Assert.Equal([2, 0], tape.DoraScale(x, m, w, a, b, 1).ToFloats());
    }

    [Fact]
    public void A_warm_pass_allocates_nothing()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        using var m = Make.Random(_engine, [17], seed: 2, requiresGrad: true);
        using var w = Make.Random(_engine, [17, 64], seed: 3);
        using var q = QuantizedWeight.Quantize(w);
        using var a = Make.Random(_engine, [R, 64], seed: 4);
        using var b = Make.Random(_engine, [17, R], seed: 5);
        using var dy = Make.Random(_engine, [3, 17], seed: 6);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.DoraScale(x, m, q, a, b, Scale), dy));
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var x = _engine.Zeros([2, 8]);
        using var m = _engine.Zeros([8]);
        using var w = _engine.Zeros([8, 6]);
        using var a = _engine.Zeros([R, 6]);
        using var b = _engine.Zeros([8, R]);
        using var wrong = _engine.Zeros([4, 6]);
        using var half = _engine.Zeros([8], DType.BF16);
        Assert.Equal("DoraScale: x must have 4 columns, one per output of weight (4, 6), got (2, 8).", Message(() => Run(x, m, wrong, a, b)));
        Assert.Equal("DoraScale: magnitude must have shape (8), got (2, 8).", Message(() => Run(x, x, w, a, b)));
        Assert.Equal("DoraScale: magnitude must be F32, got BF16.", Message(() => Run(x, half, w, a, b)));
        Assert.Equal("DoraScale: a must have shape (8, 6), got (8, 3).", Message(() => Run(x, m, w, b, b)));
        Assert.Equal("DoraScale: b must have shape (8, 3), got (3, 6).", Message(() => Run(x, m, w, a, a)));

        void Run(Tensor x, Tensor m, Tensor w, Tensor a, Tensor b)
        {
            using var tape = _engine.Tape();
            tape.DoraScale(x, m, w, a, b, 1);
        }

        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
