using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace RadLab.Models;

/// <summary>Reads the JSON files of a tokenizer: valid UTF-8, bounded depth, no key twice; what is wrong names file and field.</summary>
internal readonly struct JsonFields(string file)
{
    private const int MaxDepth = 32;

    public string File { get; } = file;

    public JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        TokenizerFile.CheckLength(utf8.Length, File);
        if (!Utf8.IsValid(utf8.Span)) throw Fail("text", "is not valid UTF-8");
        try
        {
            return JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException e)
        {
            // the reader's own message may quote the text
            throw Fail("text", string.Create(CultureInfo.InvariantCulture, $"is not valid JSON near line {e.LineNumber + 1}, byte {e.BytePositionInLine}, or is nested deeper than {MaxDepth}"));
        }
    }

    public Dictionary<string, JsonElement> Members(JsonElement element, string field)
    {
        Require(element, JsonValueKind.Object, field, "an object");
        var members = new Dictionary<string, JsonElement>();
        foreach (var member in element.EnumerateObject())
        {
            string name = NameOf(member, field);
            if (!members.TryAdd(name, member.Value)) throw Fail(field, $"has the key {CheckpointFormatException.Quote(name)} twice");
        }
        return members;
    }

    public void Require(JsonElement element, JsonValueKind kind, string field, string requirement)
    {
        if (element.ValueKind != kind) throw Fail(field, $"must be {requirement}, got {Shown(element)}");
    }

    public string NameOf(JsonProperty member, string field)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)   // an escape that is half of a surrogate pair
        {
            throw Fail(field, "has a key that is not valid Unicode");
        }
    }

    public string Text(JsonElement element, string field)
    {
        Require(element, JsonValueKind.String, field, "a string");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Fail(field, "holds a string that is not valid Unicode");
        }
    }

    public int Id(JsonElement element, string field) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id) && id >= 0 && id < TokenTable.MaxTokens ? id
            : throw Fail(field, string.Create(CultureInfo.InvariantCulture, $"must be an id from 0 to {TokenTable.MaxTokens - 1}, got {Shown(element)}"));

    public bool Flag(Dictionary<string, JsonElement> members, string key, string field, bool absent)
    {
        if (!members.TryGetValue(key, out var value) || value.ValueKind == JsonValueKind.Null) return absent;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
            : throw Fail($"{field}.{key}", $"must be true or false, got {Shown(value)}");
    }

    /// <summary>A member that is neither absent nor null.</summary>
    public static bool Has(Dictionary<string, JsonElement> members, string key, out JsonElement value) =>
        members.TryGetValue(key, out value) && value.ValueKind != JsonValueKind.Null;

    /// <summary><c>{"content": ..., "special": ..., "single_word": ..., "lstrip": ..., "rstrip": ...}</c></summary>
    public AddedToken Added(Dictionary<string, JsonElement> members, int id, string field) =>
        new(id, Text(Has(members, "content", out var content) ? content : default, $"{field}.content"), Flag(members, "special", field, absent: false))
        {
            SingleWord = Flag(members, "single_word", field, absent: false),
            LeftStrip = Flag(members, "lstrip", field, absent: false),
            RightStrip = Flag(members, "rstrip", field, absent: false),
        };

    public CheckpointFormatException Fail(string field, string problem) => TokenizerFile.Fail(File, field, problem);

    public static string Shown(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => CheckpointFormatException.Quote(element.GetRawText()),
    };
}
