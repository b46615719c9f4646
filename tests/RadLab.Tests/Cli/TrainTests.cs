using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Tests.Training;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests;

/// <summary>Whole runs through the command line, stopped in every way a process can be.</summary>
public sealed class TrainTests : IDisposable
{
    private const int Kills = 50;

    // a base and data, made once for all tests
    private static readonly Lazy<Task<string>> s_prepared = new(MakeAsync);

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-train-").FullName;
    private readonly Dictionary<string, string> _environment;

    public TrainTests() => _environment = new() { ["XDG_DATA_HOME"] = Path.Combine(_folder, "home"), ["RADLAB_THREADS"] = "1" };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Optimizers => new() { "AdamW", "AdamW8Bit", "paged" };

    [SkippableTheory]
    [MemberData(nameof(Optimizers))]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task Killed_again_and_again_a_run_ends_with_the_same_bits(string optimizer)
    {
        LongTests.SkipUnlessAsked();
        string recipe = await PrepareAsync(optimizer, steps: 160);
        await Expect(0, "train", "--recipe", recipe, "--runs", "whole");
        var random = new RandomKey(7, 0, 0);
        int early = 0, withSteps = 0, inSave = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            int draw = random.Below((ulong)kill, 1 << 20);
            var phase = await KillAsync(draw, recipe);
            if (phase == KillPhase.Ended) break;
            (early, withSteps, inSave) = (early + (phase == KillPhase.BeforeSteps ? 1 : 0), withSteps + (phase == KillPhase.BeforeSteps ? 0 : 1), inSave + (phase == KillPhase.InSave ? 1 : 0));
        }
        if (RunOf("killed") is { } last) await Expect(0, "train", "--resume", last, "--runs", "killed");
        else await Expect(0, "train", "--recipe", recipe, "--runs", "killed");
        Assert.True(withSteps >= 20 && inSave >= 3, $"of the kills {early} fell before new steps, {withSteps} after some, {inSave} of these inside a save: at least 20 and 3 must");
        Assert.Equal(AdapterHash("whole"), AdapterHash("killed"));
        Assert.Equal(Losses("whole"), Losses("killed"));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task Fresh_processes_with_any_number_of_threads_make_the_same_bits()
    {
        LongTests.SkipUnlessAsked();
        string recipe = await PrepareAsync("AdamW", steps: 3);
        foreach (string threads in (string[])["1", "2", "3"])
        {
            _environment["RADLAB_THREADS"] = threads;
            await Expect(0, "train", "--recipe", recipe, "--set", "run.evaluate_every=2", "--set", "lora.dropout=0.1", "--runs", threads);
        }
        foreach (string threads in (string[])["2", "3"])
        {
            Assert.Equal(Losses("1"), Losses(threads));
            Assert.Equal(AdapterHash("1"), AdapterHash(threads));
        }
    }

