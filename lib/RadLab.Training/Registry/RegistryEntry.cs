using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Where a version of a model stands.</summary>
public enum RegistryStage
{
    None,
    Staging,
    Production,
    Archived,
}

/// <summary>One version of a registered model with its lineage. It never changes; stage and aliases stand elsewhere.</summary>
public sealed record RegistryEntry
{
    public required string Name { get; init; }

    public required int Version { get; init; }

    public required string CreatedUtc { get; init; }

    /// <summary>Full path of the run's folder.</summary>
    public required string Run { get; init; }

    /// <summary>Hash of recipe, base and data.</summary>
    public required string Identity { get; init; }

    public required string BaseModel { get; init; }

    public required BaseIdentity Base { get; init; }

    /// <summary><c>adapter</c> or <c>model</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>SHA-256 of each file of the trained weights.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Digests of the data, and where it comes from.</summary>
    public required RunData Data { get; init; }

    public required Recipe Recipe { get; init; }

    /// <summary>Figures by name: validation loss, and of each evaluation in the run's folder those of the model itself, such as <c>evaluation-test.rouge_l</c>; see <see cref="EvaluationFigures"/>.</summary>
    public required IReadOnlyDictionary<string, double> Evaluation { get; init; }

    /// <summary>Licence and terms of the data, a line each.</summary>
    public required IReadOnlyList<string> LicenceNotes { get; init; }

    public required string Software { get; init; }

    /// <summary>One hash for all files: of the lines <c>SHA256  NAME</c> in the order of the names.</summary>
    public string WeightsSha256 => RegistryLineage.HashOf(Files);

    /// <summary>Of <c>adapter_config.json</c> and the adapter's weights, as <see cref="PredictionModel.AdapterSha256"/> stands in rows of predictions; null for a whole model.</summary>
    public string? AdapterSha256 => Kind == AdapterProvenance.AdapterFolder ? RegistryLineage.AdapterHashOf(Files) : null;

    internal JsonObject ToJson() => new()
    {
        ["format"] = 1,
        ["name"] = Name,
        ["version"] = Version,
        ["created_utc"] = CreatedUtc,
        ["run"] = Run,
        ["identity"] = Identity,
        ["base"] = new JsonObject { ["model"] = BaseModel, ["weights_sha256"] = Base.WeightsSha256, ["tokenizer_sha256"] = Base.TokenizerSha256, ["vocabulary_sha256"] = Base.VocabularySha256 },
        ["weights"] = new JsonObject { ["kind"] = Kind, ["sha256"] = WeightsSha256, ["adapter_sha256"] = AdapterSha256, ["files"] = Map(Files, v => JsonValue.Create(v)) },
        ["data"] = new JsonObject { ["sha256"] = Map(Data.Sha256, v => JsonValue.Create(v)), ["provenance"] = Data.Provenance.ToJson() },
        ["recipe"] = RecipeJson.Node(Recipe),
        ["evaluation"] = Map(Evaluation, v => JsonValue.Create(v)),
        ["licence_notes"] = new JsonArray([.. LicenceNotes.Select(n => (JsonNode)n)]),
        ["software"] = Software,
    };

    internal static RegistryEntry FromJson(JsonObject json, string source)
    {
        var @base = json["base"]!;
        var weights = json["weights"]!;
        var data = json["data"]!;
        var entry = new RegistryEntry
        {
            Name = (string)json["name"]!, Version = (int)json["version"]!, CreatedUtc = (string)json["created_utc"]!, Run = (string)json["run"]!, Identity = (string)json["identity"]!,
            BaseModel = (string)@base["model"]!, Base = new BaseIdentity((string?)@base["weights_sha256"], (string?)@base["tokenizer_sha256"], (string?)@base["vocabulary_sha256"]),
            Kind = (string)weights["kind"]!, Files = Map(weights["files"]!),
            Data = new RunData(Map(data["sha256"]!), DataProvenance.FromJson(System.Text.Json.JsonSerializer.SerializeToElement(data["provenance"]), source)),
            Recipe = RecipeJson.Read(json["recipe"]!.ToJsonString(), source),
            Evaluation = json["evaluation"]!.AsObject().ToDictionary(p => p.Key, p => (double)p.Value!),
            LicenceNotes = [.. json["licence_notes"]!.AsArray().Select(n => (string)n!)], Software = (string)json["software"]!,
        };
        bool whole = entry.WeightsSha256 == (string?)weights["sha256"] && ((string?)weights["adapter_sha256"] is not { } adapter || adapter == entry.AdapterSha256);   // older entries have no hash of the adapter alone
        return whole ? entry : throw new RecipeException($"{source}: the hash of the weights is not that of their files; the entry was changed by hand, restore it.");
    }

    private static JsonObject Map<T>(IReadOnlyDictionary<string, T> values, Func<T, JsonNode?> node) =>
        new(values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => KeyValuePair.Create(v.Key, node(v.Value))));

    private static Dictionary<string, string> Map(JsonNode node) => node.AsObject().ToDictionary(p => p.Key, p => (string)p.Value!);
}
