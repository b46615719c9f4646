using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Radiology;

/// <summary>
/// SHA-256 digests recorded at the first download of files whose source publishes none: one small JSON file in the store. Once recorded, a file must keep its digest.
/// </summary>
public sealed class DigestLock
{
    private const int MaxBytes = 16 << 20;
    private readonly string _path;
    private readonly SortedDictionary<string, FileProvenance> _entries = new(StringComparer.Ordinal);

    private DigestLock(string path) => _path = path;

    public static DigestLock Open(string path)
    {
        var result = new DigestLock(path);
        if (!File.Exists(path)) return result;
        string name = Path.GetFileName(path);
        if (new FileInfo(path).Length > MaxBytes) throw new DataFormatException($"{name}: is longer than 16 MiB; it is not a lock file");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8 });
            var fields = new ManifestFields(name, "", document.RootElement);
            foreach (var entry in fields.List("files", 100_000, f => new FileProvenance(f.Text("path"), "recorded", f.Hex("sha256", 64) ?? throw f.Error("sha256", "is missing"), f.Whole("bytes"))))
                result._entries[entry.Path] = entry;
            fields.End();
        }
        catch (JsonException)
        {
            throw new DataFormatException($"{name}: is not JSON; remove it to record the digests anew");
        }
        return result;
    }

    public FileProvenance? Find(string path) => _entries.GetValueOrDefault(path);

    public void Record(string path, string sha256, long bytes)
    {
        _entries[path] = new FileProvenance(path, "recorded", sha256, bytes);
        var files = new JsonArray([.. _entries.Values.Select(e => (JsonNode)new JsonObject { ["path"] = e.Path, ["sha256"] = e.Sha256, ["bytes"] = e.Bytes })]);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        NewFile.Write(_path, System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["files"] = files }.ToJsonString(s_indented) + "\n"));
    }

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, NewLine = "\n" };
}
