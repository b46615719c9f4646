using System.Globalization;

namespace RadLab.Training;

/// <summary>An adapter that is named by its place in the registry instead of by a folder.</summary>
/// <param name="Reference">NAME/VERSION.</param>
/// <param name="Folder">Where it lies; its files are those that were registered.</param>
internal sealed record RegisteredAdapter(string Reference, string Folder)
{
    /// <param name="reference">NAME/VERSION or NAME@ALIAS; anything else is none.</param>
    /// <returns>Null where the text is no such reference.</returns>
    /// <exception cref="RecipeException">There is no such version, it is a whole model, or its adapter is gone or changed.</exception>
    public static RegisteredAdapter? Find(ModelRegistry registry, string reference)
    {
        int at = reference.IndexOfAny(['@', '/']);
        if (at < 1 || at != reference.LastIndexOfAny(['@', '/']) || !ModelRegistry.IsName(reference[..at])) return null;
        if (reference[at] == '/' && !reference[(at + 1)..].All(char.IsAsciiDigit)) return null;   // a path
        var entry = registry.Find(reference);
        string name = string.Create(CultureInfo.InvariantCulture, $"{entry.Name}/{entry.Version}"), folder = Path.Combine(entry.Run, entry.Kind);
        if (entry.AdapterSha256 is null) throw new RecipeException($"adapter {reference}: {name} is a whole model and no adapter; give it as --model {folder}.");
        if (!Directory.Exists(folder)) throw new RecipeException($"adapter {reference}: {name} was registered from {entry.Run}, where it is no longer; put the run's folder back, or give the adapter's folder.");
        string now = RegistryLineage.AdapterHashOf(RegistryLineage.FilesOf(folder));
        return now == entry.AdapterSha256 ? new RegisteredAdapter(name, folder)
            : throw new RecipeException($"adapter {reference}: {folder} has the hash {now}, but {name} was registered with {entry.AdapterSha256}; restore it, or register it anew.");
    }
}
