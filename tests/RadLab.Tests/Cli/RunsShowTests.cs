using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using RadLab.Notebooks;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class RunsShowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string At(string name) => Path.Combine(_folder.Path, name);

    [Fact]
    public async Task A_run_is_shown_with_its_loss_as_a_chart_and_what_it_took()
    {
        string run = At("a-run");
        FinishedRun.Write(run);
        File.WriteAllText(Path.Combine(run, "metrics.jsonl"), string.Concat(Enumerable.Range(1, 40).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"{{\"step\":{i},\"kind\":\"train\",\"loss\":{4.0 / i},\"learning_rate\":{(i < 5 ? i : 5) * 1e-4},\"tokens\":100,\"seconds\":0.5,\"processor_seconds\":0.9,\"live_bytes\":2000000,\"peak_bytes\":{(i == 7 ? 5_500_000 : 3_000_000)}}}\n{(i % 20 == 0 ? $"{{\"step\":{i},\"kind\":\"validation\",\"loss\":{5.0 / i}}}\n" : "")}"))));
        var shown = await Cli.RunAsync(_folder.Path, ["runs", "show", "a-run", "--svg", "loss.svg", "--html", "run.html"]);
        Assert.True(shown.ExitCode == 0, shown.Error);
        // no terminal: plain characters
        Assert.Contains("loss [nats per label]", shown.Output, StringComparison.Ordinal);
        Assert.Contains("':. training   o validation", shown.Output, StringComparison.Ordinal);
        Assert.All(shown.Output, c => Assert.True(char.IsAscii(c), $"'{c}'"));
        Assert.Contains("learning rate: highest 5e-4 at step 5, last 5e-4\n", shown.Output, StringComparison.Ordinal);
        Assert.Contains("memory: peak 5.5 MB, after the last step 2.0 MB", shown.Output, StringComparison.Ordinal);
        Assert.Contains("time: 20.0 s by the clock, 36.0 s of processors", shown.Output, StringComparison.Ordinal);
        Assert.Contains("tokens: 4000, 200 a second", shown.Output, StringComparison.Ordinal);

        var svg = XDocument.Load(At("loss.svg"));
        Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "text" && e.Value == "validation");
        string page = File.ReadAllText(At("run.html"));
        Assert.Contains("<td>memory</td><td>peak 5.5 MB", page, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("data:image/svg+xml;base64,").Length - 1);
        Assert.Contains("&quot;learning_rate&quot;: ", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);

        using var json = JsonDocument.Parse((await Cli.RunAsync(_folder.Path, ["runs", "show", "a-run", "--json"])).Output);
        Assert.Equal((5_500_000L, 36.0, 40L), (json.RootElement.GetProperty("peak_bytes").GetInt64(), Math.Round(json.RootElement.GetProperty("processor_seconds").GetDouble(), 6), json.RootElement.GetProperty("steps").GetInt64()));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task What_RadLab_tiny_is_for_is_said_wherever_its_losses_are()
    {
        LongTests.SkipUnlessAsked();
        var environment = new Dictionary<string, string> { ["XDG_DATA_HOME"] = At("home") };
        FinishedRun.Write(At("runs/other"));
        Assert.DoesNotContain(TeachingModel.Note, (await Cli.RunAsync(_folder.Path, ["runs", "list"], environment)).Output, StringComparison.Ordinal);
        FinishedRun.Write(At("runs/a-run"));
        FinishedRun.Record(recipe: TinyTraining.Recipe with { Model = "radlab-tiny" }).Save(At("runs/a-run"));
        foreach (string[] arguments in (string[][])[["runs", "list"], ["runs", "show", "a-run", "--html", "run.html"]])
            Assert.EndsWith($"\n{TeachingModel.Note}\n", (await Cli.RunAsync(_folder.Path, arguments, environment)).Output, StringComparison.Ordinal);
        Assert.Contains($"<p>{TeachingModel.Note}</p>", File.ReadAllText(At("run.html")), StringComparison.Ordinal);
        var summary = Formatters.Format(RunSummary.Load(At("runs/a-run")));
        Assert.EndsWith($"<p>{TeachingModel.Note}</p>", summary["text/html"], StringComparison.Ordinal);
        Assert.EndsWith(TeachingModel.Note, summary["text/plain"], StringComparison.Ordinal);
        Assert.DoesNotContain(TeachingModel.Note, Formatters.Format(RunSummary.Load(At("runs/other")))["text/html"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_that_cannot_be_written_is_one_clear_line()
    {
        FinishedRun.Write(At("a-run"));
        var result = await Cli.RunAsync(_folder.Path, ["runs", "show", "a-run", "--svg", "none/loss.svg"]);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("radlab: --svg none/loss.svg: cannot be written (", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("; choose a file in a folder that exists and is writable.\n", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
    }
}
