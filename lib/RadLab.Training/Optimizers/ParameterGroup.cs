using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Parameters that share a factor of the learning rate and a weight decay.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Parameters">Trainable; they stay their owner's.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<Parameter> Parameters)
{
    /// <summary>Times the learning rate of the step.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>Null: that of the <see cref="OptimizerSettings"/>.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>All weights of a model.</summary>
    /// <param name="decayNorms">See <see cref="OptimizerSettings.DecayNorms"/>.</param>
    /// <returns>One group where it is true.</returns>
    public static IReadOnlyList<ParameterGroup> Weights(IReadOnlyList<Parameter> parameters, bool decayNorms) => decayNorms
        ? [new("weights", parameters)]
        : [new("weights", [.. parameters.Where(p => p.Shape.Rank > 1)]), new("norms", [.. parameters.Where(p => p.Shape.Rank <= 1)]) { WeightDecay = 0 }];

    /// <summary>LoRA+ (Hayou et al., arXiv:2402.12354): B learns <paramref name="ratio"/> times as fast as A and whatever else trains; 16 is the authors' choice.</summary>
    /// <returns>One group where the ratio is 1.</returns>
    public static IReadOnlyList<ParameterGroup> LoraPlus(LoraAdapters adapters, double ratio)
    {
        if (ratio == 1) return [new("adapters", adapters.Parameters)];
        var fast = adapters.Layers.Select(l => l.B).ToList();
        var all = fast.ToHashSet();
        return [new("adapters", [.. adapters.Parameters.Where(p => !all.Contains(p))]), new("LoRA B", fast) { LearningRateFactor = ratio }];
    }
}
