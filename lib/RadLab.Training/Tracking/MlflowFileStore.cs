using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>
/// MLflow's file layout, as <c>mlflow ui --backend-store-uri FOLDER</c> opens it: <c>EXPERIMENT/meta.yaml</c>, <c>EXPERIMENT/RUN/{meta.yaml, params/NAME,
/// metrics/NAME, tags/NAME, artifacts/}</c>, and <see cref="MlflowModels"/>; a metric's file holds a line <c>milliseconds value step</c> per point.
/// </summary>
/// <remarks>
/// Since MLflow 3.13 this layout is only maintained there: <c>mlflow ui</c> opens it with <c>MLFLOW_ALLOW_FILE_STORE=true</c> in its environment, or after
/// <c>mlflow migrate-filestore --source FOLDER --target sqlite:///mlflow.db</c>, which copies it into a database (MLflow's issue 23634).
/// </remarks>
public sealed class MlflowFileStore(string root) : ITrackingStore
{
    private readonly string _root = Path.GetFullPath(root);

    public TrackedId Open(TrackedRun run, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Guarded(() =>
        {
            if (!Directory.Exists(_root)) Begin();
            var (experiment, location) = Experiment(run.Experiment);
            string folder = Path.Combine(_root, experiment, run.Key), artifacts = location.TrimEnd('/') + "/" + run.Key + "/artifacts";
            foreach (string inner in (string[])["metrics", "params", "tags", "artifacts"]) Directory.CreateDirectory(Path.Combine(folder, inner));
            if (MlflowYaml.Load(folder) is not { } meta)
            {
                meta = new MlflowYaml().Text("artifact_uri", artifacts).Number("end_time", null).Text("entry_point_name", "").Text("experiment_id", experiment).Text("lifecycle_stage", "active")
                    .Text("run_id", run.Key).Text("run_name", run.Name).Text("run_uuid", run.Key).Text("source_name", "").Number("source_type", 4).Text("source_version", "")
                    .Number("start_time", run.StartMs).Number("status", (int)TrackedStatus.Running).Raw("tags", "[]").Text("user_id", Environment.UserName);
                meta.Save(folder);   // last: only now there is a run
            }
            return new TrackedId(experiment, run.Key, meta["artifact_uri"] ?? artifacts);
        });
    }

    public IReadOnlyDictionary<string, long> LastSteps(TrackedId run, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Guarded(() =>
        {
            string folder = Path.Combine(FolderOf(run), "metrics");
            var steps = new Dictionary<string, long>();
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                if (LastStep(file) is { } step) steps[Path.GetRelativePath(folder, file).Replace('\\', '/')] = step;
            return steps;
        });
    }

    public void LogMetrics(TrackedId run, IReadOnlyList<TrackedMetric> metrics, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        Guarded(() =>
        {
            // all points of a metric in one write: file systems that are slow to open are met once per batch, and a crash cuts one line at most
            foreach (var points in metrics.GroupBy(m => m.Key))
            {
                var lines = new StringBuilder();
                foreach (var m in points) lines.Append(CultureInfo.InvariantCulture, $"{m.TimeMs} {m.Value:R} {m.Step}\n");
                string file = PathOf(FolderOf(run), "metrics", points.Key);
                using var stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
                stream.Write(Encoding.UTF8.GetBytes(lines.ToString()));
                stream.Flush(flushToDisk: true);
            }
            return 0;
        });
    }

    public void LogSettings(TrackedId run, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string> tags, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        Guarded(() =>
        {
            // no temporary names: MLflow would take one that a crash leaves behind for a tag; what is cut is written again, since it was not yet counted as sent
            foreach (var (name, value) in parameters) File.WriteAllText(PathOf(FolderOf(run), "params", TrackingLimits.Key(name)), TrackingLimits.Parameter(value));
            foreach (var (name, value) in tags) File.WriteAllText(PathOf(FolderOf(run), "tags", TrackingLimits.Key(name)), TrackingLimits.Tag(value));
            return 0;
        });
    }

    public void Upload(TrackedId run, string file, string path, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (!Uri.TryCreate(run.ArtifactUri, UriKind.Absolute, out var uri) || !uri.IsFile)
            throw new TrackingException(TrackingFault.Refused, $"{path}: the experiment keeps its artifacts at {run.ArtifactUri}, where RadLab cannot write; the file stays in the run's folder.");
        Guarded(() =>
        {
            WholeFile.Copy(file, PathOf(uri.LocalPath, "", TrackingLimits.Key(path)));
            return 0;
        });
    }

