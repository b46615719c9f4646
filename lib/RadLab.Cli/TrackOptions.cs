using System.CommandLine;
using System.Globalization;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>Options of <c>radlab train</c> on what of a run may leave its folder, and where it is tracked.</summary>
internal sealed class TrackOptions
{
    private const string ExperimentVariable = "MLFLOW_EXPERIMENT_NAME";
    private const int MaxExperimentLength = 500;

    // without a value of its own: one that may be left out would take the recipe's name behind it
    private readonly Option<bool> _track = new("--track")
    {
        Arity = ArgumentArity.Zero,
        Description = "Track the run in MLflow's format, where --tracking-uri or MLFLOW_TRACKING_URI says, else in the folder mlruns. Since MLflow 3.13 'mlflow ui --backend-store-uri FOLDER' opens a folder with "
            + "MLFLOW_ALLOW_FILE_STORE=true, or after 'mlflow migrate-filestore --source mlruns --target sqlite:///mlflow.db'.",
    };

    private readonly Option<string?> _trackingUri = new("--tracking-uri") { HelpName = "URI", Description = "Track the run there: a folder, file:///FOLDER or https://HOST. 'off' overrules MLFLOW_TRACKING_URI and ends the tracking of a resumed run." };
    private readonly Option<string?> _experiment = new("--experiment") { HelpName = "NAME", Description = $"Experiment of the tracked run. Default: {ExperimentVariable}, else recipe/task." };
    private readonly Option<string[]> _allowInGit = new("--allow-in-git") { HelpName = "ID", Description = "Allow the run folder of this restricted data set inside a git work tree." };
    private readonly Option<string[]> _trackSamples = new("--track-samples") { HelpName = "ID", Description = "Allow samples of this restricted data set to be sent to the tracker." };
    private readonly Option<string[]> _trackAdapter = new("--track-adapter") { HelpName = "ID", Description = "Allow what was trained on this restricted data set to be sent to the tracker." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_track, _trackingUri, _experiment, _allowInGit, _trackSamples, _trackAdapter]) command.Options.Add(option);
    }

    /// <summary>Reads the options for a run, its data, and what its base was trained on.</summary>
    /// <param name="folder">Of a run that goes on; null: a new one.</param>
    public RunPermissions Read(ParseResult parsed, RunSetup setup, string? folder)
    {
        var trainedOn = setup.TrainedOn;
        string[] ids = [.. trainedOn.Select(d => d.Provenance.DataSet).Distinct()];
        foreach (Option<string[]> option in (Option<string[]>[])[_allowInGit, _trackSamples, _trackAdapter])
            foreach (string named in parsed.GetValue(option) ?? [])
                if (!ids.Contains(named)) throw new UsageException($"{option.Name} {named}: the run's data is {ids[0]}{(ids.Length > 1 ? $", and its base was trained on {string.Join(" and ", ids[1..])}" : "")}; name that, or leave the option out");
        string[] inGit = parsed.GetValue(_allowInGit) ?? [], samplesOf = parsed.GetValue(_trackSamples) ?? [], adapterOf = parsed.GetValue(_trackAdapter) ?? [];
        var sharing = Sharing.Of(trainedOn, samplesOf, adapterOf);
        var held = Sharing.SamplesHeldBy(trainedOn, inGit);
        var target = Target(parsed, folder);
        if (target is { IsServer: false } && held.Count > 0 && (sharing.Samples || sharing.Weights) && GitWorkTree.Containing(target.Uri) is { } tree)
            throw new DataRefusedException($"--tracking-uri {target.Uri}: lies in the git work tree {tree}, and {string.Join(" and ", held)} is restricted: what is sent there would be published by an ordinary commit; choose a folder outside, or give {Allow(_allowInGit, held)}");
        return new RunPermissions(inGit.Length > 0 && held.Count == 0, target)
        {
            Experiment = target is null ? null : Experiment(parsed, folder),
            SamplesHeld = Note("samples stay here", Sharing.SamplesHeldBy(trainedOn, samplesOf), _trackSamples), WeightsHeld = Note("the weights stay here", Sharing.WeightsHeldBy(trainedOn, adapterOf), _trackAdapter),
        };
    }

    private TrackingTarget? Target(ParseResult parsed, string? folder)
    {
        string? given = parsed.GetValue(_trackingUri);
        if (given is not null && string.IsNullOrWhiteSpace(given)) throw new UsageException("--tracking-uri: must not be empty; give a folder, https://HOST or off");
        if (given == "off" && parsed.GetValue(_track)) throw new UsageException("--track: contradicts --tracking-uri off; leave one of them out");
        // a run that is tracked stays so: it was asked for when it began
        var begun = folder is null || given == "off" ? null : TrackingSpool.TargetOf(folder);
        var target = TrackingTarget.Find(parsed.GetValue(_track), given, Environment.GetEnvironmentVariable(TrackingTarget.Variable));
        if (begun is not null && given is null) target = begun;
        if (target is null && parsed.GetValue(_experiment) is not null) throw new UsageException("--experiment: has a meaning with --track or --tracking-uri only");
        if (target is { IsServer: true }) Credentials();
        return target;
    }

    /// <summary>Looks at the credentials before anything is written.</summary>
    internal static void Credentials()
    {
        try
        {
            MlflowCredentials.FromEnvironment();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message.TrimEnd('.'));
        }
    }

    private string? Experiment(ParseResult parsed, string? folder)
    {
        string? given = parsed.GetValue(_experiment), variable = Environment.GetEnvironmentVariable(ExperimentVariable);
        string source = given is not null ? "--experiment" : ExperimentVariable;
        string? name = given ?? (string.IsNullOrWhiteSpace(variable) ? null : variable);
        if (name is not null && (string.IsNullOrWhiteSpace(name) || name.Length > MaxExperimentLength || name.Any(char.IsControl)))
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{source}: must be a name of 1 to {MaxExperimentLength} characters"));
        if (given is not null && folder is not null && TrackingSpool.ExperimentOf(folder) is { } known && known != given)
            throw new UsageException($"--experiment {given}: the run is tracked in {known}; leave the option out to go on there");
        return name;
    }

    private static string? Note(string what, IReadOnlyList<string> held, Option option) => held.Count == 0 ? null : $"tracking: {what}: {string.Join(" and ", held)} {(held.Count == 1 ? "is" : "are")} restricted; {Allow(option, held)} sends them";

    private static string Allow(Option option, IReadOnlyList<string> ids) => string.Join(' ', ids.Select(id => $"{option.Name} {id}"));
}

