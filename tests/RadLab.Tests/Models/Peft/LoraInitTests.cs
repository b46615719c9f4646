using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>How adapters start: gaussian, PiSSA, LoftQ.</summary>
public sealed class LoraInitTests : IDisposable
{
    private static readonly Lora s_pissa = TinyLlama.AllLinear with { Init = LoraInit.Pissa() };

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly TemporaryModelFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    // weights with a spectrum: those of a random model have none to speak of
    private string Saved()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        int seed = 1;
        foreach (var layer in model.Linears)
        {
            float[] u = Make.Values(layer.Outputs, seed++), v = Make.Values(layer.Inputs, seed++), w = layer.Weight!.Value.ToFloats();
            for (int i = 0; i < w.Length; i++) w[i] += 0.2f * u[i / layer.Inputs] * v[i % layer.Inputs];
            layer.Weight.Value.CopyFrom(w);
        }
        model.Save(_folder.File("base"));
        return _folder.File("base");
    }

    private float[] Logits(LlamaModel model)
    {
        var (tokens, labels) = TinyLlama.Batch(_engine);
        labels.Dispose();
        using var tape = _engine.Tape(recording: false);
        using (tokens) return model.Forward(tape, tokens).ToFloats();
    }

    private static double[] Sum(LoraAdapter adapter)
    {
        using var weight = adapter.Layer.Floats();
        double[] w = weight.Doubles(), a = adapter.A.Value.Doubles(), b = adapter.B.Value.Doubles();
        for (int o = 0; o < adapter.Layer.Outputs; o++)
            for (int c = 0; c < adapter.Layer.Inputs; c++)
                for (int r = 0; r < adapter.Rank; r++) w[o * adapter.Layer.Inputs + c] += adapter.Scale * b[o * adapter.Rank + r] * a[r * adapter.Layer.Inputs + c];
        return w;
    }

    private static double Distance(double[] x, double[] y) => Math.Sqrt(x.Zip(y, (a, b) => (a - b) * (a - b)).Sum());

    [Fact]
    public void Gaussian_has_deviation_one_over_the_rank_and_changes_nothing()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        float[] plain = Logits(model);
        var adapters = (TinyLlama.AllLinear with { Init = LoraInit.Gaussian }).Attach(model, seed: 1);
        double[] a = [.. adapters.Layers.SelectMany(l => l.A.Value.Doubles())];
        Assert.Equal(0.25, Math.Sqrt(a.Average(v => v * v)), 0.01);
        Assert.Equal(0, a.Average(), 0.01);
        Assert.Equal(plain, Logits(model));
    }

    public static TheoryData<string, bool> PissaCases => Make.Rows(["pissa", "pissa_niter_16"], [false, true]);

    [Theory, MemberData(nameof(PissaCases))]
    public void PiSSA_splits_the_weight_into_its_largest_triplets_and_the_rest(string name, bool dora)
    {
        using var model = LlamaModel.Load(_engine, Saved());
        float[] plain = Logits(model);
        float[][] weights = [.. model.Linears.Select(l => l.Weight!.Value.ToFloats())];
        var adapters = (s_pissa with { Init = LoraInit.Parse(name, 1)!, UseRsLora = true, UseDora = dora }).Attach(model, seed: 1);

        for (int i = 0; i < adapters.Layers.Count; i++)
        {
            var adapter = adapters.Layers[i];
            double[] w = [.. weights[i].Select(v => (double)v)];
            Tolerances.Close(w, Sum(adapter), 2e-7);   // one rounding of the base to F32
            using var before = _engine.From(weights[i], [adapter.Layer.Outputs, adapter.Layer.Inputs]);
            using var rest = adapter.Layer.Floats();
            // what is left of the spectrum begins where the adapter ends
            Tolerances.Close(Svd.Exact(before, 8).Values[4..].ToArray(), Svd.Exact(rest, 4).Values.ToArray(), 1e-2 * (name == "pissa" ? 1e-4 : 1));
        }
        Tolerances.Close([.. plain.Select(v => (double)v)], [.. Logits(model).Select(v => (double)v)], 2e-6);
        Assert.DoesNotContain(model.Parameters, p => p.Trainable);
    }

    [Theory, InlineData(WeightFormat.F32, false), InlineData(WeightFormat.BF16, false), InlineData(WeightFormat.Nf4, false), InlineData(WeightFormat.Nf4, true)]
    public void A_changed_base_is_the_model_as_before_while_switched_off_and_after_detaching(WeightFormat format, bool loftQ)
    {
        string folder = Saved();
        using var original = OriginalWeights.Open(folder);
        using var model = LlamaModel.Load(_engine, folder, new LlamaStorage { Linears = format, Embedding = DType.F32, Activations = DType.F32 });
        float[] plain = Logits(model), exact;
        double[][] weights;
        using (var full = LlamaModel.Load(_engine, folder)) (exact, weights) = (Logits(full), [.. full.Linears.Select(l => l.Weight!.Value.Doubles())]);
        double lost = Lost();
        long live = _engine.Memory.LiveBytes;

        var adapters = (s_pissa with { Init = loftQ ? LoraInit.LoftQ() : LoraInit.Pissa(16) }).Attach(model, seed: 1, original: original);
        double Off(float[] reference)
        {
            using (model.Adapters.Disable()) return Distance([.. reference.Select(v => (double)v)], [.. Logits(model).Select(v => (double)v)]);
        }
        // 4 bits lose less than without: the largest directions, or those of the loss, are in the adapter
        if (format == WeightFormat.Nf4) Assert.True(Lost() < 0.95 * lost, $"{Lost()} of {lost}");
        foreach (var p in adapters.Parameters) p.Value.CopyFrom(Make.Values(p.Value.Count, seed: 5));
        Assert.NotEqual(plain, Logits(model));
        double size = Math.Sqrt(exact.Sum(v => (double)v * v));
        if (format != WeightFormat.Nf4) Assert.InRange(Off(exact) / size, 0, format == WeightFormat.F32 ? 1e-6 : 1e-2);

        adapters.Detach(original);
        Assert.Equal(plain, Logits(model));
        Assert.Equal(live, _engine.Memory.LiveBytes);

        double Lost()
        {
            double total = 0;
            foreach (var (layer, w) in model.Linears.Zip(weights))
            {
                using var own = layer.Floats();
                double d = Distance(layer.Adapter is LoraAdapter a ? Sum(a) : own.Doubles(), w);
                total += d * d;
            }
            return Math.Sqrt(total);
        }
    }

    [Fact]
    public void Without_the_original_an_F32_base_comes_back_but_for_rounding_and_a_quantized_one_is_refused()
    {
        string folder = Saved();
        using var model = LlamaModel.Load(_engine, folder);
        double[][] before = [.. model.Linears.Select(l => l.Weight!.Value.Doubles())];
        s_pissa.Attach(model, seed: 1).Detach();
        for (int i = 0; i < before.Length; i++) Tolerances.Close(before[i], model.Linears[i].Weight!.Value.Doubles(), 3e-7);

        using var four = LlamaModel.Load(_engine, folder, WeightFormat.Nf4);
        float[] plain = Logits(four);
        var e = Assert.Throws<ArgumentException>(() => s_pissa.Attach(four, seed: 1));
        Assert.Equal("Lora: Pissa on model.layers.0.self_attn.q_proj needs the weights that were quantized; give original, the folder in 16 or 32 bits.", e.Message);
        Assert.Equal(plain, Logits(four));
        using var original = OriginalWeights.Open(folder);
        var adapters = s_pissa.Attach(four, seed: 1, original: original);
        var e2 = Assert.Throws<InvalidOperationException>(() => adapters.Detach());
        Assert.Equal("LoraAdapters: model.layers.0.self_attn.q_proj was changed by Pissa before it was quantized and cannot be put back; give original, or load the model again.", e2.Message);
    }

    [Fact]
    public void LoftQ_loses_less_than_plain_NF4_and_less_with_every_few_rounds()
    {
        string folder = Saved();
        using var original = OriginalWeights.Open(folder);
        using var full = LlamaModel.Load(_engine, folder);
        var lost = new List<double>();
        foreach (int iterations in new[] { 0, 1, 5 })
        {
            using var model = LlamaModel.Load(_engine, folder, WeightFormat.Nf4);
            byte[] codes = model.Linears[0].Quantized!.Codes.AsSpan<byte>().ToArray();
            double total = 0;
            var adapters = (TinyLlama.AllLinear with { Rank = 8, Init = iterations == 0 ? LoraInit.Uniform : LoraInit.LoftQ(iterations) }).Attach(model, seed: 1, original: original);
            foreach (var (adapter, layer) in adapters.Layers.Zip(full.Linears)) total += Math.Pow(Distance(Sum(adapter), layer.Weight!.Value.Doubles()), 2);
            lost.Add(Math.Sqrt(total));
            Assert.Equal(iterations < 2, codes.AsSpan().SequenceEqual(model.Linears[0].Quantized!.Codes.AsSpan<byte>()));   // one round leaves the plain base
        }
        Assert.True(lost[1] < 0.8 * lost[0], $"one round loses {lost[1]} of {lost[0]}");
        Assert.True(lost[2] < 0.97 * lost[1], $"five rounds lose {lost[2]} of {lost[1]}");
    }

    [Fact]
    public void LoftQ_on_an_F32_model_leaves_the_decoded_base_as_in_PEFT()
    {
        using var model = LlamaModel.Load(_engine, Saved());
        using var q = QuantizedWeight.Quantize(model.Linears[0].Weight!.Value, doubleQuantization: false);
        using var decoded = q.Dequantize();
        (TinyLlama.AllLinear with { Init = LoraInit.LoftQ() }).Attach(model, seed: 1);
        Assert.Equal(decoded.ToFloats(), model.Linears[0].Weight!.Value.ToFloats());
    }

    [Theory, InlineData(WeightFormat.F32, false), InlineData(WeightFormat.F32, true), InlineData(WeightFormat.Nf4, false)]
    public void A_trained_PiSSA_folder_comes_back_on_the_same_base_with_every_bit(WeightFormat format, bool rsLora)
    {
        string folder = Saved();
        var identity = BaseIdentity.OfFolder(folder);
        using var original = OriginalWeights.Open(folder);
        using var model = LlamaModel.Load(_engine, folder, format);
        var adapters = (s_pissa with { Init = LoraInit.Pissa(4), UseRsLora = rsLora }).Attach(model, seed: 1, original: original);
        int seed = 1;
        foreach (var p in adapters.Parameters) p.Value.CopyFrom([.. p.Value.ToFloats().Zip(Make.Values(p.Value.Count, seed++, -0.01, 0.01), (x, d) => x + d)]);
        float[] trained = Logits(model);
        PeftFolder.Save(adapters, _folder.File("raw"), identity);
        PeftFolder.Save(adapters, _folder.File("lora"), identity, asLora: true);
        Assert.Equal("pissa_niter_4", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.File("raw"), "adapter_config.json")))!["init_lora_weights"]);

        using var again = LlamaModel.Load(_engine, folder, format);
        Assert.Empty(PeftFolder.Load(again, _folder.File("raw"), identity, original: original).Notes);
        Assert.Equal(trained, Logits(again));

        // as plain LoRA it stands on the unchanged base in 32 bits
        using var plain = LlamaModel.Load(_engine, folder);
        var lora = PeftFolder.Load(plain, _folder.File("lora"), identity).Adapters;
        Assert.Equal((8, LoraInit.Uniform, adapters.Layers[0].Scale), (lora.Settings.Rank, lora.Settings.Init, lora.Layers[0].Scale));
        if (format == WeightFormat.F32) Tolerances.Close([.. trained.Select(v => (double)v)], [.. Logits(plain).Select(v => (double)v)], 5e-6);

        File.Delete(Path.Combine(_folder.File("raw"), "radlab.json"));
        using var foreign = LlamaModel.Load(_engine, folder, format);
        Assert.Contains("the adapter began by pissa_niter_4 elsewhere; its base is computed anew here, which is the same but for rounding and for what the iterations leave open.",
            PeftFolder.Load(foreign, _folder.File("raw"), identity, original: original).Notes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void LoftQ_is_saved_as_PEFT_names_it_and_as_plain_LoRA_after_one_round_only()
    {
        string folder = Saved();
        using var original = OriginalWeights.Open(folder);
        using var model = LlamaModel.Load(_engine, folder, WeightFormat.Nf4);
        var adapters = (TinyLlama.AllLinear with { Init = LoraInit.LoftQ() }).Attach(model, seed: 1, original: original);
        PeftFolder.Save(adapters, _folder.File("lora"), asLora: true);
        PeftFolder.Save(adapters, _folder.File("raw"));
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.File("raw"), "adapter_config.json")))!;
        Assert.Equal(("\"loftq\"", """{"loftq_bits":4,"loftq_iter":1}"""), (json["init_lora_weights"]!.ToJsonString(), json["loftq_config"]!.ToJsonString()));
        float[] expected = Logits(model);
        using var plain = LlamaModel.Load(_engine, folder, WeightFormat.Nf4);
        PeftFolder.Load(plain, _folder.File("lora"), new BaseIdentity(null, null));
        Assert.Equal(expected, Logits(plain));

        adapters.Detach(original);
        var more = (TinyLlama.AllLinear with { Init = LoraInit.LoftQ(2) }).Attach(model, seed: 1, original: original);
        Assert.StartsWith("PeftFolder: an adapter that began by LoftQ is plain LoRA on a quantized base after one iteration only", Assert.Throws<ArgumentException>(() => PeftFolder.Save(more, _folder.File("x"), asLora: true)).Message, StringComparison.Ordinal);
    }
}
