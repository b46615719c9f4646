using RadLab.Radiology;

namespace RadLab.Tests.Radiology;

public sealed class ClassTableTests
{
    [Fact]
    public void Every_system_has_accuracy_by_admissible_labels_distinct_labels_and_the_share_of_the_commonest()
    {
        static PromptExample Example(string answer, params string[] admissible) => new() { Id = answer, Task = "protocol", Split = "test", Instruction = "i", Input = "n", Answer = answer, Admissible = admissible };
        var table = ClassTable.Of("t", [Example("a"), Example("a", "a", "b"), Example("b"), Example("c")], [new("constant", ["a", "a", "a", "a"]), new("model", ["a", "b", "b", "a"])], seed: 1);
        Assert.Equal((4, 3), (table.Items, table.Labels));
        var (constant, model) = (table.Rows[0], table.Rows[1]);
        Assert.Equal((0.5, 1, 1.0), (constant.Accuracy.Mean, constant.Distinct, constant.Commonest));
        Assert.Equal((0.75, 2, 0.5), (model.Accuracy.Mean, model.Distinct, model.Commonest));
        // F1 of the model: a 2/3 (one of two predictions, one of one reference), b 1 (both), c 0
        Assert.Equal((2.0 / 3 + 1 + 0) / 3, model.MacroF1, 12);
        Assert.StartsWith("t (4 items, 3 labels)\nsystem  ", table.ToString(), StringComparison.Ordinal);
    }
}
