namespace RadLab.Tests;

/// <summary>The definition of attention in double, with the whole matrix of probabilities: it shares nothing with the tiles.</summary>
internal sealed record AttentionReference(int B, int T, int S, int H, int K, int D, bool Causal = false, double? Scale = null, int[]? Segments = null, int[]? Lengths = null)
{
    public double[] Forward(double[] q, double[] k, double[] v)
    {
        var y = new double[q.Length];
        foreach (var (b, t, h) in Queries())
        {
            double[] p = Probabilities(q, k, b, t, h);
            for (int s = 0; s < S; s++)
                for (int d = 0; d < D; d++)
                    y[Query(b, t, h) + d] += p[s] * v[Key(b, s, h) + d];
        }
        return y;
    }

    /// <param name="y">The result as the op stored it: the op's definition takes dy . y from there, which matters for BF16.</param>
    public (double[] Dq, double[] Dk, double[] Dv) Backward(double[] q, double[] k, double[] v, double[] y, double[] dy)
    {
        double scale = Scale ?? 1 / Math.Sqrt(D);
        double[] dq = new double[q.Length], dk = new double[k.Length], dv = new double[v.Length];
        foreach (var (b, t, h) in Queries())
        {
            int at = Query(b, t, h);
            double[] p = Probabilities(q, k, b, t, h);
            var dp = new double[S];
            for (int s = 0; s < S; s++)
                for (int d = 0; d < D; d++)
                {
                    dp[s] += dy[at + d] * v[Key(b, s, h) + d];
                    dv[Key(b, s, h) + d] += p[s] * dy[at + d];
                }
            double mean = 0;
            for (int d = 0; d < D; d++) mean += dy[at + d] * y[at + d];
            for (int s = 0; s < S; s++)
                for (int d = 0; d < D; d++)
                {
                    dq[at + d] += p[s] * (dp[s] - mean) * scale * k[Key(b, s, h) + d];
                    dk[Key(b, s, h) + d] += p[s] * (dp[s] - mean) * scale * q[at + d];
                }
        }
        return (dq, dk, dv);
    }

    private bool Sees(int b, int t, int s) =>
        (!Causal || s <= S - T + t)
        && (Lengths is null || s < Lengths[b])
        && (Segments is null || Segments[b * T + t] == Segments[b * T + s]);

    private double[] Probabilities(double[] q, double[] k, int b, int t, int h)
    {
        double scale = Scale ?? 1 / Math.Sqrt(D);
        var p = new double[S];
        double max = double.NegativeInfinity, sum = 0;
        for (int s = 0; s < S; s++)
        {
            if (!Sees(b, t, s)) continue;
            for (int d = 0; d < D; d++) p[s] += scale * q[Query(b, t, h) + d] * k[Key(b, s, h) + d];
            max = Math.Max(max, p[s]);
        }
        for (int s = 0; s < S; s++)
        {
            p[s] = Sees(b, t, s) ? Math.Exp(p[s] - max) : 0;
            sum += p[s];
        }
        for (int s = 0; s < S && sum > 0; s++) p[s] /= sum;
        return p;
    }

    private int Query(int b, int t, int h) => (((b * T) + t) * H + h) * D;

    private int Key(int b, int s, int h) => (((b * S) + s) * K + h / (H / K)) * D;

    private IEnumerable<(int B, int T, int H)> Queries() =>
        from b in Enumerable.Range(0, B) from t in Enumerable.Range(0, T) from h in Enumerable.Range(0, H) select (b, t, h);
}
