using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>What a sweep or a comparison began with, by hash, in its own file: all that is trained and scored in it later must be of the same.</summary>
/// <param name="Data">By what a recipe calls the data: hashes of its prepared files, see <see cref="RunData"/>.</param>
/// <param name="Bases">By what a recipe calls the model.</param>
internal sealed record SweepOrigin(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Data, IReadOnlyDictionary<string, BaseIdentity> Bases)
{
    /// <summary>Name of the field that holds it.</summary>
    public const string Key = "origin";

    /// <param name="near">As in <see cref="BaseModels.Find"/>.</param>
    public static SweepOrigin Of(IEnumerable<string> data, IEnumerable<string> models, string near, Action<string>? note = null) => new(
        data.Distinct(StringComparer.Ordinal).ToDictionary(d => d, d => RunData.Of(TrainingData.OpenAll(d, note)).Sha256, StringComparer.Ordinal),
        models.Distinct(StringComparer.Ordinal).ToDictionary(m => m, m => BaseModels.Find(m, near).Identity, StringComparer.Ordinal));

    /// <summary>Refuses what is not the same any more.</summary>
    /// <param name="what">Sweep or comparison, for people.</param>
    /// <exception cref="RecipeException">Base or data have changed.</exception>
    public void Check(string near, string what, Action<string>? note)
    {
        foreach (var (data, begun) in Data) RunData.Require(begun, RunData.Of(TrainingData.OpenAll(data, note)), data, what);
        foreach (string model in Bases.Keys) CheckBase(model, BaseModels.Find(model, near).Identity, what);
    }

    /// <summary>Refuses a run that would begin with something else.</summary>
    /// <exception cref="RecipeException">Its base or data are others.</exception>
    public void Check(RunRecord run, string what)
    {
        if (Data.GetValueOrDefault(run.Recipe.Data) is { } begun) RunData.Require(begun, run.Data, run.Recipe.Data, what);
        CheckBase(run.Recipe.Model, run.Base, what);
    }

    public JsonObject ToJson()
    {
        JsonObject data = [], bases = [];
        foreach (var (name, files) in Data.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var hashes = new JsonObject();
            foreach (var (file, hash) in files.OrderBy(f => f.Key, StringComparer.Ordinal)) hashes[file] = hash;
            data[name] = hashes;
        }
        foreach (var (name, identity) in Bases.OrderBy(b => b.Key, StringComparer.Ordinal))
            bases[name] = new JsonObject { ["weights_sha256"] = identity.WeightsSha256, ["tokenizer_sha256"] = identity.TokenizerSha256, ["vocabulary_sha256"] = identity.VocabularySha256 };
        return new JsonObject { ["data"] = data, ["bases"] = bases };
    }

    /// <summary>Null for files of earlier versions, which do not say it.</summary>
    public static SweepOrigin? FromJson(JsonNode? json) => json is null ? null : new SweepOrigin(
        json["data"]!.AsObject().ToDictionary(d => d.Key, d => (IReadOnlyDictionary<string, string>)d.Value!.AsObject().ToDictionary(f => f.Key, f => (string)f.Value!, StringComparer.Ordinal), StringComparer.Ordinal),
        json["bases"]!.AsObject().ToDictionary(b => b.Key, b => new BaseIdentity((string?)b.Value!["weights_sha256"], (string?)b.Value["tokenizer_sha256"], (string?)b.Value["vocabulary_sha256"]), StringComparer.Ordinal));

    /// <summary>What is said of a file that does not tell.</summary>
    public static string Unknown(string file) => $"{file} is of an earlier version: it does not say which data and base it began with, and only its runs are checked";

    private void CheckBase(string model, BaseIdentity now, string what)
    {
        if (Bases.TryGetValue(model, out var begun) && begun != now)
            throw new RecipeException($"base {model}: its weights and tokenizer have the hashes {now.WeightsSha256} and {now.TokenizerSha256}, but the {what} began with {begun.WeightsSha256} and {begun.TokenizerSha256}: restore them, or begin a new {what}.");
    }
}
