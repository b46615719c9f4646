using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class ModelFolderTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly TemporaryModelFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void A_llama2c_folder_is_a_model_and_its_tokenizer()
    {
        _folder.Write("small.bin", Llama2cFileTests.Build(tied: true));
        Assert.False(ModelFolder.Find(_folder.Path).HasTokenizer);
        Assert.StartsWith($"{_folder.Path}: tokenizer: a llama2.c model needs its tokenizer", Assert.Throws<FileNotFoundException>(() => ModelFolder.Find(_folder.Path).LoadTokenizer()).Message, StringComparison.Ordinal);
        _folder.Write("tok512.bin", TokenizerSamples.Llama2C(TokenizerSamples.Pieces));
        foreach (string path in (string[])[_folder.Path, _folder.File("small.bin")])
        {
            var found = ModelFolder.Find(path);
            Assert.Equal(_folder.File("small.bin"), found.Llama2cFile);
            Assert.Equal(271, found.LoadTokenizer().VocabularySize);
            using var model = found.Load(_engine);
            Assert.Equal(8, found.LoadConfig().HiddenSize);
            Assert.Equal(BaseIdentity.OfModel(model).WeightsSha256, found.Identity().WeightsSha256);
            var listed = ModelInspection.Of(path);
            Assert.Equal(("llama2.c", LlamaWeights.Count(model.Config), 20), (listed.Kind, listed.Elements, listed.Tensors.Count));
        }
        _folder.Write("other.bin", [1]);
        Assert.Equal($"{_folder.Path}: model: could be 'other.bin' or 'small.bin'; name the file itself, or leave only one of them in the folder.", Assert.Throws<CheckpointFormatException>(() => ModelFolder.Find(_folder.Path)).Message);
        _folder.Write("tok5.bin", [1]);
        Assert.Contains("tokenizer: could be 'tok5.bin' or 'tok512.bin'", Assert.Throws<CheckpointFormatException>(() => ModelFolder.Find(_folder.File("small.bin"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_model_is_refused()
    {
        Assert.Equal($"{_folder.Path}: model: must be a folder with config.json and safetensors, or a llama2.c model (.bin) or its folder; check the path.", Assert.Throws<FileNotFoundException>(() => ModelFolder.Find(_folder.Path)).Message);
        Assert.Throws<FileNotFoundException>(() => ModelFolder.Find(_folder.File("none.bin")));
    }

    [Fact]
    public void A_llama2c_model_becomes_a_Hugging_Face_folder_without_loss()
    {
        _folder.Write("small.bin", Llama2cFileTests.Build(tied: false));
        _folder.Write("tok.bin", TokenizerSamples.Llama2C(TokenizerSamples.Pieces));
        var result = ModelConversion.Convert(_engine, _folder.Path, _folder.Path + "/hf", new ConversionOptions { Target = ConversionTarget.SafeTensorsF32 });
        Assert.Equal(0, result.Converted);   // they were in F32
        using LlamaModel before = ModelFolder.Find(_folder.File("small.bin")).Load(_engine), after = LlamaModel.Load(_engine, _folder.File("hf"));
        Assert.Equal(before.Config, after.Config with { EosTokenIds = before.Config.EosTokenIds });
        Assert.Equal(before.Config.EosTokenIds, after.Config.EosTokenIds);
        foreach (var (x, y) in before.Parameters.Zip(after.Parameters))
        {
            Assert.Equal(x.Name, y.Name);
            Assert.Equal(x.Value.ToFloats(), y.Value.ToFloats());
        }
        Tokenizer a = ModelFolder.Find(_folder.File("small.bin")).LoadTokenizer(), b = ModelFolder.Find(_folder.File("hf")).LoadTokenizer();
        Assert.Equal(a.VocabularyHash(), b.VocabularyHash());
    }

    [SkippableFact]
    public void Stories260K_is_exported_whole()
    {
        string stories = SharedData.Require("models/stories260K");
        ModelConversion.Convert(_engine, stories, _folder.File("s.gguf"), new ConversionOptions { Target = ConversionTarget.GgufQ8_0 });
        using var file = GgufReader.Open(_folder.File("s.gguf"));
        Assert.Equal(GgufTensorType.F16, file.Get("blk.0.ffn_down.weight").Type);   // rows of 172
        Assert.Equal(GgufTensorType.Q8_0, file.Get("blk.0.ffn_up.weight").Type);
        Assert.Equal(("llama", 512), ((string)file.Metadata["tokenizer.ggml.model"], ((string[])file.Metadata["tokenizer.ggml.tokens"]).Length));
        var tokens = (string[])file.Metadata["tokenizer.ggml.tokens"];
        Assert.Equal("▁there▁was", string.Concat(ModelFolder.Find(stories).LoadTokenizer().EncodeToIds("there was").Select(id => tokens[id])));
    }
}
