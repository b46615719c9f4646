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
    public async Task An_alias_that_cannot_be_is_refused_before_there_is_a_version()
    {
        FinishedRun.Write(_folder.File("run"));
        var result = await Cli.RunAsync(_folder.Path, ["registry", "add", "run", "--name", "chest", "--alias", "latest"], new Dictionary<string, string>());
        Assert.Equal((3, "radlab: alias 'latest': must be letters, digits, _ and -, at most 255, and neither 'latest' nor v and a number.\n"), (result.ExitCode, result.Error));
        Assert.Equal(["run"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Restricted_texts_of_the_pretraining_keep_a_comparison_out_of_git_work_trees_too()
    {
        string repo = _folder.File("repo"), data = _folder.File("data");
        Directory.CreateDirectory(Path.Combine(repo, ".git"));
        var reports = Enumerable.Range(0, 40).Select(i => new ReadResult<Report>(new Report { Id = $"{i}", Source = "set", Findings = $"Finding number {i * 7919} and nothing else.", Impression = $"Impression {i * 104729}." }, "a.csv", i + 2));
        new Preparation<Report>(new ReportKind(), [], (r, _, split) => new PromptExample { Id = r.Id, Task = "impression", Split = split, Instruction = "Write the impression.", Input = r.Findings, Answer = r.Impression }, new PreparationOptions { Salt = "salt" })
            .Run(reports, () => DataProvenance.Of(ManifestCatalog.Find("mimic-cxr"), []), "impression", data);
        var arms = ShrunkArms.Smallest with { Pretraining = ShrunkArms.Smallest.Pretraining with { Data = data } };
        var e = Assert.Throws<DataRefusedException>(() => ArmsRun.Create(arms, repo, DateTime.UnixEpoch));
        Assert.Equal($"--sweeps {repo}: lies in the git work tree {repo}, and mimic-cxr is restricted: what is made of it would be published by an ordinary commit; choose a folder outside with --sweeps, or give --allow-in-git mimic-cxr", e.Message);
        Assert.Equal([".git"], Directory.EnumerateFileSystemEntries(repo).Select(Path.GetFileName));
        Assert.True(File.Exists(Path.Combine(ArmsRun.Create(arms, repo, DateTime.UnixEpoch, allowInGit: true), ArmsRecipe.FileName)));
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
