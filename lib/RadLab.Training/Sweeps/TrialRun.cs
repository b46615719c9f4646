using System.Globalization;
using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>A trial in its folder, which is an ordinary run's: begun, gone on with, scored.</summary>
/// <param name="trial">Its recipe decides everything.</param>
/// <param name="folder">Of the run; made when the trial begins.</param>
/// <param name="origin">What its sweep began with; null where that is not known.</param>
/// <param name="partOf">What that is, for people.</param>
internal sealed class TrialRun(SweepTrial trial, string folder, SweepOrigin? origin = null, string partOf = "sweep")
{
    public SweepTrial Trial { get; } = trial;

    public string Folder { get; } = folder;

    public TrialState State { get; private set; } = TrialState.Load(folder);

    public bool IsBegun => File.Exists(Path.Combine(Folder, RunRecord.FileName));

    public TrialCurve Curve() => TrialCurve.Read(Folder);

    /// <summary>Trains to a step or to the end; does nothing where that has been done.</summary>
    /// <param name="pause">Step with an evaluation, below the trial's last one; null: to the end.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the state is saved.</exception>
    public void Train(long? pause, bool allowInGit, IProgress<TrainingProgress>? progress, Action<string>? note, CancellationToken cancellation)
    {
        if (State.Finished || State.Failure is not null || (pause is { } at && Curve().Validation.ContainsKey(at))) return;
        try
        {
            var setup = Begin(allowInGit, note, cancellation);
            using var engine = new Engine();
            var run = setup.Run(engine, Folder, note);
            using var stop = cancellation.Register(run.Stop);
            cancellation.ThrowIfCancellationRequested();
            var result = run.Train(new Watch(this, run, pause, progress));
            if (result.End == RunEnd.Interrupted) cancellation.ThrowIfCancellationRequested();
            else Save(State with { Finished = true });
        }
        catch (TrainingGuardException e)
        {
            // one learning rate too many must not end the whole sweep
            Directory.CreateDirectory(Folder);
            Save(State with { Failure = e.Message });
        }
    }

    /// <summary>Answers validation examples, once.</summary>
    public void Score(int items, CancellationToken cancellation)
    {
        if (items == 0 || !State.Finished || State.Score is not null || Trial.Recipe.Task == TrainingTask.Text) return;
        Save(State with { Score = TrialScore.Of(ScoreItems(DataSplit.Validation, items, cancellation), Trial.Recipe.Seed) });
    }

    /// <summary>Scores of the finished run's answers by item.</summary>
    public ItemScores ScoreItems(DataSplit split, int items, CancellationToken cancellation)
    {
        using var engine = new Engine();
        using var stop = cancellation.Register(engine.Interrupt);
        cancellation.ThrowIfCancellationRequested();
        var data = TrainingData.OpenAll(Trial.Recipe.Data, null, cancellation);
        RunRecord.Load(Folder).CheckData(data);
        var source = BaseModels.Find(Trial.Recipe.Model, Folder);
        using var subject = TrainingSubject.Result(engine, Trial.Recipe, source, Folder);
        return AnswerScoring.Score(subject.Model, source.Tokenizer, Trial.Recipe, data, split, items);
    }

    private RunSetup Begin(bool allowInGit, Action<string>? note, CancellationToken cancellation)
    {
        if (!IsBegun)
        {
            var setup = RunSetup.New(Trial.Recipe, DateTime.UtcNow, note, Folder, cancellation);
            setup.CheckPlace(Folder, allowInGit);
            origin?.Check(setup.Record, partOf);
            Directory.CreateDirectory(Folder);
            setup.Record.Save(Folder);
            return setup;
        }
        var begun = RunSetup.Resume(Folder, cancellation);
        if (RecipeJson.Write(begun.Recipe) != RecipeJson.Write(Trial.Recipe))
            throw new RecipeException($"{Folder}: was begun with another recipe than its sweep says now: restore {Sweep.FileName}, or delete the trial's folder and it is run again.");
        begun.CheckPlace(Folder, allowInGit);
        origin?.Check(begun.Record, partOf);
        return begun;
    }

    private void Save(TrialState state)
    {
        state.Save(Folder);
        State = state;
    }

    // stops at the rung, and notes the peak as it rises: a killed trial's later part may need less
    private sealed class Watch(TrialRun trial, TrainingRun run, long? pause, IProgress<TrainingProgress>? progress) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.PeakBytes > trial.State.PeakBytes) trial.Save(trial.State with { PeakBytes = value.PeakBytes });
            progress?.Report(value);
            if (value.Step == pause) run.Stop();
        }
    }
}

/// <summary>Counts what a recipe trains, without its numbers.</summary>
internal static class TrainableParameters
{
    /// <param name="near">As in <see cref="BaseModels.Find"/>.</param>
    /// <exception cref="RecipeException">The adapter's settings do not fit the model.</exception>
    public static long Count(Recipe recipe, string? near)
    {
        var (config, in16Bits) = BaseModels.ShapeOf(recipe.Model, near);
        using var engine = new Engine(new EngineOptions { Threads = 1, DryRun = true });
        try
        {
            using var model = Models.LlamaModel.Empty(engine, config, recipe.Storage, in16Bits);
            if (recipe.Mode == TrainingMode.Adapter) recipe.Lora.Check(model);   // also of a start that is left out below
            return recipe.Mode == TrainingMode.Full ? model.Parameters.Sum(p => p.Shape.Count)
                : (recipe.Lora with { Init = Models.LoraInit.Uniform }).Attach(model, recipe.Seed).Parameters.Sum(p => p.Shape.Count);
        }
        catch (ArgumentException e)
        {
            throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{recipe.Name} on {recipe.Model}: {e.Message}"), e);
        }
    }
}
