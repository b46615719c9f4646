using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>One number, word or list of a recipe.</summary>
/// <param name="Path">As <c>--set</c> takes it: <c>lora.rank</c>.</param>
/// <param name="Value">As <c>--set</c> takes it; lists are JSON.</param>
/// <param name="Source">Where it comes from; see <see cref="Recipe.Sources"/>.</param>
public sealed record RecipeSetting(string Path, string Value, string Source);

/// <summary>A recipe setting by setting: which are published and which are our choice.</summary>
public static class RecipeSettings
{
    /// <summary>What a setting has for a source that <see cref="Recipe.Sources"/> does not name.</summary>
    public const string OurChoice = "our choice";

    private static readonly JsonSerializerOptions s_json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All that decide the result or how it is come by, in the recipe's order; name and description are no settings.</summary>
    public static IReadOnlyList<RecipeSetting> Of(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var settings = new List<RecipeSetting>();
        foreach (var (name, value) in RecipeJson.Node(recipe).AsObject())
            if (name is not ("name" or "description" or "sources")) Add(settings, recipe, name, value);
        return settings;
    }

    /// <summary>A line for each setting: path, value and source.</summary>
    public static string ToText(Recipe recipe)
    {
        var settings = Of(recipe);
        int paths = settings.Max(s => s.Path.Length), values = settings.Max(s => s.Value.Length);
        return string.Join('\n', settings.Select(s => $"{s.Path.PadRight(paths)}  {s.Value.PadRight(values)}  {s.Source}"));
    }

    private static void Add(List<RecipeSetting> settings, Recipe recipe, string path, JsonNode? value)
    {
        if (value is JsonObject section)
            foreach (var (name, inner) in section) Add(settings, recipe, $"{path}.{name}", inner);
        else
            settings.Add(new RecipeSetting(path, value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? (string)value! : value.ToJsonString(s_json), recipe.Sources.GetValueOrDefault(path, OurChoice)));
    }
}
