using System.Globalization;

namespace RadLab.Training;

/// <summary>
/// Sends a spool to a store, in order, in batches, each thing once: how far it came is on disk after each batch, and after any doubt (a crash, a lost
/// answer) the store is asked which steps it has.
/// </summary>
/// <param name="note">Hears what the store refuses, the same reason once.</param>
public sealed class SpoolSender(TrackingSpool spool, ITrackingStore store, Action<string>? note)
{
    private readonly SpoolDelivery _delivery = new(spool, store);
    private readonly HashSet<string> _said = [];
    private volatile SpoolPosition _at = spool.Position;
    private Dictionary<string, long>? _there;   // null: in doubt

    /// <summary>Whether everything that was told so far has been sent.</summary>
    public bool IsDone => _at.Offset >= spool.Length;

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
                    points.AddRange(SpoolDelivery.MetricsOf(point));
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

    /// <summary>Tries once more, in order, what the store has refused; what it takes now is refused no longer.</summary>
    /// <exception cref="TrackingException">The store fails; what it took counts, the rest stays refused.</exception>
    public void SendRefused(CancellationToken cancellation)
    {
        var refused = spool.Refused();
        var state = spool.ReadFrom(0).Select(r => r.Event).OfType<TrackingState>().LastOrDefault();
        for (int i = 0; i < refused.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                _delivery.Send(Run(), refused[i].Event is TrackingState && state is not null ? state : refused[i].Event, cancellation);   // an older state must not undo a later one
                refused.RemoveAt(i);
                spool.SetRefused(refused);
            }
            catch (TrackingException refusal) when (refusal.Fault == TrackingFault.Refused)
            {
                Say(refusal, SpoolDelivery.NameOf(refused[i].Event));
                refused[i] = (refusal.Message, refused[i].Event);
                i++;
            }
        }
        spool.SetRefused(refused);
        _there = null;   // metrics may be among them
    }

    private void Flush(List<TrackedMetric> points, long end, CancellationToken cancellation)
    {
        if (points.Count == 0) return;
        var run = Run();
        _there ??= new Dictionary<string, long>(store.LastSteps(run, cancellation));
        var news = points.Where(p => p.Step > _there.GetValueOrDefault(p.Key, long.MinValue)).ToList();
        if (news.Count > 0)
        {
            Unless(() => store.LogMetrics(run, news, cancellation), () => SpoolDelivery.PointsOf(news), string.Create(CultureInfo.InvariantCulture, $"steps {news[0].Step} to {news[^1].Step}"));
            foreach (var p in news) _there[p.Key] = p.Step;
        }
        points.Clear();
        Advance(_at with { Offset = end });
    }

    private void Send(TrackingEvent e, long end, CancellationToken cancellation)
    {
        var run = e is TrackingBegin begin ? _at.Run ?? store.Open(begin.Run, cancellation) : Run();
        Unless(() => _delivery.Send(run, e, cancellation), () => [e], SpoolDelivery.NameOf(e));
        Advance(new SpoolPosition(end, run));
    }

    // what is refused once would be refused for ever, and must not hold up what comes after it
    private void Unless(Action send, Func<IEnumerable<TrackingEvent>> events, string what)
    {
        try
        {
            send();
        }
        catch (TrackingException refusal) when (refusal.Fault == TrackingFault.Refused)
        {
            foreach (var e in events()) spool.Refuse(refusal.Message, e);
            Say(refusal, what);
        }
    }

    private void Say(TrackingException refusal, string what)
    {
        if (_said.Add(refusal.Message)) note?.Invoke($"tracking: {what} not taken: {refusal.Message}");
    }

    private TrackedId Run() => _at.Run ?? throw new TrackingException(TrackingFault.Lasting, $"{spool.RunFolder}: the spool does not begin with the run; it was damaged, remove the folder 'tracking' to track anew");

    private void Advance(SpoolPosition position)
    {
        spool.Position = position;
        _at = position;
    }
}
