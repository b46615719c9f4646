namespace RadLab.Radiology;

/// <summary>
/// Whether two systems are the same for all that matters: two one-sided tests (Schuirmann, "A comparison of the two one-sided tests procedure and the power approach",
/// 1987) of a difference against a margin that was stated before anybody saw it. That a difference is not significant would not show it: few data make every
/// difference insignificant.
/// </summary>
/// <param name="Difference">With the interval of confidence 1 - 2 alpha, which lies within the margin just where both tests reject (but for ties).</param>
/// <param name="Margin">The largest difference that does not matter, to either side.</param>
/// <param name="Alpha">Chance of calling two systems equivalent that differ by the margin.</param>
/// <param name="PBelow">Of the test against "worse by the margin or more".</param>
/// <param name="PAbove">Of the test against "better by the margin or more".</param>
public sealed record Equivalence(Interval Difference, double Margin, double Alpha, double PBelow, double PAbove)
{
    /// <summary>Both tests reject.</summary>
    public bool Holds => Math.Max(PBelow, PAbove) < Alpha;

    /// <param name="difference">Of the two systems' means.</param>
    public static Equivalence Test(HierarchicalBootstrap difference, double margin, double alpha = 0.05)
    {
        ArgumentNullException.ThrowIfNull(difference);
        if (!(margin > 0 && double.IsFinite(margin))) throw new ArgumentException(FormattableString.Invariant($"Equivalence: margin must be finite and above 0, got {margin}."));
        if (alpha is not (> 0 and < 0.5)) throw new ArgumentException(FormattableString.Invariant($"Equivalence: alpha must be above 0 and below 0.5, got {alpha}."));
        return new Equivalence(difference.Interval(1 - 2 * alpha), margin, alpha, difference.ShareAtOrBelow(-margin), difference.ShareAtOrAbove(margin));
    }
}
