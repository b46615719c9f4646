using System.Text.Json;

namespace RadLab.Tests;

public sealed class BenchTokenizerTests
{
    [Fact]
    public async Task It_prints_its_figures_as_json_and_allocates_nothing_when_warm()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("tokenizer.json", TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()));
        folder.Write("text.txt", string.Concat(Enumerable.Repeat("A lower, newer opacity of 12 mm.\n", 2000)));
        var result = await Cli.RunAsync(folder.Path, ["bench", "tokenizer", "--model", "tokenizer.json", "--file", "text.txt", "--json"]);
        Assert.Equal("", result.Error);
        using var json = JsonDocument.Parse(result.Output);
        Assert.True(json.RootElement.GetProperty("mb_s").GetDouble() > 0);
        Assert.Equal(2000 * 32, json.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(0, json.RootElement.GetProperty("warm_pass_allocated_bytes").GetInt64());
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("radlab: bench tokenizer: --file is missing; name a text file to encode, for example reports, one a line", "--model", "x")]
    [InlineData("radlab: bench tokenizer: --model is missing; name a tokenizer.json, a tokenizer.model or the folder of a model", "--file", "x")]
    [InlineData("radlab: bench tokenizer: --model x does not exist", "--model", "x", "--file", "y")]
    [InlineData("radlab: bench tokenizer: --file y does not exist", "--model", ".", "--file", "y")]
    public async Task What_is_missing_is_named(string message, params string[] arguments)
    {
        using var folder = new TemporaryModelFolder();
        var result = await Cli.RunAsync(folder.Path, ["bench", "tokenizer", .. arguments]);
        Assert.Equal(message, result.Error.Trim());
        Assert.Equal(2, result.ExitCode);
    }
}
