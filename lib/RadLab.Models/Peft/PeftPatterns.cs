using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Models;

/// <summary>Keys of <c>adapter_config.json</c> that choose layers, their ranks, and how the factors begin.</summary>
internal static class PeftPatterns
{
    private const int MaxNames = 10_000;
    private const int MaxPatterns = 1_000;
    private const int MaxLayer = 1_000_000;
    private const string Advice = "use the adapter_config.json that came with the adapter";

    // these begin with another base than the one they name
    private static readonly string[] s_otherBases = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    public static Lora Read(Lora settings, ConfigSection json, JsonElement root, string file)
    {
        var (targets, pattern) = Targets(json, root, file);
        settings = settings with
        {
            Targets = targets,
            TargetPattern = pattern,
            Exclude = root.TryGetProperty("exclude_modules", out var exclude) && exclude.ValueKind == JsonValueKind.String
                ? throw PeftConfig.Unsupported(file, "exclude_modules", "a list of names", json.Shown("exclude_modules"))
                : json.Texts("exclude_modules", MaxNames) is { Count: > 0 } excluded ? excluded : [],
            Layers = Layers(json, root, file),
            RankPattern = Pattern(json, root, "rank_pattern", file, (section, key) => section.Int(key, 1, 1 << 16)),
            AlphaPattern = Pattern(json, root, "alpha_pattern", file, (section, key) => section.Double(key, double.Epsilon, 1e9)),
            Init = Init(json, root, file),
        };
        try
        {
            settings.Check();
        }
        catch (ArgumentException e)
        {
            throw new CheckpointFormatException(file, "settings", e.Message.TrimEnd('.'), Advice, e);
        }
        return settings;
    }

