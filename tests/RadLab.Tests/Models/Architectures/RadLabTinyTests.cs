using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class RadLabTinyTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly TemporaryModelFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    // enough different words that 4,096 pieces come out
    private static IEnumerable<string> Texts()
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 3000).Select(_ => string.Concat(Enumerable.Range(0, 7).Select(_ => (char)('a' + random.Next(26)))))];
        return words.Concat(words).Select(w => w + " lobe ");
    }

    [Fact]
    public void It_has_about_six_million_parameters_and_whole_blocks()
    {
        Assert.Equal(6_213_376, LlamaWeights.Count(RadLabTiny.Config));
        Assert.InRange(2 * LlamaWeights.Count(RadLabTiny.Config), 12_000_000, RadLabTiny.MaxBytes - 100_000);
        Assert.All(LlamaWeights.LinearNames, name => Assert.Equal(0, LlamaWeights.LinearShape(RadLabTiny.Config, name).Inputs % 64));
    }

    [Fact]
    public void What_is_saved_is_found_again_and_small_enough()
    {
        var tokenizer = RadLabTiny.TrainTokenizer(Texts());
        using (var model = RadLabTiny.Random(_engine, 3, new LlamaStorage { Linears = WeightFormat.BF16 })) RadLabTiny.Save(model, tokenizer, _folder.File("radlab-tiny"));
        Assert.Equal(_folder.File("radlab-tiny"), RadLabTiny.Candidates(_folder.Path).First());
        Assert.InRange(new FileInfo(_folder.File("radlab-tiny/model.safetensors")).Length, 12_000_000, RadLabTiny.MaxBytes);

        var again = RadLabTiny.LoadTokenizer(_folder.File("radlab-tiny"));
        Assert.Equal(tokenizer.VocabularyHash(), again.VocabularyHash());
        Assert.Equal((RadLabTiny.Config.BosTokenId, RadLabTiny.Config.EosTokenIds[0], RadLabTiny.Config.EosTokenIds[1]), (again.BosId, again.EosId, again.IdOf("<|eot_id|>")));
        using var loaded = RadLabTiny.Load(_engine, _folder.File("radlab-tiny"));
        using var random = RadLabTiny.Random(_engine, 3, new LlamaStorage { Linears = WeightFormat.BF16 });
        foreach (var (x, y) in random.Parameters.Zip(loaded.Parameters)) Assert.Equal(x.Value.ToFloats(), y.Value.ToFloats());
        int[] prompt = [again.BosId!.Value, .. again.EncodeToIds("opacaa lobe")];
        Assert.Equal(4, new Generator(loaded).Generate(prompt, new GenerationOptions { MaxNewTokens = 4, StopTokens = [] }).Tokens.Count);
    }

    [Fact]
    public void Another_model_is_refused()
    {
        using var other = LlamaModel.Random(_engine, TinyLlama.Config, 1);
        other.Save(_folder.File("other"));
        Assert.Equal($"{_folder.File("other")}: config: is not that of radlab-tiny; load other models with LlamaModel.Load.", Assert.Throws<CheckpointFormatException>(() => RadLabTiny.Load(_engine, _folder.File("other"))).Message);
        Assert.Equal("RadLabTiny.TrainTokenizer: the texts must yield 4096 pieces, got 265; give more of them.", Assert.Throws<ArgumentException>(() => RadLabTiny.TrainTokenizer(["lobe lobe low low"])).Message.Split(" (Param")[0]);
    }

    [Fact]
    public void The_trained_model_writes_what_follows_from_the_findings()
    {
        using var model = RadLabTiny.Load(_engine);
        var tokenizer = RadLabTiny.LoadTokenizer();
        int[] prompt = [tokenizer.BosId!.Value, .. tokenizer.EncodeToIds("FINDINGS: The lungs are clear. There is a new small left pleural effusion. No pneumothorax is seen. The heart is normal in size.\n\nIMPRESSION:")];
        var text = new Generator(model).Generate(prompt, new GenerationOptions { MaxNewTokens = 40, StopTokens = model.Config.EosTokenIds });
        Assert.Equal(" 1. There is a small left pleural effusion, new from the prior study. 2. No imaging evidence of pneumothorax.", tokenizer.Decode([.. text.Tokens], skipSpecialTokens: true));
    }
}
