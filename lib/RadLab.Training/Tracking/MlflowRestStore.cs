using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>MLflow's REST API 2.0: experiments, runs, batches, artifacts through the server's own proxy, registered models.</summary>
public sealed class MlflowRestStore(TrackingTarget target, MlflowCredentials credentials) : ITrackingStore
{
    private const string Proxy = "mlflow-artifacts:";
    private const int MaxPages = 100;

    private readonly MlflowHttp _http = new((target ?? throw new ArgumentNullException(nameof(target))).Uri, credentials);

    public TrackedId Open(TrackedRun run, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Understood("runs/create", () =>
        {
            string experiment = Experiment(run.Experiment, cancellation);
            // made already by a call whose answer was lost?
            var found = _http.Post("runs/search", new JsonObject
            {
                ["experiment_ids"] = new JsonArray(experiment), ["filter"] = $"tags.{MlflowTags.Key} = '{run.Key}'", ["run_view_type"] = "ACTIVE_ONLY", ["max_results"] = 1,
            }, cancellation);
            var info = found["runs"] is JsonArray { Count: > 0 } runs ? runs[0]!["info"]! : _http.Post("runs/create", new JsonObject
            {
                ["experiment_id"] = experiment, ["user_id"] = Environment.UserName, ["run_name"] = run.Name, ["start_time"] = run.StartMs,
                ["tags"] = new JsonArray(Pair(MlflowTags.Key, run.Key)),
            }, cancellation)["run"]!["info"]!;
            return new TrackedId(experiment, Text(info["run_id"]), Text(info["artifact_uri"]));
        });
    }

    public IReadOnlyDictionary<string, long> LastSteps(TrackedId run, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Understood("runs/get", () =>
        {
            var answer = _http.Get("runs/get", cancellation, ("run_id", run.RunId)) ?? throw new TrackingException(TrackingFault.Lasting, $"{target.Uri}: the run {run.RunId} is not there any more");
            var steps = new Dictionary<string, long>();
            if (answer["run"]!["data"]?["metrics"] is JsonArray metrics)
                foreach (var metric in metrics) steps[Text(metric!["key"])] = metric["step"] is { } step ? long.Parse(step.ToString(), CultureInfo.InvariantCulture) : 0;   // zeros are left out
            return steps;
        });
    }

    public void LogMetrics(TrackedId run, IReadOnlyList<TrackedMetric> metrics, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        var list = new JsonArray();
        foreach (var m in metrics) list.Add(new JsonObject { ["key"] = m.Key, ["value"] = m.Value, ["timestamp"] = m.TimeMs, ["step"] = m.Step });
        _http.Post("runs/log-batch", new JsonObject { ["run_id"] = run.RunId, ["metrics"] = list }, cancellation);
    }

    public void LogSettings(TrackedId run, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string> tags, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        foreach (var batch in TrackingLimits.Batches(parameters.Select(p => KeyValuePair.Create(TrackingLimits.Key(p.Key), TrackingLimits.Parameter(p.Value))), TrackingLimits.ParametersPerBatch))
            _http.Post("runs/log-batch", new JsonObject { ["run_id"] = run.RunId, ["params"] = Pairs(batch) }, cancellation);
        foreach (var batch in TrackingLimits.Batches(tags.Select(t => KeyValuePair.Create(TrackingLimits.Key(t.Key), TrackingLimits.Tag(t.Value))), TrackingLimits.TagsPerBatch))
        {
            if (batch.Count == 1) _http.Post("runs/set-tag", new JsonObject { ["run_id"] = run.RunId, ["key"] = batch[0].Key, ["value"] = batch[0].Value }, cancellation);
            else _http.Post("runs/log-batch", new JsonObject { ["run_id"] = run.RunId, ["tags"] = Pairs(batch) }, cancellation);
        }
    }

    public void Upload(TrackedId run, string file, string path, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        string root = ProxyPath(run);
        try
        {
            _http.Put($"/api/2.0/mlflow-artifacts/artifacts/{string.Join('/', (root + "/" + TrackingLimits.Key(path)).Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.EscapeDataString))}", file, cancellation);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new TrackingException(TrackingFault.Refused, $"{path}: the file is not there any more", e);
        }
    }

    public void Update(TrackedId run, TrackedStatus status, long? endMs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        var body = new JsonObject { ["run_id"] = run.RunId, ["status"] = status.ToString().ToUpperInvariant() };
        if (endMs is { } end) body["end_time"] = end;
        _http.Post("runs/update", body, cancellation);
    }

