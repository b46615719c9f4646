using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>One thing that a tracker is told; a line of the spool.</summary>
public abstract record TrackingEvent
{
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string ToLine(TrackingEvent e) => (e switch
    {
        TrackingBegin b => new JsonObject
        {
            ["event"] = "begin", ["experiment"] = b.Run.Experiment, ["name"] = b.Run.Name, ["key"] = b.Run.Key, ["start"] = b.Run.StartMs, ["params"] = Map(b.Run.Parameters), ["tags"] = Map(b.Run.Tags),
        },
        TrackingPoint p => new JsonObject { ["event"] = "metrics", ["step"] = p.Step, ["time"] = p.TimeMs, ["values"] = new JsonObject(p.Values.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value))) },
        TrackingTagsSet t => new JsonObject { ["event"] = "tags", ["tags"] = Map(t.Tags) },
        TrackingArtifact a => new JsonObject { ["event"] = "artifact", ["file"] = a.File, ["path"] = a.Path },
        TrackingState s => new JsonObject { ["event"] = "state", ["status"] = s.Status.ToString(), ["end"] = s.EndMs },
        TrackingRegistration r => new JsonObject
        {
            ["event"] = "register", ["model"] = r.Model, ["artifact"] = r.Artifact, ["files"] = new JsonArray([.. r.Files.Select(f => (JsonNode)f)]), ["alias"] = r.Alias, ["stage"] = r.Stage, ["registry"] = r.Registry, ["tags"] = Map(r.Tags),
        },
        TrackingVersionChange c => new JsonObject { ["event"] = "version", ["model"] = c.Model, ["version"] = c.Version, ["alias"] = c.Alias, ["stage"] = c.Stage, ["registry"] = c.Registry },
        _ => throw new ArgumentOutOfRangeException(nameof(e)),
    }).ToJsonString(s_line);

    /// <summary>Null where the line is none that <see cref="ToLine"/> wrote.</summary>
    internal static TrackingEvent? FromLine(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 4 });
            var json = JsonNode.Parse(ref reader)!.AsObject();
            return (string?)json["event"] switch
            {
                "begin" => new TrackingBegin(new TrackedRun((string)json["experiment"]!, (string)json["name"]!, (string)json["key"]!, (long)json["start"]!, Map(json["params"]!), Map(json["tags"]!))),
                "metrics" => new TrackingPoint((long)json["step"]!, (long)json["time"]!, json["values"]!.AsObject().ToDictionary(v => v.Key, v => (double)v.Value!)),
                "tags" => new TrackingTagsSet(Map(json["tags"]!)),
                "artifact" => new TrackingArtifact((string)json["file"]!, (string)json["path"]!),
                "state" => new TrackingState(Enum.Parse<TrackedStatus>((string)json["status"]!), (long?)json["end"]),
                "register" => new TrackingRegistration((string)json["model"]!, (string)json["artifact"]!, (string?)json["alias"], Map(json["tags"]!))
                {
                    Files = [.. (json["files"]?.AsArray() ?? []).Select(f => (string)f!)], Stage = (string?)json["stage"], Registry = (string?)json["registry"],
                },
                "version" => new TrackingVersionChange((string)json["model"]!, (int)json["version"]!, (string?)json["alias"], (string?)json["stage"], (string?)json["registry"]),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static JsonObject Map(IReadOnlyDictionary<string, string> values) => new(values.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value)));

    private static Dictionary<string, string> Map(JsonNode node) => node.AsObject().ToDictionary(v => v.Key, v => (string)v.Value!);
}

public sealed record TrackingBegin(TrackedRun Run) : TrackingEvent;

public sealed record TrackingPoint(long Step, long TimeMs, IReadOnlyDictionary<string, double> Values) : TrackingEvent;

public sealed record TrackingTagsSet(IReadOnlyDictionary<string, string> Tags) : TrackingEvent;

/// <param name="File">Below the run's folder.</param>
/// <param name="Path">Among the artifacts.</param>
public sealed record TrackingArtifact(string File, string Path) : TrackingEvent;

public sealed record TrackingState(TrackedStatus Status, long? EndMs) : TrackingEvent;
