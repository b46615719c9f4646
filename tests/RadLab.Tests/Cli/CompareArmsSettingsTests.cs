using RadLab.Cli;
using RadLab.Radiology;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class CompareArmsSettingsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("learning_rate=1e-4", "--set learning_rate: it is what the arms differ in, or choose on validation")]
    [InlineData("storage.linears=F32", "--set storage.linears: it is what the arms differ in, or choose on validation")]
    [InlineData("seed=5", "--set seed: the runs have seeds of their own; see --seeds")]
    [InlineData("model=radlab-tiny", "--set model: the sizes decide it; see --sizes and --trained-weights")]
    [InlineData("run.score_test=true", "--set run.score_test: a comparison scores its test items itself; see --test-items")]
    public void What_the_arms_decide_cannot_be_set(string set, string message)
    {
        var e = Assert.Throws<UsageException>(() => CompareArmsVerb.CheckIsOpen(new ArmsRecipe(), set.Split('=')[0]));
        Assert.Equal(message, e.Message);
        CompareArmsVerb.CheckIsOpen(new ArmsRecipe(), "steps");
    }

    [Fact]
    public void Every_restricted_set_must_be_named_also_those_that_the_base_has_read()
    {
        string model = _folder.File("model");
        Directory.CreateDirectory(model);
        foreach (string file in Directory.EnumerateFiles(PreparedTiny.Model)) File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        AdapterProvenance.Write(model, FinishedRun.Record("mimic-cxr").Data);
        Assert.False(SweepVerb.IsAllowed([], [PreparedTiny.Data], [model]));
        Assert.False(SweepVerb.IsAllowed(["synthetic-reports"], [PreparedTiny.Data], [model]));
        Assert.True(SweepVerb.IsAllowed(["mimic-cxr"], [PreparedTiny.Data], [model]));
        Assert.Equal("--allow-in-git openi-chest-xray: what is read here is synthetic-reports, mimic-cxr; name that, or leave the option out",
            Assert.Throws<UsageException>(() => SweepVerb.IsAllowed(["openi-chest-xray"], [PreparedTiny.Data], [model])).Message);
    }

    [Fact]
    public void A_torn_line_of_the_log_of_looks_does_not_swallow_the_next()
    {
        AnswerScoring.Log(_folder.Path, DataSplit.Test, 3);
        File.AppendAllText(_folder.File(AnswerScoring.LogName), "{\"split\":\"te");
        AnswerScoring.Log(_folder.Path, DataSplit.Test, 3);
        AnswerScoring.Log(_folder.Path, DataSplit.Test, 3);
        Assert.Equal(3, AnswerScoring.Looks(_folder.Path, DataSplit.Test));
        Assert.Equal(4, File.ReadAllLines(_folder.File(AnswerScoring.LogName)).Length);
    }
}
