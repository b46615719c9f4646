using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class LlamaSaveTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly TemporaryModelFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    private LlamaModel Golden(LlamaStorage? storage = null) => LlamaModel.Load(_engine, LlamaGoldens.Folder("llama3-gqa"), storage ?? new LlamaStorage());

    private static Dictionary<string, byte[]> Files(string folder) => Directory.GetFiles(folder).ToDictionary(f => Path.GetFileName(f)!, File.ReadAllBytes);

    private static void AssertSameFiles(string a, string b)
    {
        var (left, right) = (Files(a), Files(b));
        Assert.Equal(left.Keys.Order(), right.Keys.Order());
        foreach (var (name, bytes) in left) Assert.True(bytes.AsSpan().SequenceEqual(right[name]), $"{name} differs");
    }

    // The format saved, and the format in memory when it is read again.
    [Theory]
    [InlineData(WeightFormat.F32, WeightFormat.F32), InlineData(WeightFormat.BF16, WeightFormat.BF16), InlineData(WeightFormat.Nf4, WeightFormat.Nf4), InlineData(WeightFormat.Fp4, WeightFormat.Fp4)]
    public void A_saved_model_that_is_read_and_saved_again_has_the_same_bytes(WeightFormat saved, WeightFormat loaded)
    {
        using (var model = Golden()) model.Save(_folder.File("a"), saved);
        using (var model = LlamaModel.Load(_engine, _folder.File("a"), loaded)) model.Save(_folder.File("b"), saved);
        AssertSameFiles(_folder.File("a"), _folder.File("b"));
        Assert.Equal(["config.json", "model.safetensors"], Files(_folder.File("a")).Keys.Order());
    }

    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void F32_gives_back_the_very_tensors_and_config(string name)
    {
        using (var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name))) model.Save(_folder.File("a"));
        Assert.True(File.ReadAllBytes(Path.Combine(LlamaGoldens.Folder(name), "model.safetensors")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder.File("a"), "model.safetensors"))));
        LlamaConfig before = LlamaConfig.Load(LlamaGoldens.Folder(name)), after = LlamaConfig.Load(_folder.File("a"));
        Assert.Equal(before.EosTokenIds, after.EosTokenIds);
        Assert.Equal(before, after with { EosTokenIds = before.EosTokenIds });
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Four_bit_layers_come_back_bit_for_bit(bool nested)
    {
        using var model = Golden(new LlamaStorage { Linears = WeightFormat.Nf4, DoubleQuantization = nested });
        model.Save(_folder.File("a"), WeightFormat.Nf4);
        using var again = LlamaModel.Load(_engine, _folder.File("a"), WeightFormat.Nf4);
        foreach (var (x, y) in model.Linears.Zip(again.Linears))
        {
            Assert.Equal((nested, 64), (y.Quantized!.DoubleQuantized, y.Quantized.BlockSize));
            Assert.Equal(x.Quantized!.Codes.AsSpan<byte>().ToArray(), y.Quantized.Codes.AsSpan<byte>().ToArray());
            using Tensor expected = x.Quantized.Dequantize(), actual = y.Quantized.Dequantize();
            Assert.Equal(expected.ToFloats(), actual.ToFloats());
        }
        Assert.Equal(model.Parameters.Select(p => p.Name), again.Parameters.Select(p => p.Name));
        foreach (var (x, y) in model.Parameters.Zip(again.Parameters)) Assert.Equal(x.Value.ToFloats(), y.Value.ToFloats());

        var config = LlamaConfig.Load(_folder.File("a")).Quantization!;
        Assert.Equal(("nf4", nested), (config.QuantType, config.DoubleQuantization));
        Assert.Equal(["lm_head"], config.SkipModules!);
    }

    [Fact]
    public void A_four_bit_folder_that_is_loaded_in_32_bits_has_the_decoded_numbers()
    {
        using var model = Golden(TinyLlama.Nf4);
        model.Save(_folder.File("a"), WeightFormat.Nf4);
        using var decoded = LlamaModel.Load(_engine, _folder.File("a"));
        foreach (var (x, y) in model.Linears.Zip(decoded.Linears))
        {
            using var expected = x.Quantized!.Dequantize();
            Assert.Equal(expected.ToFloats(), y.Weight!.Value.ToFloats());
        }
        model.Save(_folder.File("b"));   // decodes while it writes
        using var other = LlamaModel.Load(_engine, _folder.File("b"));
        foreach (var (x, y) in decoded.Parameters.Zip(other.Parameters)) Assert.Equal(x.Value.ToFloats(), y.Value.ToFloats());
    }

    [Fact]
    public void Loading_4_bits_needs_no_more_than_the_finished_model()
    {
        using (var model = Golden()) model.Save(_folder.File("a"), WeightFormat.Nf4);
        long before = _engine.Memory.LiveBytes;
        _engine.ResetPeak();
        using var again = LlamaModel.Load(_engine, _folder.File("a"), WeightFormat.Nf4);
        Assert.Equal(_engine.Memory.LiveBytes, _engine.Memory.PeakBytes);
        Assert.True(_engine.Memory.LiveBytes > before);
    }

    [Fact]
    public void A_layer_that_the_file_left_out_stays_in_32_bits()
    {
        using (var model = Golden()) model.Save(_folder.File("a"), WeightFormat.Nf4);
        using (var source = ShardedCheckpoint.Open(_folder.File("a")))
        using (var full = ShardedCheckpoint.Open(LlamaGoldens.Folder("llama3-gqa")))
        {
            const string left = "model.layers.1.mlp.up_proj.weight";
            var parts = source.Entries.Where(e => !e.Name.StartsWith(left, StringComparison.Ordinal)).Select(e => CheckpointParts.AsStored(new FileTensor(source, e))).Append(CheckpointParts.AsStored(new FileTensor(full, full.Get(left)))).ToList();
            using var writer = SafeTensorsWriter.Create(_folder.File("other.safetensors"), parts.Select(p => p.Spec), [KeyValuePair.Create("format", "pt")]);
            foreach (var entry in writer.Entries) parts.Single(p => p.Spec.Name == entry.Name).Write(b => writer.Append(entry.Name, b));
            writer.Commit();
        }
        File.Move(_folder.File("other.safetensors"), Path.Combine(_folder.File("a"), "model.safetensors"), overwrite: true);
        using var mixed = LlamaModel.Load(_engine, _folder.File("a"), WeightFormat.Nf4);
        Assert.Equal(["model.layers.1.mlp.up_proj"], mixed.Linears.Where(l => l.Quantized is null).Select(l => l.Module));
        mixed.Save(_folder.File("b"), WeightFormat.Nf4);
        Assert.Equal(["model.layers.1.mlp.up_proj", "lm_head"], LlamaConfig.Load(_folder.File("b")).Quantization!.SkipModules!);
        Assert.True(File.ReadAllBytes(Path.Combine(_folder.File("a"), "model.safetensors")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder.File("b"), "model.safetensors"))));
    }

    [Theory, InlineData(WeightFormat.F32), InlineData(WeightFormat.Nf4)]
    public void Shards_of_a_chosen_size_hold_the_same_model(WeightFormat format)
    {
        const long Most = 40_000;
        using var model = Golden();
        model.Save(_folder.File("a"), format);
        model.Save(_folder.File("b"), format, Most);
        using ShardedCheckpoint whole = ShardedCheckpoint.Open(_folder.File("a")), shards = ShardedCheckpoint.Open(_folder.File("b"));

        Assert.InRange(shards.Shards.Count, 3, 30);
        foreach (var shard in shards.Shards) Assert.True(shard.Entries.Sum(e => e.ByteCount) <= Most || shard.Entries.Count == 1, shard.File);
        Assert.Equal($"model-00001-of-{shards.Shards.Count:00000}.safetensors", Path.GetFileName(shards.Shards[0].File));
        Assert.Equal(whole.TotalBytes, shards.DeclaredTotalBytes);
        Assert.Equal(whole.Entries.Select(e => e.Name).Order(), shards.Entries.Select(e => e.Name).Order());
        foreach (var entry in whole.Entries)
        {
            byte[] x = new byte[entry.ByteCount], y = new byte[entry.ByteCount];
            whole.Read(entry.Name, x);
            shards.Read(entry.Name, y);
            Assert.Equal(x, y);
        }
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder.File("b"), "model.safetensors.index.json")));
        Assert.Equal(shards.Entries.Count, index.RootElement.GetProperty("weight_map").EnumerateObject().Count());
    }

    [Fact]
    public void Overwriting_replaces_older_weights_and_leaves_other_files()
    {
        using var model = Golden();
        model.Save(_folder.File("a"), maxShardBytes: 40_000);
        File.WriteAllText(Path.Combine(_folder.File("a"), "tokenizer.json"), "{}");
        var e = Assert.Throws<IOException>(() => model.Save(_folder.File("a")));
        Assert.Equal($"{_folder.File("a")}: folder: must be new or empty; choose another path, or allow overwriting.", e.Message);
        model.Save(_folder.File("a"), overwrite: true);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Files(_folder.File("a")).Keys.Order());
        Assert.False(Directory.Exists(_folder.File("a" + OutputFolder.Suffix)));
    }

    [Fact]
    public void What_cannot_be_saved_is_reported_and_leaves_nothing_behind()
    {
        using var fp4 = Golden(new LlamaStorage { Linears = WeightFormat.Fp4 });
        var e = Assert.Throws<ArgumentException>(() => fp4.Save(_folder.File("a"), WeightFormat.Nf4));
        Assert.Equal("CheckpointParts: model.layers.0.self_attn.q_proj.weight is stored in Fp4 and cannot become Nf4; quantizing twice would lose twice: start from the model in 16 or 32 bits.", e.Message);
        e = Assert.Throws<ArgumentException>(() => fp4.Save(_folder.File("a"), WeightFormat.Int8));
        Assert.StartsWith("LlamaModel.Save: format must be F32, BF16, Nf4 or Fp4, got Int8.", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ArgumentException>(() => fp4.Save(_folder.File("a"), maxShardBytes: 0));
        Assert.Equal("ShardWriter: maxShardBytes must be at least 1, got 0.", e.Message);
        _folder.Write("file", "");
        Assert.Equal($"{_folder.File("file")}: folder: must be a folder, but is a file; choose another path.", Assert.Throws<IOException>(() => fp4.Save(_folder.File("file"))).Message);
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(p => Path.GetFileName(p)));
    }

    [Fact]
    public void A_four_bit_layer_of_another_shape_is_reported()
    {
        using (var model = Golden()) model.Save(_folder.File("a"), WeightFormat.Nf4);
        string config = Path.Combine(_folder.File("a"), "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"intermediate_size\": 112", "\"intermediate_size\": 113", StringComparison.Ordinal));
        var e = Assert.Throws<CheckpointFormatException>(() => LlamaModel.Load(_engine, _folder.File("a"), WeightFormat.Nf4));
        Assert.EndsWith("tensor 'model.layers.0.mlp.gate_proj.weight': must have shape (113, 48) by config.json, but has (112, 48); check that weights and config.json belong together.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_config_of_the_catalogue_survives_its_own_json()
    {
        foreach (string name in ModelCatalog.Names)
        {
            var config = ModelCatalog.Get(name) with { SavedDType = "bfloat16", PadTokenId = 0, Quantization = new BitsAndBytesConfig("nf4", true, null) };
            var again = LlamaConfig.Parse(config.ToJson(), name);
            Assert.Equal(config.EosTokenIds, again.EosTokenIds);
            Assert.Equal(config, again with { EosTokenIds = config.EosTokenIds });
        }
    }

    [Fact]
    public void The_config_is_written_as_other_tools_write_it()
    {
        string json = System.Text.Encoding.UTF8.GetString((ModelCatalog.Llama32_1B with { SavedDType = "bfloat16", Quantization = new BitsAndBytesConfig("nf4", true, ["lm_head"]) }).ToJson());
        foreach (string line in new[]
        {
            "  \"rms_norm_eps\": 1e-05,\n", "  \"rope_theta\": 500000.0,\n", "    \"factor\": 32.0,\n", "    \"llm_int8_threshold\": 6.0,\n", "  \"eos_token_id\": [\n    128001,\n",
            "    \"llm_int8_skip_modules\": [\n      \"lm_head\"\n    ],\n", "    \"bnb_4bit_use_double_quant\": true,\n", "    \"quant_method\": \"bitsandbytes\"\n  },\n", "  \"torch_dtype\": \"bfloat16\",\n",
        })
            Assert.Contains(line, json, StringComparison.Ordinal);
    }
}
