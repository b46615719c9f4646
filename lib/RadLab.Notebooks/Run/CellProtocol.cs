using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RadLab.Notebooks;

/// <summary>
/// Between the runner and the process that runs a notebook: one request as a line on standard input, events as lines on
/// standard output. An event starts with a record separator (RFC 7464), so text that native code prints is told apart.
/// </summary>
internal static class CellProtocol
{
    public const char RecordSeparator = '\u001e';

    public static string Write(RunRequest request) => JsonSerializer.Serialize(request, CellProtocolJson.Default.RunRequest);

    public static string Write(CellEvent e) => JsonSerializer.Serialize(e, CellProtocolJson.Default.CellEvent);

    public static RunRequest ReadRequest(string line) => JsonSerializer.Deserialize(line, CellProtocolJson.Default.RunRequest) ?? throw new JsonException("empty message");

    public static CellEvent ReadEvent(string line) => JsonSerializer.Deserialize(line, CellProtocolJson.Default.CellEvent) ?? throw new JsonException("empty message");
}

// Generated when RadLab is built: reflection would cost each notebook's process tens of milliseconds before its first cell.
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(CellEvent))]
internal sealed partial class CellProtocolJson : JsonSerializerContext;

/// <param name="MayFail">The cell carries the tag raises-exception: a failure is part of the lesson and the run goes on.</param>
internal sealed record CellRequest(int Number, string Source, string? Language, bool MayFail);

internal sealed record RunRequest(string Folder, IReadOnlyList<CellRequest> Cells);

internal enum CellEventKind
{
    Started,
    Finished,
}

/// <param name="Data">All data opened so far.</param>
internal sealed record CellEvent(CellEventKind Kind, int Cell, JsonArray? Outputs = null, CellError? Error = null, JsonObject? Data = null);
