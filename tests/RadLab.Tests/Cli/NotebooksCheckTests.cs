using Xunit;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class NotebooksCheckTests
{
    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task A_notebook_is_checked_against_its_stored_outputs_and_stripped()
    {
        LongTests.SkipUnlessAsked();
        using var folder = new TemporaryFolder();
        folder.Write("source/good.ipynb", NotebookFiles.Code("var x = 2;", "x + 1", "Chart.Bar([\"a\"], new Series(\"\", [x]))"));
        Assert.Equal(0, (await Cli.RunAsync(folder.Path, ["notebooks", "run", "source", "--out", "stored"])).ExitCode);
        var good = await Cli.RunAsync(folder.Path, ["notebooks", "check", "stored"]);
        Assert.True(good.ExitCode == 0, good.Output + good.Error);
        Assert.Contains("1 of 1 as stored", good.Output, StringComparison.Ordinal);

        string path = Path.Combine(folder.Path, "stored", "good.ipynb");
        var notebook = Notebook.Load(path);
        notebook.RemoveAt(0);
        notebook.Save(path);
        var hidden = await Cli.RunAsync(folder.Path, ["notebooks", "check", "stored"]);
        Assert.Equal(4, hidden.ExitCode);
        Assert.Contains("the cells have changed since the outputs were made", hidden.Output, StringComparison.Ordinal);
        Assert.Contains("cell 1: was run as number 2", hidden.Output, StringComparison.Ordinal);
        Assert.Contains("cell 1: worked when its outputs were made and fails from a fresh start", hidden.Output, StringComparison.Ordinal);

        Assert.Equal(4, (await Cli.RunAsync(folder.Path, ["notebooks", "strip", "--check", "stored"])).ExitCode);
        Assert.Contains("good.ipynb: 2 cells stripped", (await Cli.RunAsync(folder.Path, ["notebooks", "strip", "stored"])).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.RunAsync(folder.Path, ["notebooks", "strip", "--check", "stored"])).ExitCode);
        Assert.All(Notebook.Load(path).Cells, c => Assert.Empty(c.Outputs));
    }
}
