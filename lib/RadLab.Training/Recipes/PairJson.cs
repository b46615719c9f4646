using System.Text.Json;
using System.Text.Json.Serialization;

namespace RadLab.Training;

/// <summary>An entry of a rank or alpha pattern: <c>{"key": "q_proj", "value": 16}</c>. The serializer's own form leaves out what has no setter, which is all of a pair.</summary>
internal sealed class PairJson<T> : JsonConverter<KeyValuePair<string, T>> where T : struct
{
    public override KeyValuePair<string, T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var pair = JsonDocument.ParseValue(ref reader);
        if (pair.RootElement.ValueKind != JsonValueKind.Object || !pair.RootElement.TryGetProperty("key", out var key) || key.ValueKind != JsonValueKind.String || !pair.RootElement.TryGetProperty("value", out var value))
            throw new JsonException("an entry must be an object with key and value");
        return KeyValuePair.Create(key.GetString()!, value.Deserialize<T>(options));
    }

    public override void Write(Utf8JsonWriter writer, KeyValuePair<string, T> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("key", value.Key);
        writer.WritePropertyName("value");
        JsonSerializer.Serialize(writer, value.Value, options);
        writer.WriteEndObject();
    }
}
