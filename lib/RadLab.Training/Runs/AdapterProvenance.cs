using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary><c>data-provenance.json</c> beside trained weights: what they were trained on, how far it can lead to a person, and what its terms allow. Goes wherever the weights go.</summary>
public static class AdapterProvenance
{
    public const string FileName = ProvenanceFile.Name, AdapterFolder = "adapter", ModelFolder = "model";
    private const int MaxBytes = 1 << 22;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The folder of trained weights within a run or a checkpoint, or null where there is none.</summary>
    public static string? WeightsOf(string folder) =>
        ((string[])[AdapterFolder, ModelFolder]).Select(name => Path.Combine(folder, name)).FirstOrDefault(Directory.Exists);

    /// <param name="baseFolder">Of the weights that training began with: what they say of themselves is carried on; null where no folder holds them.</param>
    public static void Write(string weights, RunData data, string? baseFolder = null) => Write(weights, data, baseFolder is null ? [] : LoadAll(baseFolder));

    /// <param name="earlier">What the weights were trained on before.</param>
    public static void Write(string weights, RunData data, IReadOnlyList<RunData> earlier)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(earlier);
        var json = ToJson(data);
        if (earlier.Count > 0) json["earlier"] = new JsonArray([.. earlier.Select(e => (JsonNode)ToJson(e))]);
        WholeFile.Write(Path.Combine(weights, FileName), Encoding.UTF8.GetBytes(json.ToJsonString(s_json) + "\n"));
    }

    /// <summary>Null where weights come from elsewhere and carry none.</summary>
    /// <exception cref="RecipeException">The file is not what RadLab writes.</exception>
    public static RunData? Load(string weights) => LoadAll(weights).FirstOrDefault();

    /// <summary>Every training that the weights have been through, the latest first; empty where they carry none.</summary>
    /// <exception cref="RecipeException">The file is not what RadLab writes.</exception>
    public static IReadOnlyList<RunData> LoadAll(string weights)
    {
        string path = Path.Combine(weights, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) return [];
        if (info.Length > MaxBytes) throw new RecipeException($"{path}: must have at most {MaxBytes} bytes, has {info.Length}.");
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false })!.AsObject();
            return [Read(root, path), .. (root["earlier"]?.AsArray() ?? []).Select(e => Read(e!.AsObject(), path))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new RecipeException($"{path}: is not what RadLab writes; restore it from the run's folder.", e);
        }
    }

    private static JsonObject ToJson(RunData data)
    {
        var hashes = new JsonObject();
        foreach (var (name, hash) in data.Sha256.OrderBy(p => p.Key, StringComparer.Ordinal)) hashes[name] = hash;
        return new JsonObject { ["format"] = 1, ["restricted"] = data.IsRestricted, ["sha256"] = hashes, ["provenance"] = data.Provenance.ToJson() };
    }

    private static RunData Read(JsonObject json, string path) =>
        new(json["sha256"]!.AsObject().ToDictionary(p => p.Key, p => (string)p.Value!), DataProvenance.FromJson(JsonSerializer.SerializeToElement(json["provenance"]), path));
}
