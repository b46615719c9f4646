using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class LlamaModelTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void The_loss_is_the_mean_over_the_labels_that_count_one_position_later()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var (tokens, labels) = TinyLlama.Batch(_engine, B: 2, T: 9);
        using var tape = _engine.Tape(recording: false);
        double[] logits = model.Forward(tape, tokens).Doubles();
        int[] wanted = labels.ToInts();
        const int T = 9, V = 96;
        double sum = 0;
        int counted = 0;
        for (int b = 0; b < 2; b++)
            for (int t = 0; t < T - 1; t++)
            {
                int label = wanted[b * T + t + 1];
                if (label == -100) continue;
                var row = logits.AsSpan((b * T + t) * V, V);
                double total = 0;
                foreach (double v in row) total += Math.Exp(v);
                sum += Math.Log(total) - row[label];
                counted++;
            }
        Assert.Equal(sum / counted, model.Loss(tape, tokens, labels).Item(), 1e-5);
    }

    [Fact]
    public void What_comes_later_changes_nothing_before()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var (tokens, _) = TinyLlama.Batch(_engine, B: 1, T: 12);
        using var tape = _engine.Tape(recording: false);
        float[] before = model.Forward(tape, tokens).ToFloats();
        tokens.AsSpan<int>()[8] ^= 1;
        float[] after = model.Forward(tape, tokens).ToFloats();
        Assert.Equal(before[..(8 * 96)], after[..(8 * 96)]);
        Assert.NotEqual(before[(8 * 96)..], after[(8 * 96)..]);
    }

    [Fact]
    public void Every_module_can_be_observed_and_the_sums_of_the_residual_stream_hold()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        model.GradientCheckpointing = true;
        var (tokens, _) = TinyLlama.Batch(_engine);
        using var tape = _engine.Tape(recording: false);
        float[] plain = model.Hidden(tape, tokens).ToFloats();
        var seen = new List<(string Name, double[] Output)>();
        float[] observed = model.Hidden(tape, tokens, observe: (name, output) => seen.Add((name, output.Doubles()))).ToFloats();
        Assert.Equal(plain, observed);
        string[] parts = [".input_layernorm", ".self_attn", ".post_attention_layernorm", ".mlp", ""];
        Assert.Equal(["model.embed_tokens", .. from layer in (string[])["model.layers.0", "model.layers.1"] from part in parts select layer + part, "model.norm"], seen.Select(s => s.Name));
        double[] stream = Of("model.embed_tokens");
        Assert.Equal(tokens.ToInts().SelectMany(id => model.Embedding.Value.Doubles().AsSpan(id * 72, 72).ToArray()), stream);
        for (int layer = 0; layer < 2; layer++)
        {
            double[] attended = Of($"model.layers.{layer}.self_attn"), fed = Of($"model.layers.{layer}.mlp"), output = Of($"model.layers.{layer}");
            for (int i = 0; i < stream.Length; i++) Assert.Equal(stream[i] + attended[i] + fed[i], output[i], 1e-5);
            stream = output;
        }
        Assert.Equal(observed.Select(v => (double)v), Of("model.norm"));

        double[] Of(string name) => seen.Single(s => s.Name == name).Output;
    }

    [Theory, InlineData(WeightFormat.BF16), InlineData(WeightFormat.Nf4), InlineData(WeightFormat.Int8)]
    public void Smaller_formats_stay_near_the_model_in_32_bits(WeightFormat format)
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        using var small = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, new LlamaStorage { Linears = format });
        var (tokens, _) = TinyLlama.Batch(_engine);
        using var tape = _engine.Tape(recording: false);
        double[] expected = model.Forward(tape, tokens).Doubles(), actual = small.Forward(tape, tokens).Doubles();
        double error = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum() / expected.Sum(e => e * e));
        // 4 bits are off by 9 % of a normal weight (root of the mean square, blocks of 64), 8 bits by 1 %, BF16 by 0.2 %
        Assert.InRange(error, 1e-4, format == WeightFormat.Nf4 ? 0.15 : 0.02);
    }

    [Fact]
    public void A_quantized_head_gives_the_loss_of_its_logits()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4 with { QuantizeHead = true });
        var adapters = TinyLlama.AllLinear.Attach(model, seed: 1);
        var (tokens, labels) = TinyLlama.Batch(_engine);
        using var tape = _engine.Tape();
        var loss = model.Loss(tape, tokens, labels);
        Assert.InRange(loss.Item(), 4, 5.2);   // about ln 96 = 4.56
        tape.Backward(loss);
        Assert.All(adapters.Parameters, p => Assert.NotNull(p.Gradient));
        Assert.NotNull(model.Head!.Quantized);
    }

    [Fact]
    public void Inference_keeps_nothing_but_the_result()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var (tokens, _) = TinyLlama.Batch(_engine);
        using var tape = _engine.Tape(recording: false);
        model.Forward(tape, tokens);   // makes the rotary table
        tape.Reset();
        long before = _engine.Memory.LiveBytes;
        var logits = model.Forward(tape, tokens);
        Assert.InRange(_engine.Memory.LiveBytes - before, logits.SizeBytes, logits.SizeBytes + 64);
    }

    [Fact]
    public void A_longer_text_lets_the_rotary_table_grow_without_changing_a_bit()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        using var tape = _engine.Tape(recording: false);
        var (tokens, _) = TinyLlama.Batch(_engine, B: 1, T: 20);
        float[] before = model.Forward(tape, tokens).ToFloats();
        var (longer, _) = TinyLlama.Batch(_engine, B: 1, T: 600);
        model.Forward(tape, longer);
        Assert.Equal(before, model.Forward(tape, tokens).ToFloats());
    }

    [Fact]
    public void A_random_model_is_the_same_for_a_seed_and_another_for_another()
    {
        using var one = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        using var same = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        using var other = LlamaModel.Random(_engine, TinyLlama.Config, seed: 4);
        foreach (var (a, b, c) in one.Parameters.Zip(same.Parameters, other.Parameters))
        {
            Assert.Equal(a.Value.ToFloats(), b.Value.ToFloats());
            if (a.Shape.Rank == 1) Assert.All(a.Value.ToFloats(), v => Assert.Equal(1f, v));
            else Assert.NotEqual(a.Value.ToFloats(), c.Value.ToFloats());
        }
        double[] w = one.Linears[4].Weight!.Value.Doubles();
        Assert.Equal(0.02, Math.Sqrt(w.Average(v => v * v)), 0.001);
    }

    [Fact]
    public void Its_parameters_have_the_names_and_shapes_of_a_Hugging_Face_folder()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        Assert.Equal(LlamaWeights.Parameters(TinyLlama.Config).Select(p => $"{p.Name} {(Shape)p.Shape}"), model.Parameters.Select(p => $"{p.Name} {p.Shape}"));
    }

    [Fact]
    public void Dispose_returns_every_byte()
    {
        long before = _engine.Memory.LiveBytes;
        var (tokens, labels) = TinyLlama.Batch(_engine);
        long batch = _engine.Memory.LiveBytes - before;
        using (var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4))
        {
            (TinyLlama.AllLinear with { UseDora = true }).Attach(model, seed: 1);
            using var tape = _engine.Tape();
            tape.Backward(model.Loss(tape, tokens, labels));
        }
        Assert.Equal(before + batch, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4);
        using var flat = _engine.From([1, 2, 3], [3]);
        using var tokens = _engine.From([1, 2, 3], [1, 3]);
        using var labels = _engine.From([1, 2], [1, 2]);
        using var tooLong = _engine.Zeros([1, 1025], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("LlamaModel: tokens must have shape (B, T), got (3).", Message(() => model.Forward(tape, flat)));
        Assert.Equal("LlamaModel: labels must have shape (1, 3) like tokens, got (1, 2).", Message(() => model.Loss(tape, tokens, labels)));
        Assert.Equal("LlamaModel: a text of 1025 tokens must fit the model's 1024 positions; cut it, or raise MaxPositions if the model was extended.", Message(() => model.Forward(tape, tooLong)));
        Assert.Equal("LlamaStorage: QuantizeHead needs a quantized format for Linears, got F32.", Message(() => LlamaModel.Random(_engine, TinyLlama.Config, 1, new LlamaStorage { QuantizeHead = true })));
        Assert.Equal("LlamaStorage: QuantizeHead needs a head of its own, but this model's head is its embedding.",
            Message(() => LlamaModel.Random(_engine, TinyLlama.Config with { TiedEmbeddings = true }, 1, TinyLlama.Nf4 with { QuantizeHead = true })));
        Assert.Equal("LlamaStorage: Embedding must be F32 or BF16, got I32.", Message(() => LlamaModel.Random(_engine, TinyLlama.Config, 1, new LlamaStorage { Embedding = DType.I32 })));
        Assert.Equal("LlamaStorage: Activations must be F32 or BF16, got U8.", Message(() => LlamaModel.Random(_engine, TinyLlama.Config, 1, new LlamaStorage { Activations = DType.U8 })));
        Assert.Equal("LlamaStorage: Linears must be F32, BF16, Nf4, Fp4 or Int8, got 9.", Message(() => LlamaModel.Random(_engine, TinyLlama.Config, 1, new LlamaStorage { Linears = (WeightFormat)9 })));
        var e = Assert.Throws<InvalidOperationException>(model.Unfreeze);
        Assert.Equal("LlamaModel: full fine-tuning needs weights in F32 or BF16, but 14 linear layers are quantized; load them as F32 or BF16, or attach an adapter.", e.Message);

        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
