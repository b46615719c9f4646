using System.Globalization;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>The fields of one JSON object of a manifest, a data card or a settings file: each is asked for once, and what nobody asked for is an error.</summary>
internal sealed class ManifestFields
{
    private readonly string _file, _where;
    private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    public ManifestFields(string file, string where, JsonElement element)
    {
        (_file, _where) = (file, where);
        if (element.ValueKind != JsonValueKind.Object) throw Wrong(where.Length == 0 ? "the manifest" : where, "must be a JSON object", element);
        foreach (var property in element.EnumerateObject())
            if (!_left.TryAdd(property.Name, property.Value)) throw new DataFormatException($"{file}: {Name(property.Name)} stands twice; keep one");
    }

    /// <summary>Whether the object names the field; an empty list is not an absent one.</summary>
    public bool Has(string field) => _left.ContainsKey(field);

    public string Text(string field) => OptionalText(field) ?? throw Missing(field);

    public string? OptionalText(string field)
    {
        if (Take(field) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.String || string.IsNullOrWhiteSpace(value.GetString())) throw Wrong(Name(field), "must be a text that is not empty", value);
        return value.GetString();
    }

    public T Choice<T>(string field) where T : struct, Enum
    {
        string given = Text(field);
        foreach (var value in Enum.GetValues<T>())
            if (Kebab(value.ToString()) == given) return value;
        throw new DataFormatException($"{_file}: {Name(field)} must be one of {string.Join(", ", Enum.GetNames<T>().Select(Kebab))}, got \"{given}\"");
    }

    public bool Flag(string field) => Take(field) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(Name(field), "must be true or false", other),
    };

    public long? Whole(string field)
    {
        if (Take(field) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out long number) || number < 0) throw Wrong(Name(field), "must be a whole number that is not negative", value);
        return number;
    }

    public double? Share(string field)
    {
        if (Take(field) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || value.GetDouble() is not (>= 0 and <= 1) ) throw Wrong(Name(field), "must be a number from 0 to 1", value);
        return value.GetDouble();
    }

    public string? Hex(string field, int digits)
    {
        string? text = OptionalText(field);
        if (text is not null && (text.Length != digits || !text.All(char.IsAsciiHexDigitLower)))
            throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{_file}: {Name(field)} must be {digits} lower-case hexadecimal digits, got {text.Length} characters"));
        return text;
    }

    public ManifestFields Object(string field) => OptionalObject(field) ?? throw Missing(field);

    public ManifestFields? OptionalObject(string field) => Take(field) is { } value ? new ManifestFields(_file, Name(field), value) : null;

    public IReadOnlyList<T> List<T>(string field, int most, Func<ManifestFields, T> read) =>
        [.. Elements(field, most).Select((e, i) => { var fields = new ManifestFields(_file, string.Create(CultureInfo.InvariantCulture, $"{Name(field)}[{i}]"), e); T value = read(fields); fields.End(); return value; })];

    public IReadOnlyList<string> Texts(string field, int most) =>
        [.. Elements(field, most).Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Wrong(Name(field), "must hold texts only", e))];

    public IReadOnlyDictionary<string, string> Pairs(string field)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Take(field) is not { } value) return pairs;
        if (value.ValueKind != JsonValueKind.Object) throw Wrong(Name(field), "must be a JSON object", value);
        foreach (var property in value.EnumerateObject())
            pairs[property.Name] = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : throw Wrong($"{Name(field)}.{property.Name}", "must be a text", property.Value);
        return pairs;
    }

    /// <summary>Refuses what nobody asked for: a misspelt field would silently mean nothing.</summary>
    public void End()
    {
        if (_left.Count > 0)
            throw new DataFormatException($"{_file}: unknown field {Name(_left.Keys.Order(StringComparer.Ordinal).First())}; fields here: {string.Join(", ", _known)}");
    }

    public DataFormatException Error(string field, string problem) => new($"{_file}: {Name(field)} {problem}");

    private IEnumerable<JsonElement> Elements(string field, int most)
    {
        if (Take(field) is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(Name(field), "must be a list", value);
        int count = value.GetArrayLength();
        if (count > most) throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{_file}: {Name(field)} may hold at most {most} entries, got {count}"));
        return value.EnumerateArray();
    }

    private JsonElement? Take(string field)
    {
        _known.Add(field);
        return _left.Remove(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private string Name(string field) => _where.Length == 0 ? field : $"{_where}.{field}";

    private DataFormatException Missing(string field) => new($"{_file}: {Name(field)} is missing; a manifest must give it");

    private DataFormatException Wrong(string name, string requirement, JsonElement got) => new($"{_file}: {name} {requirement}, got {got.ValueKind.ToString().ToLowerInvariant()}");

    /// <summary>PublicDeidentified → public-deidentified.</summary>
    public static string Kebab(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
