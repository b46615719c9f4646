using System.Globalization;
using System.Text.Json;
using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Runs killed (SIGKILL) again and again, at random moments.</summary>
public sealed class TrainTortureTests : TrainCommandTests
{
    private const int Kills = 50;

    public static TheoryData<string> Optimizers => new() { "AdamW", "AdamW8Bit", "paged" };

    [SkippableTheory]
    [MemberData(nameof(Optimizers))]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task Killed_again_and_again_a_run_ends_with_the_same_bits(string optimizer)
    {
        LongTests.SkipUnlessAsked();
        string recipe = await PrepareAsync(optimizer, steps: 240);
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
        Assert.True(early + withSteps == Kills && withSteps >= 20 && inSave >= 3, $"of the kills {early} fell before new steps, {withSteps} after some, {inSave} of these inside a save: {Kills} in all, at least 20 and 3 must");
        Assert.Equal(AdapterHash("whole"), AdapterHash("killed"));
        Assert.Equal(Losses("whole"), Losses("killed"));
    }

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
        await Cli.RunAsync(Folder, arguments, Variables, async process =>
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
}
