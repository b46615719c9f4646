using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

/// <summary>One message of the Jupyter protocol 5.3 as it arrived.</summary>
/// <param name="Route">Frames before the delimiter, sent back with the answer.</param>
internal sealed record JupyterMessage(ZmtpPeer Peer, IReadOnlyList<byte[]> Route, JsonObject Header, JsonObject ParentHeader, JsonObject Content)
{
    public const string Version = "5.3";

    public string Type => Text(Header, "msg_type") ?? "";

    public static string? Text(JsonObject json, string name) => json[name] is JsonValue v && v.TryGetValue(out string? text) ? text : null;

    public static bool Flag(JsonObject json, string name, bool otherwise) => json[name] is JsonValue v && v.TryGetValue(out bool flag) ? flag : otherwise;

    public static int? Number(JsonObject json, string name) => json[name] is JsonValue v && v.TryGetValue(out int n) ? n : null;
}

/// <summary>Reads and writes signed messages; those that are unsigned, wrongly signed, repeated or broken do not get through.</summary>
internal sealed class JupyterCodec(MessageSigner signer)
{
    private static readonly byte[] s_delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    private readonly string _session = Guid.NewGuid().ToString();

    public string Session => _session;

    /// <summary>Null, with the reason, for a message that must not be acted on.</summary>
    public JupyterMessage? Read(ZmtpPeer peer, List<byte[]> frames, out string? refused)
    {
        int at = frames.FindIndex(f => f.AsSpan().SequenceEqual(s_delimiter));
        if (at < 0 || frames.Count < at + 6) return Refuse("not a Jupyter message", out refused);
        if (!signer.Accepts(frames[at + 1], frames.GetRange(at + 2, 4), out refused)) return null;
        try
        {
            var header = Object(frames[at + 2]);
            if (JupyterMessage.Text(header, "msg_type") is null) return Refuse("a header without msg_type", out refused);
            return new JupyterMessage(peer, frames.GetRange(0, at), header, Object(frames[at + 3]), Object(frames[at + 5]));
        }
        catch (JsonException)
        {
            return Refuse("broken JSON", out refused);
        }
    }

    public List<byte[]> Write(IEnumerable<byte[]> route, string type, JsonObject? parent, JsonObject content)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString(), ["session"] = _session, ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture), ["msg_type"] = type, ["version"] = JupyterMessage.Version,
        };
        List<byte[]> parts = [Bytes(header), parent is null ? "{}"u8.ToArray() : Bytes(parent), "{}"u8.ToArray(), Bytes(content)];
        return [.. route, s_delimiter, Encoding.ASCII.GetBytes(signer.Sign(parts)), .. parts];
    }

    private static JupyterMessage? Refuse(string reason, out string? refused)
    {
        refused = reason;
        return null;
    }

    private static JsonObject Object(byte[] frame) => JsonNode.Parse(frame, null, s_reading) as JsonObject ?? throw new JsonException("expected an object");

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
