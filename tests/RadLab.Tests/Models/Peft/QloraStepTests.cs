using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>Training steps of adapters on a 4-bit model.</summary>
public sealed class QloraStepTests
{
    private static readonly AdamWSettings s_settings = new(LearningRate: 1e-2);

    [Theory, InlineData(false, false), InlineData(true, false), InlineData(false, true)]
    public void The_loss_falls_over_20_steps_and_the_base_keeps_every_bit(bool dora, bool bf16)
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var model = LlamaModel.Random(engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4 with { Embedding = bf16 ? DType.BF16 : DType.F32 });
        byte[][] codes = [.. model.Linears.Select(l => l.Quantized!.Codes.AsSpan<byte>().ToArray())];
        float[][] rest = [.. model.Parameters.Select(p => p.Value.ToFloats())];
        var losses = Train(engine, model, TinyLlama.AllLinear with { UseDora = dora, Dropout = 0.05f }, steps: 20).Losses;

        Assert.All(losses, l => Assert.True(float.IsFinite(l)));
        Assert.True(losses[^1] < 0.8 * losses[0], $"loss went from {losses[0]} to {losses[^1]}");
        for (int i = 0; i < codes.Length; i++) Assert.True(codes[i].AsSpan().SequenceEqual(model.Linears[i].Quantized!.Codes.AsSpan<byte>()), model.Linears[i].Module);
        for (int i = 0; i < rest.Length; i++) Assert.Equal(rest[i], model.Parameters[i].Value.ToFloats());
        Assert.All(model.Parameters, p => Assert.Null(p.Gradient));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void One_two_and_three_threads_train_the_same_bits(bool dora)
    {
        var runs = new List<(float[] Losses, float[][] Adapters)>();
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var model = LlamaModel.Random(engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4);
            model.GradientCheckpointing = threads == 3;   // must not matter either
            runs.Add(Train(engine, model, TinyLlama.AllLinear with { UseDora = dora, Dropout = 0.1f }, steps: 4));
        }
        foreach (var run in runs.Skip(1))
        {
            Assert.Equal(runs[0].Losses, run.Losses);
            for (int i = 0; i < run.Adapters.Length; i++) Assert.Equal(runs[0].Adapters[i], run.Adapters[i]);
        }
    }

    [Fact]
    public void Checkpointing_and_frozen_layers_keep_less_for_backward()
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var model = LlamaModel.Random(engine, TinyLlama.Config with { Layers = 4 }, seed: 3, TinyLlama.Nf4);
        TinyLlama.AllLinear.Attach(model, seed: 1);
        var (tokens, labels) = TinyLlama.Batch(engine, B: 2, T: 64);
        long Kept(bool checkpointing)
        {
            model.GradientCheckpointing = checkpointing;
            using var tape = engine.Tape();
            long before = engine.Memory.LiveBytes;
            model.Loss(tape, tokens, labels);
            return engine.Memory.LiveBytes - before;
        }
        // with checkpointing: a block's input each, and what the final norm and the head keep
        long row = 2L * 64 * TinyLlama.Config.HiddenSize * sizeof(float);
        Assert.InRange(Kept(checkpointing: true), 4 * row, 7 * row);
        Assert.InRange(Kept(checkpointing: false), 20 * row, 100 * row);
    }

    private static (float[] Losses, float[][] Adapters) Train(Engine engine, LlamaModel model, Lora settings, int steps)
    {
        var adapters = settings.Attach(model, seed: 1);
        using var optimizer = new AdamW(adapters.Parameters, s_settings, maxGradientNorm: 1);
        var (tokens, labels) = TinyLlama.Batch(engine);
        using var tape = engine.Tape();
        var losses = new float[steps];
        for (int i = 0; i < steps; i++)
        {
            adapters.Step = (uint)i;
            var loss = model.Loss(tape, tokens, labels);
            losses[i] = loss.Item();
            tape.Backward(loss);
            optimizer.Step();
            tape.Reset();
        }
        return (losses, [.. adapters.Parameters.Select(p => p.Value.ToFloats())]);
    }
}
