using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Several adapters on one base: switching, adding up, combining.</summary>
public sealed class AdapterSetTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private static LoraAdapters Attach(LlamaModel model, string name, Lora settings, int seed, double size = 0.3)
    {
        var adapters = settings.Attach(model, seed: 1, name);
        foreach (var p in adapters.Parameters) p.Value.CopyFrom(Make.Values(p.Value.Count, seed++, -size, size));
        return adapters;
    }

    private float[] Logits(LlamaModel model)
    {
        var (tokens, labels) = TinyLlama.Batch(_engine);
        labels.Dispose();
        using var tape = _engine.Tape(recording: false);
        using (tokens) return model.Forward(tape, tokens).ToFloats();
    }

    private static double[] Delta(LoraAdapter adapter)
    {
        int O = adapter.Layer.Outputs, C = adapter.Layer.Inputs, R = adapter.Rank;
        double[] a = adapter.A.Value.Doubles(), b = adapter.B.Value.Doubles(), delta = new double[O * C];
        for (int o = 0; o < O; o++)
            for (int c = 0; c < C; c++)
                for (int r = 0; r < R; r++) delta[o * C + c] += adapter.Scale * b[o * R + r] * a[r * C + c];
        return delta;
    }

    [Theory, InlineData(WeightFormat.F32), InlineData(WeightFormat.Nf4)]
    public void Switching_gives_each_adapters_bits_and_none_those_of_the_base(WeightFormat format)
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, new LlamaStorage { Linears = format });
        float[] plain = Logits(model);
        var one = Attach(model, "one", TinyLlama.AllLinear, 1);
        float[] first = Logits(model);
        Attach(model, "two", new Lora { Rank = 2, Targets = ["q_proj", "up_proj"] }, 50);
        float[] second = Logits(model);
        Assert.Equal(["one", "two"], model.Adapters.Names);
        Assert.Equal(["two"], model.Adapters.Active);
        Assert.NotEqual(first, second);

        model.Adapters.Activate("one");
        Assert.Equal(first, Logits(model));
        Assert.Equal(one.Parameters, model.AdapterParameters);
        using (model.Adapters.Disable())
        {
            Assert.Equal(plain, Logits(model));
            Assert.Empty(model.AdapterParameters);
        }
        Assert.Equal(first, Logits(model));
        model.Adapters.Activate("two");
        Assert.Equal(second, Logits(model));
        one.Detach();
        Assert.Equal(second, Logits(model));
        model.Adapters["two"].Detach();
        Assert.Equal(plain, Logits(model));
        Assert.Empty(model.Adapters.Names);
    }

    [Fact]
    public void Several_active_adapters_add_up_and_all_of_them_get_gradients_but_never_the_base()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        LoraAdapters one = Attach(model, "one", TinyLlama.AllLinear, 1), two = Attach(model, "two", new Lora { Rank = 2, Targets = ["q_proj", "up_proj"] }, 50);
        model.Adapters.Activate("one", "two");
        double[] sum = [.. Logits(model).Select(v => (double)v)];
        var (tokens, labels) = TinyLlama.Batch(_engine);
        using (var tape = _engine.Tape()) tape.Backward(model.Loss(tape, tokens, labels));
        Assert.Equal(one.Parameters.Concat(two.Parameters).Select(p => p.Name).Order(), model.AdapterParameters.Select(p => p.Name).Order());
        Assert.All(model.AdapterParameters, p => Assert.NotNull(p.Gradient));
        Assert.All(model.Parameters, p => Assert.Null(p.Gradient));

        // the same by a base that has the second adapter inside
        foreach (var adapter in two.Layers)
        {
            float[] w = adapter.Layer.Weight!.Value.ToFloats();
            double[] delta = Delta(adapter);
            adapter.Layer.Weight.Value.CopyFrom([.. w.Zip(delta, (x, d) => (float)(x + d))]);
        }
        model.Adapters.Activate("one");
        Tolerances.Close(sum, [.. Logits(model).Select(v => (double)v)], 5e-6);
    }

    [Theory, InlineData("cat"), InlineData("svd")]
    public void Cat_and_svd_are_the_weighted_sum_of_the_products(string how)
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        Attach(model, "one", TinyLlama.AllLinear with { UseRsLora = true }, 1);
        Attach(model, "two", new Lora { Rank = 2, Alpha = 6, Targets = ["q_proj", "up_proj"] }, 50);
        model.Adapters.Activate();
        var mixed = model.Adapters.Combine("mix", how == "cat" ? AdapterCombination.Cat : AdapterCombination.Svd(6), new WeightedAdapter("one", 0.7), new WeightedAdapter("two", -1.5));

        Assert.Empty(model.Adapters.Active);   // not active by itself
        Assert.Equal(14, mixed.Layers.Count);
        foreach (var adapter in mixed.Layers)
        {
            double[] expected = [.. Delta(model.Adapters["one"].On(adapter.Layer)!).Select(v => 0.7 * v)];
            if (model.Adapters["two"].On(adapter.Layer) is { } two) expected = [.. expected.Zip(Delta(two), (x, d) => x - 1.5 * d)];
            Assert.Equal((1f, how == "svd" || adapter.Layer.Module.EndsWith("q_proj") || adapter.Layer.Module.EndsWith("up_proj") ? 6 : 4), (adapter.Scale, adapter.Rank));
            Tolerances.Close(expected, Delta(adapter), 2e-6, adapter.Layer.Module);
        }
        // settings say what the adapter is: a folder of it comes back
        using var folder = new TemporaryModelFolder();
        PeftFolder.Save(mixed, folder.Path);
        model.Adapters.Activate("mix");
        float[] logits = Logits(model);
        using var other = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        PeftFolder.Load(other, folder.Path, new BaseIdentity(null, null));
        Assert.Equal(logits, Logits(other));
    }

    // PEFT's "linear" combines the factors, each with the root of the weight: the products of different adapters come along
    [Fact]
    public void Linear_combines_the_factors_as_PEFT_does()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        LoraAdapters one = Attach(model, "one", TinyLlama.AllLinear, 1), two = Attach(model, "two", TinyLlama.AllLinear with { Alpha = 2 }, 50);
        var mixed = model.Adapters.Combine("mix", AdapterCombination.Linear, new WeightedAdapter("one", 0.5), new WeightedAdapter("two", -2));
        double r1 = Math.Sqrt(0.5 * 2), r2 = Math.Sqrt(2 * 0.5);   // scales 8 / 4 and 2 / 4
        for (int i = 0; i < mixed.Layers.Count; i++)
        {
            Tolerances.Close([.. one.Layers[i].A.Value.Doubles().Zip(two.Layers[i].A.Value.Doubles(), (x, y) => r1 * x + r2 * y)], mixed.Layers[i].A.Value.Doubles(), 1e-6);
            Tolerances.Close([.. one.Layers[i].B.Value.Doubles().Zip(two.Layers[i].B.Value.Doubles(), (x, y) => r1 * x - r2 * y)], mixed.Layers[i].B.Value.Doubles(), 1e-6);
        }
        // alone, an adapter is itself
        var alone = model.Adapters.Combine("alone", AdapterCombination.Linear, new WeightedAdapter("one", 1));
        for (int i = 0; i < alone.Layers.Count; i++) Tolerances.Close(Delta(one.Layers[i]), Delta(alone.Layers[i]), 1e-6);
    }

    [Theory, InlineData(WeightFormat.F32, false), InlineData(WeightFormat.F32, true), InlineData(WeightFormat.BF16, false), InlineData(WeightFormat.Nf4, false)]
    public void A_merged_model_predicts_what_the_live_adapter_did(WeightFormat format, bool dora)
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, new LlamaStorage { Linears = format, Embedding = DType.F32, Activations = DType.F32 });
        var adapters = Attach(model, "one", TinyLlama.AllLinear with { UseDora = dora }, 1, size: 0.08);
        foreach (var adapter in adapters.Layers) adapter.Magnitude?.Value.CopyFrom(Make.Values(adapter.Layer.Outputs, 9, 0.1, 0.3));
        double[] live = [.. Logits(model).Select(v => (double)v)];
        var merged = adapters.Merge();
        double[] after = [.. Logits(model).Select(v => (double)v)];

        Assert.Empty(model.Adapters.Names);
        Assert.Equal(14, merged.Count);
        if (format == WeightFormat.F32) Tolerances.Close(live, after, 5e-6);
        else Tolerances.Close(live, after, format == WeightFormat.BF16 ? 2e-2 : 0.5);
        Assert.All(merged, m => Assert.InRange(m.Survived, format == WeightFormat.Nf4 ? 0.9 : 0.999, format == WeightFormat.Nf4 ? 1.1 : 1.001));
        // NF4 loses a tenth of a weight, which here is 2.5 updates long
        Assert.All(merged, m => Assert.InRange(m.ErrorNorm, 0, format switch { WeightFormat.F32 => 1e-6, WeightFormat.BF16 => 1e-2, _ => 0.3 }));
    }

    // steps far below the distance of two NF4 values: this is what the number is for
    [Fact]
    public void A_small_update_is_seen_to_drown_in_4_bits()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4);
        var adapters = TinyLlama.AllLinear.Attach(model, seed: 1);
        foreach (var adapter in adapters.Layers) adapter.B.Value.CopyFrom(Make.Values(adapter.B.Value.Count, 3, -1e-4, 1e-4));
        var merged = adapters.Merge();
        // the base lies on the 4-bit grid already and mostly goes back to where it was
        Assert.All(merged, m => Assert.True(m.ErrorNorm > 0.9, $"{m.Module}: error of {m.ErrorNorm} updates"));
        Assert.All(merged, m => Assert.InRange(m.Survived, -0.1, 0.1));
    }

    [Fact]
    public void What_does_not_go_together_is_reported()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var two = Attach(model, "two", TinyLlama.AllLinear with { Rank = 2 }, 1);
        Attach(model, "dora", TinyLlama.AllLinear with { UseDora = true }, 1);
        Attach(model, "four", TinyLlama.AllLinear, 1);
        Assert.Equal("AdapterSet: the model has no adapter 'x'; it has 'two', 'dora', 'four'.", Assert.Throws<ArgumentException>(() => model.Adapters.Activate("x")).Message);
        Assert.Equal("AdapterSet: each adapter must be named once, got two, two.", Assert.Throws<ArgumentException>(() => model.Adapters.Activate("two", "two")).Message);
        Assert.Equal("AdapterSet: 'dora' uses DoRA, which scales a whole layer's output, and can only be active alone.", Assert.Throws<ArgumentException>(() => model.Adapters.Activate("two", "dora")).Message);
        Assert.Equal(["four"], model.Adapters.Active);
        Assert.Equal("AdapterSet: 'dora' uses DoRA, whose outputs are no sum and cannot be combined.", Combined(new WeightedAdapter("dora", 1)));
        Assert.Equal("AdapterSet: a linear combination needs equal ranks, but model.layers.0.self_attn.q_proj has 2 and 4; use Cat or Svd.", Combined(new("two", 1), new("four", 1)));
        Assert.Equal("AdapterSet: the weight of 'two' must be finite, got NaN.", Combined(new WeightedAdapter("two", double.NaN)));
        Assert.Equal("AdapterSet: Combine must have at least one adapter, got none.", Combined());
        Assert.Equal("AdapterSet: name must be 1 to 64 of the characters A-Z a-z 0-9 - _ . and not begin with a point, got '../up'.", Assert.Throws<ArgumentException>(() => new Lora().Attach(model, 1, "../up")).Message);
        Assert.Equal("AdapterSet: 'p' and 'two' cannot be on one model: 'p' would change the base by Pissa; detach 'two' first, or save it as plain LoRA and load that.", Assert.Throws<InvalidOperationException>(() => new Lora { Init = LoraInit.Pissa() }.Attach(model, 1, "p")).Message);
        Assert.Equal("LoraAdapters: 'two' must be alone on its model to be merged: the others belong to the base as it is; detach them first.", Assert.Throws<InvalidOperationException>(() => two.Merge()).Message);

        string Combined(params WeightedAdapter[] parts) => Assert.Throws<ArgumentException>(() => model.Adapters.Combine("new", AdapterCombination.Linear, parts)).Message;
    }

    [Fact]
    public void All_adapters_are_saved_the_default_one_in_the_folder_itself()
    {
        using var folder = new TemporaryModelFolder();
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        Attach(model, AdapterSet.DefaultName, new Lora(), 1);
        Attach(model, "chest", new Lora(), 5);
        PeftFolder.SaveAll(model.Adapters, folder.Path);
        using var other = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        PeftFolder.Load(other, folder.Path, new BaseIdentity(null, null));
        PeftFolder.Load(other, folder.File("chest"), new BaseIdentity(null, null), name: "chest");
        Assert.Equal(Logits(model), Logits(other));
    }
}
