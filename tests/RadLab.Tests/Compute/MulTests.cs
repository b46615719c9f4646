using RadLab.Compute;

namespace RadLab.Tests;

public sealed class MulTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_and_backward_match_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, requiresGrad: true, dtype: dtype);
        using var y = Make.Random(_engine, [3, C], seed: 2, requiresGrad: true, dtype: dtype);
        using var dz = Make.Random(_engine, [3, C], seed: 3, dtype: dtype);
        using var tape = _engine.Tape();

        var z = tape.Mul(x, y);
        Tolerances.Close(Product(x, y), z.Doubles(), Tolerances.Of(dtype));

        tape.Backward(z, dz);
        Tolerances.Close(Product(dz, y), x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dx");
        Tolerances.Close(Product(dz, x), y.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dy");
    }

    private static double[] Product(Tensor a, Tensor b) => [.. a.Doubles().Zip(b.Doubles(), (u, v) => u * v)];

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        using var y = Make.Random(_engine, [3, 17], seed: 2, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Mul(x, y), x, y);
        GradCheck.Run(_engine, t => t.Mul(x, x), x);
    }

    [Theory, InlineData(true, false), InlineData(false, true)]
    public void A_frozen_input_gets_no_gradient(bool first, bool second)
    {
        using var x = Make.Random(_engine, [2, 9], seed: 1, requiresGrad: first);
        using var y = Make.Random(_engine, [2, 9], seed: 2, requiresGrad: second);
        GradCheck.Run(_engine, t => t.Mul(x, y), x, y);
    }

    [Fact]
    public void A_product_with_a_frozen_factor_keeps_only_that_factor()
    {
        using var mask = Make.Random(_engine, [1000], seed: 2);
        using var leaf = Make.Random(_engine, [1000], seed: 1, requiresGrad: true);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        using (tape.Scope())
        {
            var x = tape.Scale(leaf, 2);
            tape.Mul(x, mask);
        }
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void Wrong_shapes_and_dtypes_are_reported()
    {
        using var x = _engine.Zeros([2, 8]);
        using var other = _engine.Zeros([8, 2]);
        using var half = _engine.Zeros([2, 8], DType.BF16);
        using var integers = _engine.Zeros([2, 8], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Mul: y must have shape (2, 8), got (8, 2).", Assert.Throws<ArgumentException>(() => tape.Mul(x, other)).Message);
        Assert.Equal("Mul: y must be F32 like x, got BF16.", Assert.Throws<ArgumentException>(() => tape.Mul(x, half)).Message);
        Assert.Equal("Mul: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Mul(integers, integers)).Message);
    }
}
