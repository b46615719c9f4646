using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace RadLab.Models;

/// <summary><c>adapter_config.json</c> of a PEFT folder: the settings, and all keys that RadLab does not know, which are kept when it is written again.</summary>
/// <remarks>Absent keys have PEFT's defaults. A key that changes the mathematics in a way that is not implemented is refused by name.</remarks>
public sealed class PeftConfig
{
    public const string FileName = "adapter_config.json";
    public const string AllLinear = "all-linear";

    private const int MaxFileBytes = 1 << 20;
    private const int MaxDepth = 16;
    private const string Advice = "use the adapter_config.json that came with the adapter";

    private static readonly string[] s_mustBeEmpty = ["layer_replication", "megatron_config", "modules_to_save", "target_parameters", "trainable_token_indices"];

    private readonly JsonObject _json;

    private PeftConfig(Lora settings, JsonObject json) => (Settings, _json) = (settings, json);

    public Lora Settings { get; }

    /// <summary>What the file calls the base model: a path or a name on a hub.</summary>
    public string? BaseModel => (string?)_json["base_model_name_or_path"];

    /// <param name="previous">Where the adapter was loaded from: its other keys are kept.</param>
    public static PeftConfig Of(Lora settings, PeftConfig? previous = null, string? baseModel = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var json = previous is null ? Usual() : (JsonObject)previous._json.DeepClone();
        if (baseModel is not null) json["base_model_name_or_path"] = baseModel;
        json["inference_mode"] = true;
        json["lora_alpha"] = PeftPatterns.Number(settings.Alpha);
        // through its shortest digits: 0.05, not the double nearest to the float
        json["lora_dropout"] = IndentedJson.Number(double.Parse(settings.Dropout.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        json["peft_type"] = "LORA";
        json["r"] = settings.Rank;
        json["use_dora"] = settings.UseDora;
        json["use_rslora"] = settings.UseRsLora;
        PeftPatterns.Write(json, settings, previous?.Settings);
        return new PeftConfig(settings, json);
    }

    public static PeftConfig Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) throw new FileNotFoundException($"{folder}: {FileName}: must be in the adapter's folder; check the path.", path);
        if (info.Length > MaxFileBytes) throw NotConfig(path);
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <param name="file">What messages call the text.</param>
    /// <exception cref="CheckpointFormatException">The text is no JSON, lacks a key, or asks for what is not implemented.</exception>
    public static PeftConfig Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        if (utf8.Length > MaxFileBytes || !Utf8.IsValid(utf8.Span)) throw NotConfig(file);
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            var settings = Read(new ConfigSection(document.RootElement, file, ""), document.RootElement, file);
            var json = JsonNode.Parse(utf8.Span, documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth })!.AsObject();
            _ = json.Count;       // nodes are made on first use: half of a surrogate pair is found here and not later
            _ = json.ToJsonString();
            return new PeftConfig(settings, json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the latter: half of a surrogate pair
        {
            throw NotConfig(file, e);
        }
    }

    /// <summary>Sorted keys, indented by 2.</summary>
    public byte[] ToJson() => IndentedJson.Bytes(new JsonObject(_json.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))));

    private static Lora Read(ConfigSection json, JsonElement root, string file)
    {
        if (json.Text("peft_type") is not { } type) throw json.Fail("peft_type", "is missing");
        if (type != "LORA") throw Unsupported(file, "peft_type", "\"LORA\"", json.Shown("peft_type"));
        if (json.Text("bias") is { } bias && bias != "none") throw Unsupported(file, "bias", "\"none\"", json.Shown("bias"));
        foreach (string key in (string[])["fan_in_fan_out", "lora_bias", "use_qalora"])
            if (json.Bool(key, absent: false)) throw Unsupported(file, key, "false", "true");
        foreach (string key in s_mustBeEmpty)
            if (root.TryGetProperty(key, out var value) && !IsEmpty(value)) throw Unsupported(file, key, "empty", json.Shown(key));
        if (json.Text("task_type") is { } task && task != "CAUSAL_LM") throw Unsupported(file, "task_type", "\"CAUSAL_LM\"", json.Shown("task_type"));
        _ = json.Text("base_model_name_or_path");   // a string, if it is there
        double alpha = json.Double("lora_alpha", 0, 1e9, absent: 8);
        if (alpha == 0) throw json.Fail("lora_alpha", $"must be above 0, got {json.Shown("lora_alpha")}");
        double dropout = json.Double("lora_dropout", 0, 1, absent: 0);
        if ((float)dropout >= 1) throw json.Fail("lora_dropout", $"must be below 1, got {json.Shown("lora_dropout")}");
        var settings = new Lora
        {
            Rank = json.Int("r", 1, 1 << 16, absent: 8),
            Alpha = alpha,
            Dropout = (float)dropout,
            UseDora = json.Bool("use_dora", absent: false),
            UseRsLora = json.Bool("use_rslora", absent: false),
        };
        return PeftPatterns.Read(settings, json, root, file);
    }

    internal static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static JsonObject Usual() => new()
    {
        ["alpha_pattern"] = new JsonObject(),
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = null,
        ["bias"] = "none",
        ["corda_config"] = null,
        ["eva_config"] = null,
        ["exclude_modules"] = null,
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layer_replication"] = null,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["loftq_config"] = new JsonObject(),
        ["lora_bias"] = false,
        ["megatron_config"] = null,
        ["megatron_core"] = "megatron.core",
        ["modules_to_save"] = null,
        ["peft_version"] = null,
        ["qalora_group_size"] = 16,
        ["rank_pattern"] = new JsonObject(),
        ["revision"] = null,
        ["target_parameters"] = null,
        ["task_type"] = "CAUSAL_LM",
        ["trainable_token_indices"] = null,
        ["use_qalora"] = false,
    };

    internal static CheckpointFormatException Unsupported(string file, string key, string requirement, string found) =>
        new(file, key, $"must be {requirement}, got {found}", "this variant of LoRA is not supported");

    private static CheckpointFormatException NotConfig(string file, Exception? inner = null) =>
        new(file, "config", "must be a JSON object in UTF-8 of at most 1 MiB, without duplicate keys, nested at most 16 deep", Advice, inner);
}
