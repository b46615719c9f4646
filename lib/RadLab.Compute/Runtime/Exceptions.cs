namespace RadLab.Compute;

/// <summary>A tensor was used after it had been freed (disposed, or its tape was reset or has run backward).</summary>
public sealed class TensorFreedException(string message) : InvalidOperationException(message);

/// <summary>Backward was asked of a tape whose record is gone.</summary>
public sealed class TapeFreedException(string message) : InvalidOperationException(message);

/// <summary>An allocation would pass the engine's memory budget, or the machine has no more memory. The engine stays usable.</summary>
public sealed class MemoryBudgetException(string message) : InvalidOperationException(message);

/// <summary>An op of this engine was aborted in the middle, so its results and memory cannot be trusted; the message says what to do.</summary>
public sealed class EnginePoisonedException(string message) : InvalidOperationException(message);
