using System.CommandLine;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>Options of <c>radlab train</c> on what of a run may leave its folder, and where it is tracked.</summary>
internal sealed class TrackOptions
{
    // without a value of its own: one that may be left out would take the recipe's name behind it
    private readonly Option<bool> _track = new("--track") { Arity = ArgumentArity.Zero, Description = "Track the run in MLflow's format, where --tracking-uri or MLFLOW_TRACKING_URI says, else in the folder mlruns." };
    private readonly Option<string?> _trackingUri = new("--tracking-uri") { HelpName = "URI", Description = "Track the run there: a folder, file:///FOLDER or https://HOST. 'off' overrules MLFLOW_TRACKING_URI and ends the tracking of a resumed run." };
    private readonly Option<string[]> _allowInGit = new("--allow-in-git") { HelpName = "ID", Description = "Allow the run folder of this restricted data set inside a git work tree." };
    private readonly Option<string[]> _trackSamples = new("--track-samples") { HelpName = "ID", Description = "Allow samples of this restricted data set to be sent to the tracker." };
    private readonly Option<string[]> _trackAdapter = new("--track-adapter") { HelpName = "ID", Description = "Allow what was trained on this restricted data set to be sent to the tracker." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_track, _trackingUri, _allowInGit, _trackSamples, _trackAdapter]) command.Options.Add(option);
    }

    /// <summary>Reads the options for a run's data.</summary>
    /// <param name="folder">Of a run that goes on; null: a new one.</param>
    public RunPermissions Read(ParseResult parsed, RunRecord record, string? folder)
    {
        string id = record.Data.Provenance.DataSet;
        foreach (Option<string[]> option in (Option<string[]>[])[_allowInGit, _trackSamples, _trackAdapter])
            foreach (string named in parsed.GetValue(option) ?? [])
                if (named != id) throw new UsageException($"{option.Name} {named}: the run's data is {id}; name that, or leave the option out");
        string[] inGit = parsed.GetValue(_allowInGit) ?? [];
        var sharing = Sharing.Of(record.Data, parsed.GetValue(_trackSamples) ?? [], parsed.GetValue(_trackAdapter) ?? []);
        string? given = parsed.GetValue(_trackingUri);
        if (given is not null && string.IsNullOrWhiteSpace(given)) throw new UsageException("--tracking-uri: must not be empty; give a folder, https://HOST or off");
        if (given == "off" && parsed.GetValue(_track)) throw new UsageException("--track: contradicts --tracking-uri off; leave one of them out");
        // a run that is tracked stays so: it was asked for when it began
        var begun = folder is null || given == "off" ? null : TrackingSpool.TargetOf(folder);
        var target = TrackingTarget.Find(parsed.GetValue(_track), given, Environment.GetEnvironmentVariable(TrackingTarget.Variable));
        if (begun is not null && given is null) target = begun;
        if (target is { IsServer: false } && inGit.Length == 0 && record.Data.IsRestricted && (sharing.Samples || sharing.Weights) && GitWorkTree.Containing(target.Uri) is { } tree)
            throw new DataRefusedException($"--tracking-uri {target.Uri}: lies in the git work tree {tree}, and {id} is restricted: what is sent there would be published by an ordinary commit; choose a folder outside, or give --allow-in-git {id}");
        return new RunPermissions(inGit.Length > 0, sharing, target);
    }
}

/// <param name="InGit">Restricted data may be written into a git work tree.</param>
/// <param name="Target">Null: the run is not tracked.</param>
internal sealed record RunPermissions(bool InGit, Sharing Sharing, TrackingTarget? Target)
{
    /// <summary>Trains, tracked where that was asked for.</summary>
    public TrainingResult Train(TrainingRun run, RunRecord record, string folder, TrainDisplay display)
    {
        if (Target is null) return run.Train(display);
        display.Note($"tracked at {Target.Uri}");
        using var tracker = RunTracker.Begin(folder, record, Target, Target.Open(), new RunTrackerSettings { Seed = record.Recipe.Seed }, display.Note);
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
        string adapter = Path.Combine(folder, AdapterProvenance.AdapterFolder), samples = Path.Combine(folder, "samples");
        if (Directory.Exists(adapter))
        {
            if (Sharing.Weights)
                AdapterArtifact.Log(tracker, record, folder);
            else
                display.Note($"tracking: the adapter stays here: {record.Data.Provenance.DataSet} is restricted; --track-adapter {record.Data.Provenance.DataSet} sends it");
        }
        if (!Directory.Exists(samples)) return;
        if (!Sharing.Samples) display.Note($"tracking: samples stay here: {record.Data.Provenance.DataSet} is restricted; --track-samples {record.Data.Provenance.DataSet} sends them");
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
