using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class GenerateTests : IDisposable
{
    private readonly TemporaryModelFolder _folder = new();

    public GenerateTests()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var model = LlamaModel.Random(engine, TinyLlama.Config with { VocabularySize = 304, BosTokenId = 300, EosTokenIds = [301] }, 4);
        model.Save(_folder.File("m"));
        _folder.Write("m/tokenizer.json", TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()));
        var adapters = new Lora { Rank = 2, Alpha = 64, Dropout = 0.5f }.Attach(model, 3);
        foreach (var layer in adapters.Layers) layer.B.Value.CopyFrom(Make.Values(layer.B.Shape.Count, 9));
        PeftFolder.Save(adapters, _folder.File("adapter"), BaseIdentity.OfFolder(_folder.File("m")));
    }

    public void Dispose() => _folder.Dispose();

    private Task<CliResult> Generate(params string[] arguments) => Cli.RunAsync(_folder.Path, ["generate", "--threads", "1", .. arguments]);

    private static JsonElement Json(CliResult result)
    {
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static int[] Tokens(JsonElement json) => [.. json.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32())];

    // What the library says for the same request.
    private GeneratedText Expected(GenerationOptions options, bool adapter = false)
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var model = LlamaModel.Load(engine, _folder.File("m"));
        if (adapter) PeftFolder.Load(model, _folder.File("adapter"), BaseIdentity.OfFolder(_folder.File("m"))).Adapters.DropoutActive = false;
        var tokenizer = Tokenizer.Load(_folder.File("m"));
        return new Generator(model).Generate([300, .. tokenizer.EncodeToIds("The lobe")], options with { Decode = TextStream.Decode(tokenizer, continuing: true) });
    }

    [Fact]
    public async Task The_text_that_streams_is_the_text_of_the_library()
    {
        var options = new GenerationOptions { MaxNewTokens = 24, Temperature = 0.9, TopK = 50, TopP = 0.95, Seed = 7, RepetitionPenalty = 1.2 };
        string[] same = ["--model", "m", "--max-tokens", "24", "--temperature", "0.9", "--top-k", "50", "--top-p", "0.95", "--seed", "7", "--repetition-penalty", "1.2"];
        var expected = Expected(options);
        var json = Json(await Generate([.. same, "--prompt", "The lobe", "--json"]));
        Assert.Equal(expected.Tokens, Tokens(json));
        Assert.Equal((expected.Text, "length", 8), (json.GetProperty("text").GetString(), json.GetProperty("stop").GetString(), json.GetProperty("prompt_tokens").GetInt32()));

        _folder.Write("prompt.txt", "The lobe");
        var plain = await Generate([.. same, "--prompt-file", "prompt.txt"]);
        Assert.Equal((0, expected.Text + "\n", ""), (plain.ExitCode, plain.Output, plain.Error));
    }

    [Fact]
    public async Task An_adapter_is_put_on_without_its_dropout()
    {
        var options = new GenerationOptions { MaxNewTokens = 16 };
        var expected = Expected(options, adapter: true);
        Assert.NotEqual(Expected(options).Tokens, expected.Tokens);
        Assert.Equal(expected.Tokens, Tokens(Json(await Generate("--model", "m", "--adapter", "adapter", "--prompt", "The lobe", "--max-tokens", "16", "--json"))));

        File.Copy(_folder.File("adapter/radlab.json"), _folder.File("kept"));
        File.WriteAllText(_folder.File("adapter/radlab.json"), File.ReadAllText(_folder.File("kept")).Replace(BaseIdentity.OfFolder(_folder.File("m")).WeightsSha256!, new string('0', 64), StringComparison.Ordinal));
        var refused = await Generate("--model", "m", "--adapter", "adapter", "--prompt", "The lobe");
        Assert.Equal((3, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("base.weights_sha256: the adapter belongs to the base 000", refused.Error, StringComparison.Ordinal);
        var forced = await Generate("--model", "m", "--adapter", "adapter", "--force", "--prompt", "The lobe", "--max-tokens", "1", "--json");
        Assert.Equal(0, forced.ExitCode);
        Assert.StartsWith("note: adapter/radlab.json: the adapter belongs to the base 000", forced.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Choices_are_rated_and_beams_searched()
    {
        var json = Json(await Generate("--model", "m", "--format", "nf4", "--prompt", "The", "--choices", " lobe", " new", "--json"));
        var choices = json.GetProperty("choices").EnumerateArray().ToList();
        Assert.Equal([" lobe", " new"], choices.Select(c => c.GetProperty("text").GetString()));
        Assert.Equal(1, choices.Sum(c => c.GetProperty("probability").GetDouble()), 1e-6);
        Assert.Equal(choices.MaxBy(c => c.GetProperty("probability").GetDouble()).GetProperty("text").GetString(), json.GetProperty("best").GetString());
        Assert.Equal(3, Json(await Generate("--model", "m", "--prompt", "The", "--beams", "3", "--max-tokens", "4", "--json")).GetProperty("beams").GetArrayLength());
        var bad = await Generate("--model", "m", "--prompt", "The lo", "--choices", "w");   // "low" is one token
        Assert.Equal((2, "radlab: --choices 'w': must begin a new token behind the prompt; put the space between the two at the beginning of the choice, not at the end of the prompt\n"), (bad.ExitCode, bad.Error));
    }

    [Theory]
    [InlineData(2, "radlab: nowhere: there is no such file or folder; check the path\n", "--model", "nowhere", "--prompt", "x")]
    [InlineData(2, "radlab: --prompt-file: give either it or --prompt\n", "--model", "m", "--prompt", "x", "--prompt-file", "y")]
    [InlineData(2, "radlab: --system: needs --chat, which says in what form it stands before the question\n", "--model", "m", "--prompt", "x", "--system", "y")]
    [InlineData(2, "radlab: --beams: writes a text, --choices writes none; give one of them\n", "--model", "m", "--prompt", "x", "--beams", "2", "--choices", "y")]
    [InlineData(2, "radlab: Generation: TopP must be above 0 and at most 1, got 0.\n", "--model", "m", "--prompt", "x", "--top-p", "0")]
    [InlineData(2, "radlab: --max-tokens must be a number from 1 to 1048576, got 0\n", "--model", "m", "--prompt", "x", "--max-tokens", "0")]
    [InlineData(3, "radlab: adapter: model: must be a folder with config.json and safetensors, or a llama2.c model (.bin) or its folder; check the path.\n", "--model", "adapter", "--prompt", "x")]
    public async Task What_cannot_be_done_is_said_in_one_line(int code, string error, params string[] arguments)
    {
        var result = await Generate(arguments);
        Assert.Equal((code, error, ""), (result.ExitCode, result.Error, result.Output.Trim()));
    }

    [SkippableFact]
    public async Task An_interrupt_ends_it_cleanly_with_its_own_code()
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        using (var engine = new Engine(new EngineOptions { Threads = 1 }))
        using (var model = LlamaModel.Random(engine, TinyLlama.Config with { VocabularySize = 304, BosTokenId = 300, EosTokenIds = [302], MaxPositions = 1 << 17 }, 4))
            model.Save(_folder.File("endless"));
        File.Copy(_folder.File("m/tokenizer.json"), _folder.File("endless/tokenizer.json"));
        var result = await Cli.RunAsync(_folder.Path, ["generate", "--model", "endless", "--prompt", "x", "--max-tokens", "100000", "--threads", "1"], null, async process =>
        {
            await Task.Delay(3000);
            // Not SIGINT: a shell that runs the tests in the background has it ignored.
            using var kill = System.Diagnostics.Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        });
        Assert.Equal((130, "radlab: interrupted\n"), (result.ExitCode, result.Error));
        Assert.True(result.Output is "" || result.Output.EndsWith('\n'));   // nothing, should it have been loading still
    }

    [SkippableFact]
    public async Task Stories260K_tells_its_golden_story_from_standard_input()
    {
        string stories = SharedData.Require("models/stories260K");
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(stories, "golden.json")));
        var story = golden.RootElement.GetProperty("generations").EnumerateArray().Single(g => g.GetProperty("prompt").GetString() == "The dog ran");
        _folder.Write("prompt", "The dog ran");
        var json = Json(await Generate("--model", stories, "--prompt-file", "prompt", "--max-tokens", "90", "--json"));
        Assert.Equal(story.GetProperty("greedy_ids").EnumerateArray().Select(t => t.GetInt32()), Tokens(json));
        Assert.Equal(story.GetProperty("greedy_text").GetString(), "The dog ran" + json.GetProperty("text").GetString());
    }
}
