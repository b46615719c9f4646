using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class InspectTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly TemporaryModelFolder _folder = new();

    public InspectTests()
    {
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder("llama3-gqa"));
        model.Save(_folder.File("shards"), maxShardBytes: 40_000);
        model.Save(_folder.File("nf4"), WeightFormat.Nf4);
        ModelConversion.Convert(_engine, _folder.File("nf4"), _folder.File("x.gguf"), new ConversionOptions { Target = ConversionTarget.GgufF16 });
        PeftFolder.Save(new Lora { Rank = 4, UseDora = true }.Attach(model, 1), _folder.File("adapter"), BaseIdentity.OfFolder(_folder.File("shards")), baseModel: "a/b");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    private ModelInspection Of(string name) => ModelInspection.Of(_folder.File(name));

    [Fact]
    public void A_sharded_folder_lists_its_tensors_and_totals()
    {
        var all = Of("shards");
        Assert.Equal(("model folder", null), (all.Kind, all.Quantization));
        Assert.Equal((21, LlamaWeights.Count(LlamaConfig.Load(_folder.File("shards")))), (all.Tensors.Count, all.Elements));
        Assert.Equal(all.Elements * 4, all.Bytes);
        Assert.True(all.Files.Count > 2);
        Assert.Contains(KeyValuePair.Create("config.json", "llama, 2 layers, width 48, feed-forward 112, 4 heads, 2 key-value heads, vocabulary 96, 256 positions"), all.Metadata);
        Assert.Contains(KeyValuePair.Create("format", "pt"), all.Metadata);
        Assert.Contains(all.Tensors, t => t is { Name: "lm_head.weight", Type: "F32", ShapeText: "(96, 48)", Bytes: 96 * 48 * 4 });
    }

    [Fact]
    public void A_four_bit_weight_is_one_tensor_with_all_its_parts()
    {
        var all = Of("nf4");
        Assert.Equal("bitsandbytes nf4, blocks of 64, double quantization", all.Quantization);
        Assert.Equal((21, 14), (all.Tensors.Count, all.Tensors.Count(t => t.Type == "nf4")));
        using var file = SafeTensorsReader.Open(_folder.File("nf4/model.safetensors"));
        Assert.Equal(file.Entries.Sum(e => e.ByteCount), all.Bytes);
        Assert.Equal(Of("shards").Elements, all.Elements);
        Assert.Equal(Of("nf4").Tensors, Of("nf4/model.safetensors").Tensors.Select(t => t), new ByText());
    }

    private sealed class ByText : IEqualityComparer<InspectedTensor>
    {
        public bool Equals(InspectedTensor? x, InspectedTensor? y) => x!.ToString() == y!.ToString() && x.ShapeText == y.ShapeText;

        public int GetHashCode(InspectedTensor t) => t.Name.Length;
    }

    [Fact]
    public void An_adapter_and_a_gguf_say_what_they_are()
    {
        var adapter = Of("adapter");
        Assert.Equal(("PEFT adapter", 12), (adapter.Kind, adapter.Tensors.Count));
        Assert.Contains(KeyValuePair.Create("adapter_config.json", "DoRA, rank 4, alpha 8, dropout 0, on q_proj, v_proj"), adapter.Metadata);
        Assert.Contains(KeyValuePair.Create("base model", "'a/b'"), adapter.Metadata);
        Assert.Contains(KeyValuePair.Create("base weights sha256", BaseIdentity.OfFolder(_folder.File("shards")).WeightsSha256!), adapter.Metadata);
        File.Delete(_folder.File("adapter/radlab.json"));
        Assert.Equal("there is no radlab.json: the adapter comes from elsewhere and names no base", Assert.Single(Of("adapter").Notes));

        var gguf = Of("x.gguf");
        Assert.Equal(("GGUF", null, 21), (gguf.Kind, gguf.Quantization, gguf.Tensors.Count));
        Assert.Contains(KeyValuePair.Create("llama.attention.head_count_kv", "2"), gguf.Metadata);
    }

    [Fact]
    public void What_is_odd_becomes_a_note()
    {
        string index = _folder.File("shards/model.safetensors.index.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(index))!;
        json["weight_map"]!.AsObject().Remove("model.norm.weight");
        File.WriteAllText(index, json.ToJsonString());
        File.Delete(_folder.File("shards/config.json"));
        Assert.Equal(
        [
            $"{_folder.File("shards")}: there is no config.json: the folder cannot be loaded as a model",
            "1 tensors are in the shards but not in the index, the first is 'model.norm.weight'",
            $"the index says {LlamaWeights.Count(LlamaConfig.Load(LlamaGoldens.Folder("llama3-gqa"))) * 4} bytes, the tensors have {(LlamaWeights.Count(LlamaConfig.Load(LlamaGoldens.Folder("llama3-gqa"))) - 48) * 4}",
        ], Of("shards").Notes);
        _folder.Write("nf4/config.json", "{}");
        Assert.Contains("config.json: vocab_size: is missing", Assert.Single(Of("nf4").Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_of_unknown_origin_stays_one_short_line()
    {
        _folder.Write("m.safetensors", RawSafeTensors.Build($$$"""{"__metadata__":{"a\u001b[2J":"line\nline {{{new string('x', 300)}}}"}}"""));
        var (key, value) = Assert.Single(Of("m.safetensors").Metadata);
        Assert.Equal(("a\uFFFD[2J", 201), (key, value.Length));
        Assert.StartsWith("line\uFFFDline x", value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_prints_lines_or_one_object()
    {
        var result = await Cli.RunAsync(_folder.Path, ["inspect", "nf4"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        foreach (string line in new[] { "nf4: model folder\n", "  quantization: bitsandbytes nf4, blocks of 64, double quantization\n", "nf4: 14 tensors, 46,080 elements, ", "total: 21 tensors, 55,536 elements, " })
            Assert.Contains(line, result.Output, StringComparison.Ordinal);

        result = await Cli.RunAsync(_folder.Path, ["inspect", "x.gguf", "--json"]);
        using var json = JsonDocument.Parse(result.Output);
        Assert.Equal(("GGUF", 21), (json.RootElement.GetProperty("kind").GetString(), json.RootElement.GetProperty("total").GetProperty("tensors").GetInt32()));
        Assert.Equal("F16", json.RootElement.GetProperty("tensors").EnumerateArray().First(t => t.GetProperty("name").GetString() == "output.weight").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Bad_input_is_one_line_and_exit_code_3()
    {
        _folder.Write("bad.gguf", "GGUF\u0007");
        var result = await Cli.RunAsync(_folder.Path, ["inspect", "bad.gguf"]);
        Assert.Equal((3, "radlab: bad.gguf: version: ends too early; the file is damaged, cut short or no GGUF file of version 2 or 3: copy or download it again.\n"), (result.ExitCode, result.Error));
        Directory.CreateDirectory(_folder.File("empty"));
        result = await Cli.RunAsync(_folder.Path, ["inspect", "empty"]);
        Assert.Equal((3, "radlab: empty: weights: the folder must have model.safetensors or model.safetensors.index.json; check the path, or convert other formats first.\n"), (result.ExitCode, result.Error));
        Assert.Equal(2, (await Cli.RunAsync(_folder.Path, ["inspect", "nowhere"])).ExitCode);
    }
}
