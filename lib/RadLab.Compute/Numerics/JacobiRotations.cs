namespace RadLab.Compute;

/// <summary>Turns n vectors of length m against each other until all are orthogonal, and keeps the turns: rotation · vectors = values · directions.</summary>
/// <remarks>
/// A sweep takes all pairs in the rounds of a tournament, so that the pairs of a round share no vector and run side by side. Vectors that are
/// nothing but rounding beside the longest have no direction and are left alone: their value is 0.
/// </remarks>
internal sealed unsafe class JacobiRotations : IDisposable
{
    private const int MostSweeps = 60;
    private const double Orthogonal = 1.4e-14;    // of the product of the lengths
    private const double Nothing = 1e-14;         // of all vectors' length together
    private const long WorkPerChunk = 1 << 15;    // elements

    private readonly Engine _engine;
    private readonly int _n, _m;
    private readonly NativeBlock _block;
    private readonly double* _turns;
    private readonly byte* _turned;

    public JacobiRotations(Engine engine, int n, int m)
    {
        (_engine, _n, _m) = (engine, n, m);
        long vectors = (long)n * m * sizeof(double), turns = (long)n * n * sizeof(double);
        _block = engine.Pool.Rent(vectors + turns + n);
        Vectors = (double*)_block.Pointer;
        _turns = (double*)(_block.Pointer + vectors);
        _turned = _block.Pointer + vectors + turns;
        new Span<byte>(_turned, n).Clear();
        for (long i = 0; i < n; i++)
        {
            new Span<double>(_turns + i * n, n).Clear();
            _turns[i * n + i] = 1;
        }
    }

    /// <summary>(n, m), to be filled before <see cref="Run"/>.</summary>
    public double* Vectors { get; }

    public void Run()
    {
        double all = 0;
        for (long i = 0; i < _n; i++) all += DoubleVectors.Dot(Vectors + i * _m, Vectors + i * _m, _m);
        var kernel = new PairKernel { Vectors = Vectors, Turns = _turns, Turned = _turned, N = _n, M = _m, Nothing = all * Nothing * Nothing };
        int players = _n + (_n & 1);   // an odd number: one vector rests in each round
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            for (int round = 0; round < players - 1; round++)
            {
                kernel.Round = round;
                kernel.Players = players;
                _engine.For(kernel, players / 2, Math.Max(1, WorkPerChunk / (_m + _n)));
            }
            var turned = new Span<byte>(_turned, _n);
            bool done = !turned.Contains((byte)1);
            turned.Clear();
            if (done) return;
        }
        throw new ArithmeticException("Svd: the rotations have not come to rest; check the matrix for values of extreme size.");
    }

    /// <summary>The longest vectors, by length; equal lengths in the order of the vectors.</summary>
    /// <returns>Values, the turns' rows (rank × n), the directions (rank × m).</returns>
    public (double[] Values, double[] Turns, double[] Directions) Largest(int rank)
    {
        var lengths = new double[_n];
        double all = 0;
        for (int i = 0; i < _n; i++)
        {
            lengths[i] = Math.Sqrt(DoubleVectors.Dot(Vectors + (long)i * _m, Vectors + (long)i * _m, _m));
            all += lengths[i] * lengths[i];
        }
        double nothing = Math.Sqrt(all) * Nothing;
        int[] order = [.. Enumerable.Range(0, _n).OrderByDescending(i => lengths[i]).Take(rank)];
        var (values, turns, directions) = (new double[rank], new double[(long)rank * _n], new double[(long)rank * _m]);
        for (int i = 0; i < rank; i++)
        {
            long from = order[i];
            new ReadOnlySpan<double>(_turns + from * _n, _n).CopyTo(turns.AsSpan(i * _n));
            if (lengths[from] <= nothing) continue;
            values[i] = lengths[from];
            for (int j = 0; j < _m; j++) directions[(long)i * _m + j] = Vectors[from * _m + j] / lengths[from];
        }
        return (values, turns, directions);
    }

    public void Dispose() => _engine.Pool.Return(_block);

    private struct PairKernel : IRangeKernel
    {
        public double* Vectors, Turns;
        public byte* Turned;
        public int N, M, Round, Players;
        public double Nothing;

        public readonly void Run(long start, long end, int worker)
        {
            for (int pair = (int)start; pair < (int)end; pair++)
            {
                // the last player stays, the others move on by one place a round
                int turn = Players - 1;
                int p = pair == 0 ? turn : (Round + pair) % turn;
                int q = pair == 0 ? Round : (Round + turn - pair) % turn;
                if (p >= N || q >= N) continue;
                Orthogonalize(Math.Min(p, q), Math.Max(p, q));
            }
        }

        private readonly void Orthogonalize(long p, long q)
        {
            double* x = Vectors + p * M, y = Vectors + q * M;
            var (xx, yy, xy) = DoubleVectors.Products(x, y, M);
            if (xx <= Nothing || yy <= Nothing || Math.Abs(xy) <= Orthogonal * Math.Sqrt(xx) * Math.Sqrt(yy)) return;
            double zeta = (yy - xx) / (2 * xy);
            double t = (zeta < 0 ? -1 : 1) / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta));
            double c = 1 / Math.Sqrt(1 + t * t), s = c * t;
            DoubleVectors.Rotate(x, y, M, c, s);
            DoubleVectors.Rotate(Turns + p * N, Turns + q * N, N, c, s);
            Turned[p] = 1;
        }
    }
}

/// <summary>Orthonormal rows that span those of a matrix: Gram-Schmidt in F64, twice, which leaves them orthogonal to rounding (Giraud et al., 2005).</summary>
internal sealed unsafe class OrthonormalRows(Engine engine, int rows, int mostColumns) : IDisposable
{
    private readonly NativeBlock _block = engine.Pool.Rent((long)rows * mostColumns * sizeof(double));

    /// <param name="matrix">(rows, n), F32; freed. A row that adds no direction becomes zero.</param>
    public Tensor Of(Tape tape, Tensor matrix)
    {
        int n = matrix.Shape[1];
        double* x = (double*)_block.Pointer;
        using (var lease = matrix.Acquire())
            for (long i = 0; i < (long)rows * n; i++) x[i] = lease.F32[i];
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < rows; i++)
            {
                Normalize(x + (long)i * n, n);
                engine.For(new AwayKernel { X = x, N = n, From = i }, rows - i - 1, Math.Max(1, (1 << 14) / n));
            }
        matrix.Dispose();
        var result = tape.Empty([rows, n]);
        using var to = result.Acquire();
        for (long i = 0; i < (long)rows * n; i++) to.F32[i] = (float)x[i];
        return result;
    }

    public void Dispose() => engine.Pool.Return(_block);

    private static void Normalize(double* x, int n)
    {
        double length = Math.Sqrt(DoubleVectors.Dot(x, x, n));
        // below: the square has underflown, and there is no direction left
        double factor = length > 1e-150 ? 1 / length : 0;
        for (int c = 0; c < n; c++) x[c] *= factor;
    }

    private struct AwayKernel : IRangeKernel
    {
        public double* X;
        public int N, From;

        public readonly void Run(long start, long end, int worker)
        {
            double* direction = X + (long)From * N;
            for (long k = From + 1 + start; k < From + 1 + end; k++) DoubleVectors.AddScaled(-DoubleVectors.Dot(direction, X + k * N, N), direction, X + k * N, N);
        }
    }
}
