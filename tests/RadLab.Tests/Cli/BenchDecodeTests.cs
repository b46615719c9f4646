using System.Text.Json;

namespace RadLab.Tests;

public sealed class BenchDecodeTests
{
    private static readonly string[] s_small = ["bench", "decode", "--hidden", "64", "--layers", "1", "--heads", "4", "--kv-heads", "2", "--ffn", "128", "--vocab", "256", "--tokens", "4", "--threads", "1", "--json"];

    [Theory, InlineData("nf4", "nf4"), InlineData("bf16", "f32")]
    public async Task It_measures_tokens_and_bytes_per_second_beside_the_read_rate(string linears, string head)
    {
        var result = await Cli.RunAsync(Path.GetTempPath(), [.. s_small, "--base", linears, "--head", head]);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        using var json = JsonDocument.Parse(result.Output);
        double tokens = json.RootElement.GetProperty("tokens_per_s").GetDouble(), megabytes = json.RootElement.GetProperty("weight_mb").GetDouble();
        Assert.True(tokens > 0 && json.RootElement.GetProperty("read_gb_s").GetDouble() > 0);
        Assert.Equal(tokens * megabytes / 1000, json.RootElement.GetProperty("weights_gb_s").GetDouble(), 1e-6);
        // 64·64·2 + 64·32·2 + 3·64·128 weights in the block, 256·64 in the head
        double expected = linears == "nf4" ? (36864 + 16384) * 0.5 : 36864 * 2 + 16384 * 4;
        Assert.InRange(megabytes * 1e6, expected, expected * 1.2 + 10_000);   // scales and their map
    }

    [Theory]
    [InlineData("radlab: --kv-heads must divide --heads 4, got 3", "--kv-heads", "3")]
    [InlineData("radlab: --heads must cut --hidden 66 into heads of an even width up to 256, got 4", "--hidden", "66")]
    [InlineData("radlab: --head nf4 needs --base nf4: only a quantized model has a quantized head, got --base f32", "--base", "f32")]
    public async Task A_shape_that_cannot_be_is_wrong_usage(string message, string option, string value)
    {
        int at = Array.IndexOf(s_small, option);
        string[] arguments = at < 0 ? [.. s_small, option, value] : [.. s_small[..(at + 1)], value, .. s_small[(at + 2)..]];
        var result = await Cli.RunAsync(Path.GetTempPath(), arguments);
        Assert.Equal(message, result.Error.Trim());
        Assert.Equal(2, result.ExitCode);
    }
}
