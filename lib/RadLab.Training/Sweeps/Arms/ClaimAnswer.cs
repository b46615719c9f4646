using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>How much more an arm gains at the larger of two sizes.</summary>
/// <param name="Difference">Of the gains; 95 %, seeds and items.</param>
/// <param name="LessFull">The same less that of full fine-tuning: what of it is the arm's own. Null for full fine-tuning.</param>
public sealed record SizeContrast(string Arm, string Smaller, string Larger, Interval Difference, Interval? LessFull);

/// <summary>Answers the published statement that larger models gain more from QLoRA (RadiologyLlama-70B, arXiv:2408.11848), for the models that were run and no others.</summary>
/// <remarks><code>
/// floor(size)  = the base or the constant answer, whichever scores higher;   gain(arm, size) = quality(arm, size) - quality(floor(size))
/// contrast     = gain(arm, larger) - gain(arm, smaller);                     specific = contrast(QLoRA) - contrast(full fine-tuning)
/// </code>
/// The floor and not the base alone, as a base that does not yet answer in the form that is asked for is below what one constant sentence scores: rising to that sentence is no gain that
/// depends on reading. The floor is chosen by the scores themselves and then held fixed, which makes a gain rather too small than too large. The floors are the same for all arms and fall out of
/// the last difference: without it all that larger models do better would be put down to QLoRA. With more than two sizes, neighbours are contrasted, and the claim needs every contrast.
/// </remarks>
/// <param name="Floors">By size.</param>
/// <param name="Gains">QLoRA's over the floor, by size.</param>
/// <param name="Contrasts">Of every arm between neighbouring sizes, the smallest first.</param>
/// <param name="Text">In sentences.</param>
public sealed record ClaimAnswer(IReadOnlyList<KeyValuePair<string, string>> Floors, IReadOnlyList<KeyValuePair<string, Interval>> Gains, IReadOnlyList<SizeContrast> Contrasts, string Text)
{
    private const string Source = "Published claim \"larger models gain more from QLoRA\" (RadiologyLlama-70B, arXiv:2408.11848)", Constant = "constant";

    internal static ClaimAnswer Of(IReadOnlyList<SizeResult> unordered, ItemScores constant, ulong seed)
    {
        var sizes = unordered.OrderBy(s => s.Size.Parameters).ToList();
        var floors = sizes.Select(s => KeyValuePair.Create(s.Size.Name, s.Base.Values.Average() >= constant.Values.Average() ? ArmsRecipe.Base : Constant)).ToList();
        var gains = sizes.Select(s => KeyValuePair.Create(s.Size.Name, Over(Gain(s, ArmsRecipe.Qlora)))).ToList();
        var contrasts = new List<SizeContrast>();
        foreach (var (small, large) in sizes.Zip(sizes.Skip(1)))
            foreach (string arm in large.Arms.Select(a => a.Arm))
            {
                SeededScores[] contrast = Contrast(arm, small, large);
                contrasts.Add(new SizeContrast(arm, small.Size.Name, large.Size.Name, Over(contrast), arm == ArmsRecipe.Full ? null : Over([.. contrast, .. Contrast(ArmsRecipe.Full, small, large).Select(Negative)])));
            }
        return new ClaimAnswer(floors, gains, contrasts, Sentences(sizes, floors, gains, contrasts));

        Interval Over(SeededScores[] sides) => HierarchicalBootstrap.Of(sides, seed).Interval();

        SeededScores[] Gain(SizeResult size, string arm) => [ArmsResult.Side(1, size.Arm(arm)), ArmsResult.Side(-1, size.Base.Values.Average() >= constant.Values.Average() ? size.Base : constant)];

        SeededScores[] Contrast(string arm, SizeResult small, SizeResult large) => [.. Gain(large, arm), .. Gain(small, arm).Select(Negative)];

        static SeededScores Negative(SeededScores side) => side with { Weight = -side.Weight };
    }

    private static string Sentences(List<SizeResult> sizes, List<KeyValuePair<string, string>> floors, List<KeyValuePair<string, Interval>> gains, List<SizeContrast> contrasts)
    {
        string metric = sizes[0].Base.Metric;
        string gained = $"QLoRA's gain in {metric} over the better of base and constant answer, {string.Join(", ", gains.Zip(floors, (g, f) => $"{g.Key}: {g.Value} (over the {f.Value})"))}.";
        string only = $"Only {(sizes.Count == 1 ? "this model was" : "these models were")} run, {(sizes.Count == 1 ? "" : "each ")}of one pretraining: the statement is on {(sizes.Count == 1 ? "this checkpoint" : "these checkpoints")}, and nothing follows from {(sizes.Count == 1 ? "it" : "them")} for other sizes, such as 8B or 70B.";
        if (sizes.Count == 1) return $"{Source}: one size says nothing about it. {gained} {only}";
        string named = $"{Source}, at {string.Join(" and ", sizes.Select(s => s.Size.Name))} parameters";
        if (sizes.SelectMany(s => s.Arms).Where(a => a.Arm is ArmsRecipe.Qlora or ArmsRecipe.Full).Min(a => a.Scores.Count) < 2)
            return $"{named}: not answered, as with one seed an arm's luck is not told from its gain. {gained} {only}";
        if (gains.All(g => g.Value.Low <= 0)) return $"{named}: not assessable, as QLoRA is not better than base and constant answer at any size. {gained} {only}";
        var qlora = contrasts.Where(c => c.Arm == ArmsRecipe.Qlora).ToList();
        string each = string.Join("; ", qlora.Select(q => $"{q.Larger} less {q.Smaller}: {string.Join(", ", contrasts.Where(c => (c.Smaller, c.Larger) == (q.Smaller, q.Larger)).Select(c => $"{c.Arm} {c.Difference}"))}, QLoRA less full fine-tuning {q.LessFull}"));
        bool alike = sizes.Select(s => s.Tokens).Distinct().Count() == 1;
        return $"{named}: {gained} Difference of the gains (95 %, seeds and items), {each}: {Verdict(qlora)}. {(alike ? "" : "The bases were not pretrained on equally many tokens, which alone can make such a difference. ")}{only}";
    }

    private static string Verdict(List<SizeContrast> qlora)
    {
        string larger = qlora.Count == 1 ? "the larger model gained" : "each larger model gained";
        if (qlora.All(c => c.Difference.High < 0)) return $"{larger} less, against the claim";
        if (!qlora.All(c => c.Difference.Low > 0)) return $"{(qlora.Count == 1 ? "the difference is within" : "the differences do not all point one way beyond")} what seeds and items explain: neither for the claim nor against it";
        return qlora.All(c => c.LessFull!.Value.Low > 0) ? $"{larger} more, and by more than with full fine-tuning, as the claim says"
            : qlora.All(c => c.LessFull!.Value.High < 0) ? $"{larger} more, but by less than with full fine-tuning: it is size that gains, and QLoRA the less for it"
            : $"{larger} more, but not shown by more than with full fine-tuning: nothing in it is shown to be specific to QLoRA";
    }
}
