using RadLab.Radiology;
using Xunit;

namespace RadLab.Tests.Radiology;

public sealed class ClassScoresTests
{
    [Fact]
    public void A_hand_worked_table()
    {
        var scores = ClassScores.Of([["a"], ["a"], ["a"], ["b"], ["c"]], ["a", "a", "b", "b", "x"]);
        Assert.Equal(3.0 / 5, scores.Accuracy);
        // a: P 1, R 2/3, F 0.8 · b: P 1/2, R 1, F 2/3 · c: 0
        Assert.Equal((0.8 + 2.0 / 3 + 0) / 3, scores.MacroF1, 12);
        Assert.Equal([new ClassScore("a", 3, 2, 2), new ClassScore("b", 1, 2, 1), new ClassScore("c", 1, 0, 0), new ClassScore("x", 0, 1, 0)], scores.Labels);
    }

    [Fact]
    public void Any_admissible_label_is_right_and_counts_for_itself()
    {
        var scores = ClassScores.Of([["a", "b"], ["a", "b"]], ["b", "c"]);
        Assert.Equal(0.5, scores.Accuracy);
        Assert.Equal(new ClassScore("b", 1, 1, 1), scores.Labels.Single(l => l.Label == "b"));
        Assert.Equal(new ClassScore("a", 1, 0, 0), scores.Labels.Single(l => l.Label == "a"));
    }

    [Fact]
    public void Sizes_must_agree() =>
        Assert.Equal("ClassScores: predictions must be as many as references 1, got 2.", Assert.Throws<ArgumentException>(() => ClassScores.Of([["a"]], ["a", "b"])).Message);
}
