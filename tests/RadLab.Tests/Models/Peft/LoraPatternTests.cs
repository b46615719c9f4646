using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Which layers get an adapter, of which rank and alpha.</summary>
public sealed class LoraPatternTests : IDisposable
{
    private const string Q0 = "model.layers.0.self_attn.q_proj", Q1 = "model.layers.1.self_attn.q_proj", Q10 = "model.layers.10.self_attn.q_proj", Down1 = "model.layers.1.mlp.down_proj";

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // expectations worked out by hand from PEFT's rule: re.match(r"(.*\.)?(KEY)$", path), the first key that matches
    [Theory]
    [InlineData("q_proj", 2, 2, 2, 8)]
    [InlineData("_proj", 8, 8, 8, 8)]                        // no part of a name
    [InlineData("self_attn.q_proj", 2, 2, 2, 8)]
    [InlineData("layers.1.self_attn.q_proj", 8, 2, 8, 8)]   // not that of layer 10 or 21: a point or the beginning must stand before
    [InlineData("model.layers.1.self_attn.q_proj", 8, 2, 8, 8)]
    [InlineData("^model.layers.0.self_attn.q_proj", 2, 8, 8, 8)]
    [InlineData("(q|down)_proj", 2, 2, 2, 2)]
    [InlineData(@"layers\.\d+\.self_attn\..*", 2, 2, 2, 8)]
    [InlineData(@"layers\.\d\.self_attn\..*", 2, 2, 8, 8)]
    [InlineData("q_proj$", 2, 2, 2, 8)]
    [InlineData("q_pro", 8, 8, 8, 8)]                        // the end must match
    [InlineData("1.self_attn.q_proj|down_proj", 8, 2, 8, 2)]
    public void A_pattern_chooses_as_in_PEFT(string key, int q0, int q1, int q10, int down)
    {
        var lora = new Lora { Rank = 8, RankPattern = [KeyValuePair.Create(key, 2)], AlphaPattern = [KeyValuePair.Create(key, 32.0)] };
        Assert.Equal((q0, q1, q10, down), (lora.RankOf(Q0), lora.RankOf(Q1), lora.RankOf(Q10), lora.RankOf(Down1)));
        Assert.Equal(q1 == 2 ? 32 : 8, lora.AlphaOf(Q1));
        Assert.Equal(q1 == 2 ? 16f : 1f, lora.ScaleOf(Q1));
    }

    [Fact]
    public void The_first_key_that_matches_counts_and_rsLoRA_takes_the_root_of_the_layers_rank()
    {
        var lora = new Lora { Rank = 8, Alpha = 8, UseRsLora = true, RankPattern = [KeyValuePair.Create("layers.1.*", 4), KeyValuePair.Create("q_proj", 16)] };
        Assert.Equal((16, 4, 4), (lora.RankOf(Q0), lora.RankOf(Q1), lora.RankOf(Down1)));
        Assert.Equal((2f, 4f), (lora.ScaleOf(Q0), lora.ScaleOf(Q1)));
    }

    [Fact]
    public void Layers_exclusions_whole_paths_and_expressions_choose_targets_as_in_PEFT()
    {
        Assert.Equal([Q0, Down1], Targets(new Lora { Targets = ["q_proj", "down_proj"], Layers = [0], Exclude = ["layers.0.mlp.down_proj"] }, alsoAt1: true));
        Assert.Equal([Q1], Targets(new Lora { Targets = ["q_proj"], Exclude = [Q0] }));
        Assert.Equal([Q0, Q1, Down1], Targets(new Lora { Targets = ["q_proj", Down1], Layers = [] }));
        Assert.Equal([Q0, Down1], Targets(new Lora { Targets = ["q_proj", Down1], Layers = [0] }));   // a whole path does not ask for layers
        Assert.Equal([Down1], Targets(new Lora { TargetPattern = @"model\.layers\.1\..*down_proj" }));
        Assert.Equal([], Targets(new Lora { TargetPattern = "down_proj" }));   // the whole path must match

        string[] Targets(Lora lora, bool alsoAt1 = false)
        {
            lora = alsoAt1 ? lora with { Targets = [.. lora.Targets, Down1] } : lora;
            return [.. new[] { Q0, "model.layers.0.mlp.down_proj", Q1, Down1, "model.layers.1.mlp.up_proj" }.Where(lora.IsTarget)];
        }
    }

