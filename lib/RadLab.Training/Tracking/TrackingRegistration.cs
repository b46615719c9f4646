using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RadLab.Training;

/// <summary>Trained weights become a version of a registered model.</summary>
/// <param name="Artifact">Folder among the artifacts.</param>
/// <param name="Alias">Points to it from now on; null: none.</param>
/// <param name="Tags">Its lineage.</param>
public sealed record TrackingRegistration(string Model, string Artifact, string? Alias, IReadOnlyDictionary<string, string> Tags) : TrackingEvent
{
    private const string Evaluation = "evaluation-";

    /// <summary>What must have arrived in <see cref="Artifact"/>, names below it; empty: anything.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Null: none was said.</summary>
    public string? Stage { get; init; }

    /// <summary>Folder of our registry, which decides on alias and stage at the moment of sending; null: as said here.</summary>
    public string? Registry { get; init; }

    /// <summary>Number of the version in our registry; null where nobody said one.</summary>
    internal int? Version => int.TryParse(Tags.GetValueOrDefault(MlflowTags.Version), NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : null;

    /// <summary>A version of our registry with its whole lineage as tags.</summary>
    /// <param name="registry">Folder of the registry.</param>
    public static TrackingRegistration Of(RegistryEntry entry, string? alias, RegistryStage? stage, string registry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var tags = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [MlflowTags.Version] = entry.Version.ToString(CultureInfo.InvariantCulture),
            ["radlab.identity"] = entry.Identity,
            ["radlab.base.weights_sha256"] = entry.Base.WeightsSha256 ?? "unknown",
            ["radlab.weights_sha256"] = entry.WeightsSha256,
            ["radlab.data.set"] = entry.Data.Provenance.DataSet,
            ["radlab.licence"] = string.Join("\n", entry.LicenceNotes),
            ["radlab.recipe"] = RecipeTag(entry.Recipe),
        };
        if (entry.AdapterSha256 is { } adapter) tags["radlab.adapter_sha256"] = adapter;
        foreach (var (file, hash) in entry.Data.Sha256) tags[$"radlab.data.sha256.{file}"] = hash;
        foreach (var (figure, value) in entry.Evaluation)
            tags[$"radlab.evaluation.{(figure.StartsWith(Evaluation, StringComparison.Ordinal) ? figure[Evaluation.Length..] : figure)}"] = value.ToString("R", CultureInfo.InvariantCulture);
        return new TrackingRegistration(entry.Name, entry.Kind, alias, tags) { Files = [.. entry.Files.Keys.Order(StringComparer.Ordinal)], Stage = stage?.ToString(), Registry = Path.GetFullPath(registry) };
    }

    // JSON that was cut is none: what is too long is named by its hash and found in run.json
    private static string RecipeTag(Recipe recipe)
    {
        string json = RecipeJson.Node(recipe with { Sources = new Dictionary<string, string>(), Description = "" }).ToJsonString();
        return json.Length <= TrackingLimits.TagLength ? json : $"run.json, recipe with sha256 {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))}";
    }
}

/// <summary>An alias or a stage of a registered version has changed.</summary>
/// <param name="Version">Number in our registry.</param>
/// <param name="Alias">Points to it; null: none was said.</param>
/// <param name="Stage">Null: none was said.</param>
/// <param name="Registry">As in <see cref="TrackingRegistration"/>.</param>
public sealed record TrackingVersionChange(string Model, int Version, string? Alias, string? Stage, string? Registry) : TrackingEvent
{
    /// <summary>Alias and stage as they are now: what has waited for a server must not undo what was said since.</summary>
    internal TrackingVersionChange Now()
    {
        if (Registry is null || !Directory.Exists(Registry)) return this;
        RegisteredModel model;
        try
        {
            model = new ModelRegistry(Registry).Get(Model);
        }
        catch (RecipeException e)
        {
            throw new TrackingException(TrackingFault.Refused, e.Message, e);
        }
        return this with { Alias = Alias is not null && model.Aliases.TryGetValue(Alias, out int version) && version == Version ? Alias : null, Stage = Stage is null ? null : model.StageOf(Version).ToString() };
    }
}
