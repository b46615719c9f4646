namespace RadLab.Training;

/// <summary>Training would go wrong silently, so it stops: what was found, where, and what to do, in one line.</summary>
public sealed class TrainingGuardException(string message, Exception? inner = null) : Exception(message, inner);
