using System.Text.Encodings.Web;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>The records between the passes: a JSON-lines file in the folder that is being made, gone at the end.</summary>
internal static class Spool
{
    public const string Name = ".records.tmp";

    public static JsonSerializerOptions Json { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IEnumerable<T> Read<T>(string path)
        where T : class
    {
        // our own lines, of whatever length a record may have
        using var lines = new LineReader(File.OpenRead(path), Name, new ReaderLimits { MaxRecordBytes = Array.MaxLength });
        while (lines.Read()) yield return JsonSerializer.Deserialize<T>(lines.Bytes, Json)!;
    }
}
