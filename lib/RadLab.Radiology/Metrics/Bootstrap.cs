namespace RadLab.Radiology;

/// <summary>A mean with its bootstrap interval.</summary>
public readonly record struct Interval(double Mean, double Low, double High)
{
    public override string ToString() => FormattableString.Invariant($"{Mean:0.000} [{Low:0.000}, {High:0.000}]");
}

/// <summary>
/// Percentile bootstrap (Efron and Tibshirani, 1993) over items: the interval says how far the mean would move on other items of the same kind, nothing about other
/// training seeds.
/// </summary>
public static class Bootstrap
{
    public const int Resamples = 2000;

    /// <summary>Mean of per-item scores with its interval.</summary>
    /// <param name="confidence">0.95: from the 2.5th to the 97.5th percentile.</param>
    public static Interval Mean(IReadOnlyList<double> scores, ulong seed, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Count == 0) throw new ArgumentException("Bootstrap: there must be at least one score.");
        if (confidence is not (> 0 and < 1)) throw new ArgumentException(FormattableString.Invariant($"Bootstrap: confidence must be between 0 and 1, got {confidence}."));
        double[] means = new double[Resamples];
        for (int r = 0; r < means.Length; r++)
        {
            var random = new SeededRandom(seed, RandomStream, (ulong)r);
            double sum = 0;
            for (int i = 0; i < scores.Count; i++) sum += scores[random.Below(scores.Count)];
            means[r] = sum / scores.Count;
        }
        Array.Sort(means);
        double tail = (1 - confidence) / 2;
        return new Interval(scores.Average(), Percentile(means, tail), Percentile(means, 1 - tail));
    }

    /// <summary>Mean of a[i] - b[i] on the same items: where the interval leaves out 0, the difference is significant.</summary>
    public static Interval PairedDifference(IReadOnlyList<double> a, IReadOnlyList<double> b, ulong seed, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Count != b.Count) throw new ArgumentException($"Bootstrap: both must score the same items, got {a.Count} and {b.Count}.");
        return Mean([.. a.Zip(b, (x, y) => x - y)], seed, confidence);
    }

    private const ulong RandomStream = 0x0B00;

    // linear between the two neighbours
    internal static double Percentile(double[] sorted, double share)
    {
        double at = share * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
