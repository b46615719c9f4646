using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Merging folders: what is written, what is measured, what is refused.</summary>
public sealed class AdapterMergeTests : IDisposable
{
    private static readonly int[][] s_prompts = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [.. Enumerable.Range(0, 90).Select(i => i * 7 % 96)], [5]];

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly TemporaryModelFolder _folder = new();

    public AdapterMergeTests()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        model.Save(_folder.File("base"));
        _folder.Write(Path.Combine("base", "generation_config.json"), "{}");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    private string Base => _folder.File("base");

    private string Adapter(Lora settings, WeightFormat format = WeightFormat.F32, double size = 0.08, string? on = null)
    {
        on ??= Base;
        using var model = LlamaModel.Load(_engine, on, format);
        using var original = settings.Init.ChangesBase ? OriginalWeights.Open(on) : null;
        var adapters = settings.Attach(model, seed: 1, original: original);
        int seed = 1;
        foreach (var p in adapters.Parameters) p.Value.CopyFrom([.. p.Value.ToFloats().Zip(Make.Values(p.Value.Count, seed++, -size, size), (x, d) => settings.Init.ChangesBase || p.Shape.Rank == 1 ? x + d / 10 : d)]);
        PeftFolder.Save(adapters, _folder.File("adapter"), BaseIdentity.OfFolder(on));
        return _folder.File("adapter");
    }

    private MergeReport Merge(MergeTarget target, double limit = 1e-3, bool force = false, string? on = null) =>
        AdapterMerge.Run(_engine, on ?? Base, _folder.File("adapter"), _folder.File("out"), new MergeOptions { Target = target, Prompts = s_prompts, MaxDivergence = limit, AboveLimit = force });

    private float[] Logits(LlamaModel model)
    {
        using var tokens = _engine.From(s_prompts[1], [1, s_prompts[1].Length]);
        using var tape = _engine.Tape(recording: false);
        return model.Forward(tape, tokens).ToFloats();
    }

    public static TheoryData<string> Kinds => new("lora", "rslora", "dora", "pissa", "loftq");

    private static Lora Settings(string kind) => TinyLlama.AllLinear with
    {
        UseRsLora = kind == "rslora", UseDora = kind == "dora", Init = kind switch { "pissa" => LoraInit.Pissa(), "loftq" => LoraInit.LoftQ(2), _ => LoraInit.Uniform },
        Targets = kind == "lora" ? ["q_proj", "down_proj"] : LlamaWeights.LinearNames, RankPattern = [KeyValuePair.Create("k_proj", 2)],
    };

    [Theory, MemberData(nameof(Kinds))]
    public void A_merge_in_F32_predicts_what_the_live_adapter_does(string kind)
    {
        string adapter = Adapter(Settings(kind));
        using var live = LlamaModel.Load(_engine, Base);
        PeftFolder.Load(live, adapter, BaseIdentity.OfFolder(Base));
        var report = Merge(MergeTarget.F32);

        Assert.True(report.Written);
        using var merged = LlamaModel.Load(_engine, _folder.File("out"));
        Tolerances.Close([.. Logits(live).Select(v => (double)v)], [.. Logits(merged).Select(v => (double)v)], 5e-6);
        Assert.Equal((3, 101, 0), (report.Fidelity.Prompts, report.Fidelity.Positions, report.Fidelity.ChangedTokens));
        Assert.InRange(report.Fidelity.MeanDivergence, 0, 1e-9);
        Assert.InRange(report.Fidelity.MaxError, 0, 1e-4);
        Assert.Equal(1, report.Survived, 1e-4);
        Assert.Equal(kind == "lora" ? 4 : 14, report.Layers.Count);
        Assert.True(File.Exists(Path.Combine(_folder.File("out"), "generation_config.json")));
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.File("out"), MergeReport.FileName)))!;
        Assert.Equal(("f32", 101, true), ((string?)json["to"], (int)json["positions"]!, (bool)json["written"]!));
        Assert.Equal(["adapter", "base", "out"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(p => Path.GetFileName(p)).Order());
    }

    [Theory, InlineData("lora"), InlineData("pissa"), InlineData("loftq")]
    public void An_adapter_of_a_4_bit_base_fits_that_base_decoded_and_less_well_the_original(string kind)
    {
        Adapter(Settings(kind), WeightFormat.Nf4);
        var original = Merge(MergeTarget.F32, force: true);
        Directory.Delete(_folder.File("out"), recursive: true);
        var decoded = Merge(MergeTarget.DequantizedF32);
        Assert.Equal(("nf4", true), (decoded.Live, decoded.Written));
        Assert.InRange(decoded.Fidelity.MeanDivergence, 0, 1e-9);
        // LoftQ's base is the quantized one in either case
        if (kind != "loftq") Assert.True(original.Fidelity.MeanDivergence > 1e-6, $"{original.Fidelity.MeanDivergence}");
    }

    [Fact]
    public void A_folder_in_4_bits_is_decoded_and_merged()
    {
        using (var model = LlamaModel.Load(_engine, Base)) model.Save(_folder.File("four"), WeightFormat.Nf4);
        Adapter(Settings("lora"), WeightFormat.Nf4, on: _folder.File("four"));
        var report = Merge(MergeTarget.F32, on: _folder.File("four"));
        Assert.InRange(report.Fidelity.MeanDivergence, 0, 1e-9);
        Assert.Null(LlamaConfig.Load(_folder.File("out")).Quantization);
    }

    [Fact]
    public void What_16_and_4_bits_keep_of_an_update_is_measured()
    {
        Adapter(Settings("rslora"));
        var half = Merge(MergeTarget.BF16, limit: 1);
        Assert.InRange(half.Survived, 0.999, 1.001);
        Assert.All(half.Layers, l => Assert.InRange(l.ErrorNorm, 1e-4, 1e-2));
        Assert.True(half.Fidelity.MeanDivergence > 0);
        Directory.Delete(_folder.File("out"), recursive: true);
        var four = Merge(MergeTarget.Nf4, limit: 1);
        Assert.All(four.Layers, l => Assert.InRange(l.ErrorNorm, 2e-2, 0.5));
        Assert.True(four.Fidelity.MeanDivergence > 10 * half.Fidelity.MeanDivergence);
        using var model = LlamaModel.Load(_engine, _folder.File("out"), WeightFormat.Nf4);
        Assert.All(model.Linears, l => Assert.NotNull(l.Quantized));
    }

    [Fact]
    public void Above_the_limit_nothing_is_written_unless_told_to()
    {
        Adapter(Settings("rslora"));
        long live = _engine.Memory.LiveBytes;
        var refused = Merge(MergeTarget.Nf4, limit: 1e-9);
        Assert.False(refused.Written);
        Assert.Equal(["adapter", "base"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(p => Path.GetFileName(p)).Order());
        Assert.Equal(live, _engine.Memory.LiveBytes);
        var forced = Merge(MergeTarget.Nf4, limit: 1e-9, force: true);
        Assert.True(forced.Written);
        Assert.Equal(refused.Fidelity, forced.Fidelity);
    }

    [Fact]
    public void A_failed_merge_leaves_nothing_and_says_why()
    {
        Adapter(Settings("lora"));
        Assert.Equal("AdapterMerge: Target dequantized-f32 is for adapters of a quantized base, but this one stands on f32; use f32 or bf16.", Assert.Throws<ArgumentException>(() => Merge(MergeTarget.DequantizedF32)).Message);
        Assert.Equal($"AdapterMerge: output must be another folder than model and adapter, got {Base}.", Assert.Throws<ArgumentException>(() =>
            AdapterMerge.Run(_engine, Base, _folder.File("adapter"), Base, new MergeOptions { Prompts = s_prompts })).Message);
        foreach (var (prompts, message) in new (int[][], string)[]
        {
            ([], "AdapterMerge: Prompts must hold at least one text to measure on, got none."),
            ([[]], "AdapterMerge: prompt 0 must have 1 to the model's 1024 tokens, got 0."),
            ([[1], [2, 96]], "AdapterMerge: tokens of prompt 1 must be 0 to 95; use the model's own tokenizer."),
            ([[-1]], "AdapterMerge: tokens of prompt 0 must be 0 to 95; use the model's own tokenizer."),
        })
            Assert.Equal(message, Assert.Throws<ArgumentException>(() => AdapterMerge.Run(_engine, Base, _folder.File("adapter"), _folder.File("out"), new MergeOptions { Prompts = prompts })).Message);

        using (var other = LlamaModel.Random(_engine, TinyLlama.Config, seed: 4)) other.Save(_folder.File("other"));
        string own = BaseIdentity.OfFolder(Base).WeightsSha256!, its = BaseIdentity.OfFolder(_folder.File("other")).WeightsSha256!;
        var e = Assert.Throws<CheckpointFormatException>(() => Merge(MergeTarget.F32, on: _folder.File("other")));
        Assert.Contains($"the adapter belongs to the base {own}, but this base is {its}", e.Message, StringComparison.Ordinal);
        Assert.Equal(["adapter", "base", "other"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(p => Path.GetFileName(p)).Order());
    }

    [Fact]
    public void Writing_takes_a_few_copies_of_the_largest_layer_besides_the_model_that_is_measured()
    {
        var config = TinyLlama.Config with { Layers = 12, HiddenSize = 144, HeadWidth = 24, IntermediateSize = 256 };
        using (var model = LlamaModel.Random(_engine, config, seed: 3)) model.Save(_folder.File("deep"));
        Adapter(new Lora { Targets = LlamaWeights.LinearNames }, on: _folder.File("deep"));
        _engine.ResetPeak();
        long before = _engine.Memory.LiveBytes;
        Merge(MergeTarget.BF16, limit: 1, on: _folder.File("deep"));
        long weights = LlamaWeights.Count(config) * sizeof(float), layer = 144L * 256 * sizeof(float);
        long factors = LlamaWeights.LoraCount(config, 8, LlamaWeights.LinearNames) * sizeof(float);
        // the live model in F32 with its adapter; the merged one in BF16 is smaller
        Assert.InRange(_engine.Memory.PeakBytes - before, weights, weights + factors + 10 * layer + (2 << 20));
    }
}
