using RadLab.Compute;

namespace RadLab.Tests;

public sealed class SiluTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    internal static double Silu(double x) => x / (1 + Math.Exp(-x));

    /// <summary>d silu / dx, with the two sides of the sigmoid written apart.</summary>
    internal static double Slope(double x)
    {
        double below = 1 / (1 + Math.Exp(-x)), above = 1 / (1 + Math.Exp(x));
        return below + x * below * above;
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_and_backward_match_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, requiresGrad: true, dtype: dtype, low: -8, high: 8);
        using var dy = Make.Random(_engine, [3, C], seed: 2, dtype: dtype);
        using var tape = _engine.Tape();
        var y = tape.Silu(x);
        Tolerances.Close([.. x.Doubles().Select(Silu)], y.Doubles(), Tolerances.Of(dtype));

        tape.Backward(y, dy);
        Tolerances.Close([.. x.Doubles().Zip(dy.Doubles(), (v, d) => d * Slope(v))], x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dx");
    }

    [Fact]
    public void Large_inputs_stay_finite()
    {
        using var x = _engine.From([-3e38f, -1000, -100, -90, 90, 100, 1000, 3e38f], [8]);
        x.RequiresGrad = true;
        using var ones = _engine.From([1f, 1, 1, 1, 1, 1, 1, 1], [8]);
        using var tape = _engine.Tape();
        var y = tape.Silu(x);
        Assert.Equal([0, 0, 0, 0, 90, 100, 1000, 3e38f], y.ToFloats().Select(v => MathF.Abs(v) < 1e-30f ? 0 : v));
        tape.Backward(y, ones);
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1], x.Gradient!.Value.ToFloats().Select(v => MathF.Abs(v) < 1e-30f ? 0 : v));
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true, low: -3, high: 3);
        GradCheck.Run(_engine, t => t.Silu(x), x);
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var y = Make.Random(_engine, [3], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Silu(x), y), x, y);
    }

    [Fact]
    public void An_integer_input_is_reported()
    {
        using var x = _engine.Zeros([2], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Silu: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Silu(x)).Message);
    }
}
