using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class Llama2cFileTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [SkippableFact]
    public void Stories260K_writes_its_golden_stories()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("models/stories260K/golden.json")));
        using var model = LlamaModel.LoadLlama2c(_engine, SharedData.Require("models/stories260K/stories260K.bin"));
        string[] pieces = Pieces(File.ReadAllBytes(SharedData.Require("models/stories260K/tok512.bin")));
        var generator = new Generator(model);
        using var tape = _engine.Tape(recording: false);
        int count = 0;
        foreach (var story in golden.RootElement.GetProperty("generations").EnumerateArray())
        {
            int[] prompt = Ints(story, "prompt_ids"), expected = Ints(story, "greedy_ids");
            var text = generator.Generate(prompt, new GenerationOptions { MaxNewTokens = 96 - prompt.Length, StopTokens = [1], Decode = ids => Decode(pieces, ids) });
            Assert.Equal(expected, text.Tokens);
            // the tokenizer puts a space before the first word; the golden text has the prompt's text in front
            string all = Decode(pieces, [.. prompt, .. expected]);
            Assert.Equal(story.GetProperty("greedy_text").GetString(), all.StartsWith(' ') ? all[1..] : all);

            using var tokens = _engine.From(prompt, [1, prompt.Length]);
            double[] logits = [.. story.GetProperty("logits_after_prompt").EnumerateArray().Select(v => v.GetDouble())];
            Tolerances.Close(logits, model.Forward(tape, tokens).Doubles()[^512..], LlamaGoldens.Tolerance);

            int[] ids = [.. prompt, .. expected];
            Assert.Equal(story.GetProperty("mean_nll_all_tokens").GetDouble(), Loss(model, tape, ids), 1e-5);
            count++;
        }
        Assert.True(count >= 4);
        foreach (var loss in golden.RootElement.GetProperty("losses").EnumerateArray()) Assert.Equal(loss.GetProperty("mean_nll").GetDouble(), Loss(model, tape, Ints(loss, "ids")), 1e-5);
    }

    // Two heads of width 4: rows 0 1 2 3 of a head are the pairs (0, 1) and (2, 3), halves are 0 2 | 1 3.
    [Theory, InlineData(true), InlineData(false)]
    public void Tensors_come_from_their_places_and_pairs_become_halves(bool tied)
    {
        byte[] file = Build(tied);
        using var folder = new TemporaryModelFolder();
        using var model = LlamaModel.LoadLlama2c(_engine, folder.Write("m.bin", file));
        Assert.Equal(tied, model.Config.TiedEmbeddings);
        Assert.Equal((6, 8, 10, 2, 2, 1, 4, 32), (model.Config.VocabularySize, model.Config.HiddenSize, model.Config.IntermediateSize, model.Config.Layers, model.Config.Heads, model.Config.KeyValueHeads, model.Config.HeadWidth, model.Config.MaxPositions));
        // the file counts up: a tensor's first number is its place. Embedding 48; norms 2 * 8; wq 2 * 64; wk, wv 2 * 32 each; wo 2 * 64; norms 2 * 8; w1, w2, w3 2 * 80 each
        Assert.Equal(0, First("model.embed_tokens.weight"));
        Assert.Equal(48 + 8, First("model.layers.1.input_layernorm.weight"));
        Assert.Equal(64 + 64, First("model.layers.1.self_attn.q_proj.weight"));
        Assert.Equal(192, First("model.layers.0.self_attn.k_proj.weight"));
        Assert.Equal(256 + 32, First("model.layers.1.self_attn.v_proj.weight"));
        Assert.Equal(320, First("model.layers.0.self_attn.o_proj.weight"));
        Assert.Equal(448, First("model.layers.0.post_attention_layernorm.weight"));
        Assert.Equal(464 + 80, First("model.layers.1.mlp.gate_proj.weight"));
        Assert.Equal(624, First("model.layers.0.mlp.down_proj.weight"));
        Assert.Equal(784, First("model.layers.0.mlp.up_proj.weight"));
        Assert.Equal(944, First("model.norm.weight"));
        if (!tied) Assert.Equal(952 + 32 * 4, First("lm_head.weight"));

        float[] q = model.Parameters.Single(p => p.Name == "model.layers.0.self_attn.q_proj.weight").Value.ToFloats();
        Assert.Equal([0, 2, 1, 3, 4, 6, 5, 7], q.Chunk(8).Select(row => (int)(row[0] - 64) / 8));
        Assert.All(q.Chunk(8), row => Assert.Equal(row[0] + 7, row[7]));

        float First(string name) => model.Parameters.Single(p => p.Name == name).Value.ToFloats()[0];
    }

    [Fact]
    public void A_file_loads_into_smaller_formats_as_well()
    {
        using var folder = new TemporaryModelFolder();
        string path = folder.Write("m.bin", Build(tied: true));
        using var nf4 = LlamaModel.LoadLlama2c(_engine, path, new LlamaStorage { Linears = WeightFormat.Nf4 });
        Assert.All(nf4.Linears, l => Assert.NotNull(l.Quantized));
        using var bf16 = LlamaModel.LoadLlama2c(_engine, path, new LlamaStorage { Linears = WeightFormat.BF16 });
        Assert.All(bf16.Linears, l => Assert.Equal(DType.BF16, l.Weight!.Value.DType));
    }

    public static TheoryData<int, int, string> BadFields => new()
    {
        { 0, 0, "f: dim: must be 1 to 262144, got 0" },
        { 1, -1, "f: hidden_dim: must be 1 to 1048576, got -1" },
        { 2, int.MaxValue, "f: n_layers: must be 1 to 4096, got 2147483647" },
        { 3, 3, "f: n_heads: must cut dim 8 into heads of even width, got 3" },
        { 3, 8, "f: n_heads: must cut dim 8 into heads of even width, got 8" },
        { 4, 3, "f: n_kv_heads: must be 1 to 2, got 3" },
        { 5, 0, "f: vocab_size: must be 1 to 4194304, or minus that, got 0" },
        { 5, int.MinValue, "f: vocab_size: must be 1 to 4194304, or minus that, got -2147483648" },
        { 6, 1 << 30, "f: seq_len: must be 1 to 16777216, got 1073741824" },
        { 1, 11, "f: length: must be 4540 bytes by the header, got 4348" },
        { 0, 0x616B3432, "f: header: is of llama2.c's version 1 or later; export the model as version 0." },
    };

    [Theory, MemberData(nameof(BadFields))]
    public void A_header_that_cannot_be_is_refused_by_field(int field, int value, string message)
    {
        byte[] file = Build(tied: true);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4 * field), value);
        var e = Assert.Throws<CheckpointFormatException>(() => Llama2cFile.Open(file, "f"));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_or_none_is_refused()
    {
        byte[] file = Build(tied: true);
        foreach (int length in (int[])[0, 27]) Refused($"f: header: needs 28 bytes, but the file has {length}; check that it is a whole llama2.c model file.", length);
        foreach (int length in (int[])[28, 1000, file.Length - 1]) Refused($"f: length: must be 4348 bytes by the header, got {length}; check that it is a whole llama2.c model file.", length);
        using var folder = new TemporaryModelFolder();
        Assert.Contains("llama2.c model: must be an existing file; check the path.", Assert.Throws<FileNotFoundException>(() => LlamaModel.LoadLlama2c(_engine, folder.File("none"))).Message, StringComparison.Ordinal);

        void Refused(string message, int length) => Assert.Equal(message, Assert.Throws<CheckpointFormatException>(() => Llama2cFile.Open(file.AsMemory(0, length), "f")).Message);
    }

    // dim 8, hidden 10, 2 layers, 2 heads on 1, vocabulary 6, 32 positions; every number is its own place.
    internal static byte[] Build(bool tied)
    {
        int[] header = [8, 10, 2, 2, 1, tied ? 6 : -6, 32];
        int count = 48 + 16 + 128 + 64 + 64 + 128 + 16 + 160 + 160 + 160 + 8 + 32 * 4 + (tied ? 0 : 48);
        float[] weights = [.. Enumerable.Range(0, count).Select(i => (float)i)];
        return [.. MemoryMarshal.AsBytes(header.AsSpan()), .. MemoryMarshal.AsBytes(weights.AsSpan())];
    }

    private double Loss(LlamaModel model, Tape tape, int[] ids)
    {
        using var tokens = _engine.From(ids, [1, ids.Length]);
        return model.Loss(tape, tokens, tokens).Item();
    }

    private static int[] Ints(JsonElement story, string name) => [.. story.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    // llama2.c's tokenizer file: the longest piece's length, then score, length and bytes of each piece
    private static string[] Pieces(byte[] file)
    {
        var pieces = new List<string>();
        for (int at = 4; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            pieces.Add(Encoding.UTF8.GetString(file, at + 8, length));
            at += 8 + length;
        }
        return [.. pieces];
    }

    private static string Decode(string[] pieces, ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            string piece = pieces[id];
            if (id < 3) continue;
            if (piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal)) text.Append((char)Convert.ToInt32(piece[3..5], 16));
            else text.Append(piece);
        }
        return text.ToString();
    }
}
