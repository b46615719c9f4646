using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class LoraTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<WeightFormat, bool> FormatsAndDora => Make.Rows([WeightFormat.F32, WeightFormat.BF16, WeightFormat.Nf4, WeightFormat.Fp4, WeightFormat.Int8], [false, true]);

    [Theory, MemberData(nameof(FormatsAndDora))]
    public void A_new_adapter_changes_nothing_and_a_detached_one_leaves_nothing(WeightFormat format, bool dora)
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, new LlamaStorage { Linears = format });
        var (tokens, _) = TinyLlama.Batch(_engine);
        float[] plain = Logits(model, tokens);
        long live = _engine.Memory.LiveBytes;

        var adapters = (TinyLlama.AllLinear with { UseDora = dora }).Attach(model, seed: 1);
        // DoRA multiplies with m / |W|, which is 1 but for rounding: to 8 bits where activations are BF16
        double tolerance = !dora ? 0 : format == WeightFormat.BF16 ? 2e-2 : 2e-6;
        Tolerances.Close([.. plain.Select(v => (double)v)], [.. Logits(model, tokens).Select(v => (double)v)], tolerance);

        foreach (var p in adapters.Parameters) p.Value.CopyFrom(Make.Values(p.Value.Count, seed: 5));
        Assert.NotEqual(plain, Logits(model, tokens));
        adapters.Detach();
        Assert.Equal(plain, Logits(model, tokens));
        Assert.Equal(live, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_starts_uniform_within_one_over_the_root_of_the_inputs_and_b_at_zero()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var adapters = TinyLlama.AllLinear.Attach(model, seed: 1);
        foreach (var adapter in adapters.Layers)
        {
            double bound = 1 / Math.Sqrt(adapter.Layer.Inputs);
            double[] a = adapter.A.Value.Doubles();
            Assert.InRange(a.Max(), 0.9 * bound, bound * 1.000001);
            Assert.InRange(a.Min(), -bound * 1.000001, -0.9 * bound);
            Assert.InRange(a.Average() / bound, -0.15, 0.15);
            Assert.All(adapter.B.Value.ToFloats(), v => Assert.Equal(0f, v));
        }
        Assert.NotEqual(adapters.Layers[0].A.Value.ToFloats(), adapters.Layers[1].A.Value.ToFloats());
        Assert.Equal(LlamaWeights.LoraCount(TinyLlama.Config, 4, LlamaWeights.LinearNames), adapters.Parameters.Sum(p => p.Value.Count));
    }

    [Fact]
    public void A_layer_starts_with_the_same_numbers_whatever_else_is_targeted()
    {
        float[] Start(params string[] targets)
        {
            using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
            var adapters = (TinyLlama.AllLinear with { Targets = targets }).Attach(model, seed: 1);
            return adapters.Layers.Single(l => l.Layer.Module == "model.layers.1.mlp.up_proj").A.Value.ToFloats();
        }
        Assert.Equal(Start("up_proj"), Start("q_proj", "up_proj", "down_proj"));
    }

    [Fact]
    public void Targets_choose_the_layers_by_the_end_of_their_path()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var adapters = new Lora { Targets = ["q_proj", "down_proj"] }.Attach(model, seed: 1);
        Assert.Equal(["model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj", "model.layers.1.self_attn.q_proj", "model.layers.1.mlp.down_proj"], adapters.Layers.Select(l => l.Layer.Module));
        Assert.Equal(adapters.Parameters, model.AdapterParameters);
    }

    [Theory, InlineData(false, 2.0), InlineData(true, 4.0)]
    public void The_scale_is_alpha_over_rank_or_over_its_root(bool rsLora, double expected) =>
        Assert.Equal(expected, new Lora { Rank = 4, Alpha = 8, UseRsLora = rsLora }.Scale);

    [Fact]
    public void Attaching_freezes_a_model_that_was_training()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        model.Unfreeze();
        var adapters = TinyLlama.AllLinear.Attach(model, seed: 1);
        Backward(model);
        Assert.All(model.Parameters, p => Assert.Null(p.Gradient));
        Assert.All(adapters.Parameters, p => Assert.NotNull(p.Gradient));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Dropout_depends_on_seed_step_and_layer_and_checkpointing_sees_the_same(bool dora)
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4);
        var adapters = (TinyLlama.AllLinear with { Dropout = 0.3f, UseDora = dora }).Attach(model, seed: 1);
        foreach (var adapter in adapters.Layers) adapter.B.Value.CopyFrom(Make.Values(adapter.B.Value.Count, seed: 5, -0.1, 0.1));
        float[][] first = Gradients(), again = Gradients();
        model.GradientCheckpointing = true;
        float[][] checkpointed = Gradients();
        adapters.Step = 1;
        float[][] next = Gradients();
        adapters.DropoutActive = false;
        float[][] without = Gradients();

        for (int i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i], again[i]);
            Assert.Equal(first[i], checkpointed[i]);
            Assert.NotEqual(first[i], next[i]);
            Assert.NotEqual(next[i], without[i]);
        }

        float[][] Gradients()
        {
            Backward(model);
            float[][] gradients = [.. adapters.Parameters.Select(p => p.Gradient!.Value.ToFloats())];
            foreach (var p in adapters.Parameters) p.ClearGradient();
            return gradients;
        }
    }

    // The adapter's input alone is dropped: with B zero the outputs stay what they are.
    [Fact]
    public void Dropout_leaves_the_frozen_layer_alone()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var (tokens, _) = TinyLlama.Batch(_engine);
        float[] plain = Logits(model, tokens);
        (TinyLlama.AllLinear with { Dropout = 0.5f }).Attach(model, seed: 1);
        Assert.Equal(plain, Logits(model, tokens));
    }

    [Fact]
    public void Settings_out_of_range_and_a_second_adapter_are_reported()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        Assert.Equal("Lora: Rank must be at least 1, got 0.", Message(new Lora { Rank = 0 }));
        Assert.Equal("Lora: Alpha must be finite and above 0, got 0.", Message(new Lora { Alpha = 0 }));
        Assert.Equal("Lora: Dropout must be from 0 to below 1, got 1.", Message(new Lora { Dropout = 1 }));
        Assert.Equal("Lora: Targets must name at least one linear layer, got 0.", Message(new Lora { Targets = [] }));
        Assert.Equal("Lora: Targets must be among q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, got 'lm_head'.", Message(new Lora { Targets = ["lm_head"] }));
        new Lora().Attach(model, seed: 1);
        var e = Assert.Throws<InvalidOperationException>(() => new Lora().Attach(model, seed: 1));
        Assert.Equal("AdapterSet: the model has an adapter 'default' already; detach that first, or give the new one another name.", e.Message);

        string Message(Lora settings) => Assert.Throws<ArgumentException>(() => settings.Attach(model, seed: 1)).Message;
    }

    private void Backward(LlamaModel model)
    {
        var (tokens, labels) = TinyLlama.Batch(_engine);
        using var tape = _engine.Tape();
        tape.Backward(model.Loss(tape, tokens, labels));
        tokens.Dispose();
        labels.Dispose();
    }

    private float[] Logits(LlamaModel model, Tensor tokens)
    {
        using var tape = _engine.Tape(recording: false);
        return model.Forward(tape, tokens).ToFloats();
    }
}
