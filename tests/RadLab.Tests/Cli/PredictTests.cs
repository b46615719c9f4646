using Xunit;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RadLab.Models;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>Prediction through the command line, stopped in every way a process can be.</summary>
public sealed class PredictTests : IDisposable
{
    private const int Kills = 20;

    private static readonly Dictionary<string, string> s_environment = new() { ["RADLAB_THREADS"] = "1" };

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<CliResult> Predict(Func<Process, Task>? whileRunning, params string[] more) =>
        Cli.RunAsync(_folder.Path, ["predict", "--model", PredictionFixture.Model, "--in", "in.csv", .. more], s_environment, whileRunning);

    private async Task<CliResult> Expect(int exitCode, params string[] more)
    {
        var result = await Predict(null, more);
        Assert.True(result.ExitCode == exitCode, $"{result.ExitCode}\n{result.Output}\n{result.Error}");
        return result;
    }

    private async Task UntilBytes(Process process, string output, long bytes)
    {
        var file = new FileInfo(_folder.File(output));
        while (!process.HasExited && (!file.Exists || file.Length < bytes))
        {
            await Task.Delay(3);
            file.Refresh();
        }
    }

    [SkippableTheory]
    [InlineData("impression")]
    [InlineData("protocol")]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task Killed_at_random_moments_it_ends_with_the_same_bytes(string kind)
    {
        LongTests.SkipUnlessAsked();
        string[] task = kind == "protocol" ? ["--task", kind, "--choices", string.Join(',', PredictionFixture.Labels)] : [];
        _folder.Write("in.csv", PredictionFixture.Csv(400));
        string[] options = ["--adapter", PredictionFixture.Adapter, "--context", "128", "--batch", "3", .. task];
        var whole = await Expect(0, ["--out", "whole.jsonl", .. options]);
        Assert.Matches("^whole.jsonl: 400 rows, 400 of them new \\(0 left out as too long, 0 without a label\\), [0-9.]+ rows/s\n$", whole.Output);
        long length = new FileInfo(_folder.File("whole.jsonl")).Length;
        var random = new Compute.RandomKey(5, 0, 0);
        int killed = 0;
        for (int i = 0; i < Kills; i++)
        {
            var result = await Predict(async process =>
            {
                await UntilBytes(process, "killed.jsonl", length * random.Below((ulong)i, 900) / 1000);
                if (!process.HasExited) process.Kill();
            }, ["--out", "killed.jsonl", .. options]);
            if (result.ExitCode != 0) killed++;
        }
        Assert.True(killed > 0);
        await Expect(0, ["--out", "killed.jsonl", .. options]);
        Assert.Equal(File.ReadAllBytes(_folder.File("whole.jsonl")), File.ReadAllBytes(_folder.File("killed.jsonl")));
    }

    [Fact]
    public async Task Ctrl_C_exits_130_with_a_file_that_can_be_gone_on_with()
    {
        _folder.Write("in.csv", PredictionFixture.Csv(2000));
        var result = await Predict(async process =>
        {
            await UntilBytes(process, "out.jsonl", 2000);
            using var signal = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        }, "--out", "out.jsonl", "--context", "128");
        Assert.Equal((130, "radlab: interrupted; the same command goes on with out.jsonl\n"), (result.ExitCode, result.Error[result.Error.IndexOf("radlab:", StringComparison.Ordinal)..]));
        string[] lines = File.ReadAllLines(_folder.File("out.jsonl"));
        Assert.InRange(lines.Length, 1, 1999);
        Assert.All(lines, l => JsonDocument.Parse(l));
        Assert.DoesNotContain("effusion", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task An_adapter_of_the_registry_is_asked_what_it_was_trained_for()
    {
        LongTests.SkipUnlessAsked();
        // a finished run with the adapter of the fixture, which was trained to choose protocols
        var record = FinishedRun.Record() with { Base = BaseIdentity.OfFolder(PredictionFixture.Model) };
        string run = Directory.CreateDirectory(_folder.File("run")).FullName, adapter = Directory.CreateDirectory(Path.Combine(run, "adapter")).FullName;
        record.Save(run);
        foreach (string file in Directory.EnumerateFiles(PredictionFixture.Adapter)) File.Copy(file, Path.Combine(adapter, Path.GetFileName(file)));
        new AdapterPrompting(TrainingTask.Protocol, 128, false, Labels: PredictionFixture.Labels).Write(adapter);
        var registry = new ModelRegistry(_folder.File("registry"));
        var entry = registry.Add(run, "notes", DateTime.UnixEpoch);
        registry.SetAlias("notes", "champion", 1);

        _folder.Write("in.csv", PredictionFixture.Csv(3));
        var result = await Expect(0, "--adapter", "notes@champion", "--out", "out.jsonl");
        Assert.Contains("labels: the 4 that the model was trained with\n", result.Error, StringComparison.Ordinal);
        foreach (var row in File.ReadAllLines(_folder.File("out.jsonl")).Select(l => JsonDocument.Parse(l).RootElement))
        {
            Assert.Equal(("notes/1", entry.AdapterSha256), (row.GetProperty("registered").GetString(), row.GetProperty("adapter").GetString()));
            Assert.Equal(PredictionFixture.Labels.Order(), row.GetProperty("probabilities").EnumerateObject().Select(p => p.Name).Order());
        }
        using (var about = JsonDocument.Parse(File.ReadAllBytes(_folder.File("out.jsonl.about.json"))))
            Assert.Equal("notes/1", about.RootElement.GetProperty("adapter").GetProperty("registered").GetString());

        var other = await Expect(0, "--adapter", "notes/1", "--task", "impression", "--answer-tokens", "2", "--out", "written.jsonl");
        Assert.Contains("task impression: the model was trained for the task protocol\n", other.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("labels:", other.Error, StringComparison.Ordinal);
        _folder.Write("in.jsonl", "{\"id\":\"a\",\"instruction\":\"i\",\"input\":\"n\",\"task\":\"impression\"}\n");
        var prepared = await Cli.RunAsync(_folder.Path, ["predict", "--model", PredictionFixture.Model, "--in", "in.jsonl", "--adapter", adapter, "--out", "no.jsonl"], s_environment);
        Assert.Equal((3, "radlab: task: the records were prepared for impression, but the model was trained for protocol; give --task impression to ask it all the same.\n"), (prepared.ExitCode, prepared.Error));
    }

    [Fact]
    public async Task What_cannot_be_is_one_line()
    {
        _folder.Write("in.csv", PredictionFixture.Csv(3) + "n0,\"secret words\"\n");
        var result = await Expect(3, "--out", "out.jsonl");
        Assert.Equal("radlab: in.csv:5: has the id of line 2; each record needs an id of its own\n", result.Error);
        Assert.Equal("radlab: --shard: must be i/n with i from 1 to n, such as 2/4, got 3/2\n", (await Expect(2, "--out", "out.jsonl", "--shard", "3/2")).Error);
        Assert.Equal("radlab: --beams: must be from 1 to 64, got 65\n", (await Expect(2, "--out", "out.jsonl", "--beams", "65")).Error);
        Assert.Equal("radlab: --beams: labels are chosen by their probabilities, not written; leave it out\n", (await Expect(2, "--out", "out.jsonl", "--choices", "a,b", "--beams", "2")).Error);
        Assert.Equal(["in.csv"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName));
    }
}
