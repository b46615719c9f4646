using RadLab.Compute;

namespace RadLab.Tests;

public sealed class SumTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // beyond the widths: whole pieces, and one element below and above
    public static TheoryData<DType, int> DTypesAndCounts => Make.Rows([DType.F32, DType.BF16], [.. Make.Widths, 16383, 16384, 16385, 50021]);

    [Theory, MemberData(nameof(DTypesAndCounts))]
    public void Forward_matches_the_definition(DType dtype, int n)
    {
        using var x = Make.Random(_engine, [n], seed: 1, dtype: dtype, low: 0);
        using var tape = _engine.Tape(recording: false);
        var y = tape.Sum(x);
        Assert.Equal<Shape>([], y.Shape);
        // the result is F32 for either dtype, and so is the tolerance
        Tolerances.Close([x.Doubles().Sum()], y.Doubles(), Tolerances.F32);
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void Every_element_gets_the_upstream_gradient(DType dtype)
    {
        using var x = Make.Random(_engine, [3, 11], seed: 1, requiresGrad: true, dtype: dtype);
        using var dy = _engine.From([0.625f], []);
        using var tape = _engine.Tape();
        tape.Backward(tape.Sum(x), dy);
        Assert.Equal(Enumerable.Repeat(0.625, 33), x.Gradient!.Value.Doubles());
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 11], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Sum(x), x);
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        float[] values = Make.Values(200_003, seed: 5);
        var sums = new List<float>();
        foreach (int threads in new[] { 1, 2, 5 })
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var x = engine.From(values, [values.Length]);
            using var tape = engine.Tape();
            sums.Add(tape.Sum(x).Item());
        }
        Assert.Single(sums.Distinct());
    }

    [Fact]
    public void The_sum_of_nothing_is_zero()
    {
        using var x = _engine.Zeros([0, 3]);
        using var tape = _engine.Tape();
        Assert.Equal(0f, tape.Sum(x).Item());
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var y = Make.Random(_engine, [], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Sum(x), y), x, y);
    }

    [Fact]
    public void A_warm_step_allocates_no_managed_memory()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Sum(x)));
    }

    [Fact]
    public void An_integer_input_is_reported()
    {
        using var x = _engine.Zeros([2], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Sum: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Sum(x)).Message);
    }
}
