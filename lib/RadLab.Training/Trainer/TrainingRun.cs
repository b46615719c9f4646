using System.Diagnostics;
using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>What a run is made of; see <see cref="TrainingRun"/>.</summary>
/// <param name="Train">Encoded training texts.</param>
/// <param name="Validation">Encoded held-out texts; may be empty.</param>
/// <param name="Identity">Hash of recipe, base and data: checkpoints of others are refused.</param>
public sealed record TrainingInput(Recipe Recipe, IBaseModel Base, IReadOnlyList<TokenizedText> Train, IReadOnlyList<TokenizedText> Validation, string Identity)
{
    /// <summary>Ids that a training text may end with; see <see cref="ExampleEncoder.EndTokens"/>. Empty: not looked at.</summary>
    public IReadOnlyCollection<int> EndTokens { get; init; } = [];
}

/// <summary>Trains by a recipe in a run folder, from the start or from its latest checkpoint, and leaves a usable state however it ends.</summary>
public sealed class TrainingRun
{
    private readonly Engine _engine;
    private readonly TrainingInput _input;
    private readonly string _folder;
    private readonly CheckpointStore _checkpoints;
    private RunLock? _lock;
    private volatile bool _stop, _saveSoon;

    /// <param name="folder">The run's folder; exists.</param>
    public TrainingRun(Engine engine, TrainingInput input, string folder)
    {
        ArgumentNullException.ThrowIfNull(input);
        RecipeCheck.Check(input.Recipe);
        (_engine, _input, _folder) = (engine, input, Path.GetFullPath(folder));
        _checkpoints = new CheckpointStore(Path.Combine(_folder, "checkpoints"), input.Identity);
    }

    /// <summary>Answers and other things to do with the model after an evaluation; gets the step.</summary>
    public Action<TrainingSubject, long>? AfterEvaluation { get; init; }

    /// <summary>Puts its own files beside trained weights, before they count as written; gets the folder that <c>adapter</c> or <c>model</c> lies in, which is renamed when all is there.</summary>
    public Action<string>? AfterSave { get; init; }

    /// <summary>Tells what was passed over at a resume, a line each.</summary>
    public Action<string>? Note { get; init; }

    /// <summary>What <see cref="Checkpointing.Auto"/> may count on; null: what the machine has free.</summary>
    public long? AvailableBytes { get; init; }

    /// <summary>Keeps other processes out of the run's folder until the result is disposed; <see cref="Train"/> does so by itself where nobody has.</summary>
    /// <exception cref="RecipeException">Another process trains in it.</exception>
    public IDisposable Claim() => _lock = RunLock.Take(_folder);

    /// <summary>Stops within one op, saves the state of the last whole step and returns. Safe from any thread and from signal handlers.</summary>
    public void Stop()
    {
        _stop = true;
        _engine.Interrupt();
    }

    /// <summary>Saves a checkpoint after the present step and goes on. Safe from any thread.</summary>
    public void SaveSoon() => _saveSoon = true;

