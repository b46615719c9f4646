using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Models;

/// <summary>
/// <c>data-provenance.json</c> beside weights: what they were trained on and under which terms. Whatever makes new weights of them carries it on without reading
/// what it says; where two kinds of weights become one, the base's stands under <c>earlier</c>.
/// </summary>
public static class ProvenanceFile
{
    public const string Name = "data-provenance.json";

    private const string Earlier = "earlier";
    private const int MaxBytes = 1 << 22, MaxDepth = 16, MostEarlier = 100;

    /// <summary>Null where the folder has none.</summary>
    /// <exception cref="CheckpointFormatException">It is no JSON object, or too long.</exception>
    internal static JsonObject? Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        var info = new FileInfo(path);
        if (!info.Exists) return null;
        try
        {
            return info.Length <= MaxBytes && JsonNode.Parse(File.ReadAllBytes(path), null, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false }) is JsonObject json ? json : throw Wrong();
        }
        catch (JsonException e)
        {
            throw Wrong(e);
        }

        CheckpointFormatException Wrong(Exception? inner = null) =>
            new(path, "text", "must be a JSON object of at most 4 MiB, nested at most 16 deep, without duplicate keys", "restore the file that came with the weights: it says what may be done with them", inner);
    }

    /// <summary>Writes what the folders say into one file; nothing where none says anything.</summary>
    /// <param name="folders">Of the weights, the latest training first.</param>
    /// <param name="target">The file to write.</param>
    internal static void Carry(IEnumerable<string> folders, string target)
    {
        var all = folders.Where(Directory.Exists).Select(Read).OfType<JsonObject>().SelectMany(Flat).DistinctBy(j => j.ToJsonString()).ToList();
        if (all.Count == 0) return;
        if (all.Count > MostEarlier) throw new CheckpointFormatException(target, Earlier, $"must hold at most {MostEarlier} earlier trainings", "check the folders' files");
        if (all.Count > 1) all[0][Earlier] = new JsonArray([.. all.Skip(1)]);
        WholeFile.Write(target, IndentedJson.Bytes(all[0]));
    }

    private static IEnumerable<JsonObject> Flat(JsonObject json)
    {
        var earlier = json[Earlier] as JsonArray;
        json.Remove(Earlier);
        return [json, .. (earlier ?? []).OfType<JsonObject>().Select(e => e.DeepClone().AsObject())];
    }
}
