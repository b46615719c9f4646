using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Notebooks;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class NotebookCheckTests
{
    private static JsonElement[] Outputs(params string[] json) => [.. json.Select(j => JsonSerializer.Deserialize<JsonElement>(j))];

    private static string Result(string mime, string content) => new JsonObject { ["output_type"] = "execute_result", ["data"] = new JsonObject { [mime] = content, ["text/plain"] = "t" } }.ToJsonString();

    [Theory]
    [InlineData("a\nb 1.5", "a\nb 1.5", 0, null)]
    [InlineData("loss 1.0000", "loss 1.0001", 0, "line 1 was 'loss 1.0000' and is now 'loss 1.0001'")]
    [InlineData("loss 1.0000", "loss 1.0001", 1e-3, null)]
    [InlineData("loss 1.0000", "loss 1.0100", 1e-3, "line 1 was 'loss 1.0000' and is now 'loss 1.0100'")]
    [InlineData("n −1,000,000", "n −1,000,100", 1e-3, null)]
    [InlineData("rate 2e-4", "rate 3e−4", 1e-3, null)]
    [InlineData("q4 x", "q5 x", 1, "line 1 was 'q4 x' and is now 'q5 x'")]
    [InlineData("1 2", "1", 1, "line 1 was '1 2' and is now '1'")]
    [InlineData("NaN", "1", 1, "line 1 was 'NaN' and is now '1'")]
    [InlineData("a", "a\nb", 0, "it had 1 lines and has 2")]
    public void Text_must_be_the_same_and_numbers_within_the_tolerance(string stored, string now, double tolerance, string? expected) =>
        Assert.Equal(expected, TextComparison.Difference(stored, now, tolerance));

    [Fact]
    public void Charts_are_compared_by_their_data()
    {
        var chart = Chart.Bar(["a"], new Series("", [1.25]));
        string[] stored = [Result("image/svg+xml", chart.ToSvg())];
        Assert.Null(OutputComparison.Difference(Outputs(stored), Outputs(Result("image/svg+xml", (chart with { Height = 300 }).ToSvg())), 0));
        string other = Result("image/svg+xml", Chart.Bar(["a"], new Series("", [1.2501])).ToSvg());
        Assert.StartsWith("output 1 (chart) differs: line 1 was", OutputComparison.Difference(Outputs(stored), Outputs(other), 0), StringComparison.Ordinal);
        Assert.Null(OutputComparison.Difference(Outputs(stored), Outputs(other), 1e-3));
        Assert.NotNull(OutputComparison.Difference(Outputs(Result("image/svg+xml", "<svg a='1'/>")), Outputs(Result("image/svg+xml", "<svg a='2'/>")), 0));
    }

    [Fact]
    public void How_prints_are_cut_into_outputs_does_not_matter()
    {
        static string Stream(string name, string text) => $$"""{"output_type":"stream","name":"{{name}}","text":"{{text}}"}""";
        Assert.Null(OutputComparison.Difference(Outputs(Stream("stdout", "a"), Stream("stdout", "b")), Outputs(Stream("stdout", "ab")), 0));
        Assert.Equal("output 1 was stdout and is now stderr", OutputComparison.Difference(Outputs(Stream("stdout", "a")), Outputs(Stream("stderr", "a")), 0));
        Assert.Equal("nothing is stored, and it shows stdout", OutputComparison.Difference([], Outputs(Stream("stdout", "a")), 0));
        Assert.Equal("1 outputs are stored, and it shows 0", OutputComparison.Difference(Outputs(Stream("stdout", "a")), [], 0));
    }

    private static Notebook Make(params (string Source, int? Count)[] cells)
    {
        var notebook = Notebook.Parse(Encoding.UTF8.GetBytes(NotebookFiles.Code([.. cells.Select(c => c.Source)])), "n.ipynb");
        for (int i = 0; i < cells.Length; i++) notebook.Cells[i].SetResult(cells[i].Count, []);
        return notebook;
    }

    [Fact]
    public void Changed_text_and_cells_out_of_order_are_seen_without_running()
    {
        Assert.Empty(NotebookCheck.Stored(Make(("a", 1), ("", null), ("b", 2))));
        Assert.Empty(NotebookCheck.Stored(Make(("a", null), ("b", null))));
        Assert.Equal("cell 2: was run as number 7, so the cells were not run from the first to the last", Assert.Single(NotebookCheck.Stored(Make(("a", 1), ("b", 7), ("c", 8)))).ToString());
        var stale = Make(("a", 1));
        stale.SetMetadata(Provenance.Name, new JsonObject { ["sourceSha256"] = "0" });
        Assert.Equal(FindingKind.Stale, Assert.Single(NotebookCheck.Stored(stale)).Kind);
        stale.SetMetadata(Provenance.Name, new JsonObject { ["sourceSha256"] = Provenance.SourceHash(stale) });
        Assert.Empty(NotebookCheck.Stored(stale));
    }

    [Fact]
    public void A_tolerance_is_a_number_from_0_to_1()
    {
        static NotebookCell Cell(params string[] tags) => Notebook.Parse(Encoding.UTF8.GetBytes(NotebookFiles.Make([("1", tags)])), "n.ipynb").Cells[0];
        Assert.Equal(0, NotebookCheck.Tolerance(Cell("x"), "n.ipynb"));
        Assert.Equal(1e-3, NotebookCheck.Tolerance(Cell("x", "tolerance=1e-3"), "n.ipynb"));
        Assert.Equal("n.ipynb: the tag 'tolerance=many' must be tolerance= and a number from 0 to 1, such as tolerance=1e-3", Assert.Throws<NotebookFormatException>(() => NotebookCheck.Tolerance(Cell("tolerance=many"), "n.ipynb")).Message);
    }

    [Fact]
    public void Stripping_removes_outputs_and_nothing_else()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(NotebookFiles.Code("1", "2"));
        var notebook = Notebook.Parse(bytes, "n.ipynb");
        notebook.Cells[1].SetResult(3, [new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = "patient" }]);
        Assert.Equal(1, OutputStrip.Strip(notebook));
        Assert.Equal(bytes, notebook.ToBytes());
        Assert.Equal(0, OutputStrip.Strip(notebook));
    }

    private static async Task<string> Filtered(Notebook notebook)
    {
        var output = new MemoryStream();
        await OutputStrip.FilterAsync(new MemoryStream(notebook.ToBytes()), output);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    [Fact]
    public async Task The_filter_keeps_the_outputs_of_synthetic_notebooks_only()
    {
        var notebook = Make(("a", null));
        notebook.Cells[0].SetResult(1, [new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = "shown" }]);
        Assert.DoesNotContain("shown", await Filtered(notebook), StringComparison.Ordinal);
        notebook.SetMetadata(Provenance.Name, new JsonObject { ["outputs"] = "synthetic" });
        string kept = await Filtered(Notebook.Parse(notebook.ToBytes(), "n"));
        Assert.DoesNotContain("shown", await Filtered(Make(("a", 1))), StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetString(notebook.ToBytes()), kept);
        await Assert.ThrowsAsync<NotebookFormatException>(() => OutputStrip.FilterAsync(new MemoryStream("{"u8.ToArray()), Stream.Null));
    }

    private static string Git(string folder, params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = git.StandardOutput.ReadToEnd(), error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, error);
        return output;
    }

    [SkippableFact]
    public void A_protected_clone_stores_what_the_filter_lets_through()
    {
        Skip.If(OperatingSystem.IsWindows(), "the filter of this test is a program of POSIX systems");
        using var folder = new TemporaryFolder();
        Git(folder.Path, "init", "-q");
        Assert.False(GitProtection.IsProtected(folder.Path));
        GitProtection.Protect(folder.Path, ["sed", "s/it's/stripped/"]);
        GitProtection.Protect(folder.Path, ["sed", "s/it's secret/stripped/"]);
        Assert.True(GitProtection.IsProtected(folder.Path));
        folder.Write("a.ipynb", "it's secret\n");
        folder.Write("a.txt", "it's secret\n");
        Git(folder.Path, "add", ".");
        Assert.Equal("stripped\n", Git(folder.Path, "show", ":a.ipynb"));
        Assert.Equal("it's secret\n", Git(folder.Path, "show", ":a.txt"));
        Assert.Equal("*.ipynb filter=radlab-strip\n", File.ReadAllText(Path.Combine(folder.Path, ".git", "info", "attributes")));
        Assert.True(GitProtection.Unprotect(folder.Path));
        Assert.False(GitProtection.Unprotect(folder.Path));
        using var nowhere = new TemporaryFolder();
        Assert.StartsWith("notebooks protect: git rev-parse failed in", Assert.Throws<KernelException>(() => GitProtection.Protect(nowhere.Path, ["x"])).Message, StringComparison.Ordinal);
    }
}
