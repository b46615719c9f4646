using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>What a comparison says of given scores.</summary>
public sealed class ArmsResultTests
{
    [Fact]
    public void The_analysis_says_what_the_scores_say()
    {
        // full 0.5, QLoRA within 0.005 of it at both sizes; the base 0.2 at the small, 0.1 at the large, one constant answer 0.15
        var result = Of(0.15, Size(ModelSize.Small, @base: 0.2, full: 0.5, qlora: 0.495), Size(ModelSize.Tiny, @base: 0.1, full: 0.5, qlora: 0.51));
        Assert.Equal([0.2, 0.5, 0.5, 0.495, 0.1, 0.5, 0.5, 0.51], result.Qualities.Select(q => Math.Round(q.Quality.Mean, 9)));
        Assert.Equal([0.3, 0.3, 0.295, 0.4, 0.4, 0.41], result.Qualities.Where(q => q.Arm != "base").Select(q => Math.Round(q.OverBase!.Value.Mean, 9)));
        Assert.Equal([0.05, 0.35, 0.35, 0.345, -0.05, 0.35, 0.35, 0.36], result.Qualities.Select(q => Math.Round(q.OverConstant.Mean, 9)));
        Assert.All(result.Equivalence, e => Assert.True(e.Holds));
        Assert.All(result.Equivalence, e => Assert.InRange(e.SmallestMargin, 0.0005, 0.005));
        // gains are over the better of base and constant answer: 0.295 over the base, 0.36 over the constant; full fine-tuning gains 0.05 more at the larger, QLoRA 0.065
        Assert.Equal([KeyValuePair.Create("1.5M", "base"), KeyValuePair.Create("6M", "constant")], result.Claim.Floors);
        Assert.Equal([0.295, 0.36], result.Claim.Gains.Select(g => Math.Round(g.Value.Mean, 9)));
        Assert.Equal([("full", 0.05), ("bf16-lora", 0.05), ("qlora", 0.065)], result.Claim.Contrasts.Select(c => (c.Arm, Math.Round(c.Difference.Mean, 9))));
        Assert.Equal([null, 0.0, 0.015], result.Claim.Contrasts.Select(c => c.LessFull is { } l ? Math.Round(l.Mean, 9) + 0.0 : (double?)null));
        Assert.Contains("the larger model gained more, and by more than with full fine-tuning, as the claim says. Only these models were run, each of one pretraining: the statement is on these checkpoints", result.Claim.Text, StringComparison.Ordinal);
        string text = ArmsReport.ToText(result);
        Assert.Contains("1.5M: QLoRA less full fine-tuning -0.005", text, StringComparison.Ordinal);
        Assert.Contains("margin 0.02 stated beforehand: equivalent (two one-sided tests, p = 0.0005; these data could show it for no margin below 0.00", text, StringComparison.Ordinal);
        Assert.Matches(@"\n- +references +- +- +- +7 +0\.300", text);
        Assert.Matches(@"\n- +constant +0\.150 ", text);

        // full fine-tuning gains just as much by size
        Assert.Contains("the larger model gained more, but not shown by more than with full fine-tuning: nothing in it is shown to be specific to QLoRA", Of(0.15, Size(ModelSize.Small, 0.2, 0.4, 0.4), Size(ModelSize.Tiny, 0.2, 0.5, 0.5)).Claim.Text, StringComparison.Ordinal);
        var other = Of(0.05, Size(ModelSize.Tiny, 0.2, 0.5, 0.45, tokens: 5), Size(ModelSize.Small, 0.1, 0.5, 0.45));
        Assert.All(other.Equivalence, e => Assert.False(e.Holds));
        Assert.Contains("the larger model gained less, against the claim. The bases were not pretrained on equally many tokens", other.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("6M less 1.5M: full -0.100", other.Claim.Text, StringComparison.Ordinal);
        var one = Of(0.1, Size(ModelSize.Tiny, 0.2, 0.5, 0.45));
        Assert.Empty(one.Claim.Contrasts);
        Assert.Contains("one size says nothing about it", one.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("Only this model was run, of one pretraining: the statement is on this checkpoint", one.Claim.Text, StringComparison.Ordinal);
        // three sizes: neighbours, each said
        var three = Of(0.1, Size(ModelSize.Medium, 0.2, 0.7, 0.7), Size(ModelSize.Small, 0.2, 0.4, 0.4), Size(ModelSize.Tiny, 0.2, 0.5, 0.3));
        Assert.Equal([("1.5M", "6M"), ("6M", "25M")], three.Claim.Contrasts.Where(c => c.Arm == "qlora").Select(c => (c.Smaller, c.Larger)));
        Assert.Contains("; 25M less 6M: full 0.200", three.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("the differences do not all point one way beyond what seeds and items explain: neither for the claim nor against it", three.Claim.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.45, "not equivalent: QLoRA scores lower by more than the margin")]
    [InlineData(0.55, "not equivalent: QLoRA scores higher by more than the margin")]
    [InlineData(0.48, "equivalence not shown: QLoRA scores lower, whether by more than the margin is open")]
    [InlineData(0.52, "equivalence not shown: QLoRA scores higher, whether by more than the margin is open")]
    [InlineData(0.485, "equivalent")]
    public void A_difference_that_is_shown_is_said(double qlora, string judgement) =>
        Assert.Contains($"margin 0.02 stated beforehand: {judgement} (two one-sided tests, p = ", ArmsReport.ToText(Of(0.15, Size(ModelSize.Small, 0.2, 0.5, qlora))), StringComparison.Ordinal);

    [Fact]
    public void Arms_that_have_learnt_nothing_are_not_called_equivalent()
    {
        // both give what one sentence gives, far above the base
        var nothing = Of(0.3, Size(ModelSize.Small, 0.1, 0.3, 0.3), Size(ModelSize.Tiny, 0.1, 0.3, 0.3));
        Assert.All(nothing.Equivalence, e => Assert.Equal(("full fine-tuning is not better than one constant answer", true, false), (e.Obstacle, e.Test.Holds, e.Holds)));
        Assert.Contains("not assessable, as QLoRA is not better than base and constant answer at any size", nothing.Claim.Text, StringComparison.Ordinal);
        Assert.Contains("equivalence not assessable: full fine-tuning is not better than one constant answer", ArmsReport.ToText(nothing), StringComparison.Ordinal);
        Assert.Null(ArmsReport.ToJson(nothing)["qlora_against_full"]!["6M"]!["equivalent"]);
        var known = Of(0.1, Size(ModelSize.Small, 0.3, 0.3, 0.3));
        Assert.Equal("full fine-tuning is not better than the base", known.Equivalence[0].Obstacle);
        const string Advice = "Full fine-tuning is at no size shown to be better than its base, so that there is little to compare: the bases may know such texts from pretraining already, or the steps are too few. Try other data in a new comparison; --pretrained";
        Assert.Contains(Advice, ArmsReport.ToText(known), StringComparison.Ordinal);
        Assert.DoesNotContain(Advice, ArmsReport.ToText(Of(0.1, Size(ModelSize.Small, 0.3, 0.3, 0.3), Size(ModelSize.Tiny, 0.3, 0.5, 0.5))), StringComparison.Ordinal);
        // one seed
        var single = Size(ModelSize.Small, 0.1, 0.5, 0.5);
        single = single with { Arms = [.. single.Arms.Select(a => a with { Runs = [a.Runs[0]], Scores = [a.Scores[0]] })] };
        var alone = Of(0.2, single, Size(ModelSize.Tiny, 0.1, 0.6, 0.6));
        Assert.Contains("not answered, as with one seed an arm's luck is not told from its gain", alone.Claim.Text, StringComparison.Ordinal);
        Assert.Equal([false, true], alone.Equivalence.Select(e => e.Holds));
        // two seeds far apart: what a share of something cannot be is not shown
        var wide = Size(ModelSize.Small, 0.1, 0.5, 0.5);
        wide = wide with { Arms = [.. wide.Arms.Select(a => a with { Scores = [Scores(0.2, 0), Scores(0.8, 0)], Runs = [.. a.Runs.Take(2)] })] };
        Assert.All(Of(0.2, wide).Qualities.Where(q => q.Arm != "base"), q => Assert.Equal((0.0, 1.0), (q.Quality.Low, q.Quality.High)));
        Assert.All(Of(0.2, wide).Qualities.Where(q => q.Arm != "base"), q => Assert.True(q.OverConstant.Low < -1));
    }

    [Fact]
    public void A_choice_at_the_edge_of_its_grid_is_said_beside_it_under_the_table_and_with_the_verdict()
    {
        Assert.Equal("learning_rate is the largest value tried", Edge("1e-2", "learning_rate=1e-3,3e-3,1e-2"));
        Assert.Equal("learning_rate is the smallest value tried", Edge("1e-3", "learning_rate=3e-3,1e-3,1e-2"));
        Assert.Null(Edge("3e-3", "learning_rate=1e-3,3e-3,1e-2"));
        Assert.Null(Edge("3e-3", "learning_rate=3e-3"));
        Assert.Null(ArmResult.EdgeOf(new SweepTrial(1, [KeyValuePair.Create("seed", "2")], "", PreparedTiny.Recipe), [SweptSetting.Parse("seed=1,2")]));

        var size = Size(ModelSize.Small, 0.1, 0.5, 0.5);
        string text = ArmsReport.ToText(Of(0.2, size with { Arms = [.. size.Arms.Select(a => a.Arm == "full" ? a with { AtEdge = "learning_rate is the largest value tried" } : a)] }));
        Assert.Contains("learning_rate=1e-3 (of 1; learning_rate is the largest value tried: the optimum may lie beyond)", text, StringComparison.Ordinal);
        Assert.Contains("\n1.5M full: learning_rate is the largest value tried: the optimum may lie beyond, and the arm may be better than it looks here.\n", text, StringComparison.Ordinal);
        Assert.Contains("; full: learning_rate is the largest value tried: with better settings this may change", text, StringComparison.Ordinal);

        static string? Edge(string chosen, string axis) => ArmResult.EdgeOf(new SweepTrial(1, [KeyValuePair.Create("learning_rate", chosen)], "", PreparedTiny.Recipe), [SweptSetting.Parse(axis)]);
    }

    private static ArmsResult Of(double constant, params SizeResult[] sizes) => ArmsResult.Of(new ArmsRecipe(), sizes, Scores(constant, 0) with { References = new AnswerVariety(7, 0.3) });

    private static SizeResult Size(ModelSize size, double @base, double full, double qlora, long tokens = 0) => new(size, tokens, null, Scores(@base, 0), [Arm("full", full), Arm("bf16-lora", full), Arm("qlora", qlora)]);

    private static ArmResult Arm(string name, double mean) => new(name, "learning_rate=1e-3", [.. Enumerable.Range(17, 3).Select(seed => Run((ulong)seed))], [Scores(mean, -0.001), Scores(mean, 0), Scores(mean, 0.001)], 1);

    private static TrialResult Run(ulong seed) => new(new SweepTrial(1, [], "", PreparedTiny.Recipe with { Seed = seed }), TrialStatus.Finished, "", 1, 1, null, 1, 1, 1, 1, null);

    // items differ by 0.1 around the mean, alike for all
    private static ItemScores Scores(double mean, double seed) => new(AnswerScoring.RougeL, [.. Enumerable.Range(0, 40).Select(i => mean + seed + (i % 2 == 0 ? 0.1 : -0.1))], 5, 0.2);
}
