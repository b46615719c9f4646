using System.Diagnostics;
using System.Globalization;

namespace RadLab.Tests;

/// <summary>Runs that are told to stop, or to save: Ctrl-C, SIGTERM, SIGUSR1.</summary>
public sealed class TrainSignalTests : TrainCommandTests
{
    [Fact]
    public async Task Ctrl_C_saves_and_a_resumed_run_goes_on()
    {
        string recipe = await PrepareAsync("AdamW", steps: 400);
        var result = await Cli.RunAsync(Folder, ["train", "--recipe", recipe], Variables, async process =>
        {
            while (!process.HasExited && (RunOf("runs") is not { } run || !File.Exists(Path.Combine(run, "metrics.jsonl")) || new FileInfo(Path.Combine(run, "metrics.jsonl")).Length < 500)) await Task.Delay(20);
            using var signal = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        });
        Assert.Equal(130, result.ExitCode);
        Assert.Matches("(?m)^go on with: radlab train --resume [^ ]+$", result.Output);
        string checkpoints = Path.Combine(RunOf("runs")!, "checkpoints");
        Assert.Contains(Directory.EnumerateDirectories(checkpoints), d => File.Exists(Path.Combine(d, "manifest.json")));
        var shown = await Expect(0, "runs", "list");
        Assert.Contains("torture", shown.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task SIGTERM_saves_and_stops_as_Ctrl_C_does()
    {
        LongTests.SkipUnlessAsked();
        Skip.If(OperatingSystem.IsWindows(), "there is no such signal");
        string recipe = await PrepareAsync("AdamW", steps: 400);
        var result = await Cli.RunAsync(Folder, ["train", "--recipe", recipe], Variables, async process =>
        {
            await Until(process, () => Steps("runs") >= 3);
            Signal(process, "-TERM");
        });
        Assert.Equal(130, result.ExitCode);
        Assert.Contains("go on with: radlab train --resume", result.Output, StringComparison.Ordinal);
        Assert.NotEmpty(Checkpoints());
        await Expect(0, "train", "--resume", RunOf("runs")!);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task SIGUSR1_saves_and_goes_on_to_the_same_bits_and_a_second_process_is_kept_out()
    {
        LongTests.SkipUnlessAsked();
        Skip.If(OperatingSystem.IsWindows(), "there is no such signal");
        string recipe = await PrepareAsync("AdamW", steps: 120);
        string[] train = ["train", "--recipe", recipe, "--set", "run.save_every=0", "--set", "run.evaluate_every=0"];
        int saved = 0;
        CliResult? second = null;
        var result = await Cli.RunAsync(Folder, [.. train, "--runs", "signalled"], Variables, async process =>
        {
            await Until(process, () => Steps("signalled") >= 3);
            Signal(process, "-USR1");
            await Until(process, () => Checkpoints("signalled").Count > 0);
            saved = process.HasExited ? 0 : Checkpoints("signalled").Count;
            second = await Cli.RunAsync(Folder, ["train", "--resume", RunOf("signalled")!], Variables);
        });
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(1, saved);
        Assert.Equal(3, second!.ExitCode);
        Assert.EndsWith("another process trains this run; wait for it, or stop it first.", Assert.Single(second.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        await Expect(0, [.. train, "--runs", "whole"]);
        Assert.Equal(AdapterHash("whole"), AdapterHash("signalled"));
        Assert.Equal(Losses("whole"), Losses("signalled"));
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task While_data_is_prepared_SIGUSR1_does_nothing_and_Ctrl_C_ends_with_nothing_begun()
    {
        LongTests.SkipUnlessAsked();
        Skip.If(OperatingSystem.IsWindows(), "there is no such signal");
        string recipe = await PrepareAsync("AdamW");
        bool survived = false;
        var result = await Cli.RunAsync(Folder, ["train", "--recipe", recipe, "--set", "data=synthetic-reports:count=2000000"], Variables, async process =>
        {
            string prepared = Path.Combine(Folder, "home", "radlab");
            await Until(process, () => Directory.Exists(prepared) && Directory.EnumerateFiles(prepared, "*", SearchOption.AllDirectories).Any());
            Signal(process, "-USR1");
            await Task.Delay(500);
            survived = !process.HasExited;
            Signal(process, "-INT");
        });
        Assert.True(survived);
        Assert.Equal(130, result.ExitCode);
        Assert.EndsWith("radlab: interrupted", result.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Folder, "runs")));
    }

    private static async Task Until(Process process, Func<bool> holds)
    {
        while (!process.HasExited && !holds()) await Task.Delay(20);
    }

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private int Steps(string runs) => RunOf(runs) is { } run && Path.Combine(run, "metrics.jsonl") is var metrics && File.Exists(metrics) ? File.ReadAllLines(metrics).Length : 0;

    private IReadOnlyList<string> Checkpoints(string runs = "runs") => RunOf(runs) is { } run && Path.Combine(run, "checkpoints") is var folder && Directory.Exists(folder)
        ? [.. Directory.EnumerateDirectories(folder).Where(d => File.Exists(Path.Combine(d, "manifest.json")) && !d.EndsWith(".partial", StringComparison.Ordinal))] : [];
}