    public void Register(TrackedId run, TrackingRegistration version, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(version);
        Understood("model-versions/create", () =>
        {
            // the server would take a version that points at nothing
            foreach (var folder in version.Files.DefaultIfEmpty("").GroupBy(f => f[..(f.LastIndexOf('/') + 1)]))
            {
                var there = Listed(run, (version.Artifact + "/" + folder.Key).TrimEnd('/'), cancellation);
                if (there.Count == 0 || folder.Any(f => f.Length > 0 && !there.Contains(version.Artifact + "/" + f))) throw TrackingException.NotSent(version, target.Uri);
            }
            new MlflowRestModels(_http).Register(run, run.ArtifactUri.TrimEnd('/') + "/" + version.Artifact, version, cancellation);
            return 0;
        });
    }

    public void Change(TrackedId run, TrackingVersionChange change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(change);
        Understood("model-versions/search", () => new MlflowRestModels(_http).Change(run, change, cancellation) ? 0 : throw TrackingException.NotRegistered(change, target.Uri));
    }

    public void Dispose() => _http.Dispose();

    // paths of the files in a folder of artifacts
    private HashSet<string> Listed(TrackedId run, string folder, CancellationToken cancellation)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        string? page = null;
        for (int pages = 0; pages < MaxPages; pages++)
        {
            (string, string)[] query = [("run_id", run.RunId), ("path", folder), .. page is null ? (ReadOnlySpan<(string, string)>)[] : [("page_token", page)]];
            JsonObject? answer;
            try
            {
                answer = _http.Get("artifacts/list", cancellation, query);
            }
            catch (TrackingException e) when (e.IsNotFound)
            {
                // a server that only speaks MLflow's language may not list artifacts: what it cannot show is not registered, and the rest goes on
                throw new TrackingException(TrackingFault.Refused, e.Message, e);
            }
            if (answer?["files"] is JsonArray files)
                foreach (var file in files)
                    if (file!["is_dir"]?.GetValue<bool>() is not true) paths.Add(Text(file["path"]));
            page = (string?)answer?["next_page_token"];
            if (string.IsNullOrEmpty(page)) break;
        }
        return paths;
    }

    private string Experiment(string name, CancellationToken cancellation)
    {
        for (int attempt = 0; attempt < 2; attempt++)
        {
            if (_http.Get("experiments/get-by-name", cancellation, ("experiment_name", name)) is { } answer)
            {
                var experiment = answer["experiment"]!;
                return (string?)experiment["lifecycle_stage"] is "active" or null ? Text(experiment["experiment_id"])
                    : throw new TrackingException(TrackingFault.Lasting, $"{target.Uri}: the experiment {name} is deleted there; restore it (mlflow experiments restore), or delete it for good");
            }
            // null: somebody else was faster
            if (_http.Create("experiments/create", new JsonObject { ["name"] = name }, cancellation) is { } made) return Text(made["experiment_id"]);
        }
        throw new TrackingException(TrackingFault.Passing, $"{target.Uri}: says of the experiment {name} both that it is there and that it is not");
    }

    // the token goes to the named server only, whatever host the answer names
    private string ProxyPath(TrackedId run)
    {
        if (!run.ArtifactUri.StartsWith(Proxy, StringComparison.Ordinal))
            throw new TrackingException(TrackingFault.Refused, $"{target.Uri}: keeps artifacts at {run.ArtifactUri} and does not take them itself (mlflow server --serve-artifacts does); they stay in the run's folder");
        string rest = run.ArtifactUri[Proxy.Length..];
        if (!rest.StartsWith("//", StringComparison.Ordinal)) return rest.Trim('/');
        if (!Uri.TryCreate("http:" + rest, UriKind.Absolute, out var uri))
            throw new TrackingException(TrackingFault.Refused, $"{target.Uri}: names {run.ArtifactUri} for artifacts, which is no address; they stay in the run's folder");
        return uri.Authority == new Uri(target.Uri).Authority ? uri.AbsolutePath.Trim('/')
            : throw new TrackingException(TrackingFault.Refused, $"{target.Uri}: names another server for artifacts ({uri.Authority}); they stay in the run's folder");
    }

    internal static JsonObject Pair(string key, string value) => new() { ["key"] = key, ["value"] = value };

    internal static JsonArray Pairs(IReadOnlyList<KeyValuePair<string, string>> values) => new([.. values.Select(v => Pair(v.Key, v.Value))]);

    private static string Text(JsonNode? node) => node?.ToString() ?? throw new FormatException();

    private T Understood<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is NullReferenceException or FormatException or InvalidOperationException or JsonException or OverflowException or ArgumentException)
        {
            throw new TrackingException(TrackingFault.Lasting, $"{target.Uri}: the answer to {path} has not the fields that MLflow gives; this is no MLflow server", e);
        }
    }
}
