namespace RadLab.Notebooks;

public enum RunStatus
{
    Passed,
    Failed,
    TimedOut,
}

/// <summary>What running one notebook came to.</summary>
/// <param name="Cells">Code cells in the notebook that hold code.</param>
/// <param name="Executed">Cells that ran, the failing one included.</param>
/// <param name="Error">The failure, one line: place, type, message; null when it passed.</param>
/// <param name="Data">What it has opened, as far as RadLab can see.</param>
/// <param name="Notebook">The executed copy, outputs up to the failure included.</param>
public sealed record NotebookRun(RunStatus Status, int Cells, int Executed, TimeSpan Duration, string? Error, NotebookData Data, Notebook Notebook);
