using System.Diagnostics;
using System.Security.Cryptography;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>Disks that are full, files that may not grow and folders that may not be written: real ones where the user may mount, through the command itself.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-disk-").FullName;
    private readonly List<string> _mounted = [];
    private readonly Dictionary<string, string> _environment = new() { ["RADLAB_THREADS"] = "1", ["MLFLOW_TRACKING_URI"] = "" };

    public void Dispose()
    {
        foreach (string mount in Enumerable.Reverse(_mounted)) Execute("umount", "-l", mount);
        Directory.Delete(_folder, recursive: true);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task A_full_disk_ends_the_run_with_one_line_and_the_last_checkpoint_goes_on_to_the_same_bits()
    {
        LongTests.SkipUnlessAsked();
        string disk = Mount("disk", "-t", "tmpfs", "-o", "size=4m", "tmpfs");
        // about 0.8 MB a checkpoint, and all of them are kept
        string recipe = WriteRecipe(steps: 16, keep: 100);
        var full = await Cli.RunAsync(_folder, ["train", "--recipe", recipe, "--runs", Path.Combine(disk, "runs"), "--json"], _environment);
        Assert.Equal(1, full.ExitCode);
        Assert.Matches("^radlab: .*(the checkpoint of step [0-9]+ could not be written|the line of step [0-9]+ could not be written).*No space left on device.*(then resume)", OneLine(full.Error));
        string run = Directory.EnumerateDirectories(Path.Combine(disk, "runs")).Single();
        var latest = Latest(run, out var notes);
        Assert.NotNull(latest);
        Assert.InRange(latest.Step, 2, 14);
        Assert.All(notes, n => Assert.EndsWith("unfinished, ignored.", n, StringComparison.Ordinal));

        var still = await Cli.RunAsync(_folder, ["train", "--resume", run, "--json"], _environment);
        Assert.Equal(1, still.ExitCode);
        OneLine(still.Error);
        Assert.Equal(latest, Latest(run, out _));

        Execute("mount", "-o", "remount,size=64m", disk);
        await AssertGoesOn(run, recipe);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task A_file_that_may_not_grow_ends_the_run_with_one_line_and_the_last_checkpoint_goes_on_to_the_same_bits()
    {
        LongTests.SkipUnlessAsked();
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "needs bash's ulimit");
        string recipe = WriteRecipe(steps: 16, keep: 2);
        string run = Begin(recipe, stopAfter: 4);
        // the optimizer's file has 512 KB; blocks of 1 KB; without the signal, so that the write fails instead of the process
        var limited = await Shell("trap '' XFSZ; ulimit -f 400; exec \"$@\"", "train", "--resume", run, "--json");
        Skip.If(limited.ExitCode is not (1 or 0), $"the runtime does not start within a limit on files: {limited.Error}");
        Assert.Equal(1, limited.ExitCode);
        Assert.Matches("^radlab: .*the checkpoint of step 6 could not be written \\(.*\\); earlier ones are whole: make room or mend the folder, then resume\\.$", OneLine(limited.Error));
        Assert.Equal(4, Latest(run, out _)!.Step);
        await AssertGoesOn(run, recipe);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task A_folder_that_may_not_be_written_is_one_line_and_nothing_changes()
    {
        LongTests.SkipUnlessAsked();
        string real = Directory.CreateDirectory(Path.Combine(_folder, "real")).FullName;
        string recipe = WriteRecipe(steps: 16, keep: 2), run = Begin(recipe, stopAfter: 4, Path.Combine(real, "run"));
        string locked = Mount("locked", "--bind", real);
        Assert.Equal(0, Execute("mount", "-o", "remount,bind,ro", locked));
        var resumed = await Cli.RunAsync(_folder, ["train", "--resume", Path.Combine(locked, "run"), "--json"], _environment);
        Assert.Equal(1, resumed.ExitCode);
        Assert.Matches("^radlab: .*\\.lock: cannot be written \\(Read-only file system.*\\); the run's folder must be writable\\.$", OneLine(resumed.Error));
        var begun = await Cli.RunAsync(_folder, ["train", "--recipe", recipe, "--runs", Path.Combine(locked, "runs"), "--json"], _environment);
        Assert.Equal(3, begun.ExitCode);
        Assert.Matches("^radlab: .*runs: a folder for the run cannot be made there \\(Read-only file system.*\\); make it writable, or choose another one\\.$", OneLine(begun.Error));
        Assert.Equal(["run"], Directory.EnumerateFileSystemEntries(real).Select(Path.GetFileName));
        await AssertGoesOn(run, recipe);
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_runs_folder_is_one_line()
    {
        string recipe = WriteRecipe(steps: 2, keep: 2);
        File.WriteAllText(Path.Combine(_folder, "runs"), "mine");
        var result = await Cli.RunAsync(_folder, ["train", "--recipe", recipe, "--json"], _environment);
        Assert.Equal(3, result.ExitCode);
        Assert.Matches("^radlab: runs: a folder for the run cannot be made there \\(.*\\); make it writable, or choose another one\\.$", OneLine(result.Error));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder, "runs")));
    }

    private async Task AssertGoesOn(string run, string recipe)
    {
        var result = await Cli.RunAsync(_folder, ["train", "--resume", run, "--json"], _environment);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(Hash(Begin(recipe, stopAfter: long.MaxValue)), Hash(run));

        static string Hash(string run) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(run, "adapter", "adapter_model.safetensors"))));
    }

    private string WriteRecipe(int steps, int keep)
    {
        var recipe = PreparedTiny.Recipe with
        {
            Steps = steps, Lora = PreparedTiny.Recipe.Lora with { Rank = 64 }, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 1024 },
            Run = new RunSchedule { SaveEvery = 2, KeepCheckpoints = keep, EvaluateTexts = 1, Samples = 0 },
        };
        string path = Path.Combine(_folder, "recipe.json");
        File.WriteAllText(path, RecipeJson.Write(recipe));
        return path;
    }

    // in this process, up to a step with a checkpoint
    private string Begin(string recipe, long stopAfter, string? folder = null)
    {
        folder ??= Path.Combine(_folder, stopAfter == long.MaxValue ? "whole" : "begun");
        Directory.CreateDirectory(folder);
        var setup = RunSetup.New(RecipeJson.Load(recipe), DateTime.UtcNow);
        setup.Record.Save(folder);
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        var run = setup.Run(engine, folder);
        run.Train(new Direct(p => { if (p.Step == stopAfter) run.Stop(); }));
        return folder;
    }

    private static Checkpoint? Latest(string run, out IReadOnlyList<string> notes) => new CheckpointStore(Path.Combine(run, "checkpoints"), RunRecord.Load(run).Identity()).Latest(out notes);

    // notes on the run may stand before it
    private static string OneLine(string error)
    {
        string[] lines = error.TrimEnd('\n').Split('\n');
        Assert.DoesNotContain(lines, l => l.StartsWith("   at ", StringComparison.Ordinal));
        Assert.Equal(lines[^1], Assert.Single(lines, l => l.StartsWith("radlab: ", StringComparison.Ordinal)));
        return lines[^1];
    }

    private async Task<CliResult> Shell(string script, params string[] arguments)
    {
        string dotnet = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        var start = new ProcessStartInfo("/bin/bash", ["-c", script, "bash", dotnet, Path.Combine(AppContext.BaseDirectory, "radlab.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";   // would map its code through a file, which has the limit too
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CliResult(process.ExitCode, await output, await error);
    }

    private string Mount(string name, params string[] arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root may mount a file system");
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        Skip.If(Execute("mount", [.. arguments, folder]) != 0, "this machine lets nobody mount a file system");
        _mounted.Add(folder);
        return folder;
    }

    private static int Execute(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    private sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
