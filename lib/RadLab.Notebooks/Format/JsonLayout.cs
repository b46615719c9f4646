using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

/// <summary>How a JSON file is laid out, taken from the file itself, so that what is added looks like what is there.</summary>
/// <param name="Indent">Blanks per level; null when the file is one line.</param>
internal sealed record JsonLayout(int? Indent, string NewLine)
{
    /// <summary>What Jupyter writes.</summary>
    public static readonly JsonLayout Jupyter = new(1, "\n");

    private static readonly JavaScriptEncoder s_encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public string Colon => Indent is null ? ":" : ": ";

    public string LineBreak(int depth) => Indent is { } n ? NewLine + new string(' ', n * depth) : "";

    public string Serialize(string value) => $"\"{s_encoder.Encode(value)}\"";

    /// <param name="depth">Level of the line on which the value starts.</param>
    public byte[] Serialize(JsonNode? value, int depth)
    {
        if (value is null) return "null"u8.ToArray();
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = s_encoder, Indented = Indent is not null, IndentSize = Indent ?? 0, NewLine = "\n" };
        using (var writer = new Utf8JsonWriter(buffer, options)) value.WriteTo(writer);
        // A line feed in the result is layout: inside strings it is always escaped.
        string text = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return Encoding.UTF8.GetBytes(text.Replace("\n", LineBreak(depth), StringComparison.Ordinal));
    }

    public static JsonLayout Of(ReadOnlySpan<byte> json)
    {
        int brace = json.IndexOf((byte)'{');
        var rest = json[(brace + 1)..];
        int i = 0;
        string newLine = "\n";
        if (i < rest.Length && rest[i] == '\r') { newLine = "\r\n"; i++; }
        if (i >= rest.Length || rest[i] != '\n') return new JsonLayout(null, "\n");
        int blanks = rest[(i + 1)..].IndexOfAnyExcept((byte)' ');
        return new JsonLayout(Math.Clamp(blanks, 0, 8), newLine);
    }
}
