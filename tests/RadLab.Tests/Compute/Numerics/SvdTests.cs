using RadLab.Compute;

namespace RadLab.Tests;

public sealed class SvdTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    /// <summary>sum of values[i] left[i] right[i]ᵀ in double.</summary>
    private static double[] Product(SingularTriplets t)
    {
        var w = new double[t.Rows * t.Columns];
        for (int i = 0; i < t.Rank; i++)
            for (int o = 0; o < t.Rows; o++)
                for (int c = 0; c < t.Columns; c++) w[o * t.Columns + c] += t.Values[i] * t.Left(i)[o] * t.Right(i)[c];
        return w;
    }

    private static void Orthonormal(SingularTriplets t, double tolerance)
    {
        for (int i = 0; i < t.Rank; i++)
            for (int j = 0; j <= i; j++)
            {
                double left = 0, right = 0;
                for (int o = 0; o < t.Rows; o++) left += t.Left(i)[o] * t.Left(j)[o];
                for (int c = 0; c < t.Columns; c++) right += t.Right(i)[c] * t.Right(j)[c];
                Assert.Equal(i == j ? 1 : 0, left, tolerance);
                Assert.Equal(i == j ? 1 : 0, right, tolerance);
            }
    }

    // W = U S Vᵀ with orthonormal U and V from a Gram-Schmidt of the test's own, and the given values
    private Tensor WithValues(int O, int C, double[] values, int seed)
    {
        double[][] u = Basis(values.Length, O, seed), v = Basis(values.Length, C, seed + 1);
        var w = new float[O * C];
        for (int o = 0; o < O; o++)
            for (int c = 0; c < C; c++) w[o * C + c] = (float)Enumerable.Range(0, values.Length).Sum(i => values[i] * u[i][o] * v[i][c]);
        return _engine.From(w, [O, C]);
    }

    private static double[][] Basis(int count, int n, int seed)
    {
        var rng = new Random(seed);
        var basis = new double[count][];
        for (int i = 0; i < count; i++)
        {
            double[] x = [.. Enumerable.Range(0, n).Select(_ => rng.NextDouble() - 0.5)];
            for (int pass = 0; pass < 2; pass++)
                for (int j = 0; j < i; j++)
                {
                    double d = x.Zip(basis[j], (a, b) => a * b).Sum();
                    for (int k = 0; k < n; k++) x[k] -= d * basis[j][k];
                }
            double length = Math.Sqrt(x.Sum(a => a * a));
            basis[i] = [.. x.Select(a => a / length)];
        }
        return basis;
    }

    [Theory, InlineData(1, 1), InlineData(1, 9), InlineData(9, 1), InlineData(17, 33), InlineData(33, 17), InlineData(40, 40), InlineData(24, 7)]
    public void All_triplets_together_are_the_matrix_and_the_vectors_orthonormal(int O, int C)
    {
        using var w = Make.Random(_engine, [O, C], seed: O * 100 + C);
        var t = Svd.Exact(w, Math.Min(O, C));
        Tolerances.Close(w.Doubles(), Product(t), 1e-13);
        Orthonormal(t, 1e-12);
        Assert.Equal(t.Values.ToArray().OrderDescending(), t.Values.ToArray());
    }

    [Theory, InlineData(30, 50), InlineData(50, 30)]
    public void The_values_are_those_the_matrix_was_made_with(int O, int C)
    {
        double[] values = [.. Enumerable.Range(0, 30).Select(i => 5.0 / (1 + i))];
        using var w = WithValues(O, C, values, seed: 3);
        Tolerances.Close(values, Svd.Exact(w, 30).Values.ToArray(), 1e-6);   // w is rounded to F32
    }

    [Fact]
    public void Equal_values_zero_rows_a_rank_below_the_sides_and_zero_itself_come_to_rest()
    {
        using var identity = _engine.From([.. Enumerable.Range(0, 64).Select(i => i % 9 == 0 ? 1f : 0f)], [8, 8]);
        Assert.Equal(Enumerable.Repeat(1.0, 8), Svd.Exact(identity, 8).Values.ToArray());
        using var low = WithValues(20, 12, [3, 2, 1e-3], seed: 5);
        var t = Svd.Exact(low, 12);
        Tolerances.Close(low.Doubles(), Product(t), 1e-13);
        Tolerances.Close([3, 2, 1e-3], t.Values[..3].ToArray(), 1e-6);
        using var zero = _engine.Zeros([5, 6]);
        Assert.All(Svd.Exact(zero, 5).Values.ToArray(), v => Assert.Equal(0, v));
        Assert.All(Product(Svd.Subspace(zero, 2, 3)), v => Assert.Equal(0, v));
    }

    [Theory, InlineData(90, 70, DType.F32), InlineData(70, 90, DType.F32), InlineData(90, 70, DType.BF16)]
    public void Subspace_iteration_comes_to_the_exact_triplets(int O, int C, DType dtype)
    {
        double[] values = [.. Enumerable.Range(0, 60).Select(i => Math.Pow(0.8, i))];
        using var wide = WithValues(O, C, values, seed: 7);
        using var w = _engine.From(wide.ToFloats(), [O, C], dtype);
        SingularTriplets exact = Svd.Exact(w, 6), fast = Svd.Subspace(w, 6, iterations: 8);
        Tolerances.Close(exact.Values.ToArray(), fast.Values.ToArray(), 1e-6);
        Tolerances.Close(Product(exact), Product(fast), 2e-6);
        Orthonormal(fast, 1e-6);
        // without iterations it must be worse: otherwise the test could not tell
        Assert.True(Product(exact).Zip(Product(Svd.Subspace(w, 6, 0)), (a, b) => Math.Abs(a - b)).Max() > 1e-4);
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        var runs = new List<(double[] Exact, double[] Fast)>();
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var w = Make.Random(engine, [65, 130], seed: 11);
            runs.Add((Product(Svd.Exact(w, 20)), Product(Svd.Subspace(w, 20, 4))));
        }
        foreach (var (exact, fast) in runs.Skip(1))
        {
            Assert.Equal(runs[0].Exact, exact);
            Assert.Equal(runs[0].Fast, fast);
        }
    }

    [Fact]
    public void The_factors_multiply_to_the_triplets_and_share_the_roots()
    {
        using var w = Make.Random(_engine, [12, 20], seed: 2);
        var t = Svd.Exact(w, 4);
        using var a = _engine.Empty([4, 20]);
        using var b = _engine.Empty([12, 4]);
        t.Factors(scale: 2.5f, a, b);
        double[] fa = a.Doubles(), fb = b.Doubles(), product = new double[12 * 20];
        for (int o = 0; o < 12; o++)
            for (int c = 0; c < 20; c++)
                for (int r = 0; r < 4; r++) product[o * 20 + c] += 2.5 * fb[o * 4 + r] * fa[r * 20 + c];
        Tolerances.Close(Product(t), product, 1e-6);
        Assert.Equal(fa[..20].Sum(v => v * v), Enumerable.Range(0, 12).Sum(o => fb[o * 4] * fb[o * 4]), 6);
    }

    [Fact]
    public void Nothing_stays_in_memory_and_wrong_arguments_are_reported()
    {
        using var w = Make.Random(_engine, [30, 40], seed: 1);
        long live = _engine.Memory.LiveBytes;
        Svd.Exact(w, 3);
        Svd.Subspace(w, 3, 2);
        Assert.Equal(live, _engine.Memory.LiveBytes);
        Assert.Equal("Exact: rank must be from 1 to 30, the shorter side of w (30, 40), got 31.", Assert.Throws<ArgumentException>(() => Svd.Exact(w, 31)).Message);
        Assert.Equal("Subspace: iterations must be from 0 to 1000, got -1.", Assert.Throws<ArgumentException>(() => Svd.Subspace(w, 3, -1)).Message);
        using var bad = _engine.From([1f, float.NaN], [1, 2]);
        Assert.Equal("Svd: w must be finite, but holds a NaN or an infinity; check the weights it comes from.", Assert.Throws<ArgumentException>(() => Svd.Exact(bad, 1)).Message);
    }
}
