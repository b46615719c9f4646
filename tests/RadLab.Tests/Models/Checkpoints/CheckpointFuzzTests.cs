using System.Diagnostics;
using System.Text;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>
/// Damaged files are refused with a <see cref="CheckpointFormatException"/> or read consistently; nothing else may come out, and neither
/// time nor memory may run away. 10,000 cases each; 1,000,000 with RADLAB_FUZZ=1.
/// </summary>
public sealed class CheckpointFuzzTests
{
    private static readonly long s_cases = Environment.GetEnvironmentVariable("RADLAB_FUZZ") == "1" ? 1_000_000 : 10_000;

    // A thousand times what an undamaged case needs: this catches runaway allocation and loops, not slowness.
    private const long MaxBytesPerCase = 16 << 20;
    private static readonly TimeSpan s_maxTimePerCase = TimeSpan.FromSeconds(5);

    private static readonly string[] s_headers =
    [
        """{"__metadata__":{"format":"pt","note":"é\u00e9"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"c":{"dtype":"U8","shape":[],"data_offsets":[32,33]}}   """,
        """{"x":{"dtype":"I64","shape":[0],"data_offsets":[0,0]},"y":{"dtype":"F4","shape":[6],"data_offsets":[0,3]},"z":{"dtype":"BOOL","shape":[1,1,1,1],"data_offsets":[3,4]}}""",
        """{"model.layers.0.self_attn.q_proj.weight":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}} """,
        "{}",
    ];

    private static readonly int[] s_dataBytes = [33, 4, 8, 0];

    private static readonly string[] s_configs =
    [
        .. LlamaGoldens.Models.Select(m => File.ReadAllText(Path.Combine(LlamaGoldens.Folder(m), "config.json"))),
        """{"model_type":"llama","vocab_size":128256,"hidden_size":64,"intermediate_size":128,"num_hidden_layers":1,"num_attention_heads":4,"head_dim":16,"rms_norm_eps":1e-5,"eos_token_id":[1,2,3],"dtype":"bfloat16","rope_parameters":{"rope_theta":500000.0,"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192},"quantization_config":{"quant_method":"bitsandbytes","load_in_4bit":true,"bnb_4bit_quant_type":"nf4","llm_int8_skip_modules":["lm_head"]}}""",
    ];

    private const string Index =
        """{"metadata":{"total_size":12,"x":{"y":[1,2]}},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors","c":"model-00001-of-00002.safetensors"}}""";

    [Fact]
    public void Damaged_safetensors_are_refused_or_read_consistently() => Run(1, mutations =>
    {
        int which = mutations.Below(s_headers.Length);
        byte[] header = Encoding.UTF8.GetBytes(s_headers[which]), data = new byte[s_dataBytes[which]];
        byte[] file = mutations.Below(4) == 0
            ? mutations.Damage(RawSafeTensors.Build(header, data))     // also the length field and the data
            : RawSafeTensors.Build(mutations.Damage(header), data);    // a length that fits, so that the damage is reached
        using var reader = SafeTensorsReader.Open(file, "fuzz");
        CheckConsistent(reader, file.Length);
    });

    [Fact]
    public void A_damaged_config_is_refused_or_within_its_bounds() => Run(2, mutations =>
    {
        byte[] text = Encoding.UTF8.GetBytes(s_configs[mutations.Below(s_configs.Length)]);
        var config = LlamaConfig.Parse(mutations.Damage(text), "fuzz");
        Assert.Equal(0, config.Heads % config.KeyValueHeads);
        Assert.Equal(0, config.HeadWidth % 2);
        Assert.InRange(config.RmsNormEps, 1e-13f, 1f);
        Assert.All(config.EosTokenIds, id => Assert.InRange(id, 0, config.VocabularySize - 1));
        Assert.All(LlamaWeights.LinearNames, linear => Assert.True(LlamaWeights.LinearShape(config, linear) is { Outputs: > 0, Inputs: > 0 }));
    });

    [Fact]
    public void A_damaged_index_is_refused_or_stays_in_its_folder() => Run(3, mutations =>
    {
        var index = ShardIndex.Parse(mutations.Damage(Encoding.UTF8.GetBytes(Index)), "fuzz");
        Assert.NotEmpty(index.ShardOf);
        Assert.All(index.ShardOf.Values, shard => Assert.Equal("/folder/" + shard, Path.GetFullPath(Path.Combine("/folder", shard))));
    });

