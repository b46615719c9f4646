using Xunit;
using System.Diagnostics;

namespace RadLab.Tests;

/// <summary>The kernel under Jupyter's own client, where Python has it (Debian: python3-nbclient).</summary>
public sealed class KernelClientTests
{
    private const string Script = """
        import sys, time, nbformat
        from nbclient import NotebookClient
        from jupyter_client.manager import start_new_kernel
        nb = nbformat.read(sys.argv[1], 4)
        NotebookClient(nb, kernel_name="radlab-csharp", timeout=240).execute()
        nbformat.validate(nb)
        print("result", nb.cells[1].outputs[0]["data"]["text/plain"])
        print("chart", sorted(nb.cells[2].outputs[0]["data"]))
        m, c = start_new_kernel(kernel_name="radlab-csharp", startup_timeout=240)
        asked = c.execute("Console.WriteLine(1);\nawait Task.Delay(-1);")
        while c.get_iopub_msg(timeout=240)["msg_type"] != "stream": pass
        m.interrupt_kernel()
        # a slow start leaves answers to the client's earlier questions in the queue
        while (reply := c.get_shell_msg(timeout=240))["parent_header"]["msg_id"] != asked: pass
        print("interrupted", reply["content"]["ename"])
        m.restart_kernel(now=False)
        c.wait_for_ready(timeout=240)
        print("restarted", c.execute("1", reply=True, timeout=240)["content"]["status"])
        c.stop_channels(); m.shutdown_kernel(now=False)
        print("ended", not m.is_alive())
        """;

    private static async Task<(int ExitCode, string Output)> Python(string python, IReadOnlyList<string> arguments, string? data = null)
    {
        var start = new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (data is not null) start.Environment["JUPYTER_DATA_DIR"] = data;
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, process.ExitCode == 0 ? output : output + await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "");
        }
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task Jupyters_own_client_runs_interrupts_restarts_and_ends_the_kernel()
    {
        LongTests.SkipUnlessAsked();
        string? python = null;
        foreach (string candidate in new[] { "python3", "/usr/bin/python3" })
            if (python is null && (await Python(candidate, ["-c", "import jupyter_client, nbclient"])).ExitCode == 0) python = candidate;
        Skip.If(python is null, "needs Python with jupyter_client and nbclient (Debian: python3-nbclient)");

        using var folder = new TemporaryFolder();
        string notebook = folder.Write("a.ipynb", NotebookFiles.Code("var x = 20;\nConsole.WriteLine(\"hi\");", "x + 1", "Chart.Line(new Series(\"\", [1, 2]))"));
        var environment = new Dictionary<string, string> { ["JUPYTER_DATA_DIR"] = folder.Path };
        var installed = await Cli.RunAsync(folder.Path, ["kernel", "install"], environment);
        Assert.True(installed.ExitCode == 0, installed.Error);
        Assert.Contains("radlab-csharp", (await Cli.RunAsync(folder.Path, ["kernel", "list"], environment)).Output, StringComparison.Ordinal);

        var (exit, output) = await Python(python!, ["-c", Script, notebook], folder.Path);
        Assert.True(exit == 0, output);
        Assert.Equal(["result 21", "chart ['image/png', 'image/svg+xml', 'text/plain']", "interrupted Interrupted", "restarted ok", "ended True"], output.TrimEnd().Split('\n'));
        Assert.Contains("removed radlab-csharp", (await Cli.RunAsync(folder.Path, ["kernel", "uninstall"], environment)).Output, StringComparison.Ordinal);
    }
}
