namespace RadLab.Radiology;

/// <summary>One side of a contrast: what several training runs, each with its own seed, scored on the same items.</summary>
/// <param name="Weight">1 and -1 make a difference.</param>
/// <param name="BySeed">By run the score of each item.</param>
public sealed record SeededScores(double Weight, IReadOnlyList<IReadOnlyList<double>> BySeed);

/// <summary>
/// Bootstrap over seeds and items: the interval says how far a mean, a difference or a difference of differences would move with other seeds and other items. Runs of
/// one side are drawn with replacement, each side for itself; items are drawn once for all sides and runs, which were scored on the same ones (Owen, "The pigeonhole
/// bootstrap", Annals of Applied Statistics 2007).
/// </summary>
/// <remarks><code>
/// value = sum over sides of weight * (mean of the drawn runs over the drawn items + (c - 1) * mean of the drawn runs' a)
/// a     = a run's mean over all items - the side's mean;   c = sqrt(K / (K - 1)) for K runs
/// </code>
/// c undoes that K drawn runs vary by (K - 1) / K of what K new ones would (Rao and Wu, "Resampling inference with complex survey data", JASA 1988); with one run, c = 1,
/// and the interval says nothing about other seeds. With three runs it is still too narrow where seeds matter more than items.
/// </remarks>
public sealed class HierarchicalBootstrap
{
    public const int Resamples = 2000;

    private const ulong RandomStream = 0x0B01;

    private readonly double[] _sorted;

    private HierarchicalBootstrap(double estimate, double[] sorted) => (Estimate, _sorted) = (estimate, sorted);

    /// <summary>On the scores themselves.</summary>
    public double Estimate { get; }

    /// <exception cref="ArgumentException">There is no side, run or item, or the runs have not scored the same number of items.</exception>
    public static HierarchicalBootstrap Of(IReadOnlyList<SeededScores> sides, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(sides);
        if (sides.Count == 0 || sides.Any(s => s.BySeed.Count == 0)) throw new ArgumentException("HierarchicalBootstrap: there must be at least one side, and one run on each.");
        int items = sides[0].BySeed[0].Count;
        if (items == 0) throw new ArgumentException("HierarchicalBootstrap: there must be at least one item.");
        if (sides.SelectMany(s => s.BySeed).FirstOrDefault(r => r.Count != items) is { } other) throw new ArgumentException($"HierarchicalBootstrap: all runs must score the same items, got {items} and {other.Count}.");

        double[][] apart = [.. sides.Select(RunEffects)];
        double[] values = new double[Resamples];
        int[] drawn = new int[items];
        for (int r = 0; r < values.Length; r++)
        {
            var random = new SeededRandom(seed, RandomStream, (ulong)r);
            for (int i = 0; i < items; i++) drawn[i] = random.Below(items);
            for (int s = 0; s < sides.Count; s++) values[r] += sides[s].Weight * Draw(sides[s].BySeed, apart[s], drawn, random);
        }
        Array.Sort(values);
        return new HierarchicalBootstrap(sides.Sum(s => s.Weight * s.BySeed.Average(run => run.Average())), values);
    }

    /// <param name="confidence">0.95: from the 2.5th to the 97.5th percentile.</param>
    public Interval Interval(double confidence = 0.95)
    {
        if (confidence is not (> 0 and < 1)) throw new ArgumentException(FormattableString.Invariant($"HierarchicalBootstrap: confidence must be between 0 and 1, got {confidence}."));
        double tail = (1 - confidence) / 2;
        return new Interval(Estimate, Bootstrap.Percentile(_sorted, tail), Bootstrap.Percentile(_sorted, 1 - tail));
    }

    /// <summary>(1 + resamples at or below) / (1 + resamples): never 0, as no number of resamples can show an impossibility.</summary>
    public double ShareAtOrBelow(double value) => (1.0 + _sorted.Count(v => v <= value)) / (1 + _sorted.Length);

    /// <inheritdoc cref="ShareAtOrBelow"/>
    public double ShareAtOrAbove(double value) => (1.0 + _sorted.Count(v => v >= value)) / (1 + _sorted.Length);

    // (c - 1) a for each run
    private static double[] RunEffects(SeededScores side)
    {
        double[] means = [.. side.BySeed.Select(run => run.Average())];
        double mean = means.Average(), widened = means.Length > 1 ? Math.Sqrt((double)means.Length / (means.Length - 1)) - 1 : 0;
        return [.. means.Select(m => widened * (m - mean))];
    }

    private static double Draw(IReadOnlyList<IReadOnlyList<double>> runs, double[] apart, int[] items, SeededRandom random)
    {
        double total = 0;
        for (int k = 0; k < runs.Count; k++)
        {
            int run = random.Below(runs.Count);
            double sum = 0;
            foreach (int i in items) sum += runs[run][i];
            total += sum / items.Length + apart[run];
        }
        return total / runs.Count;
    }
}
