using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>One arm at one size.</summary>
/// <param name="Chosen">Settings with the lowest validation loss.</param>
/// <param name="Runs">With the chosen settings, one for each seed that came to its end.</param>
/// <param name="Scores">By run, on the test split.</param>
/// <param name="Tried">Settings that were tried.</param>
public sealed record ArmResult(string Arm, string Chosen, IReadOnlyList<TrialResult> Runs, IReadOnlyList<ItemScores> Scores, int Tried)
{
    /// <summary>Where a chosen number is the largest or the smallest that was tried, in words: the arm may be better than it looks. Null where the grid has values on both sides of it.</summary>
    public string? AtEdge { get; init; }

    /// <summary>Seeds that have no result, such as by a loss that was not finite, with the reason. The arm is judged by the others.</summary>
    public IReadOnlyList<KeyValuePair<ulong, string>> Failed { get; init; } = [];

    /// <summary>Of training by the clock, mean over the runs.</summary>
    public double Seconds => Runs.Average(r => r.Seconds);

    /// <summary>Of training on all processors, mean over the runs; null where one of them did not measure it.</summary>
    public double? ProcessorSeconds => Runs.All(r => r.ProcessorSeconds is not null) ? Runs.Average(r => r.ProcessorSeconds) : null;

    /// <summary>Read in training, mean over the runs.</summary>
    public double Tokens => Runs.Average(r => r.Tokens);

    /// <summary>The highest of the runs.</summary>
    public long PeakBytes => Runs.Max(r => r.PeakBytes);

    /// <summary>See <see cref="AtEdge"/>.</summary>
    internal static string? EdgeOf(SweepTrial chosen, IReadOnlyList<SweptSetting> over)
    {
        var said = new List<string>();
        // settings that change together count by their first
        foreach (var axis in over.Where(o => !o.IsSeed))
        {
            double[] tried = [.. axis.Values.Select(v => Number(v[0]))];
            double value = Number(chosen.Settings.First(s => s.Key == axis.Paths[0]).Value);
            if (tried.Distinct().Count() < 2 || tried.Append(value).Any(double.IsNaN)) continue;
            if (value >= tried.Max()) said.Add($"{axis.Paths[0]} is the largest value tried");
            else if (value <= tried.Min()) said.Add($"{axis.Paths[0]} is the smallest value tried");
        }
        return said.Count > 0 ? string.Join(", ", said) : null;
    }

    private static double Number(string text) => double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
}

/// <param name="Tokens">Read in pretraining as part of the comparison; 0: trained weights were at hand.</param>
/// <param name="PretrainingLoss">On held-out texts, in nats per token.</param>
/// <param name="Base">The base's own scores.</param>
public sealed record SizeResult(ModelSize Size, long Tokens, double? PretrainingLoss, ItemScores Base, IReadOnlyList<ArmResult> Arms)
{
    public ArmResult Arm(string name) => Arms.Single(a => a.Arm == name);
}

/// <summary>Quality of an arm at a size, with intervals over seeds and items.</summary>
/// <param name="Quality">From 0 to 1, its interval too.</param>
/// <param name="OverBase">Gain over the base; null for the base itself.</param>
/// <param name="OverConstant">Gain over the constant answer.</param>
public sealed record ArmQuality(string Size, string Arm, Interval Quality, Interval? OverBase, Interval OverConstant);

/// <summary>QLoRA against full fine-tuning at one size.</summary>
/// <remarks>
/// That two arms score alike says something only where there was something to lose (assay sensitivity, ICH E10): two arms that both give one sentence to everything are alike as well. So full
/// fine-tuning must lie above the base and above the constant answer, each by its whole 95 % interval; and both arms must have several seeds, as one says nothing about the method.
/// </remarks>
/// <param name="OverBase">Full fine-tuning less the base.</param>
/// <param name="OverConstant">Full fine-tuning less the constant answer.</param>
/// <param name="Seeds">Runs of the arm that has fewer.</param>
/// <param name="AtEdge">An arm of the two whose grid does not enclose what was chosen, in words; null where there is none.</param>
public sealed record SizeEquivalence(string Size, Equivalence Test, Interval OverBase, Interval OverConstant, int Seeds, string? AtEdge)
{
    /// <summary>Why nothing can be said; null where something can.</summary>
    public string? Obstacle => Seeds < 2 ? "with one seed this holds for these runs and says nothing about the methods"
        : OverConstant.Low <= 0 ? "full fine-tuning is not better than one constant answer"
        : OverBase.Low <= 0 ? "full fine-tuning is not better than the base"
        : null;

