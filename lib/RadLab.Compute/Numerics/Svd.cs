namespace RadLab.Compute;

/// <summary>Singular value decomposition, the part with the largest values. The same bits for any number of threads and on every instruction set.</summary>
public static unsafe class Svd
{
    /// <summary>Rows of the sketch beyond the rank: they catch what the last wanted directions would lose.</summary>
    private const int Oversampling = 8;

    private const ulong SketchSeed = 0x5244_5356_4431_3031;

    /// <summary>By one-sided Jacobi rotations in F64 (Hestenes, 1958): every triplet to the accuracy of F64.</summary>
    /// <remarks>About 10 sweeps of n²/2 rotations of vectors of length m, n the shorter side: seconds for 1,000 × 1,000, and eight times that for every doubling.</remarks>
    /// <param name="w">(O, C), F32 or BF16, finite</param>
    /// <param name="rank">1 to the shorter side</param>
    public static SingularTriplets Exact(Tensor w, int rank)
    {
        CheckArguments(nameof(Exact), w, rank);
        int O = w.Shape[0], C = w.Shape[1], n = Math.Min(O, C), m = Math.Max(O, C);
        var engine = w.Engine;
        float[] values = w.ToFloats();
        using var rotations = new JacobiRotations(engine, n, m);
        double* g = rotations.Vectors;
        // the vectors that are rotated lie along the shorter side
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++)
            {
                float v = O <= C ? values[(long)i * C + j] : values[(long)j * C + i];
                if (!float.IsFinite(v)) throw new ArgumentException("Svd: w must be finite, but holds a NaN or an infinity; check the weights it comes from.");
                g[(long)i * m + j] = v;
            }
        rotations.Run();
        var (sigma, shorter, longer) = rotations.Largest(rank);
        return O <= C ? new SingularTriplets(O, C, sigma, shorter, longer) : new SingularTriplets(O, C, sigma, longer, shorter);
    }

    /// <summary>By subspace iteration from a random sketch (Halko, Martinsson and Tropp, arXiv:0909.4061, algorithm 4.4): matrix products in F32, all else in F64.</summary>
    /// <remarks>
    /// <code>
    /// Y = orth(W Ω)                                  Ω normal, (C, rank + 8), always the same numbers
    /// Y = orth(W orth(Wᵀ Y))                         <paramref name="iterations"/> times
    /// W ≈ Y (Yᵀ W),  and the small factor exactly
    /// </code>
    /// The error of triplet i falls as (value[rank + 8] / value[i])^(2 iterations + 1). A sketch as wide as the shorter side is <see cref="Exact"/>.
    /// </remarks>
    /// <inheritdoc cref="Exact"/>
    public static SingularTriplets Subspace(Tensor w, int rank, int iterations)
    {
        CheckArguments(nameof(Subspace), w, rank);
        Check.Value(iterations is >= 0 and <= 1000, nameof(Subspace), nameof(iterations), "be from 0 to 1000", iterations);
        int O = w.Shape[0], C = w.Shape[1], L = rank + Oversampling;
        if (L >= Math.Min(O, C)) return Exact(w, rank);

        var engine = w.Engine;
        using var tape = engine.Tape(recording: false);
        using var basis = new OrthonormalRows(engine, L, Math.Max(O, C));
        var sketch = tape.Empty([L, C]);
        new RandomKey(SketchSeed, 0, 0).FillNormal(sketch.AsSpan<float>());
        var y = basis.Of(tape, tape.MatMul(sketch, w, transposeB: true));   // Yᵀ, (L, O): rows are the directions
        for (int i = 0; i < iterations; i++)
        {
            var z = basis.Of(tape, tape.MatMul(y, w));
            y.Dispose();
            y = basis.Of(tape, tape.MatMul(z, w, transposeB: true));
            z.Dispose();
        }
        var small = Exact(tape.MatMul(y, w), rank);   // (L, C)
        return new SingularTriplets(O, C, small.Values.ToArray(), Combine(small, y.ToFloats(), O), Flat(small));
    }

    // the left vectors of the small factor are weights of the directions
    private static double[] Combine(SingularTriplets small, float[] y, int O)
    {
        var left = new double[(long)small.Rank * O];
        for (int i = 0; i < small.Rank; i++)
        {
            var weights = small.Left(i);
            for (int l = 0; l < weights.Length; l++)
                for (int o = 0; o < O; o++)
                    left[i * O + o] = Math.FusedMultiplyAdd(weights[l], y[l * O + o], left[i * O + o]);
        }
        return left;
    }

    private static double[] Flat(SingularTriplets small)
    {
        var right = new double[(long)small.Rank * small.Columns];
        for (int i = 0; i < small.Rank; i++) small.Right(i).CopyTo(right.AsSpan(i * small.Columns));
        return right;
    }

    private static void CheckArguments(string op, Tensor w, int rank)
    {
        Check.Float(op, nameof(w), w);
        Check.Rank(op, nameof(w), w, 2);
        int most = Math.Min(w.Shape[0], w.Shape[1]);
        if (rank < 1 || rank > most) throw new ArgumentException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{op}: rank must be from 1 to {most}, the shorter side of w {w.Shape}, got {rank}."));
    }
}