    /// <summary>Changes only what the settings have changed: other spellings of the same are kept.</summary>
    public static void Write(JsonObject json, Lora settings, Lora? previous)
    {
        if (previous is null || previous.TargetPattern != settings.TargetPattern || !previous.Targets.ToHashSet().SetEquals(settings.Targets))
            json["target_modules"] = settings.TargetPattern is { } pattern ? pattern : List(settings.Targets);
        if (previous is null ? settings.Exclude.Count > 0 : !previous.Exclude.SequenceEqual(settings.Exclude))
            json["exclude_modules"] = settings.Exclude.Count == 0 ? null : List(settings.Exclude);
        if (!(previous?.Layers ?? []).SequenceEqual(settings.Layers ?? []))
            json["layers_to_transform"] = settings.Layers is { Count: > 0 } layers ? new JsonArray([.. layers.Select(l => (JsonNode)l)]) : null;
        if (!(previous?.RankPattern ?? []).SequenceEqual(settings.RankPattern))
            json["rank_pattern"] = new JsonObject(settings.RankPattern.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        if (!(previous?.AlphaPattern ?? []).SequenceEqual(settings.AlphaPattern))
            json["alpha_pattern"] = new JsonObject(settings.AlphaPattern.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Number(p.Value))));
        if (previous is not null && previous.Init == settings.Init) return;
        json["init_lora_weights"] = settings.Init.PeftName is { } name ? name : true;
        json["loftq_config"] = settings.Init.Kind == LoraInitKind.LoftQ ? new JsonObject { ["loftq_bits"] = 4, ["loftq_iter"] = settings.Init.Iterations } : new JsonObject();
    }

    /// <summary>Whole numbers without a point, as people write an alpha.</summary>
    public static JsonNode Number(double value) => double.IsInteger(value) && Math.Abs(value) < int.MaxValue ? JsonValue.Create((int)value) : IndentedJson.Number(value);

    private static JsonArray List(IReadOnlyList<string> names) => new([.. names.Select(n => (JsonNode)n)]);

    private static (IReadOnlyList<string> Names, string? Pattern) Targets(ConfigSection json, JsonElement root, string file)
    {
        if (root.TryGetProperty("target_modules", out var value) && value.ValueKind == JsonValueKind.String)
            return json.Text("target_modules") is { } text && !text.Equals(PeftConfig.AllLinear, StringComparison.OrdinalIgnoreCase) ? ([], text) : (LlamaWeights.LinearNames, null);
        // PEFT's own default for this architecture
        if (json.Texts("target_modules", MaxNames) is not { Count: > 0 } names) return (["q_proj", "v_proj"], null);
        if (names.FirstOrDefault(n => !LlamaWeights.LinearNames.Contains(n[(n.LastIndexOf('.') + 1)..])) is { } other)
            throw PeftConfig.Unsupported(file, "target_modules", $"among {string.Join(", ", LlamaWeights.LinearNames)}", CheckpointFormatException.Quote(other));
        return ([.. names.Distinct()], null);
    }

    private static int[]? Layers(ConfigSection json, JsonElement root, string file)
    {
        if (root.TryGetProperty("layers_pattern", out var value) && !PeftConfig.IsEmpty(value))
        {
            bool usual = value.ValueKind == JsonValueKind.String ? json.Text("layers_pattern") == "layers" : json.Texts("layers_pattern", MaxNames)!.All(p => p == "layers");
            if (!usual) throw PeftConfig.Unsupported(file, "layers_pattern", "\"layers\"", json.Shown("layers_pattern"));
        }
        if (!root.TryGetProperty("layers_to_transform", out var layers) || PeftConfig.IsEmpty(layers)) return null;
        var items = layers.ValueKind == JsonValueKind.Array ? layers.EnumerateArray().Take(MaxNames + 1).ToArray() : [layers];
        var numbers = new int[items.Length];
        for (int i = 0; i < items.Length; i++)
            if (items.Length > MaxNames || items[i].ValueKind != JsonValueKind.Number || !items[i].TryGetInt32(out numbers[i]) || numbers[i] is < 0 or > MaxLayer)
                throw json.Fail("layers_to_transform", $"must be a number of a block or a list of at most {MaxNames}, got {json.Shown("layers_to_transform")}");
        return numbers;
    }

    private static IReadOnlyList<KeyValuePair<string, T>> Pattern<T>(ConfigSection json, JsonElement root, string key, string file, Func<ConfigSection, string, T> read)
    {
        if (json.Section(key) is not { } section) return [];
        string[] patterns = [.. root.GetProperty(key).EnumerateObject().Take(MaxPatterns + 1).Select(p => p.Name)];
        if (patterns.Length > MaxPatterns) throw PeftConfig.Unsupported(file, key, $"an object of at most {MaxPatterns} patterns", "more");
        if (patterns.FirstOrDefault(p => p.Length > ModulePattern.MostChars || p.Any(char.IsControl)) is { } bad)
            throw PeftConfig.Unsupported(file, key, $"patterns of at most {ModulePattern.MostChars} characters", CheckpointFormatException.Quote(bad));
        return patterns.Length == 0 ? [] : [.. patterns.Select(p => KeyValuePair.Create(p, read(section, p)))];
    }

    private static LoraInit Init(ConfigSection json, JsonElement root, string file)
    {
        int iterations = 1;
        if (json.Section("loftq_config") is { } loftQ)
        {
            iterations = loftQ.Int("loftq_iter", 1, 1000, absent: 1);
            if (loftQ.Int("loftq_bits", 1, 32, absent: 4) != 4) throw PeftConfig.Unsupported(file, "loftq_config.loftq_bits", "4", loftQ.Shown("loftq_bits"));
        }
        if (!root.TryGetProperty("init_lora_weights", out var init) || init.ValueKind != JsonValueKind.String) return LoraInit.Uniform;
        string name = json.Text("init_lora_weights")!;
        if (LoraInit.Parse(name, iterations) is { } known) return known;
        if (s_otherBases.Any(i => name.StartsWith(i, StringComparison.OrdinalIgnoreCase)))
            throw PeftConfig.Unsupported(file, "init_lora_weights", "pissa, pissa_niter_N, loftq or one that leaves the base as it is", json.Shown("init_lora_weights"));
        // any other start is forgotten as soon as the factors are loaded
        return LoraInit.Uniform;
    }
}
