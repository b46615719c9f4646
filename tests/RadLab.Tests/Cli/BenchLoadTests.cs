using System.Text.Json;

namespace RadLab.Tests;

public sealed class BenchLoadTests
{
    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task It_makes_a_folder_loads_it_within_the_memory_bound_and_removes_it()
    {
        LongTests.SkipUnlessAsked();
        using var folder = new TemporaryModelFolder();
        // the temporary folder of the process, where the model is made
        var result = await Cli.RunAsync(folder.Path, ["bench", "load", "--mb", "20", "--dtype", "f16", "--threads", "1", "--json"], new Dictionary<string, string> { ["TMPDIR"] = folder.Path, ["TEMP"] = folder.Path, ["TMP"] = folder.Path });
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var json = JsonDocument.Parse(result.Output).RootElement;
        double Number(string key) => json.GetProperty(key).GetDouble();
        Assert.Equal(Number("file_mb") / Number("seconds"), Number("mb_s"), 1e-6 * Number("mb_s"));
        // the largest tensor of this shape is 5632 x 2048, or 4096 x 2048 in the embedding
        Assert.InRange(Number("peak_mb"), Number("model_mb"), Number("model_mb") + 5632 * 2048 * 4 / 1e6 + 0.1);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path, "radlab-bench-*"));
    }
}
