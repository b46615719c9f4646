using RadLab.Compute;

namespace RadLab.Tests;

public sealed class MeanTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndCounts => Make.Rows([DType.F32, DType.BF16], [.. Make.Widths, 16385]);

    [Theory, MemberData(nameof(DTypesAndCounts))]
    public void Forward_and_backward_match_the_definition(DType dtype, int n)
    {
        using var x = Make.Random(_engine, [n], seed: 1, requiresGrad: true, dtype: dtype, low: 0);
        using var dy = _engine.From([3f], []);
        using var tape = _engine.Tape();
        var y = tape.Mean(x);
        Tolerances.Close([x.Doubles().Average()], y.Doubles(), Tolerances.F32);

        tape.Backward(y, dy);
        double each = dtype == DType.F32 ? (float)(3.0 / n) : BFloat16.ToSingle(BFloat16.FromSingle((float)(3.0 / n)));
        Assert.Equal(Enumerable.Repeat(each, n), x.Gradient!.Value.Doubles());
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 11], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Mean(x), x);
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var y = Make.Random(_engine, [], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Mean(x), y), x, y);
    }

    [Fact]
    public void Nothing_to_average_and_integers_are_reported()
    {
        using var none = _engine.Zeros([0, 3]);
        using var integers = _engine.Zeros([2], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Mean: x must have at least one element, got (0, 3).", Assert.Throws<ArgumentException>(() => tape.Mean(none)).Message);
        Assert.Equal("Mean: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Mean(integers)).Message);
    }
}
