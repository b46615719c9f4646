using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class AnswerPriorTests
{
    private static readonly string[] s_answers = [.. Enumerable.Repeat("No acute disease.", 60), .. Enumerable.Repeat("no  acute Disease", 15), .. Enumerable.Repeat("Small effusion.", 12), .. Enumerable.Range(0, 13).Select(i => $"Mr Doe has {i} nodules.")];

    [Fact]
    public void Frequencies_are_those_of_the_answers_with_a_floor()
    {
        var prior = AnswerPrior.Of(s_answers);
        Assert.Equal((100, 2), (prior.Examples, prior.Count));
        Assert.Equal(Math.Log(0.75), prior.LogFrequency("NO ACUTE DISEASE"), 1e-12);
        Assert.Equal(Math.Log(0.12), prior.LogFrequency("Small effusion"), 1e-12);
        Assert.Equal(Math.Log(0.10), prior.LogFrequency("Mr Doe has 3 nodules."), 1e-12);
        Assert.Equal(Math.Log(0.10), prior.LogFrequency("never said"), 1e-12);
        Assert.Equal(0, AnswerPrior.Of([]).LogFrequency("never said"));
    }

    [Fact]
    public void It_goes_with_the_weights_without_a_word_of_the_answers()
    {
        using var folder = new TemporaryFolder();
        var recipe = Recipes.TinyImpression with { Answers = new AnswerSettings { Beams = 5, PriorCorrection = 0.5 } };
        AdapterPrompting.Of(recipe, AnswerPrior.Of(s_answers)).Write(folder.Path);
        string json = File.ReadAllText(Path.Combine(folder.Path, AdapterPrompting.FileName));
        Assert.DoesNotContain("doe", json, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("acute", json, StringComparison.OrdinalIgnoreCase);
        var read = AdapterPrompting.Load(folder.Path)!;
        Assert.Equal((TrainingTask.Impression, 384, false, 5, 0.5), (read.Task, read.ContextTokens, read.ThroughProblems, read.Beams, read.PriorCorrection));
        Assert.Equal(Math.Log(0.75), read.Prior!.LogFrequency("No acute disease."), 1e-12);
        Assert.Null(AdapterPrompting.Load(Path.Combine(folder.Path, "none")));
        // without the frequencies nothing is corrected
        Assert.Equal((5, 0.0, null), (AdapterPrompting.Of(recipe).Beams, AdapterPrompting.Of(recipe).PriorCorrection, AdapterPrompting.Of(recipe).Prior));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"format":1,"task":"Impression","context_tokens":0,"through_problems":false,"beams":1,"prior_correction":0}""")]
    [InlineData("""{"format":1,"task":"Impression","context_tokens":99,"through_problems":false,"beams":1000,"prior_correction":0}""")]
    [InlineData("""{"format":1,"task":"Impression","context_tokens":99,"through_problems":false,"beams":4,"prior_correction":1}""")]
    [InlineData("""{"format":1,"task":"Impression","context_tokens":99,"through_problems":false,"beams":4,"prior_correction":1,"answers":{"examples":5,"counts":{}}}""")]
    [InlineData("""{"format":1,"task":"Impression","context_tokens":99,"through_problems":false,"beams":4,"prior_correction":1,"answers":{"examples":50,"counts":{"no acute disease":20}}}""")]
    public void A_file_that_is_not_ours_is_refused(string json)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write(AdapterPrompting.FileName, json);
        Assert.Equal($"{file}: is not what RadLab writes; restore it from the run's folder.", Assert.Throws<RecipeException>(() => AdapterPrompting.Load(folder.Path)).Message);
    }
}
