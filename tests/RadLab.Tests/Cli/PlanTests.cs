using System.Text.Json;
using RadLab.Tests.Training;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests;

public sealed class PlanTests : IDisposable
{
    private static readonly string[] s_kinds = ["weights", "scales", "adapters", "gradients", "optimizer", "activations", "workspace", "optimizer_pages"];

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-plan-verb-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_tells_every_kind_of_a_device_that_trains_with_others()
    {
        var result = await Cli.RunAsync(_folder, ["plan", "llama3-70b-impression-full", "--model", "llama-3.1-405b", "--device", "h100", "--world-size", "64", "--shard", "zero3", "--json"]);
        Assert.Equal("", result.Error);
        using var json = JsonDocument.Parse(result.Output);
        var root = json.RootElement;
        Assert.Equal(("h100", 64, "zero3"), (root.GetProperty("device").GetString(), root.GetProperty("world_size").GetInt32(), root.GetProperty("shard").GetString()));
        Assert.Equal(s_kinds, root.GetProperty("bytes").EnumerateObject().Select(p => p.Name));
        Assert.Equal(root.GetProperty("total_bytes").GetInt64(), root.GetProperty("bytes").EnumerateObject().Sum(p => p.Value.GetInt64()));
        Assert.Equal(80_000_000_000, root.GetProperty("available_bytes").GetInt64());
        // 405.85 billion numbers of 2 bytes, a 64th of them, and a block of 3.19 billion or the head of 2.1 gathered
        Assert.InRange(root.GetProperty("bytes").GetProperty("weights").GetInt64(), 405.8e9 * 2 / 64 + 6.3e9, 405.9e9 * 2 / 64 + 6.5e9);
        Assert.False(root.GetProperty("fits").GetBoolean());
        Assert.StartsWith("all (upper bound", root.GetProperty("counted_tokens").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_reads_prepared_texts_and_says_so()
    {
        File.WriteAllText(Path.Combine(_folder, "recipe.json"), RecipeJson.Write(PreparedTiny.Recipe));
        var result = await Cli.RunAsync(_folder, ["plan", "recipe.json", "--device", "24GB"]);
        Assert.Equal("", result.Error);
        Assert.Matches("counted tokens: [0-9.]+ % of the [0-9]+ training texts, the longest of [0-9]+ tokens\n", result.Output);
        foreach (string kind in s_kinds[..^1]) Assert.Contains($"\n  {kind} ", result.Output, StringComparison.Ordinal);
        Assert.Matches("\n  the size that was given +24\\.000 GB\n", result.Output);
    }

    [Fact]
    public async Task A_device_that_nobody_knows_is_wrong_usage()
    {
        var result = await Cli.RunAsync(_folder, ["plan", "tiny-impression", "--device", "h1000"]);
        Assert.StartsWith("radlab: --device must be cpu, a size such as 24GB, or one of a10, a100-40,", result.Error, StringComparison.Ordinal);
        Assert.EndsWith(", got h1000", result.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(2, result.ExitCode);
    }
}
