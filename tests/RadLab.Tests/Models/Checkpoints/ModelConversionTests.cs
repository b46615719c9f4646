using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class ModelConversionTests : IDisposable
{
    // rows of 64 are whole blocks, those of 84 (down_proj) are not
    private static readonly LlamaConfig s_config = TinyLlama.Config with
    {
        HiddenSize = 64, IntermediateSize = 84, Heads = 4, KeyValueHeads = 2, HeadWidth = 16, RopeScaling = new LlamaRopeScaling(8, 1, 4, 32),
    };

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly TemporaryModelFolder _folder = new();

    public ModelConversionTests()
    {
        using var model = LlamaModel.Random(_engine, s_config, 11);
        foreach (var p in model.Parameters) p.Value.CopyFrom(Make.Values(p.Shape.Count, p.Name.Length + p.Shape[0]));
        model.Save(_folder.File("f32"));
        model.Save(_folder.File("bf16"), WeightFormat.BF16);
        using var rounded = LlamaModel.Load(_engine, _folder.File("bf16"), WeightFormat.BF16);
        rounded.Save(_folder.File("nf4"), WeightFormat.Nf4);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    private ConversionResult Convert(string input, string output, ConversionTarget target, params string[] skip) =>
        ModelConversion.Convert(_engine, _folder.File(input), _folder.File(output), new ConversionOptions { Target = target, Skip = skip });

    private static readonly ConversionTarget[] s_folders = [ConversionTarget.SafeTensorsF32, ConversionTarget.SafeTensorsBF16, ConversionTarget.BnbNf4];
    private static readonly ConversionTarget[] s_gguf = [ConversionTarget.GgufF32, ConversionTarget.GgufF16, ConversionTarget.GgufQ8_0, ConversionTarget.GgufQ4_0];

    public static TheoryData<string, ConversionTarget> FolderPairs => Make.Rows(["f32", "bf16", "nf4"], s_folders);

    public static TheoryData<string, ConversionTarget> GgufPairs => Make.Rows(["f32", "bf16", "nf4"], s_gguf);

    // All weights of a folder as floats, decoded where they are in 4 bits.
    private Dictionary<string, float[]> Floats(string folder)
    {
        using var model = LlamaModel.Load(_engine, _folder.File(folder));
        return model.Parameters.ToDictionary(p => p.Name, p => p.Value.ToFloats());
    }

    private static float[] Rounded(float[] x) => Array.ConvertAll(x, v => BFloat16.ToSingle(BFloat16.FromSingle(v)));

    [Theory, MemberData(nameof(FolderPairs))]
    public void Every_folder_reads_back_as_the_format_means_it(string input, ConversionTarget target)
    {
        var before = Floats(input);
        var result = Convert(input, "out", target);
        var after = Floats("out");
        using var source = LlamaModel.Load(_engine, _folder.File(input));
        Assert.Equal(before.Keys, after.Keys);
        Assert.Equal(before.Count, result.Tensors);
        foreach (var (name, x) in before)
        {
            float[] expected = target switch
            {
                ConversionTarget.SafeTensorsBF16 => Rounded(x),
                ConversionTarget.BnbNf4 when input != "nf4" && source.Linears.FirstOrDefault(l => l.Weight!.Name == name) is { } linear => Quantized(linear.Weight!.Value),
                _ => x,
            };
            Assert.Equal(expected, after[name]);
        }
    }

    private static float[] Quantized(Tensor weight)
    {
        using var q = QuantizedWeight.Quantize(weight);
        using var y = q.Dequantize();
        return y.ToFloats();
    }

    [Fact]
    public void A_way_through_wider_formats_and_back_changes_no_byte()
    {
        Convert("bf16", "wide", ConversionTarget.SafeTensorsF32);
        Convert("wide", "narrow", ConversionTarget.SafeTensorsBF16);
        Convert("nf4", "again", ConversionTarget.BnbNf4);
        Assert.Equal(File.ReadAllBytes(_folder.File("bf16/model.safetensors")), File.ReadAllBytes(_folder.File("narrow/model.safetensors")));
        Assert.Equal(File.ReadAllBytes(_folder.File("nf4/model.safetensors")), File.ReadAllBytes(_folder.File("again/model.safetensors")));
    }

    [Theory, MemberData(nameof(GgufPairs))]
    public void Every_gguf_reads_back_as_the_format_means_it(string input, ConversionTarget target)
    {
        var before = Floats(input);
        var result = Convert(input, "out.gguf", target);
        using var file = GgufReader.Open(_folder.File("out.gguf"));
        Assert.Equal(before.Count, result.Tensors);
        Assert.Equal(before.Count + 1, file.Tensors.Count);   // and the frequency factors
        Assert.Equal(file.Tensors.Sum(t => t.ByteCount), result.Bytes);
        foreach (var (name, x) in before)
        {
            var tensor = file.Get(LlamaGguf.NameOf(name));
            bool blocks = target is ConversionTarget.GgufQ8_0 or ConversionTarget.GgufQ4_0;
            var type = tensor.Shape.Count == 1 ? GgufTensorType.F32 : blocks && name.Contains("down_proj", StringComparison.Ordinal) ? GgufTensorType.F16 : target.Gguf()!.Value;
            Assert.Equal(type, tensor.Type);

            var bytes = new byte[tensor.ByteCount];
            file.ReadRange(tensor.Name, 0, bytes);
            var actual = new float[x.Length];
            GgufBlocks.Decode(bytes, type, actual);
            float[] ordered = name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal) ? Neighbours(x) : x;
            var expectedBytes = new byte[bytes.Length];
            Assert.Equal(-1, GgufBlocks.Encode(ordered, type, expectedBytes));
            Assert.Equal(expectedBytes, bytes);
            if (type == GgufTensorType.F32) Assert.Equal(ordered, actual);
        }
        if (target is ConversionTarget.GgufQ8_0 or ConversionTarget.GgufQ4_0) Assert.Contains("2 matrices stay in F16: their rows are no multiple of 32", result.Notes);
        Assert.Contains("the file has no tokenizer: programs that read it must be given token ids", result.Notes);
    }

    // (2i, 2i + 1) of a head of 16 rows of 64 from (i, i + 8)
    private static float[] Neighbours(float[] halves)
    {
        var y = new float[halves.Length];
        for (int row = 0; row < y.Length / 64; row++)
        {
            int head = row / 16, i = row % 16 / 2, half = row % 2;
            Array.Copy(halves, (head * 16 + i + 8 * half) * 64, y, row * 64, 64);
        }
        return y;
    }

    [Fact]
    public void A_gguf_has_the_metadata_that_llama_cpp_looks_for()
    {
        Convert("bf16", "out.gguf", ConversionTarget.GgufQ4_0);
        using var file = GgufReader.Open(_folder.File("out.gguf"));
        var expected = new Dictionary<string, object>
        {
            ["general.architecture"] = "llama", ["general.file_type"] = 2u, ["general.quantization_version"] = 2u, ["llama.context_length"] = 1024u, ["llama.embedding_length"] = 64u,
            ["llama.block_count"] = 2u, ["llama.feed_forward_length"] = 84u, ["llama.attention.head_count"] = 4u, ["llama.attention.head_count_kv"] = 2u, ["llama.attention.key_length"] = 16u,
            ["llama.attention.value_length"] = 16u, ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f, ["llama.rope.dimension_count"] = 16u, ["llama.rope.freq_base"] = 10_000f,
            ["llama.vocab_size"] = 96u, ["tokenizer.ggml.model"] = "none",
        };
        Assert.Equal(expected.OrderBy(p => p.Key), file.Metadata.OrderBy(p => p.Key));
        foreach (string name in new[] { "token_embd", "output_norm", "output", "blk.1.attn_norm", "blk.1.attn_q", "blk.1.attn_k", "blk.1.attn_v", "blk.1.attn_output", "blk.1.ffn_norm", "blk.1.ffn_gate", "blk.1.ffn_up", "blk.1.ffn_down" })
            Assert.NotNull(file.Get(name + ".weight"));
    }

    [Fact]
    public void The_frequency_factors_are_those_of_Llama_3_1()
    {
        Convert("f32", "out.gguf", ConversionTarget.GgufF32);
        using var file = GgufReader.Open(_folder.File("out.gguf"));
        var bytes = new byte[8 * sizeof(float)];
        file.ReadRange("rope_freqs.weight", 0, bytes);
        var actual = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        var seen = new HashSet<string>();
        for (int i = 0; i < 8; i++)
        {
            double frequency = Math.Pow(10_000, -2.0 * i / 16), wavelength = 2 * Math.PI / frequency, smooth = (32 / wavelength - 1) / 3;
            double expected = wavelength < 8 ? 1 : wavelength > 32 ? 8 : 1 / ((1 - smooth) / 8 + smooth);
            seen.Add(wavelength < 8 ? "unchanged" : wavelength > 32 ? "stretched" : "between");
            Assert.Equal(expected, actual[i], 1e-6 * expected);
        }
        Assert.Equal(3, seen.Count);
    }

    [Fact]
    public void A_model_with_a_tied_head_has_no_output_tensor()
    {
        string folder = LlamaGoldens.Folder("llama31-scaled-tied");
        ModelConversion.Convert(_engine, folder, _folder.File("tied.gguf"), new ConversionOptions { Target = ConversionTarget.GgufF16 });
        using var file = GgufReader.Open(_folder.File("tied.gguf"));
        Assert.DoesNotContain(file.Tensors, t => t.Name == "output.weight");
    }

    [Fact]
    public void A_tokenizer_that_is_given_goes_into_the_file_if_it_fits()
    {
        string[] tokens = [.. Enumerable.Range(0, 96).Select(i => $"t{i}")];
        var tokenizer = new GgufTokenizer("llama", tokens, [.. tokens.Select(_ => 1)], 1, 2, Scores: new float[96]);
        var options = new ConversionOptions { Target = ConversionTarget.GgufF32, Tokenizer = tokenizer };
        Assert.Empty(ModelConversion.Convert(_engine, _folder.File("f32"), _folder.File("out.gguf"), options).Notes);
        using (var file = GgufReader.Open(_folder.File("out.gguf"))) Assert.Equal(tokens, file.Metadata["tokenizer.ggml.tokens"]);
        options = options with { Tokenizer = tokenizer with { Tokens = ["a"], TokenTypes = [1], Scores = [0] }, Overwrite = true };
        Assert.Equal("GgufTokenizer: there must be as many tokens as the model's 96 embeddings, got 1.",
            Assert.Throws<ArgumentException>(() => ModelConversion.Convert(_engine, _folder.File("f32"), _folder.File("out.gguf"), options)).Message);
    }

    [Fact]
    public void The_folder_keeps_unknown_keys_of_its_config_and_its_tokenizer()
    {
        var config = JsonNode.Parse(File.ReadAllText(_folder.File("bf16/config.json")))!.AsObject();
        config["a_new_key"] = 7;
        File.WriteAllText(_folder.File("bf16/config.json"), config.ToJsonString());
        _folder.Write("bf16/tokenizer.json", "{}");
        Convert("bf16", "out", ConversionTarget.BnbNf4, "o_proj", "model.layers.1.mlp.*");
        var json = JsonNode.Parse(File.ReadAllText(_folder.File("out/config.json")))!;
        Assert.Equal(7, (int)json["a_new_key"]!);
        Assert.Equal("bfloat16", (string?)json["quantization_config"]!["bnb_4bit_compute_dtype"]);
        Assert.Equal("{}", File.ReadAllText(_folder.File("out/tokenizer.json")));

        using var model = LlamaModel.Load(_engine, _folder.File("out"), WeightFormat.Nf4);
        string[] left = ["model.layers.0.self_attn.o_proj", "model.layers.1.mlp.down_proj", "model.layers.1.mlp.gate_proj", "model.layers.1.mlp.up_proj", "model.layers.1.self_attn.o_proj"];
        Assert.Equal(left, model.Linears.Where(l => l.Quantized is null).Select(l => l.Module).Order());
        Assert.Equal([.. left, "lm_head"], LlamaConfig.Load(_folder.File("out")).Quantization!.SkipModules!.OrderBy(m => m == "lm_head").ThenBy(m => m, StringComparer.Ordinal));
        Convert("out", "back", ConversionTarget.SafeTensorsF32);
        Assert.Null(LlamaConfig.Load(_folder.File("back")).Quantization);
        Assert.Equal("float32", LlamaConfig.Load(_folder.File("back")).SavedDType);
    }

    [Fact]
    public void One_file_is_converted_by_the_names_of_its_matrices()
    {
        using (var writer = SafeTensorsWriter.Create(_folder.File("in.safetensors"),
            [new("a.weight", SafeTensorsDType.F32, [3, 67]), new("b.weight", SafeTensorsDType.F32, [4]), new("c.bias", SafeTensorsDType.F32, [2, 2]), new("d.weight", SafeTensorsDType.I64, [1, 1]), new("e.weight", SafeTensorsDType.F16, [2, 32])],
            [KeyValuePair.Create("note", "kept")]))
        {
            foreach (var entry in writer.Entries)
            {
                var bytes = new byte[entry.ByteCount];
                if (entry.DType == SafeTensorsDType.F32) System.Runtime.InteropServices.MemoryMarshal.AsBytes(Make.Values(bytes.Length / 4, 3).AsSpan()).CopyTo(bytes);
                writer.Append(entry.Name, bytes);
            }
            writer.Commit();
        }
        Assert.Equal((5, 2), Convert("in.safetensors", "nf4.safetensors", ConversionTarget.BnbNf4) is var r ? (r.Tensors, r.Converted) : default);
        Assert.Equal((5, 1), Convert("in.safetensors", "f32.safetensors", ConversionTarget.SafeTensorsF32) is var f ? (f.Tensors, f.Converted) : default);
        Assert.Equal((5, 1), Convert("in.safetensors", "skip.safetensors", ConversionTarget.BnbNf4, "e") is var s ? (s.Tensors, s.Converted) : default);
        using ShardedCheckpoint source = ShardedCheckpoint.Of(SafeTensorsReader.Open(_folder.File("in.safetensors"))), nf4 = ShardedCheckpoint.Of(SafeTensorsReader.Open(_folder.File("nf4.safetensors"))), f32 = ShardedCheckpoint.Of(SafeTensorsReader.Open(_folder.File("f32.safetensors")));
        Assert.Equal("kept", nf4.Shards[0].Metadata["note"]);
        Assert.Equal(("float32", "float16"), (BitsAndBytesWeights.StateOf(nf4, "a.weight")!.DType, BitsAndBytesWeights.StateOf(nf4, "e.weight")!.DType));
        Assert.Equal((SafeTensorsDType.I64, SafeTensorsDType.F32), (f32.Get("d.weight").DType, f32.Get("e.weight").DType));
        foreach (string name in new[] { "b.weight", "c.bias", "d.weight" })
        {
            byte[] x = new byte[source.Get(name).ByteCount], y = new byte[x.Length];
            source.Read(name, x);
            nf4.Read(name, y);
            Assert.Equal(x, y);
        }

        // and back: what the codes mean
        Convert("nf4.safetensors", "decoded.safetensors", ConversionTarget.SafeTensorsF32);
        using var decoded = SafeTensorsReader.Open(_folder.File("decoded.safetensors"));
        using var weight = _engine.From(source.Shards[0].Floats("a.weight"), [3, 67]);
        Assert.Equal(Quantized(weight), decoded.Floats("a.weight"));
    }

    [Fact]
    public void Without_double_quantization_the_scales_stay_in_32_bits()
    {
        ModelConversion.Convert(_engine, _folder.File("bf16"), _folder.File("out"), new ConversionOptions { Target = ConversionTarget.BnbNf4, DoubleQuantization = false, MaxShardBytes = 20_000 });
        using var model = LlamaModel.Load(_engine, _folder.File("out"), WeightFormat.Nf4);
        Assert.All(model.Linears, l => Assert.False(l.Quantized!.DoubleQuantized));
        Assert.False(LlamaConfig.Load(_folder.File("out")).Quantization!.DoubleQuantization);
        Assert.True(File.Exists(_folder.File("out/model.safetensors.index.json")));
        Assert.Equal(["14 weights are in 4 bits already and are kept bit for bit, whatever their scales"], Convert("out", "again", ConversionTarget.BnbNf4).Notes);
    }

    [Fact]
    public void What_cannot_be_done_is_said_and_leaves_nothing_behind()
    {
        string[] before = [.. Directory.EnumerateFileSystemEntries(_folder.Path).Order()];
        Assert.Equal($"{_folder.File("f32")}: folder: must be new or empty; choose another path, or allow overwriting.", Assert.Throws<IOException>(() => Convert("bf16", "f32", ConversionTarget.SafeTensorsF32)).Message);
        _folder.Write("there.gguf", "precious");
        Assert.Equal($"{_folder.File("there.gguf")}: output: must be a new file; choose another path, or allow overwriting.", Assert.Throws<IOException>(() => Convert("bf16", "there.gguf", ConversionTarget.GgufF32)).Message);
        Assert.Equal("precious", File.ReadAllText(_folder.File("there.gguf")));
        File.Delete(_folder.File("there.gguf"));
        Assert.Equal($"{_folder.File("f32")}: output: must be a file, but is a folder; choose another path.", Assert.Throws<IOException>(() => Convert("bf16", "f32", ConversionTarget.GgufF32)).Message);
        Assert.Equal($"ModelConversion: output must be another path than the input, got {_folder.File("f32")} for both.", Assert.Throws<ArgumentException>(() => Convert("f32", "f32", ConversionTarget.GgufF32)).Message);
        Assert.StartsWith($"{_folder.File("none")}: input: must be a model folder or a safetensors file; check the path.", Assert.Throws<FileNotFoundException>(() => Convert("none", "x", ConversionTarget.GgufF32)).Message, StringComparison.Ordinal);
        Assert.Equal($"{_folder.File("f32/model.safetensors")}: model: is a single file, but GGUF needs config.json as well; give the model's folder.", Assert.Throws<CheckpointFormatException>(() => Convert("f32/model.safetensors", "x", ConversionTarget.GgufF32)).Message);
        Assert.Equal("skip: 'o_prj' must match at least one of the 21 tensors; give parts of a name between dots, or the whole name with * and ?.", Assert.Throws<ArgumentException>(() => Convert("f32", "x", ConversionTarget.BnbNf4, "lm_head", "o_prj")).Message);
        Assert.StartsWith("ConversionTarget: must be one of safetensors-f32, safetensors-bf16, bnb-nf4, gguf-f32, gguf-f16, gguf-q8_0, gguf-q4_0, gguf-lora, got 'x'.", Assert.Throws<ArgumentException>(() => ConversionTargets.Parse("x")).Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(_folder.Path).Order());
    }

    [Fact]
    public void A_number_too_large_for_the_type_is_reported_with_its_rows()
    {
        using (var model = LlamaModel.Load(_engine, _folder.File("f32")))
        {
            model.Linears[1].Weight!.Value.AsSpan<float>()[5 * 64 + 3] = 1e6f;
            model.Save(_folder.File("large"));
        }
        string[] before = [.. Directory.EnumerateFileSystemEntries(_folder.Path).Order()];
        var e = Assert.Throws<CheckpointFormatException>(() => Convert("large", "x.gguf", ConversionTarget.GgufF16));
        Assert.Equal($"{_folder.File("large")}: tensor 'model.layers.0.self_attn.k_proj.weight': holds a number among rows 0 to 15 that is not finite or too large for F16; export as gguf-f32.", e.Message);
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(_folder.Path).Order());
    }

    [Theory]
    [InlineData("lm_head", "lm_head.weight", true), InlineData("head", "lm_head.weight", false), InlineData("layers.1", "model.layers.1.x.weight", true), InlineData("layers.1", "model.layers.11.x.weight", false)]
    [InlineData("*.mlp.*", "model.layers.1.mlp.up_proj.weight", true), InlineData("model.layers.?.mlp", "model.layers.1.mlp.up_proj.weight", false), InlineData("*proj.weight", "a.O_PROJ.weight", false)]
    public void Patterns_match_whole_parts_of_a_name(string pattern, string name, bool expected) => Assert.Equal(expected, new NamePatterns([pattern]).Match(name));
}
