using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>An adapter's start as one word in recipes: <c>uniform</c>, <c>gaussian</c>, <c>pissa</c>, <c>pissa:16</c> (subspace iterations), <c>loftq</c>, <c>loftq:5</c> (rounds).</summary>
internal sealed class LoraInitJson : JsonConverter<LoraInit>
{
    internal const string Choices = "uniform, gaussian, pissa, pissa:N, loftq or loftq:N";

    public override LoraInit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException($"init must be one of {Choices}");
        string[] parts = text.Split(':');
        int? number = null;
        if (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int n)) number = n;
        else if (parts.Length != 1) throw Wrong(text);
        try
        {
            return (parts[0], number) switch
            {
                ("uniform", null) => LoraInit.Uniform,
                ("gaussian", null) => LoraInit.Gaussian,
                ("pissa", _) => LoraInit.Pissa(number),
                ("loftq", null) => LoraInit.LoftQ(),
                ("loftq", { } rounds) => LoraInit.LoftQ(rounds),
                _ => throw Wrong(text),
            };
        }
        catch (ArgumentException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, LoraInit value, JsonSerializerOptions options)
    {
        string name = value.Kind switch { LoraInitKind.Pissa => "pissa", LoraInitKind.LoftQ => "loftq", LoraInitKind.Gaussian => "gaussian", _ => "uniform" };
        writer.WriteStringValue(value.Iterations is { } n ? string.Create(CultureInfo.InvariantCulture, $"{name}:{n}") : name);
    }

    private static JsonException Wrong(string text) => new($"init must be one of {Choices}, got '{text}'");
}
