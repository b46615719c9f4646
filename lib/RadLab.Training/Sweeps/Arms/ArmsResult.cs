using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>One arm at one size.</summary>
/// <param name="Chosen">Settings with the lowest validation loss.</param>
/// <param name="Runs">With the chosen settings, one for each seed.</param>
/// <param name="Scores">By run, on the test split.</param>
/// <param name="Tried">Settings that were tried.</param>
public sealed record ArmResult(string Arm, string Chosen, IReadOnlyList<TrialResult> Runs, IReadOnlyList<ItemScores> Scores, int Tried)
{
    /// <summary>Of training by the clock, mean over the runs.</summary>
    public double Seconds => Runs.Average(r => r.Seconds);

    /// <summary>Of training on all processors, mean over the runs; null where one of them did not measure it.</summary>
    public double? ProcessorSeconds => Runs.All(r => r.ProcessorSeconds is not null) ? Runs.Average(r => r.ProcessorSeconds) : null;

    /// <summary>Read in training, mean over the runs.</summary>
    public double Tokens => Runs.Average(r => r.Tokens);

    /// <summary>The highest of the runs.</summary>
    public long PeakBytes => Runs.Max(r => r.PeakBytes);
}

/// <param name="Tokens">Read in pretraining as part of the comparison; 0: trained weights were at hand.</param>
/// <param name="PretrainingLoss">On held-out texts, in nats per token.</param>
/// <param name="Base">The base's own scores.</param>
public sealed record SizeResult(ModelSize Size, long Tokens, double? PretrainingLoss, ItemScores Base, IReadOnlyList<ArmResult> Arms)
{
    public ArmResult Arm(string name) => Arms.Single(a => a.Arm == name);
}

/// <summary>Quality of an arm at a size, with intervals over seeds and items.</summary>
/// <param name="Gain">Over the base.</param>
public sealed record ArmQuality(string Size, string Arm, Interval Quality, Interval Gain);

/// <summary>What a comparison found, on the test split.</summary>
/// <param name="Equivalence">By size: QLoRA against full fine-tuning.</param>
/// <param name="GainOfSize">QLoRA's gain at the largest size less that at the smallest; null for a single size.</param>
/// <param name="Claim">The answer to "the larger the model, the more QLoRA gains", in sentences.</param>
public sealed record ArmsResult(ArmsRecipe Recipe, IReadOnlyList<SizeResult> Sizes, IReadOnlyList<ArmQuality> Qualities, IReadOnlyList<KeyValuePair<string, Equivalence>> Equivalence, Interval? GainOfSize, string Claim)
{
    internal static ArmsResult Of(ArmsRecipe recipe, IReadOnlyList<SizeResult> sizes)
    {
        ulong seed = recipe.Recipe.Seed;
        var qualities = new List<ArmQuality>();
        foreach (var size in sizes)
        {
            qualities.Add(new ArmQuality(size.Size.Name, ArmsRecipe.Base, Contrast(Side(1, size.Base)), default));
            foreach (var arm in size.Arms) qualities.Add(new ArmQuality(size.Size.Name, arm.Arm, Contrast(Side(1, arm)), Contrast(Side(1, arm), Side(-1, size.Base))));
        }
        var equivalence = sizes.Select(s => KeyValuePair.Create(s.Size.Name, Radiology.Equivalence.Test(
            HierarchicalBootstrap.Of([Side(1, s.Arm(ArmsRecipe.Qlora)), Side(-1, s.Arm(ArmsRecipe.Full))], seed), recipe.Margin, recipe.Alpha))).ToList();
        var bySize = sizes.OrderBy(s => s.Size.Parameters).ToList();
        var (small, large) = (bySize[0], bySize[^1]);
        Interval? gain = bySize.Count > 1 ? Contrast(Side(1, large.Arm(ArmsRecipe.Qlora)), Side(-1, large.Base), Side(-1, small.Arm(ArmsRecipe.Qlora)), Side(1, small.Base)) : null;
        return new ArmsResult(recipe, sizes, qualities, equivalence, gain, ClaimAnswer.Of(bySize, qualities, gain, sizes[0].Base.Metric));

        Interval Contrast(params SeededScores[] sides) => HierarchicalBootstrap.Of(sides, seed).Interval();
    }

    private static SeededScores Side(double weight, ItemScores @base) => new(weight, [@base.Values]);

    private static SeededScores Side(double weight, ArmResult arm) => new(weight, [.. arm.Scores.Select(s => s.Values)]);
}

/// <summary>Answers the published statement that larger models gain more from QLoRA (RadiologyLlama-70B, arXiv:2408.11848), for the sizes that were run and no others.</summary>
internal static class ClaimAnswer
{
    private const string Source = "RadiologyLlama-70B, arXiv:2408.11848";

    /// <param name="sizes">The smallest first.</param>
    public static string Of(IReadOnlyList<SizeResult> sizes, IReadOnlyList<ArmQuality> qualities, Interval? gainOfSize, string metric)
    {
        string gains = string.Join(", ", sizes.Select(s => $"{s.Size.Name}: {qualities.Single(q => q.Size == s.Size.Name && q.Arm == ArmsRecipe.Qlora).Gain}"));
        string only = $"Only {(sizes.Count == 1 ? "this size was" : "these sizes were")} run; nothing follows from {(sizes.Count == 1 ? "it" : "them")} for others, such as 8B or 70B.";
        if (gainOfSize is not { } difference)
            return $"Published claim \"larger models gain more from QLoRA\" ({Source}): one size says nothing about it. QLoRA's gain in {metric} over the base, {gains}. {only}";
        string verdict = difference.Low > 0 ? "the larger model gained more, as the claim says"
            : difference.High < 0 ? "the larger model gained less, against the claim"
            : "the difference is within what seeds and items explain: neither for the claim nor against it";
        bool alike = sizes.Select(s => s.Tokens).Distinct().Count() == 1;
        return $"Published claim \"larger models gain more from QLoRA\" ({Source}), at {string.Join(" and ", sizes.Select(s => s.Size.Name))} parameters: QLoRA's gain in {metric} over the base, {gains}; "
            + $"{sizes[^1].Size.Name} less {sizes[0].Size.Name}: {difference} (95 %, seeds and items): {verdict}. "
            + (alike ? "" : "The bases were not pretrained on equally many tokens, which alone can make such a difference. ") + only;
    }
}
