using System.Globalization;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// Runs a sweep in its folder: <c>sweep.json</c>, written first; <c>trials/trial-NNN</c>, ordinary run folders; and the table as <c>results.json</c>, <c>results.csv</c>,
/// <c>results.txt</c> with <c>chart.svg</c>, renewed after each trial. What is finished is never done again; which trials a rung stops follows from their losses alone.
/// </summary>
public sealed class SweepRun
{
    public const string TrialsFolder = "trials";

    private readonly Sweep _sweep;
    private readonly IReadOnlyList<TrialRun> _trials;
    private readonly Dictionary<SweepTrial, long> _parameters;
    private readonly HalvingPlan? _halving;
    private readonly HashSet<string> _pruned = new(StringComparer.Ordinal);

    private SweepRun(string folder, Sweep sweep)
    {
        (Folder, _sweep) = (Path.GetFullPath(folder), sweep);
        var trials = sweep.Trials();
        _trials = [.. trials.Select(t => new TrialRun(t, Path.Combine(Folder, TrialsFolder, t.Name), sweep.Origin))];
        _parameters = trials.ToDictionary(t => t, t => TrainableParameters.Count(t.Recipe, Folder));
        _halving = sweep.HalvingPlan(trials.Select(t => t.Group).Distinct(StringComparer.Ordinal).Count());
    }

    public string Folder { get; }

    public Sweep Sweep => _sweep;

    public int Count => _trials.Count;

    /// <summary>Told what begins, a line each.</summary>
    public Action<string>? Note { get; init; }

    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Restricted data may be written into a git work tree.</summary>
    public bool AllowInGit { get; init; }

