namespace RadLab.Training;

/// <summary>How far a trial has come.</summary>
public enum TrialStatus
{
    Waiting,

    /// <summary>Neither at its end nor given up: the sweep was interrupted, or waits for the others of a rung.</summary>
    Begun,

    Finished,

    /// <summary>Others were better at a rung.</summary>
    Pruned,

    /// <summary>It can have no result; see <see cref="TrialResult.Problem"/>.</summary>
    Failed,
}

/// <summary>One row of a sweep's table.</summary>
/// <param name="ValidationLoss">Of the run's result, in nats per label: of the last evaluation, or of the best where the recipe says so; for a pruned trial up to the rung where it stopped.</param>
/// <param name="Score">Of the answers to validation examples; finished trials alone.</param>
/// <param name="Seconds">Of training, evaluation and saving not counted.</param>
/// <param name="PeakBytes">Of the engine in training.</param>
/// <param name="Parameters">Numbers that train.</param>
/// <param name="Problem">Why it failed.</param>
public sealed record TrialResult(SweepTrial Trial, TrialStatus Status, string Folder, long Steps, double? ValidationLoss, TrialScore? Score, double Seconds, double TokensPerSecond, long PeakBytes, long Parameters, string? Problem)
{
    /// <summary>Read in training.</summary>
    public long Tokens { get; init; }

    /// <summary>Of all processors in training: what the trial cost, however busy the machine was. Null where it was not measured.</summary>
    public double? ProcessorSeconds { get; init; }
}

/// <summary>The same settings over all seeds.</summary>
/// <param name="Finished">Trials that the means are of; a group counts only whole.</param>
/// <param name="ValidationLoss">Mean; null where a trial of it has not finished.</param>
/// <param name="Deviation">Standard deviation of the validation losses over seeds; null for fewer than two.</param>
public sealed record GroupResult(string Group, int Trials, int Finished, double? ValidationLoss, double? Deviation, double? Score, double Seconds);

/// <summary>All that a sweep has found so far. Chosen is by validation alone.</summary>
/// <param name="Best">Of the group with the lowest mean validation loss, the trial with the lowest; null before any group is whole.</param>
public sealed record SweepResult(Sweep Sweep, IReadOnlyList<TrialResult> Trials, IReadOnlyList<GroupResult> Groups, TrialResult? Best)
{
    internal static SweepResult Of(Sweep sweep, IReadOnlyList<TrialResult> trials)
    {
        var groups = trials.GroupBy(t => t.Trial.Group, StringComparer.Ordinal).Select(Group).ToList();
        var first = groups.Where(g => g.ValidationLoss is not null).MinBy(g => g.ValidationLoss);
        var best = first is null ? null : trials.Where(t => t.Trial.Group == first.Group).MinBy(t => t.ValidationLoss);
        return new SweepResult(sweep, trials, groups, best);
    }

    private static GroupResult Group(IGrouping<string, TrialResult> group)
    {
        var all = group.ToList();
        var finished = all.Where(t => t.Status == TrialStatus.Finished).ToList();
        bool whole = finished.Count == all.Count && finished.All(t => t.ValidationLoss is not null);
        double? mean = whole ? finished.Average(t => t.ValidationLoss!.Value) : null;
        double? deviation = mean is { } m && all.Count > 1 ? Math.Sqrt(finished.Sum(t => (t.ValidationLoss!.Value - m) * (t.ValidationLoss.Value - m)) / (all.Count - 1)) : null;
        return new GroupResult(group.Key, all.Count, finished.Count, mean, deviation, whole && finished.All(t => t.Score is not null) ? finished.Average(t => t.Score!.Mean) : null, finished.Count > 0 ? finished.Average(t => t.Seconds) : 0);
    }
}