    public void Update(TrackedId run, TrackedStatus status, long? endMs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        Guarded(() =>
        {
            string folder = FolderOf(run);
            var meta = MlflowYaml.Load(folder) ?? throw new TrackingException(TrackingFault.Lasting, $"{folder}: {MlflowYaml.FileName} is gone; the run was removed from the store.");
            meta.Number("status", (int)status).Number("end_time", endMs).Save(folder);
            return 0;
        });
    }

    public void Register(TrackedId run, TrackingRegistration version, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(version);
        Guarded(() =>
        {
            string source = run.ArtifactUri.TrimEnd('/') + "/" + version.Artifact;
            bool sent = Uri.TryCreate(source, UriKind.Absolute, out var uri) && uri.IsFile && Directory.Exists(uri.LocalPath)
                && (version.Files.Count > 0 ? version.Files.All(f => File.Exists(Path.Combine([uri.LocalPath, .. f.Split('/')]))) : Directory.EnumerateFiles(uri.LocalPath).Any());
            if (!sent) throw TrackingException.NotSent(version, _root);
            new MlflowModels(_root).Register(run, source, version);
            return 0;
        });
    }

    public void Change(TrackedId run, TrackingVersionChange change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(change);
        Guarded(() => new MlflowModels(_root).Change(run, change) ? 0 : throw TrackingException.NotRegistered(change, _root));
    }

    public void Dispose()
    {
        // nothing is kept open
    }

    // what MLflow itself lays out in a new folder
    private void Begin()
    {
        Directory.CreateDirectory(Path.Combine(_root, ".trash"));
        MakeExperiment("0", "Default");
    }

    private (string Id, string Location) Experiment(string name)
    {
        foreach (string folder in Directory.EnumerateDirectories(_root).Order(StringComparer.Ordinal))
            if (MlflowYaml.Load(folder) is { } meta && meta["name"] == name && meta["lifecycle_stage"] is "active" or null)
                return (Path.GetFileName(folder), meta["artifact_location"] ?? new Uri(folder).AbsoluteUri);
        for (int attempt = 0; ; attempt++)
        {
            string id = IdOf(name, attempt);
            if (Directory.Exists(Path.Combine(_root, ".trash", id))) continue;   // deleted there, could be restored
            if (MlflowYaml.Load(Path.Combine(_root, id)) is { } other && other["name"] != name) continue;
            return (id, MakeExperiment(id, name));
        }
    }

    private string MakeExperiment(string id, string name)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, id)).FullName, location = new Uri(folder).AbsoluteUri;
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        new MlflowYaml().Text("artifact_location", location).Number("creation_time", now).Text("experiment_id", id).Number("last_update_time", now).Text("lifecycle_stage", "active").Text("name", name).Save(folder);
        return location;
    }

    // 18 digits as MLflow makes them, but from the name: two processes that begin at once agree
    private static string IdOf(string name, int attempt)
    {
        var hash = new BigInteger(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}\n{attempt}"))), isUnsigned: true);
        return (100_000_000_000_000_000 + (hash % 900_000_000_000_000_000)).ToString(CultureInfo.InvariantCulture);
    }

    private string FolderOf(TrackedId run) => Path.Combine(_root, run.ExperimentId, run.RunId);

    private static string PathOf(string folder, string kind, string name)
    {
        string path = Path.Combine([folder, kind, .. name.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    // a line that a crash has cut is removed, so that the next one begins on its own
    private static long? LastStep(string file)
    {
        const int tail = 4096;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        byte[] bytes = new byte[(int)Math.Min(tail, stream.Length)];
        stream.Seek(-bytes.Length, SeekOrigin.End);
        stream.ReadExactly(bytes);
        int end = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (end < bytes.Length) stream.SetLength(stream.Length - (bytes.Length - end));
        string[] fields = Encoding.UTF8.GetString(bytes, 0, end).TrimEnd('\n').Split('\n')[^1].Split(' ');
        return fields.Length == 3 && long.TryParse(fields[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long step) ? step : null;
    }

    private T Guarded<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrackingException(TrackingFault.Passing, $"{_root}: could not be written ({e.Message})", e);
        }
    }
}
