using System.Runtime.InteropServices;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class LlamaGgufLoraTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly TemporaryModelFolder _folder = new();

    public LlamaGgufLoraTests()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, 1);
        model.Save(_folder.File("base"));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    private Dictionary<string, (float[] A, float[] B)> Adapter(Lora settings)
    {
        using var model = LlamaModel.Load(_engine, _folder.File("base"));
        var adapters = settings.Attach(model, 2);
        foreach (var layer in adapters.Layers) layer.B.Value.CopyFrom(Make.Values(layer.B.Shape.Count, layer.Layer.Module.Length));
        PeftFolder.Save(adapters, _folder.File("adapter"));
        return adapters.Layers.ToDictionary(l => l.Layer.Module, l => (l.A.Value.ToFloats(), l.B.Value.ToFloats()));
    }

    private ConversionResult Convert(string? @base = "base", bool overwrite = false) => ModelConversion.Convert(_engine, _folder.File("adapter"), _folder.File("out.gguf"),
        new ConversionOptions { Target = ConversionTarget.GgufLora, BaseModel = @base is null ? null : _folder.File(@base), Overwrite = overwrite });

    private static float[] Floats(GgufReader file, string name)
    {
        var bytes = new byte[file.Get(name).ByteCount];
        file.ReadRange(name, 0, bytes);
        return [.. MemoryMarshal.Cast<byte, float>(bytes)];
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Every_factor_is_there_in_llama_cpps_order_and_with_its_scale(bool rsLora)
    {
        var adapter = Adapter(new Lora { Rank = 4, Alpha = 12, UseRsLora = rsLora, Targets = LlamaWeights.LinearNames });
        Assert.Equal(28, Convert().Converted);
        using var file = GgufReader.Open(_folder.File("out.gguf"));
        Assert.Equal(28, file.Tensors.Count);
        Assert.All(file.Tensors, t => Assert.Equal(GgufTensorType.F32, t.Type));
        Assert.Equal(("llama", "adapter", "lora"), ((string)file.Metadata["general.architecture"], (string)file.Metadata["general.type"], (string)file.Metadata["adapter.type"]));
        // llama.cpp scales with alpha / R
        Assert.Equal(rsLora ? 12 / Math.Sqrt(4) : 12 / 4.0, (float)file.Metadata["adapter.lora.alpha"] / 4, 1e-6);
        string[] names = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
        for (int layer = 0; layer < TinyLlama.Config.Layers; layer++)
            for (int i = 0; i < names.Length; i++)
            {
                var (a, b) = adapter[LlamaWeights.Module(layer, LlamaWeights.LinearNames[i])];
                var (outputs, inputs) = LlamaWeights.LinearShape(TinyLlama.Config, LlamaWeights.LinearNames[i]);
                Assert.Equal([4, inputs], file.Get($"blk.{layer}.{names[i]}.weight.lora_a").Shape);
                Assert.Equal([outputs, 4], file.Get($"blk.{layer}.{names[i]}.weight.lora_b").Shape);
                Assert.Equal(a, Floats(file, $"blk.{layer}.{names[i]}.weight.lora_a"));
                float[] written = Floats(file, $"blk.{layer}.{names[i]}.weight.lora_b");
                for (int row = 0; row < outputs; row++)
                {
                    // neighbours 2p and 2p + 1 of a head of 12 are the numbers p and p + 6 of Hugging Face's order
                    int from = i < 2 ? row / 12 * 12 + row % 12 / 2 + row % 2 * 6 : row;
                    Assert.Equal(b[(from * 4)..(from * 4 + 4)], written[(row * 4)..(row * 4 + 4)]);
                }
            }
    }

    [Fact]
    public void Only_the_layers_that_have_one_are_written()
    {
        Adapter(new Lora { Rank = 2, Targets = ["v_proj"] });
        Assert.Equal(4, Convert().Converted);
        using var file = GgufReader.Open(_folder.File("out.gguf"));
        Assert.Equal(["blk.0.attn_v.weight.lora_a", "blk.0.attn_v.weight.lora_b", "blk.1.attn_v.weight.lora_a", "blk.1.attn_v.weight.lora_b"], file.Tensors.Select(t => t.Name));
    }

    // One alpha for all layers is all that llama.cpp knows.
    [Fact]
    public void Ranks_and_alphas_by_pattern_keep_their_scale()
    {
        var adapter = Adapter(new Lora
        {
            Rank = 4, Alpha = 8, Targets = ["q_proj", "v_proj"],
            RankPattern = [KeyValuePair.Create("layers.1.self_attn.v_proj", 2)], AlphaPattern = [KeyValuePair.Create("layers.0.self_attn.v_proj", 2.0)],
        });
        Convert();
        using var file = GgufReader.Open(_folder.File("out.gguf"));
        float alpha = (float)file.Metadata["adapter.lora.alpha"];
        foreach (var (layer, rank, own) in ((int, int, double)[])[(0, 4, 2), (1, 2, 8)])
        {
            float[] b = adapter[LlamaWeights.Module(layer, "v_proj")].B, written = Floats(file, $"blk.{layer}.attn_v.weight.lora_b");
            Assert.Equal(b.Length, written.Length);
            for (int i = 0; i < b.Length; i++) Assert.Equal(own / rank * b[i], (double)alpha / rank * written[i], 1e-6);
        }
    }

    [Fact]
    public void What_cannot_be_exported_is_said_and_leaves_nothing()
    {
        Adapter(new Lora { Rank = 2, UseDora = true });
        Assert.Equal($"{_folder.File("adapter/adapter_config.json")}: use_dora: is true, but GGUF has no place for DoRA's magnitudes; merge the adapter into its base and convert that.", Refused(() => Convert()));
        Adapter(new Lora { Rank = 2, Init = LoraInit.Pissa() });
        Assert.Contains("adapter_config.json: init_lora_weights: is ", Refused(() => Convert()), StringComparison.Ordinal);
        Adapter(new Lora { Rank = 2 });
        Assert.StartsWith("ModelConversion: gguf-lora needs BaseModel", Assert.Throws<ArgumentException>(() => Convert(@base: null)).Message, StringComparison.Ordinal);
        using (var other = LlamaModel.Random(_engine, TinyLlama.Config with { HiddenSize = 36, Heads = 3, KeyValueHeads = 1 }, 1)) other.Save(_folder.File("other"));
        Assert.Equal($"{_folder.File("adapter")}: tensor 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': must have shape (2, 36) by adapter_config.json in this model, but has (2, 72); check that adapter and model belong together.",
            Refused(() => Convert("other")));
        using (var shallow = LlamaModel.Random(_engine, TinyLlama.Config with { Layers = 1 }, 1)) shallow.Save(_folder.File("shallow"));
        Assert.Contains("tensor 'base_model.model.model.layers.1.", Refused(() => Convert("shallow")), StringComparison.Ordinal);
        File.Delete(_folder.File("adapter/adapter_model.safetensors"));
        Assert.Throws<FileNotFoundException>(() => Convert());
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_folder.Path), f => Path.GetFileName(f).StartsWith("out.gguf", StringComparison.Ordinal));
        _folder.Write("out.gguf", "precious");
        Assert.Throws<IOException>(() => Convert());
        Assert.Equal("precious", File.ReadAllText(_folder.File("out.gguf")));

        static string Refused(Func<ConversionResult> convert) => Assert.Throws<CheckpointFormatException>(() => convert()).Message;
    }
}
