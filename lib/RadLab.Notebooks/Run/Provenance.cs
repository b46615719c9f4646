using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Notebooks;

/// <summary>
/// What an executed notebook says about its run, in <c>metadata.radlab</c>. Everything outside <c>volatile</c> is the same
/// when the same notebook runs again on the same machine; times are in <c>volatile</c> and are not compared.
/// </summary>
public static class Provenance
{
    public const string Name = "radlab";

    /// <summary>SHA-256 over kind and text of every cell in order, without cells that a run injected: outputs and metadata do not count.</summary>
    public static string SourceHash(Notebook notebook)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var cell in notebook.Cells)
        {
            if (cell.Tags.Contains(Parameters.InjectedTag)) continue;
            byte[] source = Encoding.UTF8.GetBytes(cell.Source);
            // The length in front keeps text from moving between cells unnoticed.
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{cell.Kind} {source.Length}\n")));
            hash.AppendData(source);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The hash an executed copy carries; null where there is none.</summary>
    public static string? StoredSourceHash(Notebook notebook) =>
        notebook.Metadata is { ValueKind: JsonValueKind.Object } metadata && metadata.TryGetProperty(Name, out var own) && own.ValueKind == JsonValueKind.Object
        && own.TryGetProperty("sourceSha256", out var hash) && hash.ValueKind == JsonValueKind.String ? hash.GetString() : null;

    internal static JsonObject Describe(Notebook notebook, IReadOnlyDictionary<string, string> parameters, NotebookData data, DateTime startedUtc, TimeSpan duration)
    {
        var set = new JsonObject();
        foreach (var (name, value) in parameters.OrderBy(p => p.Key, StringComparer.Ordinal)) set[name] = value;
        var libraries = new JsonObject();
        foreach (var library in Session.Libraries()) libraries[library.GetName().Name!] = Library(library);
        return new JsonObject
        {
            ["format"] = 1,
            ["sourceSha256"] = SourceHash(notebook),
            ["parameters"] = set,
            ["data"] = new JsonArray([.. data.Sets.Select(s => (JsonNode)Data(s)), .. data.Unknown.Select(u => (JsonNode)new JsonObject { ["file"] = u, ["dataSet"] = NotebookData.UnknownName })]),
            ["libraries"] = libraries,
            ["machine"] = Machine.Describe().ToJson(),
            ["volatile"] = new JsonObject
            {
                ["startedUtc"] = startedUtc.ToString("yyyy-MM-ddTHH:mm:ssZ", null),
                ["seconds"] = Math.Round(duration.TotalSeconds, 1),
            },
        };
    }

    private static JsonObject Data(DataProvenance set)
    {
        var whole = set.ToJson();
        return new JsonObject
        {
            ["dataSet"] = set.DataSet, ["licence"] = set.Licence.ToString(), ["phiClass"] = (string?)whole["phi"]!["class"], ["restricted"] = set.IsRestricted,
            ["files"] = new JsonArray([.. set.Files.Select(f => (JsonNode)new JsonObject { ["path"] = f.Path, ["sha256"] = f.Sha256 })]),
        };
    }

    private static JsonObject Library(Assembly assembly) => new()
    {
        ["version"] = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString(),
        ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(assembly.Location))),
    };
}
