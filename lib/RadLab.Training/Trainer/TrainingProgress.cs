namespace RadLab.Training;

/// <summary>One moment of a run, for progress bars and live charts.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Loss">Of this step, in nats per label.</param>
/// <param name="LearningRate">Of this step.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="TokensPerSecond">Of this step.</param>
/// <param name="LiveBytes">The engine's memory now.</param>
/// <param name="PeakBytes">Its highest so far.</param>
/// <param name="Left">At the speed of the run so far.</param>
/// <param name="ValidationLoss">Where this step was followed by an evaluation.</param>
public sealed record TrainingProgress(
    long Step, long TotalSteps, double Loss, double LearningRate, double GradientNorm, double TokensPerSecond, long LiveBytes, long PeakBytes, TimeSpan Left, double? ValidationLoss);

/// <summary>How a run ended.</summary>
public enum RunEnd
{
    /// <summary>All steps are done.</summary>
    Finished,

    /// <summary>The validation loss did not fall any more.</summary>
    StoppedEarly,

    /// <summary>Somebody asked it to stop; it can be resumed.</summary>
    Interrupted,
}

/// <param name="Loss">Of the last step; NaN if there was none.</param>
public sealed record TrainingResult(RunEnd End, RunState State, double Loss);
