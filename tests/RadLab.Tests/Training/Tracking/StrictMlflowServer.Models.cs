using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RadLab.Tests.Training;

/// <summary>Artifacts, which belong to a run, and registered models, whose versions point to artifacts that are there.</summary>
internal sealed partial class StrictMlflowServer
{
    public Dictionary<string, byte[]> Artifacts { get; } = [];

    public Dictionary<string, List<JsonObject>> Models { get; } = [];

    public Dictionary<string, string> Aliases { get; } = [];

    /// <summary>Where the server says that artifacts lie.</summary>
    public string ArtifactRoot { get; set; } = "mlflow-artifacts:";

    /// <summary>Of lists: the rest comes by page tokens.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>A tag of a registered version.</summary>
    public string? VersionTag(string model, int version, string key) =>
        (string?)Models[model][version - 1]["tags"]!.AsArray().LastOrDefault(t => (string?)t!["key"] == key)?["value"];

    private JsonObject PutArtifact(string path, byte[] body)
    {
        string[] parts = path.Split('/');
        if (parts.Length < 4 || parts[2] != "artifacts" || Runs.GetValueOrDefault(parts[1])?.ExperimentId != parts[0]) throw Invalid($"{path} is in no run's artifacts");
        if (parts.Any(p => p is "" or "." or "..")) throw Invalid("Invalid path");
        Artifacts[path] = body;
        return [];
    }

    private JsonObject ListArtifacts(Dictionary<string, string> query)
    {
        var run = Find(query["run_id"]);
        string root = $"{run.ExperimentId}/{run.Id}/artifacts/", folder = query.TryGetValue("path", out string? path) && path.Length > 0 ? path + "/" : "";
        var names = Artifacts.Keys.Where(k => k.StartsWith(root + folder, StringComparison.Ordinal)).Select(k => k[(root.Length + folder.Length)..]).ToList();
        var entries = names.Select(n => n.Split('/')).Select(p => (Name: p[0], IsFolder: p.Length > 1)).Distinct().OrderBy(e => e.Name, StringComparer.Ordinal).Select(e =>
        {
            var entry = new JsonObject { ["path"] = folder + e.Name, ["is_dir"] = e.IsFolder };
            if (!e.IsFolder) entry["file_size"] = Artifacts[root + folder + e.Name].Length.ToString(CultureInfo.InvariantCulture);
            return entry;
        });
        return Page([.. entries], "files", query, new JsonObject { ["root_uri"] = ArtifactUri(run) });
    }

    private JsonObject CreateModel(JsonObject f)
    {
        if (!Models.TryAdd((string)f["name"]!, [])) throw new Refusal("RESOURCE_ALREADY_EXISTS", (string)f["name"]!);
        return new JsonObject { ["registered_model"] = new JsonObject { ["name"] = (string)f["name"]! } };
    }

    private JsonObject SearchVersions(Dictionary<string, string> query)
    {
        var run = RunFilter().Match(query.GetValueOrDefault("filter") ?? "");
        if (!run.Success) throw Invalid("filter");
        if (query.TryGetValue("max_results", out string? most) && (!int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) || limit is < 1 or > 200_000)) throw Invalid("max_results");
        return Page([.. Models.Values.SelectMany(v => v).Where(v => (string?)v["run_id"] == run.Groups[1].Value).Select(v => v.DeepClone().AsObject())], "model_versions", query, []);
    }

    private JsonObject CreateVersion(JsonObject f)
    {
        if (!Models.TryGetValue((string)f["name"]!, out var versions)) throw new Refusal("RESOURCE_DOES_NOT_EXIST", "Registered Model not found");
        Pairs(f["tags"], 100, 5000);
        var run = Find((string?)f["run_id"] ?? throw Missing("run_id"));
        string source = (string)f["source"]!, uri = ArtifactUri(run) + "/";
        if (!source.StartsWith(uri, StringComparison.Ordinal) || !Artifacts.Keys.Any(k => k.StartsWith($"{run.ExperimentId}/{run.Id}/artifacts/{source[uri.Length..]}/", StringComparison.Ordinal)))
            throw Invalid($"Invalid model version source: '{source}': the run has no such artifact");
        f["version"] = (versions.Count + 1).ToString(CultureInfo.InvariantCulture);
        f["tags"] ??= new JsonArray();
        versions.Add(f);
        return new JsonObject { ["model_version"] = f.DeepClone() };
    }

    private JsonObject SetVersionTag(JsonObject f)
    {
        var version = VersionOf(f);
        Pairs(new JsonArray(new JsonObject { ["key"] = (string)f["key"]!, ["value"] = (string)f["value"]! }), 1, 5000);
        version["tags"]!.AsArray().Add(new JsonObject { ["key"] = (string)f["key"]!, ["value"] = (string)f["value"]! });
        return [];
    }

    private JsonObject SetAlias(JsonObject f)
    {
        VersionOf(f);
        Aliases[$"{f["name"]}@{f["alias"]}"] = (string)f["version"]!;
        return [];
    }

    private JsonObject VersionOf(JsonObject f) => Models.GetValueOrDefault((string)f["name"]!)?.Find(v => (string?)v["version"] == (string)f["version"]!) ?? throw new Refusal("RESOURCE_DOES_NOT_EXIST", "Model Version not found");

    // as the servers do: an empty list is left out
    private JsonObject Page(List<JsonObject> all, string name, Dictionary<string, string> query, JsonObject answer)
    {
        int from = query.TryGetValue("page_token", out string? token) ? int.Parse(token, CultureInfo.InvariantCulture) : 0;
        var page = all.Skip(from).Take(PageSize).ToList();
        if (page.Count > 0) answer[name] = new JsonArray([.. page]);
        if (from + page.Count < all.Count) answer["next_page_token"] = (from + page.Count).ToString(CultureInfo.InvariantCulture);
        return answer;
    }

    [GeneratedRegex(@"^run_id = '([^']*)'$")]
    private static partial Regex RunFilter();
}
