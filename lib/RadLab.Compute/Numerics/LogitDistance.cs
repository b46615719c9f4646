namespace RadLab.Compute;

/// <summary>How far one prediction is from another.</summary>
/// <param name="MaxError">Largest |q - p| of the scores.</param>
/// <param name="SumError">Sum of |q - p|.</param>
/// <param name="Divergence">KL(softmax p ‖ softmax q) in nats.</param>
/// <param name="SameTop">Both have their highest score at the same place; the first one counts where several are equal.</param>
public readonly record struct LogitDistance(double MaxError, double SumError, double Divergence, bool SameTop)
{
    /// <summary>Compares two rows of scores, in F64.</summary>
    /// <remarks><code>
    /// KL = sum_v softmax(p)[v] * (log softmax(p)[v] - log softmax(q)[v])
    ///    = sum_v softmax(p)[v] * (p[v] - q[v]) - logsumexp(p) + logsumexp(q)
    /// </code></remarks>
    /// <param name="p">The reference; finite</param>
    /// <param name="q">As long as <paramref name="p"/>; finite</param>
    public static LogitDistance Between(ReadOnlySpan<float> p, ReadOnlySpan<float> q)
    {
        if (p.IsEmpty || p.Length != q.Length) throw new ArgumentException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"LogitDistance: p and q must have the same number of scores, at least 1, got {p.Length} and {q.Length}."));
        int topP = 0, topQ = 0;
        double largest = 0, sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            if (!float.IsFinite(p[i]) || !float.IsFinite(q[i])) throw new ArgumentException("LogitDistance: scores must be finite, but one is a NaN or an infinity; check both models.");
            if (p[i] > p[topP]) topP = i;
            if (q[i] > q[topQ]) topQ = i;
            double error = Math.Abs((double)q[i] - p[i]);
            largest = Math.Max(largest, error);
            sum += error;
        }
        double maxP = p[topP], maxQ = q[topQ], total = 0, totalQ = 0, weighted = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double share = DoubleMath.Exp(p[i] - maxP);
            total += share;
            totalQ += DoubleMath.Exp(q[i] - maxQ);
            // relative to both maxima: the differences stay small, and so does their rounding
            weighted += share * ((p[i] - maxP) - (q[i] - maxQ));
        }
        double divergence = weighted / total - DoubleMath.Log(total) + DoubleMath.Log(totalQ);
        return new LogitDistance(largest, sum, Math.Max(0, divergence), topP == topQ);   // equal rows may come out a rounding below 0
    }
}
