using System.Globalization;

namespace RadLab.Models;

/// <summary>Low-rank adaptation of linear layers (Hu et al., arXiv:2106.09685), with the variants rsLoRA (arXiv:2312.03732) and DoRA (arXiv:2402.09353). The numbers' defaults are PEFT's.</summary>
/// <remarks><code>
/// y = W x + s B (A dropout(x))                     s = alpha / R, or alpha / sqrt(R) with rsLoRA
/// y = m / |W + s B A| * (the same)                 DoRA: one magnitude m and one norm per output
/// </code></remarks>
public sealed partial record Lora
{
    /// <summary>R: 8 to 64 is usual.</summary>
    public int Rank { get; init; } = 8;

    public double Alpha { get; init; } = 8;

    /// <summary>Layers by the end of their path: some of <see cref="LlamaWeights.LinearNames"/> (QLoRA takes all of them), or longer, such as <c>layers.0.mlp.up_proj</c>.</summary>
    public IReadOnlyList<string> Targets { get; init; } = ["q_proj", "v_proj"];

    /// <summary>A regular expression that the whole path of a layer must match; takes the place of <see cref="Targets"/> and <see cref="Layers"/>.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Layers that get no adapter, by the end of their path.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Numbers of the blocks that get adapters; null or empty: all. A target that is a whole path does not ask for it.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Other ranks for some layers: the first key that matches the path, or its end from behind a dot on, as a regular expression.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Other alphas for some layers; see <see cref="RankPattern"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>Divides alpha by the root of the rank, so that a high rank does not train more slowly.</summary>
    public bool UseRsLora { get; init; }

    /// <summary>Trains the length of each output's weight row apart from its direction.</summary>
    public bool UseDora { get; init; }

    /// <summary>Probability of an adapter's input being zeroed in training; the frozen layer always sees all of it.</summary>
    public float Dropout { get; init; }

    /// <summary>What A and B start as.</summary>
    public LoraInit Init { get; init; } = LoraInit.Uniform;

    /// <summary>s of layers without a pattern: what B·A is multiplied with.</summary>
    public float Scale => ScaleOf(Alpha, Rank);

    /// <summary>
    /// Freezes the model and puts an F32 adapter on each target of each block, which is then the active one. B starts at zero, so that nothing changes before
    /// training; with PiSSA and LoftQ the base is changed so that the two together are (nearly) the weight as before.
    /// </summary>
    /// <remarks>The model owns the adapters. Several may be on one model, see <see cref="LlamaModel.Adapters"/>, but one that changes the base is alone.</remarks>
    /// <param name="seed">Of A and of dropout; each layer has streams of its own.</param>
    /// <param name="name">What the model calls the adapter.</param>
    /// <param name="original">What quantized layers were quantized from: needed there for PiSSA and LoftQ.</param>
    public LoraAdapters Attach(LlamaModel model, ulong seed, string name = AdapterSet.DefaultName, OriginalWeights? original = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Check(model);
        model.Adapters.CheckNew(name, Init);
        var dropout = new AdapterDropout(Dropout, seed);
        var adapters = new List<LoraAdapter>();
        try
        {
            uint index = 0;
            foreach (var layer in model.Linears)
            {
                // the index counts all layers: the same layer has the same numbers whatever else is targeted
                if (IsTarget(layer.Module)) adapters.Add(LoraAdapter.Create(model.Engine, layer, this, dropout, index, seed, original));
                index++;
            }
        }
        catch
        {
            using var whole = model.Engine.DeferInterrupts();
            foreach (var adapter in adapters)
            {
                adapter.RestoreBase(original);
                adapter.Dispose();
            }
            throw;
        }
        return model.Adapters.Add(new LoraAdapters(model, name, this, adapters, dropout));
    }

    /// <summary>Refuses settings that no model can have, or that leave no layer of this one, or whose start this one's layers are too small for.</summary>
    /// <exception cref="ArgumentException">What cannot be, with its value.</exception>
    public void Check(LlamaModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Check();
        foreach (string target in Targets.Where(_ => TargetPattern is null))
            if (!model.Linears.Any(l => EndsWith(l.Module, target)))
                throw new ArgumentException($"Lora: Targets must be among {string.Join(", ", LlamaWeights.LinearNames)}, got '{target}'.");
        if (!model.Linears.Any(l => IsTarget(l.Module)))
            throw new ArgumentException("Lora: the targets must leave at least one linear layer of the model, got none; check TargetPattern, Layers and Exclude.");
        foreach (var layer in model.Linears.Where(l => IsTarget(l.Module) && Init.ChangesBase && RankOf(l.Module) > Math.Min(l.Inputs, l.Outputs)))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Lora: with {Init.Kind}, the rank of {layer.Module} must be at most {Math.Min(layer.Inputs, layer.Outputs)}, its shorter side, got {RankOf(layer.Module)}."));
    }

    /// <summary>Refuses numbers out of range and patterns that are none.</summary>
    internal void Check()
    {
        Require(Rank >= 1, "Rank must be at least 1", Rank);
        Require(Alpha > 0 && double.IsFinite(Alpha), "Alpha must be finite and above 0", Alpha);
        Require(Dropout is >= 0 and < 1, "Dropout must be from 0 to below 1", Dropout);
        Require(Targets.Count > 0 || TargetPattern is not null, "Targets must name at least one linear layer", Targets.Count);
        foreach (var (key, rank) in RankPattern)
        {
            _ = ModulePattern.Key(key);
            Require(rank >= 1, "a rank of RankPattern must be at least 1", rank);
        }
        foreach (var (key, alpha) in AlphaPattern)
        {
            _ = ModulePattern.Key(key);
            Require(alpha > 0 && double.IsFinite(alpha), "an alpha of AlphaPattern must be finite and above 0", alpha);
        }
        if (TargetPattern is null) return;
        var pattern = ModulePattern.Whole(TargetPattern);
        if (pattern.Matches(LlamaWeights.HeadModule) || pattern.Matches("model.embed_tokens"))
            throw new ArgumentException("Lora: TargetPattern must not match the output head or the embedding: only the blocks' linear layers can have adapters.");
        if (Layers is { Count: > 0 }) throw new ArgumentException("Lora: Layers must not be given together with TargetPattern; let the pattern choose them.");
    }

    private static void Require(bool holds, string requirement, double got)
    {
        if (!holds) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Lora: {requirement}, got {got}."));
    }
}
