using RadLab.Compute;

namespace RadLab.Tests;

public sealed class ScaleTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_and_backward_match_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [3, C], seed: 3, dtype: dtype);
        using var tape = _engine.Tape();

        var y = tape.Scale(x, -0.3f);
        Tolerances.Close([.. x.Doubles().Select(v => v * -0.3f)], y.Doubles(), Tolerances.Of(dtype));

        tape.Backward(y, dy);
        Tolerances.Close([.. dy.Doubles().Select(v => v * -0.3f)], x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dx");
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Scale(x, 2.5f), x);
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var y = Make.Random(_engine, [3], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Scale(x, 2.5f), y), x, y);
    }

    [Fact]
    public void An_integer_input_is_reported()
    {
        using var x = _engine.Zeros([2], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Scale: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Scale(x, 2)).Message);
    }
}
