using RadLab.Radiology;
using Xunit;

namespace RadLab.Tests.Radiology;

public sealed class AnswerTableTests
{
    private static readonly PromptExample[] s_train = [Example("heart enlarged", "Cardiomegaly."), Example("lungs clear", "Normal."), Example("lungs clear again", "Normal.")];
    private static readonly PromptExample[] s_test = [Example("Heart is enlarged. More text.", "Cardiomegaly."), Example("Lungs at 1.5 cm. x", "Normal.")];

    [Fact]
    public void Baselines_answer_from_training_data_and_input_alone()
    {
        Assert.Equal(["Normal.", "Normal."], Baselines.Constant(s_train, s_test));
        Assert.Equal(["Heart is enlarged.", "Lungs at 1.5 cm."], Baselines.LeadSentence(s_test));
        Assert.Equal(["Cardiomegaly.", "Normal."], Baselines.NearestNeighbour(s_train, s_test));
    }

    [Fact]
    public void Every_system_is_scored_on_the_same_items_and_against_the_first()
    {
        var table = AnswerTable.Of("t", s_test, [new("constant", ["Normal.", "Normal."]), new("model", ["cardiomegaly", "Normal."])], seed: 1);
        var (constant, model, references) = (table.Rows[0], table.Rows[1], table.Rows[2]);
        Assert.Equal((0.5, 1, 1.0), (constant.RougeL.Mean, constant.Distinct, constant.Commonest));
        Assert.Equal((1.0, 1.0, 0.5, 2, 0.5), (model.RougeL.Mean, model.Exact.Mean, model.AgainstFirst.Mean, model.Distinct, model.Commonest));
        Assert.Equal(("references", 1.0, 0.5), (references.System, references.RougeL.Mean, references.Commonest));
        Assert.StartsWith("t (2 items; rouge 1, no stemming)\nsystem ", table.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_system_that_leaves_items_out_is_refused() =>
        Assert.Equal("t: model must answer all 2 examples, got 1.", Assert.Throws<ArgumentException>(() => AnswerTable.Of("t", s_test, [new("model", ["a"])], 1)).Message);

    private static PromptExample Example(string input, string answer) =>
        new() { Id = input, Task = "impression", Split = "test", Instruction = "i", Input = input, Answer = answer };
}
