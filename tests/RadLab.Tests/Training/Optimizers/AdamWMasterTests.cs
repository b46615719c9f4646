using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>AdamW on BF16 parameters: F32 master copies.</summary>
public sealed class AdamWMasterTests : IDisposable
{
    private static readonly AdamWSettings s_settings = new(LearningRate: 3e-3, WeightDecay: 0.1);

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private static float[] Rounded(float[] values) => Array.ConvertAll(values, v => BFloat16.ToSingle(BFloat16.FromSingle(v)));

    private Parameter NewParameter(string name, float[] values, DType dtype) => new(name, _engine.From(values, [values.Length], dtype), trainable: true);

    // loss = sum of c p: the gradient is c, whatever p is, so that both optimizers see the same
    private void Backward(Parameter p, float[] c)
    {
        using var tape = _engine.Tape();
        using var factor = _engine.From(c, [c.Length], p.Value.DType);
        tape.Backward(tape.Sum(tape.Mul(p.Value, factor)));
    }

    [Fact]
    public void The_master_follows_AdamW_in_F32_bit_for_bit_and_the_parameter_is_its_rounding()
    {
        const int n = 333;   // with a tail behind the lanes
        float[] start = Rounded(Make.Values(n, seed: 1));
        using var exact = NewParameter("exact", start, DType.F32);
        using var half = NewParameter("half", start, DType.BF16);
        using var reference = new AdamW([exact], s_settings, maxGradientNorm: 0.7);
        using var optimizer = new AdamW([half], s_settings, maxGradientNorm: 0.7);
        for (int step = 0; step < 20; step++)
        {
            float[] c = Rounded(Make.Values(n, seed: 10 + step));
            Backward(exact, c);
            Backward(half, c);
            Assert.Equal(reference.Step(), optimizer.Step());
            Assert.Equal(exact.Value.ToFloats(), optimizer.Master(0)!.Value.ToFloats());
            Assert.Equal(Rounded(exact.Value.ToFloats()), half.Value.ToFloats());
        }
        Assert.Equal(reference.Mean(0).ToFloats(), optimizer.Mean(0).ToFloats());
        Assert.Null(reference.Master(0));
    }

    // BF16 has no number between 1 and 1 + 1/128: each of these steps alone is lost
    [Fact]
    public void Steps_below_the_resolution_of_BF16_add_up()
    {
        using var p = NewParameter("p", [1], DType.BF16);
        using var optimizer = new AdamW([p], new AdamWSettings(LearningRate: 1e-3, WeightDecay: 0));
        Backward(p, [-1]);
        optimizer.Step();
        Assert.Equal(1f, p.Value.ToFloats()[0]);
        for (int i = 0; i < 9; i++)
        {
            Backward(p, [-1]);
            optimizer.Step();
        }
        Assert.Equal(1.01, optimizer.Master(0)!.Value.Item(), 5);
        Assert.Equal(1 + 1 / 128f, p.Value.ToFloats()[0]);
    }

    [Fact]
    public void A_run_that_gets_its_state_back_goes_on_with_the_same_bits()
    {
        float[] start = Rounded(Make.Values(40, seed: 1));
        float[][] gradients = [.. Enumerable.Range(0, 6).Select(i => Rounded(Make.Values(40, seed: 20 + i)))];
        using var p = NewParameter("p", start, DType.BF16);
        using var optimizer = new AdamW([p], s_settings);
        foreach (float[] g in gradients.Take(3))
        {
            Backward(p, g);
            optimizer.Step();
        }
        var saved = optimizer.State().ToDictionary(s => s.Key, s => s.Value.ToFloats());
        Assert.Equal(["p.mean", "p.square", "p.master"], optimizer.State().Select(s => s.Key));

        using var q = NewParameter("p", p.Value.ToFloats(), DType.BF16);
        using var resumed = new AdamW([q], s_settings) { Steps = optimizer.Steps };
        Assert.NotEqual(saved["p.master"], resumed.Master(0)!.Value.ToFloats());   // the rounding is not enough
        foreach (var (name, tensor) in resumed.State()) tensor.CopyFrom(saved[name]);
        foreach (float[] g in gradients.Skip(3))
        {
            Backward(p, g);
            Backward(q, g);
            optimizer.Step();
            resumed.Step();
        }
        Assert.Equal(optimizer.Master(0)!.Value.ToFloats(), resumed.Master(0)!.Value.ToFloats());
        Assert.Equal(p.Value.ToFloats(), q.Value.ToFloats());
    }

    [Fact]
    public void Parameters_changed_from_outside_are_taken_on_request()
    {
        using var p = NewParameter("p", [1, 2], DType.BF16);
        using var optimizer = new AdamW([p], s_settings);
        p.Value.CopyFrom([5f, 6f]);
        optimizer.TakeMasters();
        Assert.Equal([5f, 6f], optimizer.Master(0)!.Value.ToFloats());
    }

    [Fact]
    public void A_whole_model_in_BF16_learns()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, new LlamaStorage { Linears = WeightFormat.BF16 });
        model.Unfreeze();
        using (var optimizer = new AdamW(model.Parameters, new AdamWSettings(LearningRate: 3e-3), maxGradientNorm: 1))
        {
            var (tokens, labels) = TinyLlama.Batch(_engine);
            using var tape = _engine.Tape();
            var losses = new List<float>();
            for (int i = 0; i < 12; i++)
            {
                var loss = model.Loss(tape, tokens, labels);
                losses.Add(loss.Item());
                tape.Backward(loss);
                optimizer.Step();
                tape.Reset();
            }
            Assert.True(losses[^1] < 0.8 * losses[0], $"loss went from {losses[0]} to {losses[^1]}");
            tokens.Dispose();
            labels.Dispose();
        }
    }

    [Fact]
    public void Masters_are_freed_with_the_optimizer()
    {
        using var p = NewParameter("p", [1, 2], DType.BF16);
        long live = _engine.Memory.LiveBytes;
        using (var optimizer = new AdamW([p], s_settings)) Assert.True(_engine.Memory.LiveBytes > live);
        Assert.Equal(live, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_master_of_another_kind_is_reported()
    {
        using var p = _engine.Zeros([2], DType.BF16);
        using var q = _engine.Zeros([2]);
        using var r = _engine.Zeros([3]);
        Assert.Equal("AdamWStep: parameter must be BF16, got F32.", Assert.Throws<ArgumentException>(() => AdamWStep.TakeMaster(q, q)).Message);
        Assert.Equal("AdamWStep: master must be F32, got BF16.", Assert.Throws<ArgumentException>(() => AdamWStep.TakeMaster(p, p)).Message);
        Assert.Equal("AdamWStep: master must have shape (2), got (3).", Assert.Throws<ArgumentException>(() => AdamWStep.TakeMaster(p, r)).Message);
    }
}