    [Fact]
    public void A_damaged_gguf_is_refused_or_read_consistently()
    {
        byte[] small = GgufFileTests.Small();
        Run(4, mutations =>
        {
            using var file = GgufReader.Open(mutations.Damage(small), "fuzz");
            foreach (var tensor in file.Tensors)
            {
                var bytes = new byte[tensor.ByteCount];
                file.ReadRange(tensor.Name, 0, bytes);
            }
        });
    }

    [Fact]
    public void A_damaged_adapter_config_is_refused_or_within_its_bounds() => Run(5, mutations =>
    {
        var config = PeftConfig.Parse(mutations.Damage(s_peftConfig), "fuzz");
        Assert.True(config.Settings.Rank >= 1 && config.Settings.Alpha > 0 && config.Settings.Dropout is >= 0 and < 1);
        Assert.All(config.Settings.Targets, t => Assert.Contains(t[(t.LastIndexOf('.') + 1)..], LlamaWeights.LinearNames));
        // what was accepted can be written again
        var again = PeftConfig.Parse(PeftConfig.Of(config.Settings, config).ToJson(), "again");
        Assert.Equal(config.Settings.Targets, again.Settings.Targets);
        Assert.Equal(config.Settings.Exclude, again.Settings.Exclude);
        Assert.Equal(config.Settings.Layers, again.Settings.Layers);
        Assert.Equal(config.Settings.RankPattern, again.Settings.RankPattern);
        Assert.Equal(config.Settings.AlphaPattern, again.Settings.AlphaPattern);
        Assert.Equal(WithoutLists(config.Settings), WithoutLists(again.Settings));

        static Lora WithoutLists(Lora settings) => settings with { Targets = [], Exclude = [], Layers = null, RankPattern = [], AlphaPattern = [] };
    });

    [Fact]
    public void A_damaged_radlab_json_is_refused_or_has_a_hash() => Run(6, mutations =>
        Assert.True(PeftProvenance.Parse(mutations.Damage(s_provenance), "fuzz").Base.WeightsSha256 is null or { Length: 64 }));

    [Fact]
    public void A_damaged_quant_state_is_refused_or_within_its_bounds() => Run(7, mutations =>
    {
        var state = BitsAndBytesState.Parse(mutations.Damage(s_quantState), "fuzz", "state");
        Assert.True(state.Outputs > 0 && state.Inputs > 0 && state.BlockSize is >= 32 and <= 4096 && float.IsFinite(state.NestedOffset ?? 0));
    });

    [Fact]
    public void A_damaged_llama2c_model_is_refused_or_read_whole()
    {
        byte[] small = SmallLlama2c();
        Run(8, mutations =>
        {
            using var file = Llama2cFile.Open(mutations.Damage(small), "fuzz");
            foreach (var tensor in SourceTensors.Of(file))
            {
                Assert.InRange(tensor.Count, 1, small.Length);
                tensor.ReadFloats(0, new float[tensor.Count]);
            }
        });
    }

