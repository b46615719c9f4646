using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RadLab.Training;

/// <summary>Recipes as JSON: names in snake_case, unknown ones refused by name.</summary>
public static class RecipeJson
{
    /// <summary>What a message about a file that is no recipe ends with.</summary>
    internal const string Beginning = "'radlab train --show tiny-impression' prints a recipe to begin with";

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
        Converters = { new LoraInitJson(), new PairJson<int>(), new PairJson<double>(), new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
    };

    public static string Write(Recipe recipe) => JsonSerializer.Serialize(recipe, s_options);

    public static JsonNode Node(Recipe recipe) => JsonSerializer.SerializeToNode(recipe, s_options)!;

    /// <param name="source">What messages call it.</param>
    /// <exception cref="RecipeException">The text is no recipe.</exception>
    public static Recipe Read(string json, string source) => Guarded(source, () =>
    {
        var root = JsonNode.Parse(json, null, new JsonDocumentOptions { MaxDepth = s_options.MaxDepth, AllowDuplicateProperties = false });
        if (root is not null) RecipeShape.Check(root, source + ": ");
        return root.Deserialize<Recipe>(s_options);
    });

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
    /// <exception cref="RecipeException">There is no such setting, or it cannot have this value.</exception>
    public static Recipe Set(Recipe recipe, string assignment)
    {
        ArgumentNullException.ThrowIfNull(assignment);
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1) throw new RecipeException($"--set '{assignment}': expected path=value, for example learning_rate=1e-4.");
        return Set(recipe, assignment[..equals], assignment[(equals + 1)..]);
    }

    /// <summary>Changes one setting; where its value becomes another, the recipe no longer names a source for it.</summary>
    /// <param name="path">As in <c>lora.rank</c>.</param>
    /// <param name="value">As in an assignment.</param>
    /// <exception cref="RecipeException">There is no such setting, or it cannot have this value.</exception>
    public static Recipe Set(Recipe recipe, string path, string value)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(value);
        var root = Node(recipe);
        string[] names = path.Split('.');
        JsonNode? at = root, before = null;
        for (int i = 0; i < names.Length; i++)
        {
            if (at is not JsonObject section || !section.ContainsKey(names[i]))
                throw new RecipeException($"--set {path}: there is no setting '{names[i]}'{(at is JsonObject o ? $"; here are {string.Join(", ", o.Select(p => p.Key))}" : ", what stands before it is a single value")}.");
            at = section[names[i]];
            if (i < names.Length - 1) continue;
            before = at?.DeepClone();
            section[names[i]] = Value(value, RecipeShape.IsText(names));
        }
        RecipeShape.Check(root, "--set ", forShell: true);
        var changed = Guarded($"--set {path}={value}", () => root.Deserialize<Recipe>(s_options));
        return JsonNode.DeepEquals(At(Node(changed), names), before) ? changed : WithoutSource(changed, path);
    }

    private static JsonNode? At(JsonNode? node, string[] names) => names.Aggregate(node, (at, name) => at?[name]);

    private static Recipe WithoutSource(Recipe recipe, string path)
    {
        var kept = recipe.Sources.Where(s => s.Key != path && !s.Key.StartsWith(path + ".", StringComparison.Ordinal) && !path.StartsWith(s.Key + ".", StringComparison.Ordinal)).ToDictionary(s => s.Key, s => s.Value);
        return kept.Count == recipe.Sources.Count || path.Split('.')[0] == "sources" ? recipe : recipe with { Sources = kept };
    }

    private static JsonNode? Value(string text, bool isText)
    {
        try
        {
            var value = JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = 8 });
            return isText && value is not null && value.GetValueKind() != JsonValueKind.String ? JsonValue.Create(text) : value;
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
            return read() ?? throw new RecipeException($"{source}: must be a recipe, got null; {Beginning}.");
        }
        catch (JsonException e)
        {
            throw new RecipeException($"{source}: {e.Message.Split(" Path: ")[0].TrimEnd('.')}{(e.Path is { Length: > 1 } path ? $" at {path[2..]}" : "")}; {Beginning}.", e);
        }
    }
}
