using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class EvaluationReportTests
{
    [Theory]
    [InlineData("radlab-tiny", true)]
    [InlineData("radlab-tiny-random", true)]
    [InlineData("weights/radlab-tiny/", true)]
    [InlineData("meta-llama/Meta-Llama-3-8B-Instruct", false)]
    [InlineData("radlab-tiny/other", false)]
    public void RadLab_tiny_is_known_by_its_name(string model, bool tiny) => Assert.Equal(tiny, TeachingModel.Is(model));

    [Fact]
    public void What_must_be_said_stands_below_the_scores()
    {
        var example = new PromptExample { Id = "1", Task = "protocol", Split = "test", Instruction = "i", Input = "n", Answer = "a" };
        SystemAnswers[] systems = [new("model", ["a"])];
        var report = new EvaluationReport("test", [AnswerTable.Of("t", [example], systems, 1)], [KeyValuePair.Create("all", ClassTable.Of("t", [example], systems, 1))], 2, [TeachingModel.Note]);
        Assert.EndsWith("\n\n" + TeachingModel.Note, report.ToString(), StringComparison.Ordinal);
        Assert.Contains("\n\ndifference: ROUGE-L less that of 'model' on the same items; one whose interval leaves out 0", report.ToString(), StringComparison.Ordinal);
        var json = report.ToJson();
        Assert.Equal(TeachingModel.Note, (string?)json["notes"]![0]);
        Assert.Equal((2, 1.0), ((int)json["left_out"]!, (double)json["classes"]!["all"]!["systems"]!["model"]!["accuracy"]!));
    }
}