    /// <summary>Makes a new sweep's folder in <paramref name="sweeps"/>, after everything that can be wrong with it has been looked for.</summary>
    /// <exception cref="RecipeException">A setting, the base or the data cannot be; nothing was written.</exception>
    public static string Create(Sweep sweep, string sweeps, DateTime utc, bool allowInGit = false, Action<string>? note = null)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        sweep = Checked(sweep, sweeps, utc, allowInGit, note);
        string folder = RunFolder.Create(sweeps, sweep.Name, utc);
        sweep.Save(folder);
        return folder;
    }

    /// <summary>Makes the folder <paramref name="folder"/> itself, where it holds no sweep yet: for work that several sweeps are part of.</summary>
    /// <param name="source">What the sweep follows from, for people.</param>
    /// <exception cref="RecipeException">The folder holds another sweep than this one.</exception>
    internal static void CreateIn(Sweep sweep, string folder, string source, DateTime utc, bool allowInGit, Action<string>? note)
    {
        if (File.Exists(Path.Combine(folder, Sweep.FileName)))
        {
            if (Sweep.Load(folder).FirstDifference(sweep, folder) is { } field) throw new RecipeException($"{Path.Combine(folder, Sweep.FileName)}: {field} is not what {source} implies: restore both files, or begin a new comparison.");
            return;
        }
        sweep = Checked(sweep, folder, utc, allowInGit, note);
        Directory.CreateDirectory(folder);
        sweep.Save(folder);
    }

    /// <exception cref="RecipeException">The folder holds no readable sweep, or its base or data have changed.</exception>
    public static SweepRun Open(string folder, Action<string>? note = null, IProgress<TrainingProgress>? progress = null, bool allowInGit = false)
    {
        var sweep = Sweep.Load(folder);
        if (sweep.Origin is { } origin) origin.Check(folder, "sweep", note);
        else note?.Invoke(SweepOrigin.Unknown(Path.Combine(folder, Sweep.FileName)));
        return new SweepRun(folder, sweep) { Note = note, Progress = progress, AllowInGit = allowInGit };
    }

    /// <summary>A sweep by its folder, or by the name of one in <paramref name="sweeps"/>.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public static string Find(string sweeps, string sweep, string fileName = Sweep.FileName)
    {
        foreach (string folder in (string[])[sweep, Path.Combine(sweeps, sweep)])
            if (File.Exists(Path.Combine(folder, fileName))) return Path.GetFullPath(folder);
        throw new RecipeException($"sweep '{sweep}': there is none here nor in {sweeps} (no {fileName}).");
    }

    /// <summary>Runs what is left to run.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the state is saved and the sweep can be gone on with.</exception>
    /// <exception cref="RecipeException">Another process works in the folder, or its trials do not fit it any more.</exception>
    /// <exception cref="TrainingGuardException">No setting has a result.</exception>
    public SweepResult Run(CancellationToken cancellation = default)
    {
        var result = RunAll(cancellation);
        if (result.Best is null) throw new TrainingGuardException($"{Folder}: no setting has a result with every seed; {result.Trials.FirstOrDefault(t => t.Problem is not null) switch { { } t => $"{t.Trial.Name}: {t.Problem}", _ => "the data has no validation examples, by which trials are compared" }}");
        return result;
    }

    /// <summary>As <see cref="Run"/>, also where nothing can be chosen in the end: for repetitions of settings that were chosen before.</summary>
    internal SweepResult RunAll(CancellationToken cancellation)
    {
        using var alone = Alone(Folder);
        var rungs = _halving?.Rungs ?? [new HalvingRung(long.MaxValue, 1)];
        _pruned.Clear();
        for (int r = 0; r < rungs.Count; r++)
        {
            bool last = r == rungs.Count - 1;
            foreach (var trial in _trials.Where(t => !_pruned.Contains(t.Trial.Group)))
            {
                if (!trial.State.Finished && trial.State.Failure is null)
                    Note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{trial.Trial.Name} of {_trials.Count}{(last ? "" : $", to step {rungs[r].Step}")}: {string.Join(", ", trial.Trial.Settings.Select(s => $"{s.Key}={s.Value}"))}"));
                trial.Train(last ? null : rungs[r].Step, AllowInGit, Progress, Note, cancellation);
                if (trial.State.Failure is { } failure) Note?.Invoke($"{trial.Trial.Name} failed: {failure}");
                if (last) trial.Score(_sweep.MetricItems, cancellation);
                Write();
            }
            if (!last) Prune(rungs[r]);
        }
        return Write();
    }

    /// <summary>Scores the best trial on the test split beside the baselines, once: a second call reads what the first one wrote. The trial's scorings.jsonl says so.</summary>
    /// <returns>The evaluation's file.</returns>
    public string ScoreTest(SweepResult result, int limit, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        var best = result.Best ?? throw new RecipeException($"{Folder}: no trial has ended yet; there is nothing to score.");
        string file = Path.Combine(best.Folder, $"evaluation-{DataSplit.Test.Name()}.json");
        if (File.Exists(file)) return file;
        using var engine = new Compute.Engine();
        using var stop = cancellation.Register(engine.Interrupt);
        RunEvaluation.Open(best.Folder, Note).Run(engine, DataSplit.Test, limit);
        return file;
    }

    /// <summary>What is known now.</summary>
    public SweepResult Result() => SweepResult.Of(_sweep, [.. _trials.Select(ResultOf)]);

    internal TrialRun TrialOf(SweepTrial trial) => _trials.Single(t => t.Trial.Number == trial.Number);

    // looked through for all that can be wrong, with what it begins with
    private static Sweep Checked(Sweep sweep, string place, DateTime utc, bool allowInGit, Action<string>? note)
    {
        var trials = sweep.Trials();
        var setup = RunSetup.New(trials[0].Recipe, utc, note, place);
        try
        {
            setup.CheckPlace(place, allowInGit);
        }
        catch (DataRefusedException e)
        {
            throw new DataRefusedException(e.Message.Replace("--runs", "--sweeps", StringComparison.Ordinal));
        }
        foreach (var trial in trials) RunSetup.CheckShape(trial.Recipe, place);
        foreach (var recipe in trials.Select(t => t.Recipe).DistinctBy(r => (r.Model, r.Batch.SequenceLength)).Skip(1))
        {
            var other = RunSetup.New(recipe, utc, note, place);
            if (other.ValidationIds.SequenceEqual(setup.ValidationIds, StringComparer.Ordinal) && other.Record.Base.VocabularySha256 == setup.Record.Base.VocabularySha256) continue;
            throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--over: {recipe.Model} with batch.sequence_length={recipe.Batch.SequenceLength} reads other validation tokens than {setup.Recipe.Model} with {setup.Recipe.Batch.SequenceLength} ({other.ValidationIds.Count} and {setup.ValidationIds.Count} examples fit): losses of different texts cannot choose; keep lengths that all examples fit and models of one tokenizer."));
        }
        if (sweep.MetricItems > 0 && sweep.Recipe.Task != TrainingTask.Text)
        {
            var data = TrainingData.OpenAll(sweep.Recipe.Data);
            foreach (var recipe in trials.Select(t => t.Recipe).DistinctBy(r => (r.Model, r.Batch.SequenceLength))) AnswerScoring.Check(BaseModels.Find(recipe.Model, place).Tokenizer, recipe, data, DataSplit.Validation, sweep.MetricItems);
        }
        return sweep with { Origin = SweepOrigin.Of([sweep.Recipe.Data], trials.Select(t => t.Recipe.Model), place) };
    }

    // groups by their mean over the seeds: a rung compares settings and not luck; one with a failed trial has no mean
    private void Prune(HalvingRung rung)
    {
        var groups = _trials.Where(t => !_pruned.Contains(t.Trial.Group)).GroupBy(t => t.Trial.Group, StringComparer.Ordinal).ToList();
        var whole = groups.Where(g => g.All(t => t.State.Failure is null)).Select(g => (g.Key, Loss: g.Average(t => t.Curve().ResultAt(rung.Step, t.Trial.Recipe) ?? double.PositiveInfinity)));
        var better = whole.OrderBy(g => g.Loss).Take(rung.Keep).Select(g => g.Key).ToHashSet(StringComparer.Ordinal);   // stable: of equals the first
        _pruned.UnionWith(groups.Select(g => g.Key).Where(g => !better.Contains(g)));
        Note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"step {rung.Step}: {better.Count} of {groups.Count} settings go on"));
    }

    private SweepResult Write()
    {
        var result = Result();
        SweepReport.Write(Folder, result);
        return result;
    }

    private TrialResult ResultOf(TrialRun run)
    {
        var curve = run.Curve();
        var status = run.State.Failure is not null ? TrialStatus.Failed : run.State.Finished ? TrialStatus.Finished : _pruned.Contains(run.Trial.Group) ? TrialStatus.Pruned : run.IsBegun ? TrialStatus.Begun : TrialStatus.Waiting;
        return new TrialResult(run.Trial, status, run.Folder, curve.Steps, curve.ResultAt(long.MaxValue, run.Trial.Recipe), run.State.Score, curve.Seconds, curve.Seconds > 0 ? curve.Tokens / curve.Seconds : 0, run.State.PeakBytes, _parameters[run.Trial], run.State.Failure)
        {
            Tokens = (long)curve.Tokens, ProcessorSeconds = curve.ProcessorSeconds,
        };
    }

    // two processes in one folder would overwrite each other's checkpoints
    /// <exception cref="RecipeException">Another process works in the folder.</exception>
    internal static FileStream Alone(string folder)
    {
        string path = Path.Combine(folder, "sweep.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new RecipeException($"{folder}: another process works in it; wait for it or stop it.", e);
        }
    }
}
