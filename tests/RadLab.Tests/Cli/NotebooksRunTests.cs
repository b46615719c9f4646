using Xunit;
using System.Text.Json;
using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>The built command in a process of its own, as a user or a build server starts it.</summary>
public sealed class NotebooksRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Out => Path.Combine(_folder.Path, "out");

    private Task<CliResult> Run(params string[] arguments) => Cli.RunAsync(_folder.Path, ["notebooks", "run", .. arguments]);

    [Fact]
    public async Task A_notebook_runs_and_leaves_an_executed_copy_and_a_page()
    {
        byte[] before = File.ReadAllBytes(NotebookFiles.Golden("windows.ipynb"));
        var result = await Run(NotebookFiles.Golden("windows.ipynb"), "-p", "scale=0.5", "--full", "--out", Out);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Empty(result.Error);
        Assert.StartsWith("Machine\n  processor ", result.Output, StringComparison.Ordinal);
        Assert.Contains("windows.ipynb: passed, 7 cells, ", result.Output, StringComparison.Ordinal);
        Assert.Contains("1 of 1 passed in ", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(NotebookFiles.Golden("windows.ipynb")));

        var copy = Notebook.Load(Path.Combine(Out, "windows.ipynb"));
        Assert.Equal("// Parameters\nfloat scale = 0.5f;\nbool quick = false;", copy.Cells[2].Source);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], copy.Cells.Where(c => c.Kind == CellKind.Code).Select(c => c.ExecutionCount!.Value));
        Assert.Contains("quick = False", copy.Cells[4].Outputs[0].GetProperty("text")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal("ArgumentException", copy.Cells.Single(c => c.Id == "mayfail").Outputs[0].GetProperty("ename").GetString());
        var own = copy.Metadata.GetProperty("radlab");
        Assert.Equal(Provenance.SourceHash(Notebook.Load(NotebookFiles.Golden("windows.ipynb"))), own.GetProperty("sourceSha256").GetString());
        Assert.Equal("0.5", own.GetProperty("parameters").GetProperty("scale").GetString());
        string text = File.ReadAllText(Path.Combine(Out, "windows.ipynb"));
        foreach (string secret in new[] { AppContext.BaseDirectory, _folder.Path, Environment.MachineName }) Assert.DoesNotContain($"{secret}", text, StringComparison.Ordinal);

        string page = File.ReadAllText(Path.Combine(Out, "windows.html"));
        Assert.Contains("<title>Rounding a scan&#39;s window</title>", page, StringComparison.Ordinal);
        Assert.Contains("data:image/svg+xml;base64,", page, StringComparison.Ordinal);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task Two_runs_differ_in_times_only()
    {
        LongTests.SkipUnlessAsked();
        string file = _folder.Write("a.ipynb", NotebookFiles.Code("var x = 1;", "display(new[] { 1, 2 });\nx + 1"));
        var copies = new List<string>();
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(0, (await Run(file, "--out", Out)).ExitCode);
            var copy = Notebook.Load(Path.Combine(Out, "a.ipynb"));
            var own = System.Text.Json.Nodes.JsonNode.Parse(copy.Metadata.GetProperty("radlab").GetRawText())!;
            own["volatile"] = null;
            copy.SetMetadata("radlab", own);
            copies.Add(System.Text.Encoding.UTF8.GetString(copy.ToBytes()));
        }
        Assert.Equal(copies[0], copies[1]);
    }

    [Fact]
    public async Task Outputs_are_stored_in_the_notebook_when_asked_and_check_finds_them_as_stored()
    {
        string file = _folder.Write("a.ipynb", NotebookFiles.Code("var x = 1;", "x + 1"));
        string hash = Provenance.SourceHash(Notebook.Load(file));
        Assert.Equal(0, (await Run(file, "--out", Out, "--store")).ExitCode);
        var stored = Notebook.Load(file);
        Assert.Contains("2", stored.Cells[^1].Outputs.Single().GetProperty("data").GetProperty("text/plain").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(["format", "sourceSha256"], stored.Metadata.GetProperty("radlab").EnumerateObject().Select(p => p.Name));
        Assert.Equal(hash, Provenance.StoredSourceHash(stored));
        var refused = await Run(file, "--out", Out, "--store", "--full");
        Assert.Equal((2, "radlab: --store keeps what the notebooks show by their own parameters; leave -p, --quick and --full away.\n"), (refused.ExitCode, refused.Error));
    }

    [Fact]
    public async Task A_failing_notebook_stops_with_cell_and_line_and_exit_code_1()
    {
        var result = await Run(NotebookFiles.Golden("failing.ipynb"), "--out", Out);
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.EndsWith("failing.ipynb: cell 2, line 3: DivideByZeroException: Attempted to divide by zero.\n", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        var copy = Notebook.Load(Path.Combine(Out, "failing.ipynb"));
        Assert.Equal("error", copy.Cells[2].Outputs.Single().GetProperty("output_type").GetString());
        Assert.Empty(copy.Cells[3].Outputs);
        Assert.Null(copy.Cells[3].ExecutionCount);
        Assert.Contains("DivideByZeroException", File.ReadAllText(Path.Combine(Out, "failing.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_input_is_exit_code_3_and_the_others_still_run()
    {
        _folder.Write("notebooks/1.ipynb", "{ \"cells\": [ ");
        _folder.Write("notebooks/2.ipynb", NotebookFiles.Code("1"));
        _folder.Write("notebooks/3.ipynb", NotebookFiles.Code("1").Replace("C#", "python", StringComparison.Ordinal).Replace(".net-csharp", "python3", StringComparison.Ordinal));
        _folder.Write("notebooks/4.ipynb", "{\"nbformat\":4,\"metadata\":{},\"cells\":[]}");
        var result = await Run("--json");
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains("1.ipynb: broken JSON at line 1", result.Error, StringComparison.Ordinal);
        Assert.Contains("3.ipynb: its cells are python; RadLab runs C# and F# notebooks", result.Error, StringComparison.Ordinal);
        Assert.Contains("4.ipynb: the metadata name no kernel", result.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(result.Output);
        var rows = json.RootElement.GetProperty("notebooks").EnumerateArray().ToArray();
        Assert.Equal(["bad input", "passed", "bad input", "bad input"], rows.Select(r => r.GetProperty("status").GetString()));
        Assert.True(File.Exists(Path.Combine(_folder.Path, "notebooks", ".out", "2.html")));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task A_notebook_that_takes_too_long_is_ended_with_all_its_processes()
    {
        LongTests.SkipUnlessAsked();
        string file = _folder.Write("slow.ipynb", NotebookFiles.Code(
            "var child = System.Diagnostics.Process.Start(\"sleep\", \"600\");\nSystem.IO.File.WriteAllText(\"pid\", child.Id.ToString());\nSystem.Threading.Thread.Sleep(-1);", "1"));
        // Long enough that the cell has begun: a busy machine needs longer to compile it.
        foreach (int seconds in new[] { 4, 30, 80 })
        {
            var result = await Run(file, "--out", Out, "--timeout", $"{seconds}s");
            Assert.True(result.ExitCode == 1, result.ToString());
            Assert.EndsWith($"slow.ipynb: cell 1: stopped after {seconds} s, the limit for the notebook; raise it with --timeout\n", result.Error, StringComparison.Ordinal);
            Assert.Contains("slow.ipynb: timed out, 1 of 2 cells", result.Output, StringComparison.Ordinal);
            Assert.Contains($"stopped after {seconds} s", File.ReadAllText(Path.Combine(Out, "slow.ipynb")), StringComparison.Ordinal);
            if (File.Exists(Path.Combine(_folder.Path, "pid"))) break;
        }
        Assert.False(IsRunning(File.ReadAllText(Path.Combine(_folder.Path, "pid"))));
    }

    [SkippableFact]
    public async Task An_interrupted_run_ends_its_processes_and_is_exit_code_130()
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        string file = _folder.Write("busy.ipynb", NotebookFiles.Code("System.IO.File.WriteAllText(\"pid.tmp\", Environment.ProcessId.ToString());\nSystem.IO.File.Move(\"pid.tmp\", \"pid\");\nwhile (true) { }"));
        string started = Path.Combine(_folder.Path, "pid");
        var result = await Cli.RunAsync(_folder.Path, ["notebooks", "run", file, "--out", Out], whileRunning: async process =>
        {
            while (!File.Exists(started) && !process.HasExited) await Task.Delay(50);
            // Not SIGINT: a shell that runs the tests in the background has it ignored.
            using var kill = System.Diagnostics.Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        });
        Assert.True(result.ExitCode == 130, result.ToString());
        Assert.Equal("radlab: interrupted\n", result.Error);
        Assert.False(IsRunning(File.ReadAllText(started)));
        Assert.False(Directory.Exists(Out));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task An_interrupt_ends_all_notebooks_that_run_side_by_side_and_keeps_what_was_done()
    {
        LongTests.SkipUnlessAsked();
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        string Busy(string name) => NotebookFiles.Code($"System.IO.File.WriteAllText(\"{name}.tmp\", Environment.ProcessId.ToString());\nSystem.IO.File.Move(\"{name}.tmp\", \"{name}\");\nwhile (true) {{ }}");
        string[] files = [_folder.Write("1.ipynb", NotebookFiles.Code("1")), _folder.Write("2.ipynb", Busy("pid2")), _folder.Write("3.ipynb", Busy("pid3")), _folder.Write("4.ipynb", NotebookFiles.Code("4"))];
        string[] started = [Path.Combine(_folder.Path, "pid2"), Path.Combine(_folder.Path, "pid3")];
        var result = await Cli.RunAsync(_folder.Path, ["notebooks", "run", .. files, "--out", Out, "--parallel", "2"], whileRunning: async process =>
        {
            while (!Array.TrueForAll(started, File.Exists) && !process.HasExited) await Task.Delay(50);
            using var kill = System.Diagnostics.Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        });
        Assert.True(result.ExitCode == 130, result.ToString());
        Assert.Equal("radlab: interrupted\n", result.Error);
        Assert.All(started, pid => Assert.False(IsRunning(File.ReadAllText(pid))));
        Assert.Equal(["1.html", "1.ipynb"], Directory.GetFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(1, Notebook.Load(Path.Combine(Out, "1.ipynb")).Cells[0].ExecutionCount);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task Notebooks_run_side_by_side_share_the_threads_and_are_shown_in_their_order()
    {
        LongTests.SkipUnlessAsked();
        // each waits for the other: one after the other, neither would meet it
        string Meets(string own, string other, int lastingMs) => NotebookFiles.Code($"""
            System.IO.File.WriteAllText("{own}", "");
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (!System.IO.File.Exists("{other}") && clock.Elapsed.TotalSeconds < 100) System.Threading.Thread.Sleep(10);
            System.Threading.Thread.Sleep({lastingMs});
            Environment.GetEnvironmentVariable("RADLAB_THREADS") + (System.IO.File.Exists("{other}") ? " met" : " alone")
            """);
        string[] files = [_folder.Write("late.ipynb", Meets("a", "b", 1500)), _folder.Write("early.ipynb", Meets("b", "a", 0))];
        var result = await Cli.RunAsync(_folder.Path, ["notebooks", "run", .. files, "--out", Out, "--parallel", "2"], new Dictionary<string, string> { ["RADLAB_THREADS"] = "6" });
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.All(["late", "early"], name => Assert.Contains("3 met", File.ReadAllText(Path.Combine(Out, name + ".ipynb")), StringComparison.Ordinal));
        Assert.True(result.Output.IndexOf("late.ipynb: passed", StringComparison.Ordinal) is var late and > 0 && late < result.Output.IndexOf("early.ipynb: passed", StringComparison.Ordinal), result.Output);
    }

    // A zombie that its parent has not collected yet does not run.
    private static bool IsRunning(string pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    [Fact]
    public async Task A_cell_that_ends_the_process_is_reported()
    {
        string file = _folder.Write("exit.ipynb", NotebookFiles.Code("1", "Environment.Exit(7);", "2"));
        var result = await Run(file, "--out", Out);
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.EndsWith("exit.ipynb: cell 2: the notebook's process ended with exit code 7 before the cell was done\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_sees_its_folder_and_no_input()
    {
        _folder.Write("sub/data.txt", "42");
        string file = _folder.Write("sub/a.ipynb", NotebookFiles.Code("System.IO.File.ReadAllText(\"data.txt\") + (Console.ReadLine() ?? \" nothing\")"));
        Assert.Equal(0, (await Run(file, "--out", Out)).ExitCode);
        Assert.Equal("42 nothing", Notebook.Load(Path.Combine(Out, "a.ipynb")).Cells[0].Outputs[0].GetProperty("data").GetProperty("text/plain")[0].GetString());
    }

    [Theory]
    [InlineData("-p nosuch=1", "radlab: -p nosuch: no cell tagged 'parameters' declares 'nosuch' in ")]
    [InlineData("-p levels=many", "parameter 'levels' must be int, got 'many'")]
    [InlineData("-p quick", "radlab: -p 'quick': expected name=value")]
    [InlineData("--parallel 0", "radlab: --parallel: '0' is not a number from 1 to 1024")]
    [InlineData("--timeout soon", "radlab: --timeout: 'soon' is not a time up to 30 days; write 90s, 10m or 1h")]
    [InlineData("--quick --full", "radlab: --quick and --full exclude each other.")]
    [InlineData("--nonsense", "radlab: --nonsense is not an option of 'notebooks run'; see --help")]
    public async Task Wrong_usage_is_exit_code_2_and_one_line(string arguments, string message)
    {
        var result = await Run([NotebookFiles.Golden("windows.ipynb"), "--out", Out, .. arguments.Split(' ')]);
        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Copies_never_replace_a_notebook_or_each_other()
    {
        string one = _folder.Write("a/x.ipynb", NotebookFiles.Code("1")), two = _folder.Write("b/x.ipynb", NotebookFiles.Code("2"));
        var onto = await Run(one, "--out", Path.Combine(_folder.Path, "a"));
        Assert.Equal(2, onto.ExitCode);
        Assert.Contains("the executed copy would replace", onto.Error, StringComparison.Ordinal);
        var twice = await Run(one, two, "--out", Out);
        Assert.Equal(2, twice.ExitCode);
        Assert.Contains("have the same name and would overwrite each other", twice.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_notebooks_it_says_so_and_succeeds()
    {
        var result = await Run();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.EndsWith("Notebooks\n  none: there is no folder 'notebooks' with *.ipynb files here or above\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_is_found_from_below()
    {
        _folder.Write("notebooks/a.ipynb", NotebookFiles.Code());
        Directory.CreateDirectory(Path.Combine(_folder.Path, "deep", "er"));
        var result = await Cli.RunAsync(Path.Combine(_folder.Path, "deep", "er"), ["notebooks", "run"]);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("../../notebooks/a.ipynb: passed, 0 cells", result.Output, StringComparison.Ordinal);
    }
}