    [Fact]
    public void Adapters_have_the_ranks_and_scales_of_their_layers_and_come_back_from_a_folder()
    {
        using var folder = new TemporaryModelFolder();
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var lora = new Lora
        {
            Rank = 4, Alpha = 8, Targets = ["q_proj", "down_proj"], Layers = [1], Exclude = ["o_proj"],
            RankPattern = [KeyValuePair.Create(@"mlp\..*", 2)], AlphaPattern = [KeyValuePair.Create("q_proj", 2.5)],
        };
        var adapters = lora.Attach(model, seed: 1);
        Assert.Equal([(Q1, 4, 0.625f), (Down1, 2, 4f)], adapters.Layers.Select(a => (a.Layer.Module, a.Rank, a.Scale)));
        PeftFolder.Save(adapters, folder.Path);

        var json = JsonNode.Parse(File.ReadAllText(folder.File("adapter_config.json")))!;
        Assert.Equal(("""{"mlp\\..*":2}""", """{"q_proj":2.5}""", "[1]", """["o_proj"]"""),
            (json["rank_pattern"]!.ToJsonString(), json["alpha_pattern"]!.ToJsonString(), json["layers_to_transform"]!.ToJsonString(), json["exclude_modules"]!.ToJsonString()));
        using var other = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var loaded = PeftFolder.Load(other, folder.Path, new BaseIdentity(null, null)).Adapters;
        Assert.Equal(adapters.Layers.Select(a => (a.Layer.Module, a.Rank, a.Scale)), loaded.Layers.Select(a => (a.Layer.Module, a.Rank, a.Scale)));
        foreach (var (x, y) in adapters.Parameters.Zip(loaded.Parameters)) Assert.Equal(x.Value.ToFloats(), y.Value.ToFloats());
        // one number for layers_to_transform is the same as a list of one
        json["layers_to_transform"] = 1;
        folder.Write("adapter_config.json", json.ToJsonString());
        Assert.Equal([1], PeftConfig.Load(folder.Path).Settings.Layers!);
    }

    [Fact]
    public void Settings_that_leave_nothing_or_contradict_are_reported()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        Assert.Equal("Lora: the targets must leave at least one linear layer of the model, got none; check TargetPattern, Layers and Exclude.", Message(new Lora { Layers = [7] }));
        Assert.Equal("Lora: Layers must not be given together with TargetPattern; let the pattern choose them.", Message(new Lora { TargetPattern = ".*q_proj", Layers = [1] }));
        Assert.Equal("Lora: TargetPattern must not match the output head or the embedding: only the blocks' linear layers can have adapters.", Message(new Lora { TargetPattern = "lm_head|.*q_proj" }));
        Assert.Equal("Lora: a rank of RankPattern must be at least 1, got 0.", Message(new Lora { RankPattern = [KeyValuePair.Create("q_proj", 0)] }));
        Assert.Equal("Lora: an alpha of AlphaPattern must be finite and above 0, got -1.", Message(new Lora { AlphaPattern = [KeyValuePair.Create("q_proj", -1.0)] }));
        Assert.Equal("Lora: '(?<=a)b' must be a regular expression without look-around and back-references.", Message(new Lora { RankPattern = [KeyValuePair.Create("(?<=a)b", 1)] }));
        Assert.Equal("Lora: with Pissa, the rank of model.layers.0.self_attn.k_proj must be at most 24, its shorter side, got 25.", Message(new Lora { Rank = 25, Targets = ["k_proj"], Init = LoraInit.Pissa() }));
        Assert.All(model.Linears, l => Assert.Null(l.Adapter));

        string Message(Lora settings) => Assert.Throws<ArgumentException>(() => settings.Attach(model, seed: 1)).Message;
    }
}
