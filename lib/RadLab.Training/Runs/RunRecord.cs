using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>What a run was trained on.</summary>
/// <param name="Sha256">Of the prepared files that were read, by their names.</param>
/// <param name="Provenance">Where they come from and what may be done with what is made of them.</param>
public sealed record RunData(IReadOnlyDictionary<string, string> Sha256, DataProvenance Provenance)
{
    /// <summary>Credentialed, or adapted text or commercial use forbidden: must not be written where it would be published by accident.</summary>
    public bool IsRestricted => Provenance.IsRestricted;

    public static RunData Of(PreparedFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Of([folder]);
    }

    /// <summary>Of several sets, each file's name begins with the set's id, and of their terms the strictest hold.</summary>
    public static RunData Of(IReadOnlyList<PreparedFolder> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < folders.Count; i++)
        {
            // one set twice, with different settings, is still two
            string prefix = folders.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{i + 1}-{folders[i].Provenance.DataSet}/");
            foreach (var file in folders[i].Card.Files) hashes.Add(prefix + file.Name, file.Sha256);
        }
        return new RunData(hashes, DataProvenance.Combine([.. folders.Select(f => f.Provenance)]));
    }

    /// <summary>Refuses data that is not what something began with.</summary>
    /// <param name="begun">Hashes by file, see <see cref="Sha256"/>.</param>
    /// <param name="what">That began with it, for people: run, sweep, comparison.</param>
    /// <exception cref="RecipeException">A file is another one now, or is not there.</exception>
    internal static void Require(IReadOnlyDictionary<string, string> begun, RunData present, string data, string what)
    {
        foreach (var (file, hash) in begun)
            if (present.Sha256.GetValueOrDefault(file) is var now && now != hash) throw new RecipeException($"data {data}: {file} has the hash {now ?? "of no file"}, but the {what} began with {hash}: restore it, or begin a new {what}.");
    }
}

/// <summary><c>run.json</c>: everything that decides a run's result, and on what it ran. Written before the first step.</summary>
public sealed record RunRecord(Recipe Recipe, BaseIdentity Base, RunData Data, string StartedUtc)
{
    public const string FileName = "run.json";

    private const int MaxBytes = 1 << 22;

    /// <summary>Of the program that began the run, with its commit.</summary>
    public string Version { get; init; } = PresentVersion;

    /// <summary>What the base's config.json says of its computation, which its weights do not tell; null in runs that an earlier version began.</summary>
    public string? BaseShape { get; init; }

    internal static string ShapeOf(LlamaConfig c) => string.Create(CultureInfo.InvariantCulture,
        $"hidden {c.HiddenSize}, feed-forward {c.IntermediateSize}, layers {c.Layers}, heads {c.Heads} of {c.HeadWidth}, key-value heads {c.KeyValueHeads}, vocabulary {c.VocabularySize}, norm epsilon {c.RmsNormEps:R}, rope theta {c.RopeTheta:R}, rope scaling {(c.RopeScaling is { } s ? $"{s.Factor:R} {s.LowFreqFactor:R} {s.HighFreqFactor:R} {s.OriginalMaxPositions}" : "none")}, {(c.TiedEmbeddings ? "tied" : "own")} head");

    /// <summary>Hash of recipe, base and data: a checkpoint is only gone on with where all three are the same.</summary>
    public string Identity()
    {
        // what happens between steps may change at a resume; the numbers do not depend on it
        var decisive = Recipe with { Run = new RunSchedule { EvaluateEvery = Recipe.Run.EvaluateEvery, EvaluateTexts = Recipe.Run.EvaluateTexts, Patience = Recipe.Run.Patience }, Answers = new AnswerSettings(), Description = "", Sources = new Dictionary<string, string>() };
        var recipe = RecipeJson.Node(decisive);
        // the setting is younger than format 1: where it says what held before, the hash is that of before
        if (Recipe.Optimizer.DecayNorms) recipe["optimizer"]!.AsObject().Remove("decay_norms");
        var text = new StringBuilder(recipe.ToJsonString(s_hashed)).Append('\n').Append(Base.WeightsSha256).Append('\n').Append(Base.TokenizerSha256).Append('\n').Append(Base.VocabularySha256);
        if (BaseShape is not null) text.Append('\n').Append(BaseShape);   // younger than format 1 as well
        foreach (var (name, hash) in Data.Sha256.OrderBy(p => p.Key, StringComparer.Ordinal)) text.Append('\n').Append(name).Append('\0').Append(hash);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>The run's data must be what it began with, for its training and for its scores.</summary>
    /// <exception cref="RecipeException">A file is another one now, or is not there.</exception>
    public void CheckData(IReadOnlyList<PreparedFolder> data) => RunData.Require(Data.Sha256, RunData.Of(data), Recipe.Data, "run");

    public void Save(string folder)
    {
        var hashes = new JsonObject();
        foreach (var (name, hash) in Data.Sha256.OrderBy(p => p.Key, StringComparer.Ordinal)) hashes[name] = hash;
        var json = new JsonObject
        {
            ["format"] = 1,
            ["identity"] = Identity(),
            ["started_utc"] = StartedUtc,
            ["recipe"] = RecipeJson.Node(Recipe),
            ["base"] = new JsonObject { ["weights_sha256"] = Base.WeightsSha256, ["tokenizer_sha256"] = Base.TokenizerSha256, ["vocabulary_sha256"] = Base.VocabularySha256, ["shape"] = BaseShape },
            ["data"] = new JsonObject { ["sha256"] = hashes, ["provenance"] = Data.Provenance.ToJson() },
            ["software"] = new JsonObject { ["radlab"] = Version },
            ["machine"] = Machine.Describe().ToJson(),
        };
        WholeFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(json.ToJsonString(s_indented) + "\n"));
    }

    /// <exception cref="RecipeException">The folder holds no readable run.json.</exception>
    public static RunRecord Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) throw new RecipeException($"{folder}: there is no {FileName}: it is not a run folder; 'radlab runs list' shows runs.");
        if (info.Length > MaxBytes) throw new RecipeException($"{path}: must have at most {MaxBytes} bytes, has {info.Length}.");
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 20, AllowDuplicateProperties = false })!.AsObject();
            var data = root["data"]!.AsObject();
            return new RunRecord(
                RecipeJson.Read(root["recipe"]!.ToJsonString(), path),
                new BaseIdentity((string?)root["base"]!["weights_sha256"], (string?)root["base"]!["tokenizer_sha256"], (string?)root["base"]!["vocabulary_sha256"]),
                new RunData(data["sha256"]!.AsObject().ToDictionary(p => p.Key, p => (string)p.Value!), DataProvenance.FromJson(JsonSerializer.SerializeToElement(data["provenance"]), path)),
                (string)root["started_utc"]!) { Version = (string?)root["software"]?["radlab"] ?? Unknown, BaseShape = (string?)root["base"]!["shape"] };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new RecipeException($"{path}: is not what a run writes; restore it from a copy, or begin a new run.", e);
        }
    }

    // the build puts the commit behind the version
    internal static string PresentVersion { get; } = typeof(RunRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? Unknown;

    private const string Unknown = "unknown";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, NewLine = "\n" };

    private static readonly JsonSerializerOptions s_hashed = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
