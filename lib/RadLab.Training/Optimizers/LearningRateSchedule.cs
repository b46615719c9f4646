using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>The way from the peak to the end.</summary>
public enum LearningRateKind
{
    Constant,
    Linear,
    Cosine,
}

/// <summary>The learning rate of each step: a linear warm-up to the peak, then constant or down to a share of it.</summary>
/// <remarks>
/// <code>
/// W = WarmupSteps, or ceil(WarmupRatio * total)
/// step &lt; W:   rate = peak * (step + 1) / W
/// else:       rate = peak * (f + (1 - f) * d(x)),   x = min(1, (step - W) / (total - W)),   f = MinimumFactor
/// d(x) = 1 (constant), 1 - x (linear), (1 + cos(pi x)) / 2 (cosine)
/// </code>
/// The first step of a warm-up already moves; the same bits on every machine.
/// </remarks>
public sealed record LearningRateSchedule
{
    public LearningRateKind Kind { get; init; }

    /// <summary>Steps until the peak is reached; 0 together with a <see cref="WarmupRatio"/>.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>The same as a share of all steps, 0 to 1.</summary>
    public double WarmupRatio { get; init; }

    /// <summary>What is left of the peak at the end, 0 to 1; does not concern a constant rate.</summary>
    public double MinimumFactor { get; init; }

    /// <summary>The learning rate of one step.</summary>
    /// <param name="step">Steps done before: 0 is the first.</param>
    /// <param name="totalSteps">Of the whole run, also of one that is resumed; steps beyond it keep the last rate.</param>
    public double At(double peak, long step, long totalSteps)
    {
        Check();
        if (step < 0) throw Wrong($"step must be 0 or more, got {step}");
        if (totalSteps < 1) throw Wrong($"totalSteps must be 1 or more, got {totalSteps}");
        long warmup = WarmupSteps > 0 ? WarmupSteps : (long)Math.Ceiling(WarmupRatio * totalSteps);
        if (step < warmup) return peak * ((step + 1.0) / warmup);

        double x = totalSteps > warmup ? Math.Min(1, (double)(step - warmup) / (totalSteps - warmup)) : 1;
        double d = Kind switch
        {
            LearningRateKind.Linear => 1 - x,
            LearningRateKind.Cosine => 0.5 * (1 + DoubleMath.Cos(Math.PI * x)),
            _ => 1,
        };
        return peak * (MinimumFactor + (1 - MinimumFactor) * d);
    }

    /// <exception cref="ArgumentException">A setting is impossible.</exception>
    public void Check()
    {
        if (Problem() is var (setting, problem)) throw Wrong($"{setting} {problem}");
    }

    /// <summary>The first setting that is impossible, and what it must be; null: none is.</summary>
    internal (string Setting, string Problem)? Problem()
    {
        if (!Enum.IsDefined(Kind)) return (nameof(Kind), Text($"must be Constant, Linear or Cosine, got {(int)Kind}"));
        if (WarmupSteps < 0) return (nameof(WarmupSteps), Text($"must be 0 or more, got {WarmupSteps}"));
        if (!(WarmupRatio is >= 0 and <= 1)) return (nameof(WarmupRatio), Text($"must be from 0 to 1, got {WarmupRatio}"));
        if (WarmupSteps > 0 && WarmupRatio > 0) return (nameof(WarmupSteps), Text($"must be 0 beside a warm-up ratio of {WarmupRatio}, got {WarmupSteps}"));
        if (!(MinimumFactor is >= 0 and <= 1)) return (nameof(MinimumFactor), Text($"must be from 0 to 1, got {MinimumFactor}"));
        return null;

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    private static ArgumentException Wrong(FormattableString problem) => new($"LearningRateSchedule: {problem.ToString(CultureInfo.InvariantCulture)}.");
}
