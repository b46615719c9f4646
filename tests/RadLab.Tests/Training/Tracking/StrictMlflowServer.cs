using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RadLab.Tests.Training;

internal sealed record ServerRun(string Id, string ExperimentId, string Name, Dictionary<string, string> Tags)
{
    public Dictionary<string, string> Parameters { get; } = [];

    public List<(string Key, double Value, long Time, long Step)> Metrics { get; } = [];

    public string Status { get; set; } = "RUNNING";

    public long? End { get; set; }
}

/// <summary>
/// An MLflow tracking server on the loopback address, by its published REST reference: every field is known and of its type, lengths and batch sizes are
/// held to, a parameter never changes; anything else is answered 400. Metrics are appended as they come, so that whoever sends one twice is seen.
/// </summary>
internal sealed partial class StrictMlflowServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Thread _thread;
    private int _failures, _lost;

    public StrictMlflowServer(string? authorization = null)
    {
        Authorization = authorization;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        Uri = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        _listener.Prefixes.Add(Uri + "/");
        _listener.Start();
        _thread = new Thread(Work) { IsBackground = true };
        _thread.Start();
    }

    public string Uri { get; }

    public string? Authorization { get; }

    public Dictionary<string, string> Experiments { get; } = [];

    public Dictionary<string, ServerRun> Runs { get; } = [];

    public Dictionary<string, byte[]> Artifacts { get; } = [];

    public Dictionary<string, List<JsonObject>> Models { get; } = [];

    public Dictionary<string, string> Aliases { get; } = [];

    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentQueue<string> Refusals { get; } = [];

    /// <summary>The next requests are answered 503.</summary>
    public void FailNext(int count) => Interlocked.Exchange(ref _failures, count);

    /// <summary>The next changes are made, and their answers lost.</summary>
    public void LoseNextAnswers(int count) => Interlocked.Exchange(ref _lost, count);

    public void Dispose()
    {
        _listener.Close();
        _thread.Join();
    }

    private void Work()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = _listener.GetContext();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            try
            {
                Answer(context);
            }
            catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
            {
                // the client went away
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath;
        Requests.Enqueue(context.Request.HttpMethod + " " + path);
        byte[] body;
        using (var whole = new MemoryStream())
        {
            context.Request.InputStream.CopyTo(whole);
            body = whole.ToArray();
        }
        if (Interlocked.Decrement(ref _failures) >= 0)
        {
            Write(context, 503, Error("TEMPORARILY_UNAVAILABLE", "busy"));
            return;
        }
        if (Authorization is not null && context.Request.Headers["Authorization"] != Authorization)
        {
            Write(context, 401, Error("UNAUTHENTICATED", "who are you"));
            return;
        }
        try
        {
            var answer = Handle(context.Request.HttpMethod, path, context.Request, body);
            if (context.Request.HttpMethod != "GET" && Interlocked.Decrement(ref _lost) is >= 0 and var left)
            {
                // in turn: cut off in the middle, and nothing at all
                if (left % 2 == 0)
                {
                    context.Response.ContentLength64 = 100;
                    context.Response.OutputStream.Write("{"u8);
                    context.Response.OutputStream.Flush();
                }
                context.Response.Abort();
                return;
            }
            Write(context, 200, answer);
        }
        catch (Refusal r)
        {
            Refusals.Enqueue($"{path}: {r.Message}");
            Write(context, r.Code switch { "RESOURCE_DOES_NOT_EXIST" or "ENDPOINT_NOT_FOUND" => 404, _ => 400 }, Error(r.Code, r.Message));
        }
    }

    private JsonObject Handle(string method, string path, HttpListenerRequest request, byte[] body)
    {
        const string api = "/api/2.0/mlflow/", artifacts = "/api/2.0/mlflow-artifacts/artifacts/";
        if (method == "PUT" && path.StartsWith(artifacts, StringComparison.Ordinal))
        {
            Artifacts[System.Uri.UnescapeDataString(path[artifacts.Length..])] = body;
            return [];
        }
        if (!path.StartsWith(api, StringComparison.Ordinal)) throw new Refusal("ENDPOINT_NOT_FOUND", path);
        var query = request.QueryString;
        return (method, path[api.Length..]) switch
        {
            ("GET", "experiments/get-by-name") => ExperimentByName(query["experiment_name"] ?? throw Missing("experiment_name")),
            ("POST", "experiments/create") => CreateExperiment(Fields(body, "name:string!", "artifact_location:string", "tags:array")),
            ("POST", "runs/search") => Search(Fields(body, "experiment_ids:array!", "filter:string", "run_view_type:string", "max_results:int", "order_by:array", "page_token:string")),
            ("POST", "runs/create") => CreateRun(Fields(body, "experiment_id:string!", "user_id:string", "run_name:string", "start_time:int", "tags:array")),
            ("GET", "runs/get") => GetRun(query["run_id"] ?? throw Missing("run_id")),
            ("POST", "runs/log-batch") => LogBatch(Fields(body, "run_id:string!", "metrics:array", "params:array", "tags:array"), body.Length),
            ("POST", "runs/set-tag") => SetTag(Fields(body, "run_id:string!", "key:string!", "value:string!")),
            ("POST", "runs/update") => Update(Fields(body, "run_id:string!", "status:string", "end_time:int", "run_name:string")),
            ("POST", "registered-models/create") => CreateModel(Fields(body, "name:string!", "tags:array", "description:string")),
            ("GET", "model-versions/search") => SearchVersions(query["filter"] ?? ""),
            ("POST", "model-versions/create") => CreateVersion(Fields(body, "name:string!", "source:string!", "run_id:string", "tags:array", "run_link:string", "description:string")),
            ("POST", "registered-models/alias") => SetAlias(Fields(body, "name:string!", "alias:string!", "version:string!")),
            _ => throw new Refusal("ENDPOINT_NOT_FOUND", $"{method} {path}"),
        };
    }

    private JsonObject ExperimentByName(string name) => Experiments.TryGetValue(name, out string? id)
        ? new JsonObject { ["experiment"] = new JsonObject { ["experiment_id"] = id, ["name"] = name, ["lifecycle_stage"] = "active", ["artifact_location"] = $"mlflow-artifacts:/{id}" } }
        : throw new Refusal("RESOURCE_DOES_NOT_EXIST", $"Could not find experiment with name {name}");

    private JsonObject CreateExperiment(JsonObject f)
    {
        string name = (string)f["name"]!, id = (Experiments.Count + 1).ToString(CultureInfo.InvariantCulture);
        if (name.Length is 0 or > 500) throw Invalid("experiment name");
        if (!Experiments.TryAdd(name, id)) throw new Refusal("RESOURCE_ALREADY_EXISTS", name);
        return new JsonObject { ["experiment_id"] = id };
    }

    private JsonObject Search(JsonObject f)
    {
        if (f["max_results"] is { } most && (int)most is < 1 or > 50000) throw Invalid("max_results");
        var filter = TagFilter().Match((string?)f["filter"] ?? "");
        if (!filter.Success) throw Invalid("filter");
        var ids = f["experiment_ids"]!.AsArray().Select(i => (string)i!).ToHashSet();
        var found = Runs.Values.Where(r => ids.Contains(r.ExperimentId) && r.Tags.GetValueOrDefault(filter.Groups[1].Value) == filter.Groups[2].Value);
        return found.Any() ? new JsonObject { ["runs"] = new JsonArray([.. found.Select(r => (JsonNode)RunOf(r))]) } : [];
    }

    private JsonObject CreateRun(JsonObject f)
    {
        string experiment = (string)f["experiment_id"]!;
        if (!Experiments.ContainsValue(experiment)) throw new Refusal("RESOURCE_DOES_NOT_EXIST", $"No Experiment with id={experiment} exists");
        var run = new ServerRun((Runs.Count + 1).ToString("x32", CultureInfo.InvariantCulture), experiment, (string?)f["run_name"] ?? "", []);
        foreach (var (key, value) in Pairs(f["tags"], 1000, 8000)) run.Tags[key] = value;
        Runs.Add(run.Id, run);
        return new JsonObject { ["run"] = RunOf(run) };
    }

    private JsonObject GetRun(string id)
    {
        var run = Find(id);
        var json = RunOf(run);
        // as the servers do: only the last of each, and no field that is zero
        var metrics = run.Metrics.GroupBy(m => m.Key).Select(g => g.MaxBy(m => (m.Step, m.Time, m.Value))).Select(m =>
        {
            var metric = new JsonObject { ["key"] = m.Key, ["value"] = m.Value, ["timestamp"] = m.Time };
            if (m.Step != 0) metric["step"] = m.Step;
            return (JsonNode)metric;
        });
        if (run.Metrics.Count > 0) json["data"]!["metrics"] = new JsonArray([.. metrics]);
        return new JsonObject { ["run"] = json };
    }

    private JsonObject LogBatch(JsonObject f, int bytes)
    {
        if (bytes > 1_000_000) throw Invalid("Batched logging API requests must be at most 1000000 bytes");
        var run = Find((string)f["run_id"]!);
        var metrics = f["metrics"]?.AsArray() ?? [];
        var parameters = Pairs(f["params"], 100, 6000);
        var tags = Pairs(f["tags"], 100, 8000);
        if (metrics.Count > 1000 || metrics.Count + parameters.Count + tags.Count > 1000) throw Invalid("A batch logging request can contain at most 1000 metrics");
        var points = metrics.Select(m =>
        {
            var metric = Known(m as JsonObject ?? throw Invalid("metrics"), "key:string!", "value:number!", "timestamp:int!", "step:int");
            return (Key((string)metric["key"]!), (double)metric["value"]!, (long)metric["timestamp"]!, (long?)metric["step"] ?? 0);
        }).ToList();
        foreach (var (key, value) in parameters)
            if (run.Parameters.TryGetValue(key, out string? old) && old != value) throw Invalid($"Changing param values is not allowed: {key}");
        foreach (var (key, value) in parameters) run.Parameters[key] = value;
        foreach (var (key, value) in tags) run.Tags[key] = value;
        run.Metrics.AddRange(points);
        return [];
    }

    private JsonObject SetTag(JsonObject f)
    {
        var run = Find((string)f["run_id"]!);
        if (((string)f["value"]!).Length > 8000) throw Invalid("tag value");
        run.Tags[Key((string)f["key"]!)] = (string)f["value"]!;
        return [];
    }

    private JsonObject Update(JsonObject f)
    {
        var run = Find((string)f["run_id"]!);
        if (f["status"] is { } status)
        {
            if ((string)status! is not ("RUNNING" or "SCHEDULED" or "FINISHED" or "FAILED" or "KILLED")) throw Invalid("status");
            run.Status = (string)status!;
        }
        run.End = (long?)f["end_time"];
        return new JsonObject { ["run_info"] = RunOf(run)["info"]!.DeepClone() };
    }

    private JsonObject CreateModel(JsonObject f)
    {
        if (!Models.TryAdd((string)f["name"]!, [])) throw new Refusal("RESOURCE_ALREADY_EXISTS", (string)f["name"]!);
        return new JsonObject { ["registered_model"] = new JsonObject { ["name"] = (string)f["name"]! } };
    }

    private JsonObject SearchVersions(string filter)
    {
        var run = RunFilter().Match(filter);
        if (!run.Success) throw Invalid("filter");
        var found = Models.Values.SelectMany(v => v).Where(v => (string?)v["run_id"] == run.Groups[1].Value).Select(v => v.DeepClone()).ToList();
        return found.Count == 0 ? [] : new JsonObject { ["model_versions"] = new JsonArray([.. found]) };
    }

    private JsonObject CreateVersion(JsonObject f)
    {
        if (!Models.TryGetValue((string)f["name"]!, out var versions)) throw new Refusal("RESOURCE_DOES_NOT_EXIST", "Registered Model not found");
        Pairs(f["tags"], 100, 5000);
        f["version"] = (versions.Count + 1).ToString(CultureInfo.InvariantCulture);
        versions.Add(f);
        return new JsonObject { ["model_version"] = f.DeepClone() };
    }

    private JsonObject SetAlias(JsonObject f)
    {
        if (!Models.TryGetValue((string)f["name"]!, out var versions) || !versions.Any(v => (string?)v["version"] == (string)f["version"]!)) throw new Refusal("RESOURCE_DOES_NOT_EXIST", "Model Version not found");
        Aliases[$"{f["name"]}@{f["alias"]}"] = (string)f["version"]!;
        return [];
    }

    private ServerRun Find(string id) => Runs.GetValueOrDefault(id) ?? throw new Refusal("RESOURCE_DOES_NOT_EXIST", $"Run with id={id} not found");

    private static JsonObject RunOf(ServerRun run) => new()
    {
        ["info"] = new JsonObject
        {
            ["run_id"] = run.Id, ["run_uuid"] = run.Id, ["run_name"] = run.Name, ["experiment_id"] = run.ExperimentId, ["status"] = run.Status, ["lifecycle_stage"] = "active",
            ["artifact_uri"] = $"mlflow-artifacts:/{run.ExperimentId}/{run.Id}/artifacts",
        },
        ["data"] = new JsonObject(),
    };

    private static List<(string Key, string Value)> Pairs(JsonNode? node, int most, int length)
    {
        var pairs = (node?.AsArray() ?? []).Select(p => Known(p as JsonObject ?? throw Invalid("pair"), "key:string!", "value:string!")).Select(p => (Key((string)p["key"]!), (string)p["value"]!)).ToList();
        if (pairs.Count > most) throw Invalid($"at most {most}");
        foreach (var (key, value) in pairs)
            if (value.Length > length) throw Invalid($"value of '{key}' had length {value.Length}, which exceeded length limit of {length}");
        return pairs;
    }

    private static string Key(string key) => key.Length <= 250 && Name().IsMatch(key) && !key.StartsWith('/') && !key.Split('/').Any(p => p is "" or "." or "..") ? key : throw Invalid($"Invalid name: '{key[..Math.Min(50, key.Length)]}'");

    private static JsonObject Fields(byte[] body, params string[] fields)
    {
        try
        {
            return Known(JsonNode.Parse(body) as JsonObject ?? throw Invalid("body"), fields);
        }
        catch (JsonException)
        {
            throw Invalid("body is no JSON");
        }
    }

    private static JsonObject Known(JsonObject json, params string[] fields)
    {
        var known = fields.Select(f => f.TrimEnd('!').Split(':')).ToDictionary(f => f[0], f => f[1]);
        foreach (var (name, value) in json)
        {
            if (!known.TryGetValue(name, out string? type)) throw Invalid($"unknown field {name}");
            bool fits = (type, value?.GetValueKind()) switch
            {
                ("string", JsonValueKind.String) or ("array", JsonValueKind.Array) or ("number", JsonValueKind.Number) => true,
                ("int", JsonValueKind.Number) => long.TryParse(value!.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
                _ => false,
            };
            if (!fits) throw Invalid($"Invalid value for parameter '{name}': must be {type}");
        }
        foreach (string required in fields.Where(f => f.EndsWith('!')).Select(f => f.Split(':')[0]))
            if (!json.ContainsKey(required)) throw Missing(required);
        return json;
    }

    private static Refusal Invalid(string what) => new("INVALID_PARAMETER_VALUE", what);

    private static Refusal Missing(string field) => new("INVALID_PARAMETER_VALUE", $"Missing value for required parameter '{field}'");

    private static JsonObject Error(string code, string message) => new() { ["error_code"] = code, ["message"] = message };

    private static void Write(HttpListenerContext context, int status, JsonObject body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = bytes.Length;
        context.Response.OutputStream.Write(bytes);
        context.Response.Close();
    }

    private sealed class Refusal(string code, string message) : Exception(message)
    {
        public string Code { get; } = code;
    }

    [GeneratedRegex(@"^tags\.(\w+) = '([^']*)'$")]
    private static partial Regex TagFilter();

    [GeneratedRegex(@"^run_id = '([^']*)'$")]
    private static partial Regex RunFilter();

    [GeneratedRegex(@"^[/\w.\- ]+$")]
    private static partial Regex Name();
}
