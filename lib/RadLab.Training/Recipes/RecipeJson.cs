using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RadLab.Training;

/// <summary>Recipes as JSON: names in snake_case, unknown ones refused by name.</summary>
public static class RecipeJson
{
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        IgnoreReadOnlyProperties = true,
        MaxDepth = 16,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new LoraInitJson(), new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
    };

    public static string Write(Recipe recipe) => JsonSerializer.Serialize(recipe, s_options);

    public static JsonNode Node(Recipe recipe) => JsonSerializer.SerializeToNode(recipe, s_options)!;

    /// <param name="source">What messages call it.</param>
    /// <exception cref="RecipeException">The text is no recipe.</exception>
    public static Recipe Read(string json, string source) => Guarded(source, () => JsonSerializer.Deserialize<Recipe>(json, s_options));

    /// <exception cref="RecipeException">The file is no recipe.</exception>
    public static Recipe Load(string file)
    {
        var info = new FileInfo(file);
        if (!info.Exists) throw new RecipeException($"--recipe {file}: there is no such file; check the path.");
        if (info.Length > MaxBytes) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--recipe {file}: a recipe must have at most {MaxBytes} bytes, this file has {info.Length}."));
        return Read(File.ReadAllText(file), file);
    }

    /// <summary>Changes one setting: <c>optimizer.weight_decay=0.01</c>.</summary>
    /// <param name="assignment">Path and value; a text needs no quotes, lists are JSON: <c>lora.targets=["q_proj"]</c>.</param>
    public static Recipe Set(Recipe recipe, string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1) throw new RecipeException($"--set '{assignment}': expected path=value, for example learning_rate=1e-4.");
        string path = assignment[..equals], text = assignment[(equals + 1)..];
        var root = Node(recipe);
        var at = root;
        string[] names = path.Split('.');
        for (int i = 0; i < names.Length; i++)
        {
            if (at is not JsonObject section || !section.ContainsKey(names[i]))
                throw new RecipeException($"--set {path}: there is no setting '{names[i]}'{(at is JsonObject o ? $"; here are {string.Join(", ", o.Select(p => p.Key))}" : ", what stands before it is a single value")}.");
            if (i == names.Length - 1) section[names[i]] = Value(text);
            else at = section[names[i]];
        }
        return Guarded($"--set {assignment}", () => root.Deserialize<Recipe>(s_options));
    }

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = 8 });
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);   // a text without quotes
        }
    }

    private static Recipe Guarded(string source, Func<Recipe?> read)
    {
        try
        {
            return read() ?? throw new RecipeException($"{source}: must be a recipe, got null.");
        }
        catch (JsonException e)
        {
            throw new RecipeException($"{source}: {e.Message.Split(" Path: ")[0].TrimEnd('.')}{(e.Path is { Length: > 1 } path ? $" at {path[2..]}" : "")}; 'radlab train --list' shows recipes to begin with.", e);
        }
    }
}
