namespace RadLab.Radiology;

/// <summary>How <see cref="SplitPlan"/> groups findings, and what it leaves out of training.</summary>
public sealed record SplitPlanOptions
{
    /// <summary>When findings of records without a patient belong together.</summary>
    public NearDuplicateOptions Near { get; init; } = new();

    /// <summary>When a training record repeats an evaluation record. Word runs are as long as those of <see cref="Near"/>.</summary>
    public LeakageOptions Leakage { get; init; } = new();

    /// <summary>Leaves such training records out; otherwise they stay, and the gate refuses to train.</summary>
    public bool LeaveOutRepeats { get; init; } = true;

    internal SplitPlanOptions Checked()
    {
        Near.Checked();
        Leakage.Checked();
        return this;
    }
}
