using RadLab.Compute;

namespace RadLab.Tests;

public sealed class GradientNormTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndCounts => Make.Rows([DType.F32, DType.BF16], [.. Make.Widths, 16383, 16385, 50021]);

    [Theory, MemberData(nameof(DTypesAndCounts))]
    public void The_norm_matches_the_definition(DType dtype, int n)
    {
        using var a = Make.Random(_engine, [n], seed: 1, dtype: dtype);
        using var b = Make.Random(_engine, [3, 5], seed: 2);
        double expected = Math.Sqrt(a.Doubles().Concat(b.Doubles()).Sum(v => v * v));
        Tolerances.Close([expected], [GradientNorm.Of(_engine, a, b)], 1e-13);   // sums of exact squares in double
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        float[] values = Make.Values(200_003, seed: 5);
        var norms = new List<double>();
        foreach (int threads in new[] { 1, 2, 5 })
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var g = engine.From(values, [values.Length]);
            norms.Add(GradientNorm.Of(engine, g));
        }
        Assert.Single(norms.Distinct());
    }

    [Fact]
    public void Squares_beyond_the_range_of_a_float_are_no_problem()
    {
        using var g = _engine.From([3e30f, 4e30f], [2]);
        using var small = _engine.From([3e-30f, 4e-30f], [2]);
        Tolerances.Close([1], [GradientNorm.Of(_engine, g) / 5e30], 1e-6);
        Tolerances.Close([1], [GradientNorm.Of(_engine, small) / 5e-30], 1e-6);
        Assert.Equal(0, GradientNorm.Of(_engine));
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void Clipping_scales_all_gradients_to_the_wanted_norm(DType dtype)
    {
        using var a = Make.Random(_engine, [33], seed: 1, dtype: dtype);
        using var b = Make.Random(_engine, [4, 5], seed: 2, dtype: dtype);
        var (before, norm) = (a.Doubles().Concat(b.Doubles()).ToArray(), GradientNorm.Of(_engine, a, b));

        Assert.Equal(norm, GradientNorm.Clip(_engine, [a, b], 0.3));

        double factor = 0.3 / (norm + 1e-6);
        Tolerances.Close([.. before.Select(v => v * factor)], [.. a.Doubles(), .. b.Doubles()], Tolerances.Of(dtype));
    }

    [Fact]
    public void A_tiny_norm_is_clipped_with_the_epsilon_of_PyTorch()
    {
        using var g = _engine.From([3e-6f, 4e-6f], [2]);
        GradientNorm.Clip(_engine, [g], 1e-6);
        Tolerances.Close([3e-6f / 6, 4e-6f / 6], g.Doubles(), 1e-9);   // 1e-6 / (5e-6 + 1e-6); 1e-9 of the floor 1e-3
    }

    [Theory, InlineData(1000), InlineData(double.PositiveInfinity)]
    public void Gradients_below_the_norm_keep_every_bit(double maxNorm)
    {
        using var g = Make.Random(_engine, [33], seed: 1);
        float[] before = g.ToFloats();
        GradientNorm.Clip(_engine, [g], maxNorm);
        Assert.Equal(before, g.ToFloats());
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_reported_and_nothing_is_scaled(float bad)
    {
        using var a = Make.Random(_engine, [40_000], seed: 1);
        using var b = Make.Random(_engine, [5, 7], seed: 2);
        using var c = _engine.From([1, bad], [2]);
        b.AsSpan<float>()[34] = bad;
        float[] before = a.ToFloats();

        var e = Assert.Throws<NonFiniteGradientException>(() => GradientNorm.Clip(_engine, [a, b, c], 0.1));

        Assert.Equal(1, e.Index);
        Assert.Equal("GradientNorm: gradient 1 (5, 7) holds a NaN or an infinity; do not apply this step: skip it, or lower the learning rate and look at the batch.", e.Message);
        Assert.Equal(before, a.ToFloats());
    }

    [Fact]
    public void A_warm_call_allocates_no_managed_memory()
    {
        using var a = Make.Random(_engine, [40_000], seed: 1);
        using var b = Make.Random(_engine, [4, 5], seed: 2, dtype: DType.BF16);
        Warm.AssertNoAllocation(_engine, _ => GradientNorm.Clip(_engine, [a, b], 0.5));
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var other = new Engine(new EngineOptions { Threads = 1 });
        using var g = _engine.Zeros([2]);
        using var foreign = other.Zeros([2]);
        using var integers = _engine.Zeros([2], DType.I32);
        Assert.Equal("GradientNorm: maxNorm must be above 0, got -1.", Assert.Throws<ArgumentException>(() => GradientNorm.Clip(_engine, [g], -1)).Message);
        Assert.Equal("GradientNorm: maxNorm must be above 0, got NaN.", Assert.Throws<ArgumentException>(() => GradientNorm.Clip(_engine, [g], double.NaN)).Message);
        Assert.Equal("GradientNorm: gradient 1 (2) belongs to another engine; make both with one engine.", Assert.Throws<ArgumentException>(() => GradientNorm.Of(_engine, g, foreign)).Message);
        Assert.Equal("GradientNorm: gradient 0 (2) must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => GradientNorm.Of(_engine, integers)).Message);
    }
}