    /// <summary>It can be judged, and both tests reject.</summary>
    public bool Holds => Obstacle is null && Test.Holds;

    /// <summary>Half of the test's interval: arms that score just alike are shown to be so for larger margins alone.</summary>
    public double SmallestMargin => (Test.Difference.High - Test.Difference.Low) / 2;
}

/// <summary>What a comparison found, on the test split.</summary>
/// <param name="Constant">The commonest answer of the training data, on the same items.</param>
/// <param name="Equivalence">By size: QLoRA against full fine-tuning.</param>
/// <param name="Claim">On "the larger the model, the more QLoRA gains".</param>
public sealed record ArmsResult(ArmsRecipe Recipe, IReadOnlyList<SizeResult> Sizes, ItemScores Constant, IReadOnlyList<ArmQuality> Qualities, IReadOnlyList<SizeEquivalence> Equivalence, ClaimAnswer Claim)
{
    /// <summary>The least number of runs that an arm is judged by.</summary>
    public int LeastSeeds => Sizes.SelectMany(s => s.Arms).Min(a => a.Scores.Count);

    /// <summary>Scores that do not say what <c>arms.json</c> was when they were made, as those of earlier versions: that the margin was stated before cannot be told.</summary>
    public IReadOnlyList<string> Unbound { get; init; } = [];

    /// <summary>Models that were scored on the test split, and the looks at it that they took.</summary>
    public (int Models, int Looks) Looks { get; init; }

    internal static ArmsResult Of(ArmsRecipe recipe, IReadOnlyList<SizeResult> sizes, ItemScores constant)
    {
        ulong seed = recipe.Recipe.Seed;
        var qualities = new List<ArmQuality>();
        foreach (var size in sizes)
        {
            qualities.Add(new ArmQuality(size.Size.Name, ArmsRecipe.Base, Share(Side(1, size.Base)), null, Contrast(Side(1, size.Base), Side(-1, constant))));
            foreach (var arm in size.Arms) qualities.Add(new ArmQuality(size.Size.Name, arm.Arm, Share(Side(1, arm)), Contrast(Side(1, arm), Side(-1, size.Base)), Contrast(Side(1, arm), Side(-1, constant))));
        }
        return new ArmsResult(recipe, sizes, constant, qualities, [.. sizes.Select(Equivalent)], ClaimAnswer.Of(sizes, constant, seed));

        Interval Contrast(params SeededScores[] sides) => HierarchicalBootstrap.Of(sides, seed).Interval();

        // a mean of numbers from 0 to 1: what a wide interval has beyond says nothing
        Interval Share(SeededScores side) => Contrast(side) is var i ? new Interval(i.Mean, Math.Clamp(i.Low, 0, 1), Math.Clamp(i.High, 0, 1)) : default;

        SizeEquivalence Equivalent(SizeResult size)
        {
            ArmResult full = size.Arm(ArmsRecipe.Full), qlora = size.Arm(ArmsRecipe.Qlora);
            string edges = string.Join("; ", ((ArmResult[])[full, qlora]).Where(a => a.AtEdge is not null).Select(a => $"{a.Arm}: {a.AtEdge}"));
            return new SizeEquivalence(size.Size.Name, Radiology.Equivalence.Test(HierarchicalBootstrap.Of([Side(1, qlora), Side(-1, full)], seed), recipe.Margin, recipe.Alpha),
                Contrast(Side(1, full), Side(-1, size.Base)), Contrast(Side(1, full), Side(-1, constant)), Math.Min(full.Scores.Count, qlora.Scores.Count), edges.Length > 0 ? edges : null);
        }
    }

    internal static SeededScores Side(double weight, ItemScores one) => new(weight, [one.Values]);

    internal static SeededScores Side(double weight, ArmResult arm) => new(weight, [.. arm.Scores.Select(s => s.Values)]);
}
