using System.Text.Json.Nodes;

namespace RadLab.Tests;

/// <summary>Notebooks for tests: the committed ones, and small ones made on the spot.</summary>
internal static class NotebookFiles
{
    public static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Goldens", "notebooks", name);

    public static string Code(params string[] sources) => Make(sources.Select(s => (s, Array.Empty<string>())));

    public static string Make(IEnumerable<(string Source, string[] Tags)> cells)
    {
        var list = new JsonArray();
        foreach (var (source, tags) in cells)
        {
            var metadata = new JsonObject();
            if (tags.Length > 0) metadata["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]);
            list.Add(new JsonObject { ["cell_type"] = "code", ["execution_count"] = null, ["metadata"] = metadata, ["outputs"] = new JsonArray(), ["source"] = source });
        }
        var kernel = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" };
        return new JsonObject { ["cells"] = list, ["metadata"] = new JsonObject { ["kernelspec"] = kernel }, ["nbformat"] = 4, ["nbformat_minor"] = 5 }.ToJsonString();
    }
}

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("radlab-test-").FullName;

    public string Write(string name, string content)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
