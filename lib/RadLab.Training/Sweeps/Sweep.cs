using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>A recipe with the settings that a sweep tries. Written to <c>sweep.json</c> before the first trial; all else follows from it.</summary>
public sealed record Sweep
{
    public const string FileName = "sweep.json";

    private const int MaxBytes = 1 << 20;

    public required string Name { get; init; }

    /// <summary>One line for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>What every trial has in common.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>The axes; the first is the one that charts show.</summary>
    public IReadOnlyList<SweptSetting> Over { get; init; } = [];

    /// <summary>Settings that are drawn at random; 0: every combination. Each is run with every seed of the sweep.</summary>
    public int Random { get; init; }

    /// <summary>Of the draws.</summary>
    public ulong Seed { get; init; } = 17;

    /// <summary>Successive halving: at each rung one in this many goes on; 0: all run to their end.</summary>
    public int Halving { get; init; }

    /// <summary>Validation examples that a finished trial answers for its metric; 0: none.</summary>
    public int MetricItems { get; init; } = 200;

    /// <summary>Of the folder's making; null for files of earlier versions.</summary>
    internal SweepOrigin? Origin { get; init; }

    /// <summary>Every trial, in the order in which they are run; checked.</summary>
    /// <exception cref="RecipeException">A setting cannot be.</exception>
    public IReadOnlyList<SweepTrial> Trials() => SweepTrials.Of(this);

    /// <summary>Null where every trial runs to its end.</summary>
    internal HalvingPlan? HalvingPlan(int groups) => Halving == 0 ? null : Training.HalvingPlan.Of(groups, Halving, Recipe.Steps);

    /// <summary>The first field in which another sweep differs, as it is called in the file; null where both try the same.</summary>
    /// <param name="folder">Of this one: comparisons of earlier versions name a model of theirs by its full path.</param>
    internal string? FirstDifference(Sweep other, string folder)
    {
        ArgumentNullException.ThrowIfNull(other);
        var recipe = Recipe.Model != other.Recipe.Model && ArmsBase.FolderOf(other.Recipe.Model, folder) is { } own && Path.GetFullPath(own) == Recipe.Model ? Recipe with { Model = other.Recipe.Model } : Recipe;
        return Name != other.Name ? "name" : !Over.Select(o => o.Text).SequenceEqual(other.Over.Select(o => o.Text)) ? "over" : Random != other.Random ? "random" : Seed != other.Seed ? "seed" : Halving != other.Halving ? "halving"
            : MetricItems != other.MetricItems ? "metric_items" : SweepJson.FirstDifference(RecipeJson.Node(recipe).AsObject(), RecipeJson.Node(other.Recipe).AsObject()) is { } field ? $"recipe.{field}" : null;
    }

    public void Save(string folder)
    {
        var json = new JsonObject
        {
            ["format"] = 1, ["name"] = Name, ["description"] = Description, ["over"] = new JsonArray([.. Over.Select(o => (JsonNode)o.Text)]), ["random"] = Random, ["seed"] = Seed,
            ["halving"] = Halving, ["metric_items"] = MetricItems, ["recipe"] = RecipeJson.Node(Recipe),
        };
        if (Origin is not null) json[SweepOrigin.Key] = Origin.ToJson();
        WholeFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(json.ToJsonString(SweepJson.Indented) + "\n"));
    }

    /// <exception cref="RecipeException">The folder holds no readable sweep.json.</exception>
    public static Sweep Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) throw new RecipeException($"{folder}: there is no {FileName}: it is not a sweep's folder.");
        if (info.Length > MaxBytes) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{path}: must have at most {MaxBytes} bytes, has {info.Length}."));
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 20, AllowDuplicateProperties = false })!.AsObject();
            return new Sweep
            {
                Name = (string)root["name"]!, Description = (string)root["description"]!, Over = [.. root["over"]!.AsArray().Select(o => SweptSetting.Parse((string)o!))], Random = (int)root["random"]!,
                Seed = (ulong)root["seed"]!, Halving = (int)root["halving"]!, MetricItems = (int)root["metric_items"]!, Recipe = RecipeJson.Read(root["recipe"]!.ToJsonString(), path),
                Origin = SweepOrigin.FromJson(root[SweepOrigin.Key]),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentNullException or FormatException)
        {
            throw new RecipeException($"{path}: is not what a sweep writes; restore it from a copy, or begin a new sweep.", e);
        }
    }
}

/// <summary>How sweeps write JSON.</summary>
internal static class SweepJson
{
    public static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Path of the first value in which two objects differ, in the order of the first; null where they are alike.</summary>
    public static string? FirstDifference(JsonObject one, JsonObject other)
    {
        foreach (string name in one.Select(p => p.Key).Concat(other.Select(p => p.Key)).Distinct(StringComparer.Ordinal))
        {
            if (one[name] is JsonObject a && other[name] is JsonObject b)
            {
                if (FirstDifference(a, b) is { } inner) return $"{name}.{inner}";
            }
            else if (one.ContainsKey(name) != other.ContainsKey(name) || one[name]?.ToJsonString() != other[name]?.ToJsonString())
            {
                return name;
            }
        }
        return null;
    }
}
