using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>A run as a tracker knows it: settings and lineage, no text of any report.</summary>
/// <param name="Experiment">recipe/task, where nobody names another.</param>
/// <param name="Name">Of the run's folder.</param>
/// <param name="Key">32 hexadecimal digits that no other run has, always the same for this one: by them a run is found again instead of being made twice.</param>
/// <param name="StartMs">Milliseconds since 1970, UTC.</param>
public sealed record TrackedRun(string Experiment, string Name, string Key, long StartMs, IReadOnlyDictionary<string, string> Parameters, IReadOnlyDictionary<string, string> Tags)
{
    /// <param name="experiment">Null: recipe/task.</param>
    public static TrackedRun Of(RunRecord record, string folder, string? experiment = null)
    {
        ArgumentNullException.ThrowIfNull(record);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{record.Identity()}\n{record.StartedUtc}\n{name}")))[..32];
        var start = DateTimeOffset.Parse(record.StartedUtc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return new TrackedRun(experiment ?? $"{record.Recipe.Name}/{record.Recipe.Task.ToString().ToLowerInvariant()}", name, key, start.ToUnixTimeMilliseconds(), ParametersOf(record.Recipe), TagsOf(record, name));
    }

    private static SortedDictionary<string, string> ParametersOf(Recipe recipe)
    {
        var flat = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Flatten(RecipeJson.Node(recipe with { Sources = new Dictionary<string, string>(), Description = "" }), "", flat);
        flat.Remove("description");
        return flat;
    }

    private static void Flatten(JsonNode? node, string path, SortedDictionary<string, string> flat)
    {
        if (node is JsonObject section)
        {
            foreach (var (name, inner) in section) Flatten(inner, path.Length == 0 ? name : path + "." + name, flat);
            return;
        }
        flat[path] = node is null ? "" : node is JsonValue value && value.TryGetValue(out string? text) ? text : node.ToJsonString();
    }

    private static SortedDictionary<string, string> TagsOf(RunRecord record, string name)
    {
        var provenance = record.Data.Provenance;
        var tags = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [MlflowTags.RunName] = name,
            [MlflowTags.User] = Environment.UserName,
            [MlflowTags.SourceName] = "radlab train",
            [MlflowTags.SourceType] = "LOCAL",
            [MlflowTags.Note] = record.Recipe.Description,
            ["radlab.identity"] = record.Identity(),
            ["radlab.base.weights_sha256"] = record.Base.WeightsSha256 ?? "unknown",
            ["radlab.base.tokenizer_sha256"] = record.Base.TokenizerSha256 ?? "unknown",
            ["radlab.data.set"] = provenance.DataSet,
            ["radlab.data.licence"] = provenance.Licence.ToString(),
            ["radlab.data.phi_class"] = provenance.Phi.Class.ToString(),
            ["radlab.data.adapted_text"] = provenance.Terms.AdaptedText.ToString(),
            ["radlab.data.trained_weights"] = provenance.Terms.TrainedWeights.ToString(),
            ["radlab.data.commercial_use"] = provenance.Terms.CommercialUse.ToString(),
        };
        foreach (var (file, hash) in record.Data.Sha256) tags[$"radlab.data.sha256.{file}"] = hash;
        if (Commit() is { } commit) tags[MlflowTags.Commit] = commit;
        return tags;
    }

    // the build puts the commit behind the version
    private static string? Commit() => typeof(TrackedRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var commit] ? commit : null;
}

/// <summary>Tags that MLflow itself reads.</summary>
internal static class MlflowTags
{
    public const string RunName = "mlflow.runName", User = "mlflow.user", SourceName = "mlflow.source.name", SourceType = "mlflow.source.type", Commit = "mlflow.source.git.commit", Note = "mlflow.note.content", Models = "mlflow.log-model.history";

    /// <summary>Ours: holds <see cref="TrackedRun.Key"/>; without a point, so that a search needs no quotes around it.</summary>
    public const string Key = "radlab_run";

    /// <summary>Ours, of registered versions: the number in our own registry, and the stage.</summary>
    public const string Version = "radlab.version", Stage = "radlab.stage";
}
