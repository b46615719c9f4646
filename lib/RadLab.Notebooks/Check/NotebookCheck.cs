using RadLab.Radiology;

namespace RadLab.Notebooks;

/// <summary>
/// Runs a notebook again and compares what it shows with what is stored: text exactly, numbers within the tolerance that a
/// cell declares, charts by their data. Cells tagged <see cref="VolatileTag"/> are run and not compared.
/// </summary>
public sealed class NotebookCheck(HeadlessRunner runner)
{
    /// <summary>On a cell whose outputs are different each time, such as timings.</summary>
    public const string VolatileTag = "volatile";

    /// <summary>On a cell, followed by a number: how far the numbers it shows may be off; see <see cref="Tolerance"/>.</summary>
    public const string ToleranceTag = "tolerance=";

    private const int MostPerNotebook = 50;

    /// <summary>What is wrong with the notebook's stored outputs; empty when nothing is.</summary>
    public async Task<IReadOnlyList<Finding>> CheckAsync(string path, RunOptions options, IProgress<CellProgress>? progress = null, CancellationToken cancellation = default)
    {
        var stored = Notebook.Load(path);
        var findings = new List<Finding>(Stored(stored));
        var run = await runner.RunAsync(path, options, progress, cancellation).ConfigureAwait(false);
        var (before, now) = (Cells(stored), Cells(run.Notebook));
        if (run.Error is not null) findings.Add(Failure(run, before));
        if (OutputStrip.IsSynthetic(stored) && !run.Data.IsSynthetic)
            findings.Add(new Finding(FindingKind.NotSynthetic, 0, $"states that it shows synthetic data only (metadata.radlab.outputs), and it reads {run.Data}"));
        for (int i = 0; i < Math.Min(before.Count, now.Count) && i < (run.Error is null ? run.Cells : run.Executed - 1); i++)
        {
            if (before[i].Tags.Contains(VolatileTag)) continue;
            if (OutputComparison.Difference(before[i].Outputs, now[i].Outputs, Tolerance(before[i], stored.File)) is { } difference) findings.Add(new Finding(FindingKind.Differs, i + 1, difference));
        }
        return [.. findings.Take(MostPerNotebook)];
    }

    /// <summary>What can be seen without running: changed text and numbers out of order.</summary>
    public static IEnumerable<Finding> Stored(Notebook notebook)
    {
        if (Provenance.StoredSourceHash(notebook) is { } hash && hash != Provenance.SourceHash(notebook))
            yield return new Finding(FindingKind.Stale, 0, "the cells have changed since the outputs were made; run the notebook again and store the executed copy");
        if (!OutputStrip.IsSynthetic(notebook) && notebook.Cells.Any(c => c.Kind == CellKind.Code && c.Outputs.Count > 0) && GitWorkTree.Containing(notebook.File) is not null)
            yield return new Finding(FindingKind.Unstated, 0, "has outputs in a git work tree, and metadata.radlab.outputs does not state \"synthetic\"; strip them (radlab notebooks strip), or state it where it is so");
        var cells = Cells(notebook);
        for (int i = 0; i < cells.Count; i++)
        {
            if (cells[i].ExecutionCount is not { } count || count == i + 1) continue;
            yield return new Finding(FindingKind.OutOfOrder, i + 1, FormattableString.Invariant($"was run as number {count}, so the cells were not run from the first to the last"));
            yield break;
        }
    }

    /// <summary>The tolerance a cell declares by a tag such as <c>tolerance=1e-3</c>; 0 without.</summary>
    /// <exception cref="NotebookFormatException">The tag holds no number from 0 to 1.</exception>
    public static double Tolerance(NotebookCell cell, string file)
    {
        string? tag = cell.Tags.FirstOrDefault(t => t.StartsWith(ToleranceTag, StringComparison.Ordinal));
        if (tag is null) return 0;
        return double.TryParse(tag.AsSpan(ToleranceTag.Length), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double t) && t is >= 0 and <= 1
            ? t
            : throw new NotebookFormatException(file, $"the tag '{tag}' must be {ToleranceTag} and a number from 0 to 1, such as {ToleranceTag}1e-3");
    }

    private static Finding Failure(NotebookRun run, IReadOnlyList<NotebookCell> before)
    {
        int cell = run.Executed;
        bool worked = run.Status == RunStatus.Failed && cell >= 1 && cell <= before.Count && before[cell - 1] is { ExecutionCount: not null } old
            && !old.Outputs.Any(o => o.TryGetProperty("output_type", out var type) && type.ValueEquals("error"));
        return worked
            ? new Finding(FindingKind.HiddenState, cell, $"worked when its outputs were made and fails from a fresh start; it may need a cell that is gone or stands below ({run.Error})")
            : new Finding(FindingKind.Fails, cell, $"fails ({run.Error})");
    }

    private static List<NotebookCell> Cells(Notebook notebook) =>
        [.. notebook.Cells.Where(c => c.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(c.Source) && !c.Tags.Contains(Parameters.InjectedTag))];
}
