using System.Text.Json;
using Xunit;

namespace RadLab.Tests;

public sealed class BenchTrainTests
{
    private static readonly string[] s_small = ["bench", "train", "--hidden", "64", "--layers", "1", "--heads", "4", "--kv-heads", "2", "--ffn", "128", "--vocab", "256", "--seq", "16", "--rank", "4", "--steps", "1", "--threads", "1", "--json"];

    [Theory, InlineData("nf4"), InlineData("bf16"), InlineData("f32"), InlineData("full")]
    public async Task It_measures_tokens_memory_and_the_share_of_products(string @base)
    {
        var result = await Cli.RunAsync(Path.GetTempPath(), [.. s_small, "--base", @base]);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        using var json = JsonDocument.Parse(result.Output);
        double Of(string key) => json.RootElement.GetProperty(key).GetDouble();
        Assert.Equal(@base, json.RootElement.GetProperty("base").GetString());
        Assert.Equal(16, Of("tokens_per_s") * Of("step_s"), 1e-6);
        Assert.Equal(Of("step_gflops") / Of("gemm_gflops"), Of("fraction_of_gemm"), 1e-9);
        // forward and dx of 36,864 weights in the block and 16,384 in the head, dW too where all trains; 3.5 times the causal scores of 16 x 16 tokens
        double flops = (@base == "full" ? 6 : 4) * (36_864 + 16_384) * 16.0 + 3.5 * 2 * 16 * 16 * 64;
        Assert.Equal(flops, Of("step_gflops") * 1e9 * Of("step_s"), flops * 1e-6);
        Assert.InRange(Of("loss"), 4, 7);   // ln 256 = 5.5, untrained
        // the process holds the engine's memory: weights at least
        Assert.InRange(Of("engine_peak_mb"), (@base is "full" or "f32" ? 4 : 0.5) * 36_864 / 1e6, 20);
        Assert.True(Of("peak_mb") > Of("engine_peak_mb"));
        Assert.Equal(@base == "full" ? 0 : 4, Of("rank"));
    }

    [Theory]
    [InlineData("radlab: --kv-heads must divide --heads 4, got 3", "--kv-heads", "3")]
    [InlineData("radlab: --heads must cut --hidden 66 into heads of an even width up to 256, got 4", "--hidden", "66")]
    public async Task A_shape_that_cannot_be_is_wrong_usage(string message, string option, string value)
    {
        int at = Array.IndexOf(s_small, option);
        var result = await Cli.RunAsync(Path.GetTempPath(), [.. s_small[..(at + 1)], value, .. s_small[(at + 2)..]]);
        Assert.Equal(message, result.Error.Trim());
        Assert.Equal(2, result.ExitCode);
    }
}
