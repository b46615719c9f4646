using RadLab.Compute;

namespace RadLab.Tests;

public sealed class LayerNormTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private static double[] Normalized(double[] x, int C, double eps, out double[] scale)
    {
        var n = new double[x.Length];
        scale = new double[x.Length / C];
        for (int r = 0; r < scale.Length; r++)
        {
            var row = x.AsSpan(r * C, C).ToArray();
            double mean = row.Average(), variance = row.Average(v => (v - mean) * (v - mean));
            scale[r] = 1 / Math.Sqrt(variance + eps);
            for (int c = 0; c < C; c++) n[r * C + c] = (row[c] - mean) * scale[r];
        }
        return n;
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_matches_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [2, 3, C], seed: 1, dtype: dtype);
        using var w = Make.Random(_engine, [C], seed: 2, dtype: dtype);
        using var b = Make.Random(_engine, [C], seed: 3, dtype: dtype);
        using var tape = _engine.Tape(recording: false);

        var y = tape.LayerNorm(x, w, b, eps: 1e-2f);

        var (n, dw, db) = (Normalized(x.Doubles(), C, 1e-2f, out _), w.Doubles(), b.Doubles());
        Tolerances.Close([.. n.Select((v, i) => v * dw[i % C] + db[i % C])], y.Doubles(), Tolerances.Of(dtype));
    }

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Backward_matches_the_derivative_formula(DType dtype, int C)
    {
        const int rows = 20;   // more than one chunk of rows
        using var x = Make.Random(_engine, [rows, C], seed: 1, requiresGrad: true, dtype: dtype);
        using var w = Make.Random(_engine, [C], seed: 2, requiresGrad: true, dtype: dtype);
        using var b = Make.Random(_engine, [C], seed: 3, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [rows, C], seed: 4, dtype: dtype);
        using var tape = _engine.Tape();

        tape.Backward(tape.LayerNorm(x, w, b, eps: 1e-2f), dy);

        double[] n = Normalized(x.Doubles(), C, 1e-2f, out double[] scale), up = dy.Doubles(), weight = w.Doubles();
        var (dx, dw, db) = (new double[n.Length], new double[C], new double[C]);
        for (int r = 0; r < rows; r++)
        {
            double meanG = 0, meanGn = 0;
            for (int c = 0; c < C; c++)
            {
                int i = r * C + c;
                dw[c] += up[i] * n[i];
                db[c] += up[i];
                meanG += up[i] * weight[c] / C;
                meanGn += up[i] * weight[c] * n[i] / C;
            }
            for (int c = 0; c < C; c++) dx[r * C + c] = scale[r] * (up[r * C + c] * weight[c] - meanG - n[r * C + c] * meanGn);
        }
        Tolerances.Close(dx, x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dx");
        Tolerances.Close(dw, w.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dw");
        Tolerances.Close(db, b.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "db");
    }

    [Theory, InlineData(9), InlineData(16), InlineData(33)]
    public void Backward_matches_finite_differences(int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [C], seed: 2, requiresGrad: true);
        using var b = Make.Random(_engine, [C], seed: 3, requiresGrad: true);
        GradCheck.Run(_engine, t => t.LayerNorm(x, w, b, eps: 0.1f), x, w, b);
    }

    [Theory, InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public void Frozen_weight_and_bias_get_no_gradient(bool trainWeight, bool trainBias)
    {
        using var x = Make.Random(_engine, [2, 8], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [8], seed: 2, requiresGrad: trainWeight);
        using var b = Make.Random(_engine, [8], seed: 3, requiresGrad: trainBias);
        GradCheck.Run(_engine, t => t.LayerNorm(x, w, b, eps: 0.1f), x, w, b);
    }

    [Fact]
    public void A_parameter_of_BF16_gets_its_gradients_in_F32()
    {
        using var x = Make.Random(_engine, [5, 70], seed: 1, dtype: DType.BF16);
        using var w = new Parameter("w", Make.Random(_engine, [70], seed: 2, dtype: DType.BF16), trainable: true);
        using var b = new Parameter("b", Make.Random(_engine, [70], seed: 3, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [5, 70], seed: 4, dtype: DType.BF16);
        using var tape = _engine.Tape();

        tape.Backward(tape.LayerNorm(x, w.Value, b.Value), dy);

        double[] n = Normalized(x.Doubles(), 70, 1e-5f, out _), up = dy.Doubles();
        Tolerances.Close([.. Enumerable.Range(0, 70).Select(c => Enumerable.Range(0, 5).Sum(r => up[r * 70 + c] * n[r * 70 + c]))], w.Gradient!.Value.Doubles(), Tolerances.F32);
        Tolerances.Close([.. Enumerable.Range(0, 70).Select(c => Enumerable.Range(0, 5).Sum(r => up[r * 70 + c]))], b.Gradient!.Value.Doubles(), Tolerances.F32);
    }

    [Fact]
    public void A_large_mean_does_not_cancel_the_variance_away()
    {
        // mean 1000, standard deviation 1: with E[x^2] - E[x]^2 in F32 the variance would be off by several percent
        using var x = _engine.From([.. Make.Values(64, seed: 1, -1.7, 1.7).Select(v => 1000 + v)], [1, 64]);
        using var w = _engine.From([.. Enumerable.Repeat(1f, 64)], [64]);
        using var b = _engine.Zeros([64]);
        using var tape = _engine.Tape(recording: false);

        var y = tape.LayerNorm(x, w, b);

        // the mean itself is rounded at 1000 * 2^-24
        Tolerances.Close(Normalized(x.Doubles(), 64, 1e-5f, out _), y.Doubles(), 1e-4);
    }

    [Fact]
    public void Bits_do_not_depend_on_the_number_of_threads()
    {
        var results = new List<float[]>();
        foreach (int threads in new[] { 1, 3 })
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var x = Make.Random(engine, [50, 200], seed: 1, requiresGrad: true);
            using var w = Make.Random(engine, [200], seed: 2, requiresGrad: true);
            using var b = Make.Random(engine, [200], seed: 3, requiresGrad: true);
            using var dy = Make.Random(engine, [50, 200], seed: 4);
            using var tape = engine.Tape();
            var y = tape.LayerNorm(x, w, b);
            tape.Backward(y, dy);
            results.Add([.. y.ToFloats(), .. x.Gradient!.Value.ToFloats(), .. w.Gradient!.Value.ToFloats(), .. b.Gradient!.Value.ToFloats()]);
        }
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using var x = Make.Random(_engine, [5, 70], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [70], seed: 2, requiresGrad: true);
        using var b = Make.Random(_engine, [70], seed: 3, requiresGrad: true);
        using var dy = Make.Random(_engine, [5, 70], seed: 4);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.LayerNorm(x, w, b), dy));
    }

    [Fact]
    public void Wrong_shapes_and_dtypes_are_reported()
    {
        using var x = _engine.Zeros([2, 8]);
        using var w = _engine.Zeros([8]);
        using var four = _engine.Zeros([4]);
        using var half = _engine.Zeros([8], DType.BF16);
        using var ids = _engine.Zeros([2, 8], DType.I32);
        using var number = _engine.Zeros([]);
        using var tape = _engine.Tape();
        string Message(Action call) => Assert.Throws<ArgumentException>(call).Message;
        Assert.Equal("LayerNorm: weight must have shape (8), got (4).", Message(() => tape.LayerNorm(x, four, w)));
        Assert.Equal("LayerNorm: bias must have shape (8), got (4).", Message(() => tape.LayerNorm(x, w, four)));
        Assert.Equal("LayerNorm: bias must be F32 like weight, got BF16.", Message(() => tape.LayerNorm(x, w, half)));
        Assert.Equal("LayerNorm: x must be F32 or BF16, got I32.", Message(() => tape.LayerNorm(ids, w, w)));
        Assert.Equal("LayerNorm: x must have at least 1 dimension, got ().", Message(() => tape.LayerNorm(number, w, w)));
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
        tape.Backward(tape.LayerNorm(parameter.Value, w, w), dy);
        tape.Reset();
        tape.Backward(tape.LayerNorm(plain, w, w), wide);
        Assert.Equal(DType.F32, parameter.Gradient!.Value.DType);
        Tolerances.Close(plain.Gradient!.Value.Doubles(), parameter.Gradient!.Value.Doubles(), Tolerances.F32);
    }
}
