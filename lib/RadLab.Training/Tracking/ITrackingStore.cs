using System.Globalization;

namespace RadLab.Training;

/// <summary>MLflow's states of a run, with the numbers of its files.</summary>
public enum TrackedStatus
{
    Running = 1,
    Finished = 3,
    Failed = 4,

    /// <summary>Interrupted; may go on.</summary>
    Killed = 5,
}

/// <summary>A run in a store.</summary>
/// <param name="ArtifactUri">Where its artifacts lie; the store knows how to write there.</param>
public sealed record TrackedId(string ExperimentId, string RunId, string ArtifactUri);

/// <param name="TimeMs">Milliseconds since 1970, UTC.</param>
public readonly record struct TrackedMetric(string Key, double Value, long TimeMs, long Step);

/// <summary>
/// Writes what a tracker is told, in one format. Everything but <see cref="LogMetrics"/> may be repeated without harm; metrics are appended, so whoever
/// repeats them asks <see cref="LastSteps"/> first. Calls come from one thread.
/// </summary>
public interface ITrackingStore : IDisposable
{
    /// <summary>Finds the run, or makes it and its experiment.</summary>
    TrackedId Open(TrackedRun run, CancellationToken cancellation);

    /// <summary>Highest step of each metric that the store has.</summary>
    IReadOnlyDictionary<string, long> LastSteps(TrackedId run, CancellationToken cancellation);

    /// <param name="metrics">At most <see cref="TrackingLimits.MetricsPerBatch"/>, steps of a key in ascending order.</param>
    void LogMetrics(TrackedId run, IReadOnlyList<TrackedMetric> metrics, CancellationToken cancellation);

    void LogSettings(TrackedId run, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string> tags, CancellationToken cancellation);

    /// <param name="file">On this machine.</param>
    /// <param name="path">Among the run's artifacts, / between folders.</param>
    void Upload(TrackedId run, string file, string path, CancellationToken cancellation);

    void Update(TrackedId run, TrackedStatus status, long? endMs, CancellationToken cancellation);

    /// <summary>Makes uploaded weights a version of a registered model. The one that has our version's number as a tag already is it; without the weights there is none.</summary>
    void Register(TrackedId run, TrackingRegistration version, CancellationToken cancellation);

    /// <summary>Points an alias to a version that was registered, and says its stage.</summary>
    void Change(TrackedId run, TrackingVersionChange change, CancellationToken cancellation);
}

/// <summary>How a failure of a store is to be met.</summary>
public enum TrackingFault
{
    /// <summary>May be gone in a moment: try again.</summary>
    Passing,

    /// <summary>This one thing is refused; others may do.</summary>
    Refused,

    /// <summary>Nothing will do until somebody changes something.</summary>
    Lasting,
}

/// <summary>A store did not take something; the message is one line for the user and holds no token.</summary>
/// <param name="retryAfter">What the server asks for.</param>
public sealed class TrackingException(TrackingFault fault, string message, Exception? inner = null, TimeSpan? retryAfter = null) : Exception(message, inner)
{
    public TrackingFault Fault { get; } = fault;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>A server has no such address, or no such thing there.</summary>
    internal bool IsNotFound { get; init; }

    internal static TrackingException NotSent(TrackingRegistration version, string place) =>
        new(TrackingFault.Refused, $"{version.Model}: {version.Artifact} is not (or not whole) among the artifacts that the run has left at {place}; 'radlab registry' keeps the version");

    internal static TrackingException NotRegistered(TrackingVersionChange change, string place) =>
        new(TrackingFault.Refused, string.Create(CultureInfo.InvariantCulture, $"{change.Model}/{change.Version}: is not registered at {place}; 'radlab registry' keeps what was said"));
}
