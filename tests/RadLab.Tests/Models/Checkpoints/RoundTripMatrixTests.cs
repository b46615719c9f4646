using System.Runtime.InteropServices;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>A model written by RadLab in any format, converted to any other and read back: the bits that follow from the two formats by their definitions, and no others.</summary>
public sealed class RoundTripMatrixTests : IClassFixture<RoundTripMatrixTests.Sources>
{
    private static readonly string[] s_sources = ["f32", "f32-sharded", "bf16", "bf16-sharded", "nf4", "nf4-plain", "llama2c"];
    private static readonly string[] s_targets = ["f32", "f32-sharded", "bf16", "bf16-sharded", "nf4", "nf4-plain", "nf4-sharded", "gguf-f32", "gguf-f16", "gguf-q8_0", "gguf-q4_0"];

    private readonly Sources _sources;

    public RoundTripMatrixTests(Sources sources) => _sources = sources;

    public static TheoryData<string, string> Pairs => Make.Rows(s_sources, s_targets);

    [Theory, MemberData(nameof(Pairs))]
    public void Every_pair_of_formats_gives_the_defined_bits(string source, string target)
    {
        var before = _sources.Truth(source);
        using var folder = new TemporaryModelFolder();
        var options = new ConversionOptions
        {
            Target = target.Split('-') is ["gguf", var type] ? ConversionTargets.Parse("gguf-" + type) : target.StartsWith("nf4", StringComparison.Ordinal) ? ConversionTarget.BnbNf4 : ConversionTargets.Parse("safetensors-" + target.Split('-')[0]),
            MaxShardBytes = target.EndsWith("sharded", StringComparison.Ordinal) ? 10_000 : long.MaxValue,
            DoubleQuantization = target != "nf4-plain",
        };
        ModelConversion.Convert(_sources.Engine, _sources.PathOf(source), folder.File("out"), options);
        var after = target.StartsWith("gguf", StringComparison.Ordinal) ? OfGguf(folder.File("out")) : _sources.OfFolder(folder.File("out"));
        if (options.MaxShardBytes < long.MaxValue) Assert.True(Directory.GetFiles(folder.File("out"), "model-*.safetensors").Length > 3);

        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        foreach (var (name, x) in before)
        {
            float[] expected = Expected(source, target, name, x);
            Assert.True(MemoryMarshal.AsBytes(expected.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(after[name].AsSpan())), $"{source} to {target}: {name}");
        }
    }

    private float[] Expected(string source, string target, string name, float[] x)
    {
        bool linear = name.Contains("_proj", StringComparison.Ordinal), matrix = linear || !name.Contains("norm", StringComparison.Ordinal);
        bool blocks = !name.Contains("down_proj", StringComparison.Ordinal);   // rows of 84 are no whole blocks of 32
        return target switch
        {
            "bf16" or "bf16-sharded" => Array.ConvertAll(x, ToBF16),
            "nf4" or "nf4-plain" or "nf4-sharded" when linear && !source.StartsWith("nf4", StringComparison.Ordinal) => _sources.Quantized(name, x, target != "nf4-plain"),
            "gguf-f16" when matrix => Array.ConvertAll(x, v => (float)(Half)v),
            "gguf-q8_0" or "gguf-q4_0" when matrix && !blocks => Array.ConvertAll(x, v => (float)(Half)v),
            "gguf-q8_0" when matrix => [.. x.Chunk(32).SelectMany(Q8)],
            "gguf-q4_0" when matrix => [.. x.Chunk(32).SelectMany(Q4)],
            _ => x,
        };
    }

    // Nearest, ties to even, by comparing the two neighbours.
    private static float ToBF16(float v)
    {
        uint bits = BitConverter.SingleToUInt32Bits(v);
        float down = BitConverter.UInt32BitsToSingle(bits & 0xFFFF0000), up = BitConverter.UInt32BitsToSingle((bits & 0xFFFF0000) + 0x10000);
        double below = Math.Abs((double)v - down), above = Math.Abs((double)up - v);
        return below < above || (below == above && (bits & 0x10000) == 0) ? down : up;
    }

    private static IEnumerable<float> Q8(float[] x)
    {
        float d = x.Max(Math.Abs) / 127, inverse = d == 0 ? 0 : 1 / d;
        return x.Select(v => (float)(Half)d * (int)Math.Round((double)(v * inverse), MidpointRounding.AwayFromZero));
    }

    private static IEnumerable<float> Q4(float[] x)
    {
        float d = x.MaxBy(Math.Abs) / -8, inverse = d == 0 ? 0 : 1 / d;
        return x.Select(v => (float)(Half)d * (Math.Min(15, (int)Math.Floor(v * inverse + 8.5f)) - 8));
    }

