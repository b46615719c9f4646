using System.Globalization;

namespace RadLab.Models;

/// <summary>Low-rank adaptation of linear layers (Hu et al., arXiv:2106.09685), with the variants rsLoRA (arXiv:2312.03732) and DoRA (arXiv:2402.09353). The numbers' defaults are PEFT's.</summary>
/// <remarks><code>
/// y = W x + s B (A dropout(x))                     s = alpha / R, or alpha / sqrt(R) with rsLoRA
/// y = m / |W + s B A| * (the same)                 DoRA: one magnitude m and one norm per output
/// </code></remarks>
public sealed record Lora
{
    /// <summary>R: 8 to 64 is usual.</summary>
    public int Rank { get; init; } = 8;

    public double Alpha { get; init; } = 8;

    /// <summary>Some of <see cref="LlamaWeights.LinearNames"/>; QLoRA takes all of them.</summary>
    public IReadOnlyList<string> Targets { get; init; } = ["q_proj", "v_proj"];

    /// <summary>Divides alpha by the root of the rank, so that a high rank does not train more slowly.</summary>
    public bool UseRsLora { get; init; }

    /// <summary>Trains the length of each output's weight row apart from its direction.</summary>
    public bool UseDora { get; init; }

    /// <summary>Probability of an adapter's input being zeroed in training; the frozen layer always sees all of it.</summary>
    public float Dropout { get; init; }

    /// <summary>s: what B·A is multiplied with.</summary>
    public float Scale => (float)(UseRsLora ? Alpha / Math.Sqrt(Rank) : Alpha / Rank);

    /// <summary>
    /// Freezes the model and puts an F32 adapter on each target of each block: A uniform in ±1/sqrt(inputs), B zero, so that nothing changes before training.
    /// The model owns the adapters.
    /// </summary>
    /// <param name="seed">Of A and of dropout; each layer has streams of its own.</param>
    public LoraAdapters Attach(LlamaModel model, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        Check(model);
        var dropout = new AdapterDropout(Dropout, seed);
        var adapters = new List<LoraAdapter>();
        try
        {
            uint index = 0;
            foreach (var layer in model.Linears)
            {
                // the index counts all layers: the same layer has the same numbers whatever else is targeted
                if (Targets.Any(t => LlamaWeights.IsTarget(layer.Module, t))) adapters.Add(LoraAdapter.Create(model.Engine, layer, this, dropout, index, seed));
                index++;
            }
        }
        catch
        {
            foreach (var adapter in adapters) adapter.Dispose();
            throw;
        }
        model.Freeze();
        return new LoraAdapters(this, adapters, dropout);
    }

    private void Check(LlamaModel model)
    {
        Require(Rank >= 1, "Rank must be at least 1", Rank);
        Require(Alpha > 0 && double.IsFinite(Alpha), "Alpha must be finite and above 0", Alpha);
        Require(Dropout is >= 0 and < 1, "Dropout must be from 0 to below 1", Dropout);
        Require(Targets.Count > 0, "Targets must name at least one linear layer", Targets.Count);
        foreach (string target in Targets)
            if (!LlamaWeights.LinearNames.Contains(target))
                throw new ArgumentException($"Lora: Targets must be among {string.Join(", ", LlamaWeights.LinearNames)}, got '{target}'.");
        if (model.Linears.FirstOrDefault(l => l.Adapter is not null) is { } taken)
            throw new InvalidOperationException($"Lora: {taken.Module} has an adapter already; detach that first.");
    }

    private static void Require(bool holds, string requirement, double got)
    {
        if (!holds) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Lora: {requirement}, got {got}."));
    }
}
