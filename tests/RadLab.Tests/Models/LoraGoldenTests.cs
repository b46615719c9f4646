using System.Globalization;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>Five AdamW steps of LoRA, rsLoRA and DoRA against another implementation.</summary>
public sealed class LoraGoldenTests : IDisposable
{
    // five steps of AdamW divide small numbers by small numbers; PyTorch in F32 is as far from the reference
    private const double AfterFiveSteps = 2e-4;

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, string> Cases => Make.Rows(LlamaGoldens.Models, ["lora", "rslora", "dora"]);

    [Theory, MemberData(nameof(Cases))]
    public void The_first_step_has_the_logits_and_gradients_of_the_reference(string name, string variant)
    {
        using var expected = LlamaGoldens.Open(name, variant);
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        var adapters = Attach(model, expected, variant);
        var (tokens, labels) = LlamaGoldens.Batch(_engine, name);
        using var tape = _engine.Tape();

        LlamaGoldens.Near(expected, "logits", model.Forward(tape, tokens).ToFloats());
        tape.Reset();
        tape.Backward(model.Loss(tape, tokens, labels));

        Assert.Equal(Names(expected, "grad."), adapters.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (var p in adapters.Parameters) LlamaGoldens.Near(expected, "grad." + p.Name, p.Gradient!.Value.ToFloats());
        Assert.All(model.Parameters, p => Assert.Null(p.Gradient));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Five_steps_have_the_losses_norms_and_adapters_of_the_reference(string name, string variant)
    {
        using var expected = LlamaGoldens.Open(name, variant);
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        var adapters = Attach(model, expected, variant);
        float[][] before = [.. model.Parameters.Select(p => p.Value.ToFloats())];
        var (tokens, labels) = LlamaGoldens.Batch(_engine, name);
        using var optimizer = new AdamW(adapters.Parameters, Settings(expected), Number(expected, "max_grad_norm"));
        using var tape = _engine.Tape();

        var (losses, norms) = (new float[5], new float[5]);
        for (int i = 0; i < 5; i++)
        {
            var loss = model.Loss(tape, tokens, labels);
            losses[i] = loss.Item();
            tape.Backward(loss);
            norms[i] = (float)optimizer.Step();
            tape.Reset();
        }

        LlamaGoldens.Near(expected, "losses", losses);
        LlamaGoldens.Near(expected, "grad_norms", norms);
        foreach (var p in adapters.Parameters) LlamaGoldens.Near(expected, "adapter_after5." + p.Name, p.Value.ToFloats(), AfterFiveSteps);
        for (int i = 0; i < before.Length; i++) Assert.Equal(before[i], model.Parameters[i].Value.ToFloats());
    }

    private static LoraAdapters Attach(LlamaModel model, SafeTensorsReader expected, string variant)
    {
        var adapters = new Lora
        {
            Rank = (int)Number(expected, "r"),
            Alpha = Number(expected, "alpha"),
            Targets = [.. expected.Metadata["targets"].Split(',').Select(t => t.Split('.')[1])],
            UseRsLora = variant == "rslora",
            UseDora = variant == "dora",
        }.Attach(model, seed: 1);
        Assert.Equal(Names(expected, "adapter."), adapters.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (var p in adapters.Parameters) p.Value.CopyFrom(expected.Floats("adapter." + p.Name));
        return adapters;
    }

    private static AdamWSettings Settings(SafeTensorsReader expected)
    {
        string[] betas = expected.Metadata["betas"].Split(',');
        return new AdamWSettings(Number(expected, "lr"), Parse(betas[0]), Parse(betas[1]), Number(expected, "eps"), Number(expected, "weight_decay"));
    }

    private static double Number(SafeTensorsReader file, string key) => Parse(file.Metadata[key]);

    private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Names(SafeTensorsReader file, string prefix) => file.Entries
        .Where(e => e.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(e => e.Name[prefix.Length..]).Order(StringComparer.Ordinal);
}