    [Fact]
    public async Task Ctrl_C_saves_and_a_resumed_run_goes_on()
    {
        string recipe = await PrepareAsync("AdamW", steps: 400);
        var result = await Cli.RunAsync(_folder, ["train", "--recipe", recipe], _environment, async process =>
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
        var result = await Cli.RunAsync(_folder, ["train", "--recipe", recipe], _environment, async process =>
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
        var result = await Cli.RunAsync(_folder, [.. train, "--runs", "signalled"], _environment, async process =>
        {
            await Until(process, () => Steps("signalled") >= 3);
            Signal(process, "-USR1");
            await Until(process, () => Checkpoints("signalled").Count > 0);
            saved = process.HasExited ? 0 : Checkpoints("signalled").Count;
            second = await Cli.RunAsync(_folder, ["train", "--resume", RunOf("signalled")!], _environment);
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
        var result = await Cli.RunAsync(_folder, ["train", "--recipe", recipe, "--set", "data=synthetic-reports:count=2000000"], _environment, async process =>
        {
            string prepared = Path.Combine(_folder, "home", "radlab");
            await Until(process, () => Directory.Exists(prepared) && Directory.EnumerateFiles(prepared, "*", SearchOption.AllDirectories).Any());
            Signal(process, "-USR1");
            await Task.Delay(500);
            survived = !process.HasExited;
            Signal(process, "-INT");
        });
        Assert.True(survived);
        Assert.Equal(130, result.ExitCode);
        Assert.EndsWith("radlab: interrupted", result.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "runs")));
    }

    [Fact]
    public async Task A_run_is_scored_beside_baselines_on_the_same_items()
    {
        string recipe = await PrepareAsync("AdamW", steps: 2);
        await Expect(0, "train", "--recipe", recipe, "--set", "answers.beams=2", "--set", "answers.prior_correction=1");
        var result = await Expect(0, "eval", RunOf("runs")!, "--split", "validation", "--limit", "3");
        foreach (string system in (string[])["constant (commonest answer)", "nearest neighbour", "lead sentence", "base without adapter", "model, greedy", "model ", "references"]) Assert.Contains("\n" + system, result.Output, StringComparison.Ordinal);
        Assert.Contains("\"split\":\"validation\"", File.ReadAllText(Path.Combine(RunOf("runs")!, "scorings.jsonl")), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RunOf("runs")!, "evaluation-validation.json")));
        Assert.Equal(7, json.RootElement.GetProperty("tables")[0].GetProperty("rows").GetArrayLength());
        var asked = AdapterPrompting.Load(Path.Combine(RunOf("runs")!, "adapter"))!;
        Assert.Equal((2, 1.0), (asked.Beams, asked.PriorCorrection));
        Assert.True(asked.Prior!.Examples > 3);
    }

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task A_protocol_run_is_scored_by_label_with_ambiguous_notes_apart()
    {
        LongTests.SkipUnlessAsked();
        await PrepareAsync("AdamW");
        await Expect(0, "data", "prepare", "synthetic-protocols", "--count", "150", "--out", "notes");
        var recipe = TinyTraining.Recipe with { Name = "labels", Task = TrainingTask.Protocol, Model = "model", Data = "notes", Steps = 1, Batch = new BatchSettings { MicroBatch = 2, SequenceLength = 512 } };
        await File.WriteAllTextAsync(Path.Combine(_folder, "labels.json"), RecipeJson.Write(recipe));
        await Expect(0, "train", "--recipe", "labels.json");
        var result = await Expect(0, "eval", RunOf("runs")!, "--split", "test", "--limit", "12");
        foreach (string system in (string[])["TF-IDF + logistic regression", "base without adapter", "model"]) Assert.Contains("\n" + system, result.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RunOf("runs")!, "evaluation-test.json")));
        var classes = json.RootElement.GetProperty("classes");
        int Items(string part) => classes.TryGetProperty(part, out var c) ? c.GetProperty("items").GetInt32() : 0;
        Assert.Equal(Items("all"), Items("unambiguous") + Items("ambiguous"));
        Assert.Equal(12, Items("all"));
        Assert.Equal(5, classes.GetProperty("unambiguous").GetProperty("systems").EnumerateObject().Count());
        Assert.InRange(classes.GetProperty("all").GetProperty("systems").GetProperty("TF-IDF + logistic regression").GetProperty("accuracy").GetDouble(), 0, 1);
        await Expect(0, "eval", RunOf("runs")!, "--limit", "4", "--no-base");
        Assert.DoesNotContain("base without adapter", File.ReadAllText(Path.Combine(RunOf("runs")!, "evaluation-validation.json")), StringComparison.Ordinal);

        // the same through the notes' problems; the adapter says so itself wherever it goes
        await Expect(0, "train", "--recipe", "labels.json", "--set", "through_problems=true", "--set", "run.samples=1", "--runs", "through");
        string through = RunOf("through")!;
        Assert.Contains(" -> ", File.ReadAllText(Directory.EnumerateFiles(Path.Combine(through, "samples")).First()).Replace("\\u003E", ">", StringComparison.Ordinal), StringComparison.Ordinal);
        await Expect(0, "eval", through, "--limit", "4", "--no-base");
        await Expect(0, "export", through, "--out", "exported");
        File.Copy(Path.Combine(_folder, "notes", "test.jsonl"), Path.Combine(_folder, "test.jsonl"));
        await Expect(0, "predict", "--model", "model", "--adapter", "exported", "--in", "test.jsonl", "--limit", "3", "--choices", "CT Chest,XR Chest 2 Views", "--out", "out.jsonl");
        Assert.All(File.ReadAllLines(Path.Combine(_folder, "out.jsonl")), l => Assert.Contains("\"problems\":", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_file_that_changed_since_refuses_to_go_on()
    {
        string recipe = await PrepareAsync("AdamW", steps: 4);
        await Expect(0, "train", "--recipe", recipe);
        string train = Path.Combine(_folder, "data", "train.jsonl");
        File.WriteAllText(train, File.ReadAllText(train) + "\n");
        var result = await Expect(3, "train", "--resume", RunOf("runs")!);
        Assert.Contains("train.jsonl", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("lora.rank=0", "lora.rank: must be from 1 to 4096, got 0.")]
    [InlineData("lora.rnak=3", "--set lora.rnak: there is no setting 'rnak'; here are rank,")]
    [InlineData("lora=null", "radlab: --set lora: must not be null; leave it out, or give an object of settings")]
    [InlineData("schedule.kind=cosin", "--set schedule.kind: must be one of Constant, Linear, Cosine, got 'cosin'.")]
    [InlineData("model=nowhere", "model nowhere: there is no such folder, nor such a model in the Hugging Face cache;")]
    [InlineData("name=../../../evil", "name: must have at most 64 letters, digits, '.', '_' and '-'")]
    [InlineData("optimizer.beta1=1", "optimizer.beta1: must be from 0 to below 1, got 1.")]
    [InlineData("batch.sequence_length=1025", "batch.sequence_length: must be at most 1024, the positions that ")]
    [InlineData("data=nowhere", "nowhere: there is no such data set;")]
    public async Task What_cannot_be_is_one_line_and_leaves_nothing_behind(string set, string message)
    {
        string recipe = await PrepareAsync("AdamW");
        var result = await Expect(3, "train", "--recipe", recipe, "--set", set);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(Path.Combine(_folder, "runs")));
    }

    private async Task<string> PrepareAsync(string optimizer, int steps = 12)
    {
        string prepared = await s_prepared.Value;
        foreach (string file in Directory.EnumerateFiles(prepared, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_folder, Path.GetRelativePath(prepared, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        var recipe = TinyTraining.Recipe with
        {
            Name = "torture", Model = "model", Data = "data", Steps = steps, Storage = new LlamaStorage { Linears = WeightFormat.Nf4 },
            Lora = TinyTraining.Recipe.Lora with { Rank = 64 },
            Batch = new BatchSettings { MicroBatch = 2, SequenceLength = 768 }, Run = new RunSchedule { SaveEvery = 2, EvaluateEvery = 4, EvaluateTexts = 4, Samples = 1 },
            Optimizer = optimizer == "paged" ? new OptimizerSettings { StateBudgetBytes = 1 << 20 } : new OptimizerSettings { Kind = Enum.Parse<OptimizerKind>(optimizer) },
        };
        string path = Path.Combine(_folder, "recipe.json");
        await File.WriteAllTextAsync(path, RecipeJson.Write(recipe));
        return "recipe.json";
    }

    private static async Task<string> MakeAsync()
    {
        string folder = Directory.CreateTempSubdirectory("radlab-train-base-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using (var engine = new Engine())
        using (var model = TinyTraining.Base.Load(engine, new LlamaStorage()))
            model.Save(Path.Combine(folder, "model"));
        ((ByteLevelBpe)TinyTraining.Tokenizer).Save(Path.Combine(folder, "model", "tokenizer.json"));
        var result = await Cli.RunAsync(folder, ["data", "prepare", "synthetic-reports", "--count", "80", "--out", "data"]);
        Assert.True(result.ExitCode == 0, result.Error);
        return folder;
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

    private enum KillPhase { BeforeSteps, AfterSteps, InSave, Ended }

    // One kill in eight comes wherever start-up is, two in eight wait for a checkpoint's staged folder, the others for some new steps; each a little later than its sign.
    private async Task<KillPhase> KillAsync(int draw, string recipe)
    {
        string? run = RunOf("killed");
        string[] arguments = run is null ? ["train", "--recipe", recipe, "--runs", "killed"] : ["train", "--resume", run, "--runs", "killed"];
        long from = run is null ? 0 : SavedStep(run);
        var (before, started) = (run is null ? default : WrittenAt(run), DateTime.UtcNow);
        int kind = draw % 8, wait = draw / 8 % 3 + 1, delay = draw / 64 % 30;
        bool killed = false;
        await Cli.RunAsync(_folder, arguments, _environment, async process =>
        {
            while (kind > 0 && !process.HasExited && !(kind <= 2 ? InSave(started) : NewSteps(before, from) >= wait)) await Task.Delay(1);
            await Task.Delay(kind == 0 ? 10 * delay : kind <= 2 ? delay / 3 : delay);
            if (process.HasExited) return;
            process.Kill();
            killed = true;
        });
        return !killed ? KillPhase.Ended : InSave(started) ? KillPhase.InSave : NewSteps(before, from) > 0 ? KillPhase.AfterSteps : KillPhase.BeforeSteps;
    }

    private bool InSave(DateTime since) => RunOf("killed") is { } run && Path.Combine(run, "checkpoints") is var folder && Directory.Exists(folder)
        && Directory.EnumerateDirectories(folder, "*.partial").Any(d => Directory.GetLastWriteTimeUtc(d) >= since);

    // lines that a killed run has left behind its checkpoint go away when the log is opened, so they only count once the file has changed
    private int NewSteps(DateTime before, long from)
    {
        if (RunOf("killed") is not { } run || WrittenAt(run) == before) return 0;
        using var stream = new FileStream(Path.Combine(run, "metrics.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        string[] whole = reader.ReadToEnd().Split('\n')[..^1];
        return whole.Count(l => JsonDocument.Parse(l).RootElement is var line && line.GetProperty("kind").GetString() == "train" && line.GetProperty("step").GetInt64() > from);
    }

    private static DateTime WrittenAt(string run) => new FileInfo(Path.Combine(run, "metrics.jsonl")) is { Exists: true } log ? log.LastWriteTimeUtc : default;

    private static long SavedStep(string run) => Path.Combine(run, "checkpoints") is var folder && Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder, "step-*").Where(d => !d.EndsWith(".partial", StringComparison.Ordinal)).Select(d => long.Parse(Path.GetFileName(d)[5..], CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max()
        : 0;

    private async Task<CliResult> Expect(int exitCode, params string[] arguments)
    {
        var result = await Cli.RunAsync(_folder, arguments, _environment);
        Assert.True(result.ExitCode == exitCode, $"{string.Join(' ', arguments)}: {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result;
    }

    private string? RunOf(string runs)
    {
        string folder = Path.Combine(_folder, runs);
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).FirstOrDefault(d => File.Exists(Path.Combine(d, "run.json"))) : null;
    }

    private string AdapterHash(string runs) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(RunOf(runs)!, "adapter", "adapter_model.safetensors"))));

    private (long, string, double)[] Losses(string runs) => [.. File.ReadLines(Path.Combine(RunOf(runs)!, "metrics.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)
        .Select(r => (r.GetProperty("step").GetInt64(), r.GetProperty("kind").GetString()!, r.GetProperty("loss").GetDouble()))];
}
