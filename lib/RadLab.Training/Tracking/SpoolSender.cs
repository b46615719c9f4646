using System.Globalization;

namespace RadLab.Training;

/// <summary>
/// Sends a spool to a store, in order, in batches, each thing once: how far it came is on disk after each batch, and after any doubt (a crash, a lost
/// answer) the store is asked which steps it has.
/// </summary>
/// <param name="note">Hears what the store refuses.</param>
public sealed class SpoolSender(TrackingSpool spool, ITrackingStore store, Action<string>? note)
{
    private volatile SpoolPosition _at = spool.Position;
    private Dictionary<string, long>? _there;   // null: in doubt

    /// <summary>Whether everything that was told so far has been sent.</summary>
    public bool IsDone => _at.Offset >= spool.Length;

    /// <summary>What the store calls the run; null before it has it.</summary>
    public string? RunId => _at.Run?.RunId;

    /// <summary>Bytes that wait.</summary>
    public long Waiting => spool.Length - _at.Offset;

    /// <summary>Sends all that is there now.</summary>
    /// <exception cref="TrackingException">The store fails; what was sent counts, the rest waits.</exception>
    public void Send(CancellationToken cancellation)
    {
        var points = new List<TrackedMetric>();
        long behind = _at.Offset;
        try
        {
            foreach (var (e, end) in spool.ReadFrom(_at.Offset))
            {
                cancellation.ThrowIfCancellationRequested();
                if (e is TrackingPoint point)
                {
                    if (points.Count + point.Values.Count > TrackingLimits.MetricsPerBatch) Flush(points, behind, cancellation);
                    points.AddRange(point.Values.Select(v => new TrackedMetric(TrackingLimits.Key(v.Key), v.Value, point.TimeMs, point.Step)));
                }
                else
                {
                    Flush(points, behind, cancellation);
                    Send(e, end, cancellation);
                }
                behind = end;
            }
            Flush(points, behind, cancellation);
        }
        catch
        {
            _there = null;
            throw;
        }
    }

    /// <summary>Sends all of it, trying again after passing failures.</summary>
    /// <param name="attempts">Failures in a row after which it gives up.</param>
    public void SendAll(Backoff backoff, int attempts, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(backoff);
        while (true)
        {
            long before = _at.Offset;
            try
            {
                Send(cancellation);
                return;
            }
            catch (TrackingException e) when (e.Fault == TrackingFault.Passing)
            {
                if (_at.Offset > before) backoff.Succeeded();
                if (backoff.Failures + 1 >= attempts) throw;
                if (cancellation.WaitHandle.WaitOne(backoff.Next(e.RetryAfter))) cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private void Flush(List<TrackedMetric> points, long end, CancellationToken cancellation)
    {
        if (points.Count == 0) return;
        var run = Run();
        _there ??= new Dictionary<string, long>(store.LastSteps(run, cancellation));
        var news = points.Where(p => p.Step > _there.GetValueOrDefault(p.Key, long.MinValue)).ToList();
        if (news.Count > 0)
        {
            Unless(() => store.LogMetrics(run, news, cancellation), () => new TrackingPoint(news[0].Step, news[0].TimeMs, new Dictionary<string, double>()), string.Create(CultureInfo.InvariantCulture, $"steps {news[0].Step} to {news[^1].Step}"));
            foreach (var p in news) _there[p.Key] = p.Step;
        }
        points.Clear();
        Advance(_at with { Offset = end });
    }

    private void Send(TrackingEvent e, long end, CancellationToken cancellation)
    {
        if (e is TrackingBegin begin)
        {
            var run = _at.Run ?? store.Open(begin.Run, cancellation);
            Unless(() => store.LogSettings(run, begin.Run.Parameters, begin.Run.Tags, cancellation), () => e, "parameters and tags");
            Advance(new SpoolPosition(end, run));
            return;
        }
        var id = Run();
        switch (e)
        {
            case TrackingTagsSet t:
                Unless(() => store.LogSettings(id, new Dictionary<string, string>(), t.Tags.ToDictionary(p => p.Key, p => p.Value.Replace(AdapterArtifact.RunIdMark, id.RunId, StringComparison.Ordinal)), cancellation), () => e, "tags");
                break;
            case TrackingArtifact a:
                Upload(id, a, cancellation);
                break;
            case TrackingState s:
                Unless(() => store.Update(id, s.Status, s.EndMs, cancellation), () => e, "status");
                break;
            case TrackingRegistration r:
                Unless(() => store.Register(id, r.Model, r.Artifact, r.Alias, r.Tags, cancellation), () => e, $"registered model {r.Model}");
                break;
        }
        Advance(_at with { Offset = end });
    }

    private void Upload(TrackedId run, TrackingArtifact artifact, CancellationToken cancellation)
    {
        string file = Path.GetFullPath(Path.Combine(spool.RunFolder, artifact.File));
        if (!file.StartsWith(spool.RunFolder + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !File.Exists(file))
            Refused(new TrackingException(TrackingFault.Refused, $"{artifact.File}: the file is not in the run's folder (any more)"), artifact, artifact.Path);
        else
            Unless(() => store.Upload(run, file, artifact.Path, cancellation), () => artifact, artifact.Path);
    }

    // what is refused once would be refused for ever, and must not hold up what comes after it
    private void Unless(Action send, Func<TrackingEvent> e, string what)
    {
        try
        {
            send();
        }
        catch (TrackingException refusal) when (refusal.Fault == TrackingFault.Refused)
        {
            Refused(refusal, e(), what);
        }
    }

    private void Refused(TrackingException refusal, TrackingEvent e, string what)
    {
        spool.Refuse(refusal.Message, e);
        note?.Invoke($"tracking: {what} not taken: {refusal.Message}");
    }

    private TrackedId Run() => _at.Run ?? throw new TrackingException(TrackingFault.Lasting, $"{spool.RunFolder}: the spool does not begin with the run; it was damaged, remove the folder 'tracking' to track anew");

    private void Advance(SpoolPosition position)
    {
        spool.Position = position;
        _at = position;
    }
}
