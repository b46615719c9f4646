using System.Globalization;
using System.Text;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Hands one event of a spool to a store.</summary>
internal sealed class SpoolDelivery(TrackingSpool spool, ITrackingStore store)
{
    private const int MaxModelFileBytes = 1 << 20;

    /// <exception cref="TrackingException">The store does not take it.</exception>
    public void Send(TrackedId run, TrackingEvent e, CancellationToken cancellation)
    {
        switch (e)
        {
            case TrackingBegin b:
                store.LogSettings(run, b.Run.Parameters, b.Run.Tags, cancellation);
                break;
            case TrackingPoint p:
                if (p.Values.Count > 0) store.LogMetrics(run, [.. MetricsOf(p)], cancellation);
                break;
            case TrackingTagsSet t:
                store.LogSettings(run, new Dictionary<string, string>(), t.Tags.ToDictionary(p => p.Key, p => Marked(p.Value, run)), cancellation);
                break;
            case TrackingArtifact a:
                Upload(run, a, cancellation);
                break;
            case TrackingState s:
                store.Update(run, s.Status, s.EndMs, cancellation);
                break;
            case TrackingRegistration r:
                var now = new TrackingVersionChange(r.Model, r.Version ?? 0, r.Alias, r.Stage, r.Registry).Now();
                store.Register(run, r with { Alias = now.Alias, Stage = now.Stage }, cancellation);
                break;
            case TrackingVersionChange c when c.Now() is { } current && (current.Alias ?? current.Stage) is not null:
                store.Change(run, current, cancellation);
                break;
        }
    }

    /// <summary>What people call it.</summary>
    public static string NameOf(TrackingEvent e) => e switch
    {
        TrackingBegin => "parameters and tags",
        TrackingPoint p => string.Create(CultureInfo.InvariantCulture, $"step {p.Step}"),
        TrackingTagsSet => "tags",
        TrackingArtifact a => a.Path,
        TrackingState => "status",
        TrackingRegistration r => $"registered model {r.Model}",
        TrackingVersionChange c => string.Create(CultureInfo.InvariantCulture, $"alias or stage of {c.Model}/{c.Version}"),
        _ => throw new ArgumentOutOfRangeException(nameof(e)),
    };

    public static IEnumerable<TrackedMetric> MetricsOf(TrackingPoint point) => point.Values.Select(v => new TrackedMetric(TrackingLimits.Key(v.Key), v.Value, point.TimeMs, point.Step));

    public static IEnumerable<TrackingEvent> PointsOf(IEnumerable<TrackedMetric> metrics) =>
        metrics.GroupBy(m => (m.Step, m.TimeMs)).Select(g => new TrackingPoint(g.Key.Step, g.Key.TimeMs, g.ToDictionary(m => m.Key, m => m.Value)));

    private void Upload(TrackedId run, TrackingArtifact artifact, CancellationToken cancellation)
    {
        string file = Path.GetFullPath(Path.Combine(spool.RunFolder, artifact.File));
        if (!file.StartsWith(spool.RunFolder + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !File.Exists(file))
            throw new TrackingException(TrackingFault.Refused, $"{artifact.File}: the file is not in the run's folder (any more)");
        if (artifact.File != AdapterArtifact.SpooledFile)
        {
            store.Upload(run, file, artifact.Path, cancellation);
            return;
        }
        // MLmodel was written before the store had a name for the run
        if (new FileInfo(file).Length > MaxModelFileBytes) throw new TrackingException(TrackingFault.Refused, $"{artifact.File}: must have at most {MaxModelFileBytes} bytes");
        string named = file + ".named";
        WholeFile.Write(named, Encoding.UTF8.GetBytes(Marked(File.ReadAllText(file), run)));
        try
        {
            store.Upload(run, named, artifact.Path, cancellation);
        }
        finally
        {
            File.Delete(named);
        }
    }

    private static string Marked(string text, TrackedId run) => text.Replace(AdapterArtifact.RunIdMark, run.RunId, StringComparison.Ordinal);
}
