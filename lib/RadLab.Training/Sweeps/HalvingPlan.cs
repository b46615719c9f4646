using System.Globalization;

namespace RadLab.Training;

/// <summary>A moment of the race: after so many steps, the best so many go on.</summary>
internal readonly record struct HalvingRung(long Step, int Keep);

/// <summary>
/// Successive halving (Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", 2016): at rungs of eta times as many
/// steps each, one in eta goes on. Every trial follows the schedule of a whole run, so that one that is stopped is the beginning of it and no shorter run.
/// </summary>
/// <remarks><code>
/// K = 1 + floor(log_eta n) rungs, the last of them the end; step of rung k (from 0) = floor(total / eta^(K-1)) * eta^k; max(1, floor(n / eta^(k+1))) go on
/// </code></remarks>
internal sealed record HalvingPlan(IReadOnlyList<HalvingRung> Rungs)
{
    /// <summary>Step of the first rung, which all others are multiples of; the whole run where there is none.</summary>
    public long First => Rungs[0].Step;

    /// <param name="groups">Settings that compete.</param>
    /// <param name="steps">Of a whole run.</param>
    public static HalvingPlan Of(int groups, int eta, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(eta, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        long share = 1;
        int before = 0;
        while (groups / share >= eta && steps / share >= eta)
        {
            share *= eta;
            before++;
        }
        long first = steps / share;
        var rungs = new List<HalvingRung>();
        long reached = 1;
        for (int k = 0; k < before; k++)
        {
            rungs.Add(new HalvingRung(first * reached, (int)Math.Max(1, groups / (reached * eta))));
            reached *= eta;
        }
        rungs.Add(new HalvingRung(steps, 1));
        return new HalvingPlan(rungs);
    }

    public override string ToString() => string.Join(", ", Rungs.SkipLast(1).Select(r => string.Create(CultureInfo.InvariantCulture, $"step {r.Step}: {r.Keep} go on")));
}
