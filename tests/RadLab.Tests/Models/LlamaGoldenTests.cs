using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class LlamaGoldenTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void Logits_are_those_of_the_reference(string name)
    {
        using var expected = LlamaGoldens.Open(name, "full");
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        var (tokens, labels) = LlamaGoldens.Batch(_engine, name);
        using var tape = _engine.Tape(recording: false);

        LlamaGoldens.Near(expected, "logits", model.Forward(tape, tokens).ToFloats());
        LlamaGoldens.Near(expected, "loss", model.Loss(tape, tokens, labels).ToFloats());
    }

    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void Every_gradient_of_full_fine_tuning_is_that_of_the_reference(string name)
    {
        using var expected = LlamaGoldens.Open(name, "full");
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        var (tokens, labels) = LlamaGoldens.Batch(_engine, name);
        model.Unfreeze();

        using var tape = _engine.Tape();
        var loss = model.Loss(tape, tokens, labels);
        LlamaGoldens.Near(expected, "loss", loss.ToFloats());
        tape.Backward(loss);

        Assert.Equal(expected.Entries.Select(e => e.Name).Where(n => n.StartsWith("grad.", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            model.Parameters.Select(p => "grad." + p.Name).Order(StringComparer.Ordinal));
        foreach (var p in model.Parameters) LlamaGoldens.Near(expected, "grad." + p.Name, p.Gradient!.Value.ToFloats());
    }

    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void Gradient_checkpointing_gives_the_same_bits_for_less_memory(string name)
    {
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        var (tokens, labels) = LlamaGoldens.Batch(_engine, name);
        model.Unfreeze();
        var (plain, plainPeak) = Run();
        model.GradientCheckpointing = true;
        var (checkpointed, peak) = Run();

        for (int i = 0; i < plain.Length; i++) Assert.True(plain[i].AsSpan().SequenceEqual(checkpointed[i]), $"{model.Parameters[i].Name} differs");
        Assert.True(peak < plainPeak, $"peak {peak} with checkpointing, {plainPeak} without");

        (float[][] Gradients, long Peak) Run()
        {
            using var tape = _engine.Tape();
            _engine.ResetPeak();
            long before = _engine.Memory.LiveBytes;
            tape.Backward(model.Loss(tape, tokens, labels));
            long most = _engine.Memory.PeakBytes - before;
            float[][] gradients = [.. model.Parameters.Select(p => p.Gradient!.Value.ToFloats())];
            foreach (var p in model.Parameters) p.ClearGradient();
            return (gradients, most);
        }
    }

    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void Greedy_decoding_gives_the_tokens_of_the_reference(string name)
    {
        using var expected = LlamaGoldens.Open(name, "greedy");
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        using var tape = _engine.Tape(recording: false);
        List<int> tokens = [.. expected.Ints("prompt")];
        int[] all = expected.Ints("tokens");
        while (tokens.Count < all.Length)
        {
            using var input = _engine.From(tokens.ToArray(), [1, tokens.Count]);
            float[] logits = model.Forward(tape, input).ToFloats();
            var last = logits.AsSpan(logits.Length - model.Config.VocabularySize);
            int best = 0;
            for (int v = 1; v < last.Length; v++)
                if (last[v] > last[best]) best = v;
            tokens.Add(best);
            tape.Reset();
        }
        Assert.Equal(all, tokens);
    }
}