/// <param name="InGit">Restricted data may be written into a git work tree.</param>
/// <param name="Target">Null: the run is not tracked.</param>
internal sealed record RunPermissions(bool InGit, TrackingTarget? Target)
{
    /// <summary>Null: recipe/task.</summary>
    public string? Experiment { get; init; }

    /// <summary>Why samples or weights are not sent, and which option does; null where they are.</summary>
    public string? SamplesHeld { get; init; }

    /// <inheritdoc cref="SamplesHeld"/>
    public string? WeightsHeld { get; init; }

    /// <summary>Trains, tracked where that was asked for.</summary>
    public TrainingResult Train(TrainingRun run, RunRecord record, string folder, TrainDisplay display)
    {
        if (Target is null)
        {
            TrackingSpool.End(folder);   // or its evaluations would still be sent
            return run.Train(display);
        }
        display.Note($"tracked at {Target.Uri}");
        using var tracker = RunTracker.Begin(folder, record, Target, Target.Open(), new RunTrackerSettings { Seed = record.Recipe.Seed, Experiment = Experiment }, display.Note);
        TrainingResult result;
        try
        {
            result = run.Train(new Both(display, tracker));
        }
        catch
        {
            tracker.End(TrackedStatus.Failed);
            throw;
        }
        if (result.End == RunEnd.Interrupted)
        {
            tracker.End(TrackedStatus.Killed);
            return result;
        }
        Log(tracker, record, folder, display);
        tracker.End(TrackedStatus.Finished);
        return result;
    }

    private void Log(RunTracker tracker, RunRecord record, string folder, TrainDisplay display)
    {
        tracker.LogArtifact(RunRecord.FileName, RunRecord.FileName);
        string samples = Path.Combine(folder, "samples");
        if (WeightsHeld is not null) display.Note(WeightsHeld);
        else AdapterArtifact.Log(tracker, record, folder);
        if (!Directory.Exists(samples)) return;
        if (SamplesHeld is not null) display.Note(SamplesHeld);
        else
            foreach (string file in Directory.EnumerateFiles(samples).Order(StringComparer.Ordinal)) tracker.LogArtifact("samples/" + Path.GetFileName(file), "samples/" + Path.GetFileName(file));
    }

    private sealed class Both(IProgress<TrainingProgress> first, IProgress<TrainingProgress> second) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            first.Report(value);
            second.Report(value);
        }
    }
}
