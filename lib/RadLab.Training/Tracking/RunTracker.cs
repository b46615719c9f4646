namespace RadLab.Training;

/// <summary>How a tracker behaves; the defaults suit training.</summary>
public sealed record RunTrackerSettings
{
    /// <summary>Events are gathered for so long and sent together: stores that are slow to open are met rarely.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest pause after a first failure.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the end of a run waits for a store that fails.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Of the random part of pauses.</summary>
    public ulong Seed { get; init; } = 17;

    /// <summary>That a run which is not tracked yet belongs to; null: recipe/task.</summary>
    public string? Experiment { get; init; }
}

/// <summary>
/// Tells a tracker about a run while it trains. Telling appends a line to the run's spool and returns; a thread of its own sends. Whatever happens to the
/// store, training neither stops nor waits: what could not be sent stays in the spool for <c>radlab runs sync</c>.
/// </summary>
public sealed class RunTracker : IProgress<TrainingProgress>, IDisposable
{
    private readonly TrackingSpool _spool;
    private readonly ITrackingStore _store;
    private readonly SpoolSender _sender;
    private readonly RunTrackerSettings _settings;
    private readonly Action<string>? _note;
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _last = new();
    private readonly Thread _thread;
    private volatile string? _unwritten, _unsent;
    private bool _ended;

    private RunTracker(TrackingSpool spool, ITrackingStore store, RunTrackerSettings settings, Action<string>? note)
    {
        (_spool, _store, _settings, _note) = (spool, store, settings, note);
        _sender = new SpoolSender(spool, store, Note);
        _thread = new Thread(Work) { IsBackground = true, Name = "tracking" };
    }

    /// <summary>Begins to track a run, or goes on with it.</summary>
    /// <param name="store">Belongs to the tracker from now on.</param>
    /// <param name="note">Hears of troubles, a line each, from any thread.</param>
    public static RunTracker Begin(string runFolder, RunRecord record, TrackingTarget target, ITrackingStore store, RunTrackerSettings? settings = null, Action<string>? note = null)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(store);
        TrackingSpool spool;
        try
        {
            spool = TrackingSpool.Open(runFolder, target);
        }
        catch
        {
            store.Dispose();
            throw;
        }
        var tracker = new RunTracker(spool, store, settings ?? new RunTrackerSettings(), note);
        if (!spool.HasBegun) spool.Add(new TrackingBegin(TrackedRun.Of(record, runFolder, tracker._settings.Experiment)));
        tracker.Tell(new TrackingState(TrackedStatus.Running, null));
        tracker._thread.Start();
        return tracker;
    }

    /// <summary>A step's figures.</summary>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var values = new Dictionary<string, double>
        {
            ["loss"] = value.Loss, ["learning_rate"] = value.LearningRate, ["gradient_norm"] = value.GradientNorm, ["tokens_per_s"] = value.TokensPerSecond,
            ["memory_live_bytes"] = value.LiveBytes, ["memory_peak_bytes"] = value.PeakBytes,
        };
        if (value.ValidationLoss is { } loss) values["validation_loss"] = loss;
        LogMetrics(value.Step, values);
    }

    /// <summary>Values that are not finite are left out.</summary>
    public void LogMetrics(long step, IReadOnlyDictionary<string, double> values) => Tell(new TrackingPoint(step, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), values));

    public void SetTags(IReadOnlyDictionary<string, string> tags) => Tell(new TrackingTagsSet(tags));

    /// <param name="file">Below the run's folder.</param>
    /// <param name="path">Among the run's artifacts, / between folders.</param>
    public void LogArtifact(string file, string path) => Tell(new TrackingArtifact(file, path));

    /// <summary>Says how the run ended and waits a little for what is unsent.</summary>
    /// <returns>Whether everything arrived; a note says otherwise.</returns>
    public bool End(TrackedStatus status)
    {
        if (_ended) return _sender.IsDone;
        Tell(new TrackingState(status, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        _ended = true;
        _last.Set();
        while (!_thread.Join(_settings.Grace))
        {
            // a large adapter takes its time; only a store that fails is not waited for
            if (_unsent is null) continue;
            _stop.Cancel();
            _thread.Join();
        }
        if (_unwritten is null && _sender.IsDone) return true;
        Note($"tracking: {_spool.Target.Uri} has not got everything{((_unsent ?? _unwritten) is { } reason ? $" ({reason})" : "")}; send the rest with: radlab runs sync {_spool.RunFolder}");
        return false;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _last.Set();
        if (_thread.IsAlive) _thread.Join();
        _store.Dispose();
        _spool.Dispose();
        _stop.Dispose();
        _last.Dispose();
    }

    // a full disk ends tracking, not training
    private void Tell(TrackingEvent e)
    {
        if (_unwritten is not null) return;
        try
        {
            _spool.Add(e);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _unwritten = failure.Message;
            Note($"tracking: stops, the spool cannot be written ({failure.Message}); training goes on");
        }
    }

    private void Work()
    {
        var backoff = new Backoff(_settings.Seed, _settings.FirstPause);
        var pause = _settings.Gather;
        try
        {
            while (true)
            {
                // the end comes at once, also out of a pause after a failure
                bool last = _last.Wait(pause, _stop.Token);
                try
                {
                    _spool.Flush();
                    _sender.Send(_stop.Token);
                    backoff.Succeeded();
                    _unsent = null;
                    if (last) return;
                    pause = _settings.Gather;
                }
                catch (Exception e) when (e is TrackingException { Fault: TrackingFault.Passing } or not (TrackingException or RecipeException) && !(e is OperationCanceledException && _stop.IsCancellationRequested))
                {
                    // also what nobody foresaw: an exception that leaves this thread would end the process, and the training with it
                    _unsent = e.Message;
                    if (backoff.Failures == 0) Note($"tracking: {e.Message}; kept and sent later");
                    pause = backoff.Next((e as TrackingException)?.RetryAfter);
                    if (last && _stop.Token.WaitHandle.WaitOne(pause)) return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // what is unsent stays in the spool
        }
        catch (Exception e)
        {
            _unsent = e.Message;   // lasting: nothing of this run can be sent now; it is told once
            Note($"tracking: {e.Message}; kept in the run's folder, training goes on");
        }
    }

    // a terminal that was closed, or a listener with a mistake in it, must not end the run; there is nobody else to tell
    private void Note(string line)
    {
        try
        {
            _note?.Invoke(line);
        }
        catch (Exception e) when (Thread.CurrentThread == _thread && e is not OutOfMemoryException)
        {
            _unsent ??= e.Message;
        }
    }
}