    /// <exception cref="OperationCanceledException">The engine was interrupted by somebody else than <see cref="Stop"/>; the state of the last whole step is saved.</exception>
    public TrainingResult Train(IProgress<TrainingProgress>? progress = null)
    {
        using var alone = _lock is { IsHeld: true } ? null : RunLock.Take(_folder);
        var result = ToTheEnd(progress);
        if (result.End == RunEnd.StoppedEarly && !_input.Recipe.Run.ResultIsBest && result.State is { BestStep: { } better } at && better != at.Step)
            Note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"the result is step {at.Step}, not the best step {better} (run.result_is_best=true keeps that)"));
        if (result.End != RunEnd.Interrupted && BestInstead(result.State) is { } step)
        {
            using var best = TrainingSubject.Result(_engine, _input.Recipe, _input.Base, _checkpoints.At(step).Folder);
            SaveResult(best);
        }
        return result;
    }

    // null: the last step's weights are the result
    private long? BestInstead(RunState state) => _input.Recipe.Run.ResultIsBest && state.BestStep != state.Step ? state.BestStep : null;

    private void SaveResult(TrainingSubject subject) => RunResult.Write(_folder, staged =>
    {
        subject.Save(staged, _input.Recipe);
        AfterSave?.Invoke(staged);
    });

    private TrainingResult ToTheEnd(IProgress<TrainingProgress>? progress)
    {
        var recipe = _input.Recipe;
        var latest = _checkpoints.Latest(out var notes);
        foreach (string note in notes) Note?.Invoke(note);
        var state = latest is null ? RunState.Start : RunState.Load(latest.Folder);

        var plan = new BatchPlan(_input.Train, recipe.Batch, recipe.Seed, _input.EndTokens);
        using var subject = TrainingSubject.Create(_engine, recipe, _input.Base, latest?.Folder, AvailableBytes, _input.Train);
        if (recipe.GradientCheckpointing == Checkpointing.Auto && subject.Model.GradientCheckpointing)
            Note?.Invoke("gradient checkpointing is on: without it the run would not fit into the memory that is free; a step takes about a third longer");
        using var optimizer = Optimizer.Create(_engine, subject.Groups, recipe.Optimizer, Path.Combine(_folder, "pages"));
        if (latest is not null) optimizer.Load(Path.Combine(latest.Folder, OptimizerFile));
        long total = recipe.Steps > 0 ? recipe.Steps : Math.Max(1, (long)Math.Ceiling(recipe.Epochs * plan.StepsPerEpoch));
        using var log = MetricsLog.Open(_folder, state.Step, evaluated: state.EvaluatedStep == state.Step);
        var guard = new MovementGuard(subject, recipe.LearningRate);
        using var loop = new TrainingLoop(subject, plan, optimizer, recipe.Batch.Accumulate) { BeforeUpdate = guard.BeforeUpdate };
        return new Session(this, subject, optimizer, loop, guard, log, progress, total, state).Run(latest?.Step ?? -1);
    }

    private const string OptimizerFile = "optimizer.safetensors";

    private sealed class Session(TrainingRun run, TrainingSubject subject, Optimizer optimizer, TrainingLoop loop, MovementGuard guard, MetricsLog log,
        IProgress<TrainingProgress>? progress, long total, RunState state)
    {
        private readonly Recipe _recipe = run._input.Recipe;
        private readonly long _started = Stopwatch.GetTimestamp(), _first = state.Step;

        // moves with the weights: whatever stops the run, both belong together
        private RunState _state = state;
        private double _loss = double.NaN;
        private long _saved;

        public TrainingResult Run(long saved)
        {
            _saved = saved;
            try
            {
                if (EvaluationDue && _state.EvaluatedStep != _state.Step) Evaluate();   // the interrupt came before it
                while (_state.Step < total && !Exhausted && !run._stop) Step();
                return End(run._stop && _state.Step < total && !Exhausted ? RunEnd.Interrupted : Exhausted ? RunEnd.StoppedEarly : RunEnd.Finished);
            }
            catch (OperationCanceledException) when (run._stop)
            {
                return End(RunEnd.Interrupted);
            }
            catch (OperationCanceledException) when (_state.Step > _first)
            {
                // somebody else has interrupted the engine, as a notebook's kernel does: he gets his exception, and the steps so far are kept
                Save();
                throw;
            }
        }

        private bool Exhausted => _recipe.Run.Patience > 0 && _state.WithoutBetter >= _recipe.Run.Patience;

        private bool EvaluationDue => run._input.Validation.Count > 0 && _state.Step > 0 && (_state.Step == total || Due(_recipe.Run.EvaluateEvery));

        private void Step()
        {
            double rate = _recipe.Schedule.At(_recipe.LearningRate, _state.Step, total);
            long began = Stopwatch.GetTimestamp();
            var processor = Environment.CpuUsage.TotalTime;
            var result = loop.Step(_state.Step, rate);
            _state = _state with { Step = _state.Step + 1, Tokens = _state.Tokens + result.Tokens };
            _loss = result.Loss;
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var memory = run._engine.Memory;
            log.Step(_state.Step, result, rate, new StepCost(seconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds, memory.LiveBytes, memory.PeakBytes));
            guard.AfterStep(rate);
            bool evaluated = EvaluationDue;
            if (evaluated) Evaluate();
            if (Due(_recipe.Run.SaveEvery) || run._saveSoon) Save();
            memory = run._engine.Memory;
            progress?.Report(new TrainingProgress(_state.Step, total, result.Loss, rate, result.GradientNorm, seconds > 0 ? result.Tokens / seconds : 0,
                memory.LiveBytes, memory.PeakBytes, Left, evaluated ? _state.ValidationLoss : null));
        }

        private void Evaluate()
        {
            double loss = ValidationLoss.Measure(subject, run._input.Validation, _recipe.Batch.MicroBatch, _state.Step);
            run.AfterEvaluation?.Invoke(subject, _state.Step);
            log.Evaluation(_state.Step, loss, run._input.Validation.Count);
            _state = _state.Evaluated(loss);
            if (_state.BestStep == _state.Step) Save();   // the best one is kept, so it must exist
        }

        private void Save()
        {
            run._saveSoon = false;
            if (_saved == _state.Step) return;
            using var whole = run._engine.DeferInterrupts();
            log.Flush();
            run._checkpoints.Write(_state.Step, folder =>
            {
                subject.Save(folder, _recipe);
                optimizer.Save(Path.Combine(folder, OptimizerFile));
                _state.Save(folder);
                run.AfterSave?.Invoke(folder);
            });
            _saved = _state.Step;
            run._checkpoints.Prune(_recipe.Run.KeepCheckpoints, _state.BestStep, _state.Step);
        }

        private TrainingResult End(RunEnd end)
        {
            using var whole = run._engine.DeferInterrupts();
            run._engine.ForgetInterrupt();   // or it would stop what the engine does next
            guard.CheckFrozen();
            if (_state.Step > 0) Save();
            if (end != RunEnd.Interrupted && run.BestInstead(_state) is null) run.SaveResult(subject);
            return new TrainingResult(end, _state, _loss);
        }

        private TimeSpan Left => Stopwatch.GetElapsedTime(_started) * ((double)(total - _state.Step) / Math.Max(1, _state.Step - _first));

        private bool Due(int every) => every > 0 && _state.Step % every == 0;
    }
}
