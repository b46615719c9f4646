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

    public static string Write<T>(T message) => JsonSerializer.Serialize(message, s_options);

    public static T Read<T>(string line) => JsonSerializer.Deserialize<T>(line, s_options) ?? throw new JsonException("empty message");

    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}

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
