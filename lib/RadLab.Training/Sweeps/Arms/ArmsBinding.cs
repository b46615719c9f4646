using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>
/// What <c>arms.json</c> said when the test split was looked at, field by field as hashes: they are written with every look and all scores, so that a margin, a seed or a grid that
/// is changed afterwards is found.
/// </summary>
internal sealed class ArmsBinding
{
    /// <summary>Name of the field that holds it.</summary>
    public const string Key = "arms";

    // they decide nothing
    private static readonly string[] s_free = ["format", "name", "description"];

    private readonly SortedDictionary<string, string> _fields;

    private ArmsBinding(SortedDictionary<string, string> fields) => _fields = fields;

    /// <summary>Of the file itself, whatever version reads it; the order of fields and white space do not count.</summary>
    /// <exception cref="RecipeException">The file is no readable JSON object.</exception>
    public static ArmsBinding Of(string folder)
    {
        string path = Path.Combine(folder, ArmsRecipe.FileName);
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 20, AllowDuplicateProperties = false })!.AsObject();
            return new ArmsBinding(new SortedDictionary<string, string>(root.Where(f => !s_free.Contains(f.Key)).ToDictionary(f => f.Key, f => Hash(Canonical(f.Value))), StringComparer.Ordinal));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new RecipeException($"{path}: is not what a comparison writes; restore it from a copy, or begin a new one.", e);
        }
    }

    public JsonObject ToJson() => new(_fields.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value)));

    /// <summary>Whether the test split was looked at with the same <c>arms.json</c>.</summary>
    /// <param name="look">A line of a log, or a file of scores.</param>
    /// <param name="source">For the message.</param>
    /// <returns>False where it does not say so, as those of earlier versions.</returns>
    /// <exception cref="RecipeException">A field is another one now.</exception>
    public bool Check(JsonObject look, string source)
    {
        if (look[Key] is not JsonObject then) return false;
        string? changed = _fields.Keys.Concat(then.Select(f => f.Key)).FirstOrDefault(f => _fields.GetValueOrDefault(f) != Text(then[f]));
        return changed is null ? true
            : throw new RecipeException($"{ArmsRecipe.FileName}: {changed} was changed after the test split had been looked at ({source}): restore it, or begin a new comparison.");
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    private static string Canonical(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject o => "{" + string.Join(',', o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{JsonSerializer.Serialize(p.Key)}:{Canonical(p.Value)}")) + "}",
        JsonArray a => "[" + string.Join(',', a.Select(Canonical)) + "]",
        _ => node.ToJsonString(),
    };
}
