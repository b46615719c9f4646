using System.Globalization;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>Registered models by MLflow's REST API. The stage is the tag <see cref="MlflowTags.Stage"/>: MLflow's own stages are on their way out, aliases are what it keeps.</summary>
internal sealed class MlflowRestModels(MlflowHttp http)
{
    private const int MaxPages = 100;

    /// <summary>Makes artifacts of a run the next version; a second call finds the first one's.</summary>
    /// <param name="source">URI of the artifacts.</param>
    public void Register(TrackedId run, string source, TrackingRegistration version, CancellationToken cancellation)
    {
        http.Create("registered-models/create", new JsonObject { ["name"] = version.Model }, cancellation);
        // the one by which it is found again comes first: it must not be among those that are set later
        List<KeyValuePair<string, string>> tags = [.. version.Tags.OrderBy(t => t.Key == MlflowTags.Version ? 0 : 1).Select(t => KeyValuePair.Create(TrackingLimits.Key(t.Key), TrackingLimits.Tag(t.Value)))];
        // made already by a call whose answer was lost?
        string number = Find(run, version.Model, version.Version, source, cancellation) ?? http.Post("model-versions/create", new JsonObject
        {
            ["name"] = version.Model, ["source"] = source, ["run_id"] = run.RunId, ["tags"] = MlflowRestStore.Pairs([.. tags.Take(TrackingLimits.TagsPerBatch)]),
        }, cancellation)["model_version"]!["version"]!.ToString();
        foreach (var (key, value) in tags.Skip(TrackingLimits.TagsPerBatch)) SetTag(version.Model, number, key, value, cancellation);
        Point(version.Model, number, version.Alias, version.Stage, cancellation);
    }

    /// <returns>Whether our version is registered.</returns>
    public bool Change(TrackedId run, TrackingVersionChange change, CancellationToken cancellation)
    {
        if (Find(run, change.Model, change.Version, null, cancellation) is not { } number) return false;
        Point(change.Model, number, change.Alias, change.Stage, cancellation);
        return true;
    }

    private void Point(string model, string number, string? alias, string? stage, CancellationToken cancellation)
    {
        if (alias is not null) http.Post("registered-models/alias", new JsonObject { ["name"] = model, ["alias"] = alias, ["version"] = number }, cancellation);
        if (stage is not null) SetTag(model, number, MlflowTags.Stage, stage, cancellation);
    }

    private void SetTag(string model, string number, string key, string value, CancellationToken cancellation) =>
        http.Post("model-versions/set-tag", new JsonObject { ["name"] = model, ["version"] = number, ["key"] = key, ["value"] = value }, cancellation);

    // by our own number, since one run may be registered more than once; where nobody said a number, by the artifacts
    private string? Find(TrackedId run, string model, int? ours, string? source, CancellationToken cancellation)
    {
        string? page = null;
        for (int pages = 0; pages < MaxPages; pages++)
        {
            (string, string)[] query = [("filter", $"run_id = '{run.RunId}'"), ("max_results", "100"), .. page is null ? (ReadOnlySpan<(string, string)>)[] : [("page_token", page)]];
            var answer = http.Get("model-versions/search", cancellation, query);
            foreach (var version in answer?["model_versions"]?.AsArray() ?? [])
                if ((string?)version!["name"] == model && (ours is { } number ? TagOf(version, MlflowTags.Version) == number.ToString(CultureInfo.InvariantCulture) : (string?)version["source"] == source)) return version["version"]!.ToString();
            page = (string?)answer?["next_page_token"];
            if (string.IsNullOrEmpty(page)) break;
        }
        return null;
    }

    private static string? TagOf(JsonNode version, string key) => (string?)(version["tags"]?.AsArray() ?? []).FirstOrDefault(t => (string?)t!["key"] == key)?["value"];
}
