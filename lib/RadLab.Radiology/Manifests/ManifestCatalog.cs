using System.Reflection;

namespace RadLab.Radiology;

/// <summary>The manifests that come with RadLab, by id.</summary>
public static class ManifestCatalog
{
    private const string Prefix = "data-manifests/";

    private static readonly Lazy<IReadOnlyList<DataManifest>> s_shipped = new(Load);

    /// <summary>In the order of their ids.</summary>
    public static IReadOnlyList<DataManifest> Shipped => s_shipped.Value;

    /// <summary>A shipped manifest by its id, or one of your own by the path of its JSON file.</summary>
    public static DataManifest Find(string idOrPath)
    {
        if (Shipped.FirstOrDefault(m => m.Id == idOrPath) is { } shipped) return shipped;
        if (idOrPath.EndsWith(".json", StringComparison.Ordinal)) return ManifestReader.Read(idOrPath);
        throw new DataFormatException($"{idOrPath}: there is no such data set; there are {string.Join(", ", Shipped.Select(m => m.Id))}, or the path of a manifest of your own (.json)");
    }

    private static IReadOnlyList<DataManifest> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var manifests = new List<DataManifest>();
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            manifests.Add(ManifestReader.Parse(bytes, name[Prefix.Length..]));
        }
        return manifests;
    }
}
