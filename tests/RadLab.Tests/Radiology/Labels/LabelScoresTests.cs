using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class LabelScoresTests
{
    [Fact]
    public void Micro_and_macro_f1_are_those_of_a_hand_worked_table()
    {
        // A: 2 hits, 1 false alarm, 1 miss: F1 = 4/6. B: 1 hit: 1. C never in gold, one false alarm: 0.
        bool[][] gold = [[true, true, false], [true, false, false], [true, false, false], [false, false, false]];
        bool[][] said = [[true, true, false], [true, false, true], [false, false, false], [true, false, false]];
        var scores = LabelScores.Of(["A", "B", "C"], gold.Zip(said).Select(p => ((IReadOnlyList<bool>)p.First, (IReadOnlyList<bool>)p.Second)));
        Assert.Equal((2, 1, 1), (scores.Labels[0].TruePositives, scores.Labels[0].FalsePositives, scores.Labels[0].FalseNegatives));
        Assert.Equal(2 / 3.0, scores.Labels[0].F1, 1e-12);
        Assert.Equal((2 / 3.0 + 1) / 2, scores.MacroF1, 1e-12);
        Assert.Equal((2 / 3.0 + 1) / 3, scores.MacroF1OfAll, 1e-12);
        Assert.Equal(6 / 8.0, scores.MicroF1, 1e-12);
        Assert.Equal(6 / 9.0, scores.MicroF1OfAll, 1e-12);
        Assert.EndsWith("macro F1 0.833, micro F1 0.750 (labels with a gold positive); over all labels 0.556 and 0.667", scores.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Uncertain_counts_as_positive_only_by_choice()
    {
        var labels = new ReportLabels(["A", "B", "C", "D"], [LabelStatus.Positive, LabelStatus.Uncertain, LabelStatus.Negative, LabelStatus.NotMentioned]);
        Assert.Equal([true, false, false, false], LabelScores.Positives(labels));
        Assert.Equal([true, true, false, false], LabelScores.Positives(labels, uncertainIsPositive: true));
    }

    [Fact]
    public void Notebooks_show_a_table()
    {
        var scores = new LabelScores([new LabelScore("A<B", 2, 1, 1)]);
        var forms = new LabelScoresTable().CreateTypeFormatters().Cast<TypeFormatter<LabelScores>>().ToList();
        using var html = new StringWriter();
        Assert.True(forms[0].Format(scores, html));
        Assert.Contains("<tr><td>A&lt;B</td><td>3</td><td>0.667</td><td>0.667</td><td>0.667</td></tr>", html.ToString(), StringComparison.Ordinal);
        using var text = new StringWriter();
        Assert.True(forms[1].Format(scores, text) && text.ToString() == scores.ToString() && !forms[0].Format("x", text));
    }

    [Fact]
    public void A_wrong_number_of_labels_is_refused() => Assert.Equal("LabelScores: every report must have 2 labels, got 2 gold and 1 predicted.",
        Assert.Throws<ArgumentException>(() => LabelScores.Of(["A", "B"], [([true, false], [true])])).Message);

    [Fact]
    public void Statuses_are_written_and_read_as_in_the_published_files()
    {
        foreach (var status in Enum.GetValues<LabelStatus>()) Assert.True(LabelStatuses.TryParse(status.Csv(), out var read) && read == status);
        Assert.True(LabelStatuses.TryParse("-1.0", out var uncertain) && uncertain == LabelStatus.Uncertain);
        Assert.False(LabelStatuses.TryParse("2", out _));
    }
}
