using RadLab.Compute;

namespace RadLab.Tests;

public sealed class GeluTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // erf by the series 2 / sqrt(pi) e^(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 .. (2n+1)), whose terms all have one sign.
    private static double Erf(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 400; n++) sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double Gelu(double x, GeluForm form) => form == GeluForm.Erf
        ? x / 2 * (1 + Erf(x / Math.Sqrt(2)))
        : x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    private static double Slope(double x, GeluForm form)
    {
        if (form == GeluForm.Erf) return (1 + Erf(x / Math.Sqrt(2))) / 2 + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        double u = Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x), du = Math.Sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
        return (1 + Math.Tanh(u)) / 2 + x / 2 * du / (Math.Cosh(u) * Math.Cosh(u));
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_and_backward_match_the_definition(DType dtype, int C)
    {
        foreach (var form in new[] { GeluForm.Erf, GeluForm.Tanh })
        {
            using var x = Make.Random(_engine, [3, C], seed: 1, requiresGrad: true, dtype: dtype, low: -5, high: 5);
            using var dy = Make.Random(_engine, [3, C], seed: 2, dtype: dtype);
            using var tape = _engine.Tape();
            var y = tape.Gelu(x, form);
            Tolerances.Close([.. x.Doubles().Select(v => Gelu(v, form))], y.Doubles(), Tolerances.Of(dtype), $"{form}");

            tape.Backward(y, dy);
            Tolerances.Close([.. x.Doubles().Zip(dy.Doubles(), (v, d) => d * Slope(v, form))], x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), $"{form} dx");
        }
    }

    [Fact]
    public void The_exact_form_is_the_default_and_the_two_differ()
    {
        using var x = _engine.From([2f], [1]);
        using var tape = _engine.Tape();
        // x Phi(x) at 2: 1.9544997361; the approximation gives 1.9545976940
        Assert.Equal(1.9544997f, tape.Gelu(x).Item(), 1e-6f);
        Assert.Equal(1.9545977f, tape.Gelu(x, GeluForm.Tanh).Item(), 1e-6f);
    }

    [Theory, InlineData(GeluForm.Erf), InlineData(GeluForm.Tanh)]
    public void Large_inputs_stay_finite(GeluForm form)
    {
        float[] values = [-1e38f, -1e20f, -100, -12, 12, 100, 1e20f, 1e38f];
        using var x = _engine.From(values, [8]);
        x.RequiresGrad = true;
        using var ones = _engine.From([1f, 1, 1, 1, 1, 1, 1, 1], [8]);
        using var tape = _engine.Tape();
        var y = tape.Gelu(x, form);
        Assert.Equal(values.Select(v => MathF.Max(v, 0)), y.ToFloats().Select(v => v + 0));
        tape.Backward(y, ones);
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1], x.Gradient!.Value.ToFloats().Select(v => MathF.Abs(v) < 1e-20f ? 0 : v));
    }

    [Theory, InlineData(GeluForm.Erf), InlineData(GeluForm.Tanh)]
    public void Backward_matches_finite_differences(GeluForm form)
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true, low: -3, high: 3);
        GradCheck.Run(_engine, t => t.Gelu(x, form), x);
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var y = Make.Random(_engine, [3], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Gelu(x), y), x, y);
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var x = _engine.Zeros([2], DType.I32);
        using var f = _engine.Zeros([2]);
        using var tape = _engine.Tape();
        Assert.Equal("Gelu: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Gelu(x)).Message);
        Assert.Equal("Gelu: form must be Erf or Tanh, got 7.", Assert.Throws<ArgumentException>(() => tape.Gelu(f, (GeluForm)7)).Message);
    }
}