    // Decoded here, in Hugging Face's names and order of rows.
    private static Dictionary<string, float[]> OfGguf(string path)
    {
        using var file = GgufReader.Open(path);
        var tensors = new Dictionary<string, float[]>();
        foreach (var (name, shape) in LlamaWeights.Parameters(Sources.Config))
        {
            string[] parts = name.Split('.');
            string own = parts.Length < 5
                ? name switch { "model.embed_tokens.weight" => "token_embd", "model.norm.weight" => "output_norm", _ => "output" }
                : $"blk.{parts[2]}." + parts[^2] switch { "q_proj" => "attn_q", "k_proj" => "attn_k", "v_proj" => "attn_v", "o_proj" => "attn_output", "gate_proj" => "ffn_gate", "up_proj" => "ffn_up", "down_proj" => "ffn_down", "input_layernorm" => "attn_norm", _ => "ffn_norm" };
            var tensor = file.Get(own + ".weight");
            var bytes = new byte[tensor.ByteCount];
            file.ReadRange(tensor.Name, 0, bytes);
            float[] floats = tensor.Type switch
            {
                GgufTensorType.F32 => [.. MemoryMarshal.Cast<byte, float>(bytes)],
                GgufTensorType.F16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(h => (float)h)],
                GgufTensorType.Q8_0 => [.. bytes.Chunk(34).SelectMany(b => b[2..].Select(q => (float)BitConverter.ToHalf(b) * (sbyte)q))],
                _ => [.. bytes.Chunk(18).SelectMany(b => b[2..].Select(q => (q & 15) - 8).Concat(b[2..].Select(q => (q >> 4) - 8)).Select(q => (float)BitConverter.ToHalf(b) * q))],
            };
            if (parts[^2] is "q_proj" or "k_proj") floats = Halves(floats, shape[1]);
            tensors.Add(name, floats);
        }
        return tensors;
    }

    // Row p of a head of 16 is the file's row 2p, row p + 8 its row 2p + 1.
    private static float[] Halves(float[] pairs, int columns) =>
        [.. Enumerable.Range(0, pairs.Length / columns).SelectMany(row => pairs.Skip((row / 16 * 16 + row % 8 * 2 + row % 16 / 8) * columns).Take(columns))];

    /// <summary>One model in all formats that RadLab writes and reads, made once.</summary>
    public sealed class Sources : IDisposable
    {
        public static LlamaConfig Config { get; } = TinyLlama.Config with { HiddenSize = 64, IntermediateSize = 84, Heads = 4, KeyValueHeads = 2, HeadWidth = 16 };

        private readonly TemporaryModelFolder _folder = new();
        private readonly Dictionary<string, float[]> _values;

        public Sources()
        {
            using var model = LlamaModel.Random(Engine, Config, 11);
            foreach (var p in model.Parameters) p.Value.CopyFrom(Make.Values(p.Shape.Count, p.Name.Length + p.Shape[0]));
            _values = model.Parameters.ToDictionary(p => p.Name, p => p.Value.ToFloats());
            model.Save(_folder.File("f32"));
            model.Save(_folder.File("f32-sharded"), maxShardBytes: 30_000);
            model.Save(_folder.File("bf16"), WeightFormat.BF16);
            model.Save(_folder.File("bf16-sharded"), WeightFormat.BF16, maxShardBytes: 30_000);
            model.Save(_folder.File("nf4"), WeightFormat.Nf4);
            model.Save(_folder.File("nf4-plain"), WeightFormat.Nf4, doubleQuantization: false);
            _folder.Write("llama2c.bin", Llama2c());
        }

        public Engine Engine { get; } = new(new EngineOptions { Threads = 2 });

        public string PathOf(string source) => _folder.File(source == "llama2c" ? "llama2c.bin" : source);

        public void Dispose()
        {
            _folder.Dispose();
            Engine.Dispose();
        }

        /// <summary>What a source means, from the numbers it was made of.</summary>
        public Dictionary<string, float[]> Truth(string source) => _values.ToDictionary(p => p.Key, p => source switch
        {
            "bf16" or "bf16-sharded" => Array.ConvertAll(p.Value, ToBF16),
            "nf4" or "nf4-plain" when p.Key.Contains("_proj", StringComparison.Ordinal) => Quantized(p.Key, p.Value, source == "nf4"),
            _ => p.Value,
        });

        public Dictionary<string, float[]> OfFolder(string path)
        {
            using var model = LlamaModel.Load(Engine, path);
            return model.Parameters.ToDictionary(p => p.Name, p => p.Value.ToFloats());
        }

        public float[] Quantized(string name, float[] x, bool nested)
        {
            var (outputs, inputs) = LlamaWeights.LinearShape(Config, name.Split('.')[^2]);
            using var t = Engine.From(x, [outputs, inputs]);
            using var q = QuantizedWeight.Quantize(t, doubleQuantization: nested);
            using var y = q.Dequantize();
            return y.ToFloats();
        }

        private byte[] Llama2c()
        {
            var file = new List<byte>();
            foreach (int field in (int[])[Config.HiddenSize, Config.IntermediateSize, Config.Layers, Config.Heads, Config.KeyValueHeads, -Config.VocabularySize, Config.MaxPositions]) file.AddRange(BitConverter.GetBytes(field));
            void Add(float[] x) => file.AddRange(MemoryMarshal.AsBytes(x.AsSpan()));
            void Layers(Func<int, string> name, bool rotated = false)
            {
                for (int layer = 0; layer < Config.Layers; layer++) Add(rotated ? Pairs(_values[name(layer)]) : _values[name(layer)]);
            }
            string Linear(int layer, string name) => LlamaWeights.WeightOf(LlamaWeights.Module(layer, name));
            Add(_values["model.embed_tokens.weight"]);
            Layers(LlamaWeights.AttentionNorm);
            Layers(l => Linear(l, "q_proj"), rotated: true);
            Layers(l => Linear(l, "k_proj"), rotated: true);
            Layers(l => Linear(l, "v_proj"));
            Layers(l => Linear(l, "o_proj"));
            Layers(LlamaWeights.FeedForwardNorm);
            Layers(l => Linear(l, "gate_proj"));
            Layers(l => Linear(l, "down_proj"));
            Layers(l => Linear(l, "up_proj"));
            Add(_values["model.norm.weight"]);
            Add(new float[Config.MaxPositions * Config.HeadWidth]);
            Add(_values["lm_head.weight"]);
            return [.. file];
        }

        // the inverse of Halves, for rows of 64
        private static float[] Pairs(float[] halves) => [.. Enumerable.Range(0, halves.Length / 64).SelectMany(row => halves.Skip((row / 16 * 16 + row % 16 / 2 + row % 2 * 8) * 64).Take(64))];
    }
}
