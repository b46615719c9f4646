using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RadLab.Tests.Training;

/// <summary>Experiments and runs.</summary>
internal sealed partial class StrictMlflowServer
{
    public Dictionary<string, string> Experiments { get; } = [];

    public Dictionary<string, ServerRun> Runs { get; } = [];

    private JsonObject ExperimentByName(string name) => Experiments.TryGetValue(name, out string? id)
        ? new JsonObject { ["experiment"] = new JsonObject { ["experiment_id"] = id, ["name"] = name, ["lifecycle_stage"] = "active", ["artifact_location"] = $"{ArtifactRoot}/{id}" } }
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

    private ServerRun Find(string id) => Runs.GetValueOrDefault(id) ?? throw new Refusal("RESOURCE_DOES_NOT_EXIST", $"Run with id={id} not found");

    private JsonObject RunOf(ServerRun run) => new()
    {
        ["info"] = new JsonObject
        {
            ["run_id"] = run.Id, ["run_uuid"] = run.Id, ["run_name"] = run.Name, ["experiment_id"] = run.ExperimentId, ["status"] = run.Status, ["lifecycle_stage"] = "active",
            ["artifact_uri"] = ArtifactUri(run),
        },
        ["data"] = new JsonObject(),
    };

    private string ArtifactUri(ServerRun run) => $"{ArtifactRoot}/{run.ExperimentId}/{run.Id}/artifacts";

    [GeneratedRegex(@"^tags\.(\w+) = '([^']*)'$")]
    private static partial Regex TagFilter();
}
