using RadLab.Compute;

namespace RadLab.Tests;

public sealed class MatMulTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    internal static double[] Reference(double[] a, bool ta, double[] b, bool tb, int M, int N, int K)
    {
        var y = new double[M * N];
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++)
                for (int k = 0; k < K; k++)
                    y[i * N + j] += (ta ? a[k * M + i] : a[i * K + k]) * (tb ? b[j * K + k] : b[k * N + j]);
        return y;
    }

    // around the tile (8 × 48), the lanes (16), the skinny limit (16) and the block of k (384)
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 1, 48, 16 }, { 3, 5, 7 }, { 4, 33, 17 }, { 7, 47, 15 }, { 8, 48, 16 }, { 9, 49, 31 }, { 16, 64, 33 }, { 17, 17, 8 }, { 17, 16, 40 },
        { 33, 15, 65 }, { 40, 96, 1 }, { 24, 97, 255 }, { 31, 63, 256 }, { 65, 130, 257 }, { 130, 20, 513 }, { 20, 50, 384 }, { 25, 60, 385 }, { 19, 1, 300 }, { 200, 3, 70 }, { 16, 530, 20 },
    };

    [Theory, MemberData(nameof(Sizes))]
    public void Forward_matches_the_definition_in_every_layout_and_dtype(int M, int N, int K)
    {
        foreach (bool ta in new[] { false, true })
            foreach (bool tb in new[] { false, true })
                foreach (var dtype in new[] { DType.F32, DType.BF16 })
                {
                    using var a = Make.Random(_engine, ta ? [K, M] : [M, K], seed: 1, dtype: dtype);
                    using var b = Make.Random(_engine, tb ? [N, K] : [K, N], seed: 2, dtype: dtype);
                    using var tape = _engine.Tape(recording: false);
                    var y = tape.MatMul(a, b, ta, tb);
                    Tolerances.Close(Reference(a.Doubles(), ta, b.Doubles(), tb, M, N, K), y.Doubles(), Tolerances.Of(dtype), $"{ta} {tb} {dtype}");
                }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Accumulating_adds_to_what_is_there(int M, int N, int K)
    {
        using var a = Make.Random(_engine, [M, K], seed: 1);
        using var b = Make.Random(_engine, [K, N], seed: 2);
        using var y = Make.Random(_engine, [M, N], seed: 3);
        double[] expected = Reference(a.Doubles(), false, b.Doubles(), false, M, N, K);
        double[] before = y.Doubles();
        for (int i = 0; i < expected.Length; i++) expected[i] += before[i];
        MatMulKernels.Multiply(a, false, b, false, y, accumulate: true);
        Tolerances.Close(expected, y.Doubles(), Tolerances.F32);
    }

    [Theory, InlineData(false, false), InlineData(false, true), InlineData(true, false), InlineData(true, true)]
    public void Backward_matches_finite_differences(bool ta, bool tb)
    {
        using var a = Make.Random(_engine, ta ? [5, 3] : [3, 5], seed: 1, requiresGrad: true);
        using var b = Make.Random(_engine, tb ? [4, 5] : [5, 4], seed: 2, requiresGrad: true);
        GradCheck.Run(_engine, t => t.MatMul(a, b, ta, tb), a, b);
    }

    [Theory, InlineData(false, false), InlineData(true, true)]
    public void Batches_multiply_matrix_by_matrix_and_a_shared_b_sums_its_gradient(bool ta, bool tb)
    {
        using var a = Make.Random(_engine, ta ? [2, 5, 3] : [2, 3, 5], seed: 1, requiresGrad: true);
        using var b = Make.Random(_engine, tb ? [2, 4, 5] : [2, 5, 4], seed: 2, requiresGrad: true);
        using var shared = Make.Random(_engine, tb ? [4, 5] : [5, 4], seed: 4, requiresGrad: true);
        GradCheck.Run(_engine, t => t.MatMul(a, b, ta, tb), a, b);
        GradCheck.Run(_engine, t => t.MatMul(a, shared, ta, tb), a, shared);
    }

    [Fact]
    public void A_frozen_operand_gets_no_gradient()
    {
        using var a = Make.Random(_engine, [3, 5], seed: 1);
        using var b = Make.Random(_engine, [5, 4], seed: 2, requiresGrad: true);
        using var c = Make.Random(_engine, [5, 4], seed: 2);
        using var d = Make.Random(_engine, [3, 5], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.MatMul(a, b), a, b);
        GradCheck.Run(_engine, t => t.MatMul(d, c), d, c);
    }

    [Fact]
    public void Bits_do_not_depend_on_the_number_of_threads()
    {
        (int M, int N, int K)[] sizes = [(130, 200, 300), (4, 300, 500), (300, 9, 70)];
        foreach (var (M, N, K) in sizes)
            foreach (bool tb in new[] { false, true })
            {
                float[]? first = null;
                foreach (int threads in new[] { 1, 2, 3, 4 })
                {
                    using var engine = new Engine(new EngineOptions { Threads = threads });
                    using var a = Make.Random(engine, [M, K], seed: 1);
                    using var b = Make.Random(engine, tb ? [N, K] : [K, N], seed: 2);
                    using var tape = engine.Tape(recording: false);
                    float[] y = tape.MatMul(a, b, transposeB: tb).ToFloats();
                    first ??= y;
                    Assert.Equal(first, y);
                }
            }
    }

    [Fact]
    public void Mismatched_inner_dimensions_are_reported_with_both_shapes()
    {
        using var a = _engine.Zeros([2, 3]);
        using var b = _engine.Zeros([4, 5]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.MatMul(a, b));
        Assert.Equal("MatMul: inner dimensions must agree, got 3 of a (2, 3) and 4 of b (4, 5).", e.Message);
    }

    [Fact]
    public void Mismatched_batches_are_reported()
    {
        using var a = _engine.Zeros([2, 2, 3]);
        using var b = _engine.Zeros([3, 3, 5]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.MatMul(a, b));
        Assert.Equal("MatMul: b must have two dimensions or the leading dimensions of a (2, 2, 3), got (3, 3, 5).", e.Message);
    }
}
