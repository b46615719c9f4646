using System.Globalization;
using System.Text.Json;

namespace RadLab.Models;

/// <summary>Typed, bounded access to one object of a <c>config.json</c>. A key that is null counts as absent.</summary>
internal readonly struct ConfigSection
{
    private const string Advice = "use the config.json that came with the model";

    private readonly JsonElement _object;
    private readonly string _prefix;

    /// <param name="prefix">Empty, or the path of this object with a dot at the end.</param>
    public ConfigSection(JsonElement element, string file, string prefix)
    {
        _object = element;
        _prefix = prefix;
        File = file;
        if (element.ValueKind != JsonValueKind.Object)
            throw Fail(file, prefix.Length == 0 ? "config" : prefix.TrimEnd('.'), "must be an object");
    }

    public string File { get; }

    public bool Has(string key) => Value(key) is not null;

    public int Int(string key, int min, int max, int? absent = null)
    {
        if (Value(key) is not { } value) return absent ?? throw Missing(key);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out int number) || number < min || number > max)
            throw Fail(key, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}, got {Shown(value)}"));
        return number;
    }

    public double Double(string key, double min, double max, double? absent = null)
    {
        if (Value(key) is not { } value) return absent ?? throw Missing(key);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || !(number >= min && number <= max))
            throw Fail(key, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}, got {Shown(value)}"));
        return number;
    }

    public bool Bool(string key, bool absent)
    {
        if (Value(key) is not { } value) return absent;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
            : throw Fail(key, $"must be true or false, got {Shown(value)}");
    }

    public string? Text(string key)
    {
        if (Value(key) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String ? TextOf(value, key) : throw Fail(key, $"must be a string, got {Shown(value)}");
    }

    /// <summary>A number or a list of numbers.</summary>
    public IReadOnlyList<int>? Ids(string key, int max, int maxCount)
    {
        if (Value(key) is not { } value) return null;
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Take(maxCount + 1).ToArray() : [value];
        if (items.Length == 0 || items.Length > maxCount)
            throw Fail(key, string.Create(CultureInfo.InvariantCulture, $"must hold 1 to {maxCount} token ids"));
        var ids = new List<int>();
        foreach (var item in items) ids.Add(IdOf(item, key, max));
        return ids;
    }

    public IReadOnlyList<string>? Texts(string key, int maxCount)
    {
        if (Value(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > maxCount)
            throw Fail(key, string.Create(CultureInfo.InvariantCulture, $"must be a list of at most {maxCount} strings, got {Shown(value)}"));
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? TextOf(item, key) : throw Fail(key, $"must hold strings, got {Shown(item)}"));
        return texts;
    }

    public ConfigSection? Section(string key) =>
        Value(key) is { } value ? new ConfigSection(value, File, $"{_prefix}{key}.") : null;

    /// <summary>Keys whose value is an object.</summary>
    public string? FirstNestedObject()
    {
        foreach (var property in _object.EnumerateObject())
            if (property.Value.ValueKind == JsonValueKind.Object) return CheckpointFormatException.Quote(property.Name);
        return null;
    }

    public CheckpointFormatException Fail(string key, string problem) => Fail(File, _prefix + key, problem);

    /// <summary>A setting that changes the mathematics in a way that is not implemented.</summary>
    public CheckpointFormatException Unsupported(string key, string requirement, string found) =>
        new(File, _prefix + key, $"must be {requirement}, got {found}", "this variant of the architecture is not supported: use a plain Llama model");

    /// <summary>A value as messages show it.</summary>
    public string Shown(string key) => Value(key) is { } value ? Shown(value) : "nothing";

    private static CheckpointFormatException Fail(string file, string field, string problem) => new(file, field, problem, Advice);

    private CheckpointFormatException Missing(string key) => Fail(key, "is missing");

    private int IdOf(JsonElement item, string key, int max) =>
        item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0 && id <= max ? id
            : throw Fail(key, string.Create(CultureInfo.InvariantCulture, $"must be token ids from 0 to {max}, got {Shown(item)}"));

    private JsonElement? Value(string key) =>
        _object.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private string TextOf(JsonElement value, string key)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)   // an escape that is half of a surrogate pair
        {
            throw Fail(key, "holds a string that is not valid Unicode");
        }
    }

    private static string Shown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => CheckpointFormatException.Quote(value.GetRawText()),
    };
}
