using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>In which form an optimizer keeps its state.</summary>
public enum OptimizerKind
{
    /// <summary>Both means in 32 bits: 8 bytes for each trained number.</summary>
    AdamW,

    /// <summary>Both means in 8 bits with a factor per block of 256: 2.03 bytes. Parameters of fewer than 4096 numbers stay in 32 bits.</summary>
    AdamW8Bit,
}

/// <summary>How the parameters are updated; the learning rate comes with each step.</summary>
public sealed record OptimizerSettings
{
    public OptimizerKind Kind { get; init; }

    /// <summary>Of the mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Of the mean of their squares.</summary>
    public double Beta2 { get; init; } = 0.999;

    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled: times the learning rate, before the step; a group may have its own.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Full fine-tuning: the weight decay also pulls at norms, whose usual size is 1. False leaves them out, as most published trainings do.</summary>
    public bool DecayNorms { get; init; } = true;

    /// <summary>All gradients together are scaled down to this length; 0 only measures it.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>
    /// Memory that the state may take, 1 MiB or more: a larger state lives in a file and comes in page by page. The numbers are the same bit for bit.
    /// Null: all of it stays in memory.
    /// </summary>
    public long? StateBudgetBytes { get; init; }

    /// <summary>Bytes of the state of these parameters, in memory or paged.</summary>
    /// <param name="masters">The parameters are BF16: their F32 master copies are part of the state.</param>
    public long StateBytes(IEnumerable<(string Name, long Elements)> parameters, bool masters = false) =>
        parameters.Sum(p => StatePart.Of(Kind, p.Elements, masters).Sum(part => part.Bytes(p.Elements)));

    /// <summary>Bytes of the state that are in memory at a time: for a memory plan.</summary>
    public long ResidentStateBytes(IEnumerable<(string Name, long Elements)> parameters, bool masters = false) =>
        Math.Min(StateBytes(parameters, masters), StateBudgetBytes ?? long.MaxValue);

    /// <exception cref="ArgumentException">A setting is impossible.</exception>
    public void Check()
    {
        if (Problem() is var (setting, problem)) throw new ArgumentException($"AdamW: {setting} {problem}.");
    }

    /// <summary>The first setting that is impossible, and what it must be; null: none is.</summary>
    internal (string Setting, string Problem)? Problem()
    {
        return First(Enum.IsDefined(Kind), nameof(Kind), "be AdamW or AdamW8Bit", (double)Kind)
            ?? First(Beta1 is >= 0 and < 1, nameof(Beta1), "be from 0 to below 1", Beta1)
            ?? First(Beta2 is >= 0 and < 1, nameof(Beta2), "be from 0 to below 1", Beta2)
            ?? First(Epsilon > 0 && double.IsFinite(Epsilon), nameof(Epsilon), "be finite and above 0", Epsilon)
            ?? First(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), "be finite and 0 or more", WeightDecay)
            ?? First(MaxGradientNorm >= 0, nameof(MaxGradientNorm), "be 0 (no clipping) or more", MaxGradientNorm)
            ?? First(StateBudgetBytes is null or >= PagedTensors.SmallestBudget, nameof(StateBudgetBytes),
                string.Create(CultureInfo.InvariantCulture, $"be {PagedTensors.SmallestBudget} or more, or null for a state in memory"), StateBudgetBytes ?? 0);

        static (string, string)? First(bool holds, string setting, string must, double got) => holds ? null : (setting, string.Create(CultureInfo.InvariantCulture, $"must {must}, got {got}"));
    }

    internal static void Require(bool holds, string requirement, double got)
    {
        if (!holds) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"AdamW: {requirement}, got {got}."));
    }
}