    [Fact]
    public void A_damaged_4_bit_weight_is_refused_or_decoded()
    {
        using var engine = new RadLab.Compute.Engine(new RadLab.Compute.EngineOptions { Threads = 1 });
        byte[] small = SmallNf4(engine);
        Run(9, mutations =>
        {
            using var checkpoint = ShardedCheckpoint.Of(SafeTensorsReader.Open(mutations.Damage(small), "fuzz"));
            foreach (var tensor in SourceTensors.Of(engine, checkpoint))
            {
                Assert.InRange(tensor.Count, 0, 1 << 20);
                if (tensor.Quantization is not null) tensor.ReadFloats(0, new float[tensor.Count]);
                tensor.Release();
            }
        });
        Assert.Equal(0, engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_damaged_chat_template_is_refused_or_read() => Run(10, mutations =>
        _ = ChatTemplateFile.Parse(mutations.Damage("""{"bos_token":"<s>","chat_template":[{"name":"default","template":"{{ a }}"},{"name":"tool","template":"b"}]}"""u8.ToArray()), "fuzz"));

    // dim 4, hidden 6, 1 layer, 2 heads on 1, vocabulary 5, 4 positions: 820 bytes
    private static byte[] SmallLlama2c()
    {
        int[] header = [4, 6, 1, 2, 1, 5, 4];
        int count = 5 * 4 + 4 + 16 + 8 + 8 + 16 + 4 + 24 + 24 + 24 + 4 + 4 * 2;
        byte[] file = [.. header.SelectMany(BitConverter.GetBytes), .. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes((float)i))];
        Llama2cFile.Open(file, "small").Dispose();
        return file;
    }

    private static byte[] SmallNf4(RadLab.Compute.Engine engine)
    {
        using var weight = engine.From(Make.Values(8 * 16, 1), [8, 16]);
        using var quantized = RadLab.Compute.QuantizedWeight.Quantize(weight);
        var parts = BitsAndBytesWeights.Parts("w.weight", quantized, "float32").ToDictionary(p => p.Spec.Name);
        var stream = new MemoryStream();
        using var writer = SafeTensorsWriter.Create(stream, parts.Values.Select(p => p.Spec));
        foreach (var entry in writer.Entries) parts[entry.Name].Write(bytes => writer.Append(entry.Name, bytes));
        writer.Commit();
        Assert.InRange(stream.Length, 1, 4096);
        return stream.ToArray();
    }

    private static readonly byte[] s_peftConfig = PeftConfig.Of(new Lora
    {
        Rank = 4, Alpha = 8, Targets = ["q_proj", "v_proj", "up_proj"], Dropout = 0.05f, Layers = [0, 3], Exclude = ["k_proj"], Init = LoraInit.LoftQ(2),
        RankPattern = [KeyValuePair.Create("layers.1.self_attn.v_proj", 2)], AlphaPattern = [KeyValuePair.Create("q_proj", 2.5)],
    }, baseModel: "a/b").ToJson();

    private static readonly byte[] s_provenance = new PeftProvenance(new BaseIdentity(new string('a', 64), new string('0', 64)), "nf4").ToJson();

    private static readonly byte[] s_quantState = new BitsAndBytesState(RadLab.Compute.WeightFormat.Nf4, 64, "bfloat16", 4096, 11008, 0.0123f).ToJson();

    private static void Run(ulong seed, Action<CheckpointMutations> parse)
    {
        long accepted = 0, refused = 0;
        for (long number = 0; number < s_cases; number++)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                parse(new CheckpointMutations(seed, number));
                accepted++;
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"case {number} of seed {seed} ended in {e}");
            }
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            Assert.True(bytes <= MaxBytesPerCase, $"case {number} of seed {seed} allocated {bytes} bytes");
            Assert.True(Stopwatch.GetElapsedTime(start) <= s_maxTimePerCase, $"case {number} of seed {seed} took {Stopwatch.GetElapsedTime(start)}");
        }
        // Both branches must be exercised, or the mutations are too weak or too strong to find anything.
        Assert.InRange(accepted, s_cases / 200, s_cases);
        Assert.InRange(refused, s_cases / 4, s_cases);
    }

    // An accepted file covers its data without hole or overlap, and survives the writer.
    private static void CheckConsistent(SafeTensorsReader reader, int fileLength)
    {
        long end = 0;
        foreach (var entry in reader.Entries)
        {
            Assert.Equal(end, entry.Begin);
            end = entry.End;
        }
        Assert.InRange(end, 0, fileLength - 8);

        var copy = new MemoryStream();
        using var writer = SafeTensorsWriter.Create(copy, reader.Entries.Select(e => new SafeTensorsSpec(e.Name, e.DType, e.Shape)), reader.Metadata);
        foreach (var entry in writer.Entries)
        {
            var bytes = new byte[entry.ByteCount];
            reader.Read(entry.Name, bytes);
            writer.Append(entry.Name, bytes);
        }
        writer.Commit();
        using var again = SafeTensorsReader.Open(copy.ToArray(), "copy");
        Assert.Equal(reader.Metadata, again.Metadata);
        Assert.Equal(reader.Entries.Count, again.Entries.Count);
        foreach (var entry in reader.Entries)
        {
            Assert.Equal(entry.DType, again.Get(entry.Name).DType);
            Assert.Equal(entry.Shape, again.Get(entry.Name).Shape);
        }
    }
}
