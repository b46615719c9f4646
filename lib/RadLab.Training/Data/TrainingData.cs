using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Finds the data of a recipe: a folder that <c>data prepare</c> has written, or a data set, which is then prepared with the defaults of that command.</summary>
public static class TrainingData
{
    /// <param name="data">A prepared folder, or the id of a manifest.</param>
    /// <param name="note">Told what is prepared and where.</param>
    /// <exception cref="DataFormatException">There is no such data, or its files are not those of its card.</exception>
    /// <exception cref="DataRefusedException">Its terms or its PHI class ask for more than a recipe can say: prepare it by hand.</exception>
    public static PreparedFolder Open(string data, Action<string>? note = null, CancellationToken cancellation = default)
    {
        if (Directory.Exists(data)) return PreparedFolder.Open(data);
        var manifest = ManifestCatalog.Find(data);
        var folders = DataFolders.Default();
        // beside the store and not in the working folder: restricted texts must not come to lie in a git work tree
        string folder = Path.Combine(Path.GetDirectoryName(folders.Store)!, "prepared", $"{manifest.Id}-{KeyOf(manifest, folders)}");
        if (File.Exists(Path.Combine(folder, DataCard.JsonName))) return PreparedFolder.Open(folder);
        note?.Invoke($"preparing {manifest.Id} in {folder}");
        var card = DataSets.Prepare(new PrepareRequest { Manifest = manifest, Out = folder, Folders = folders, Replace = true }, cancellation: cancellation);
        note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{manifest.Id}: {card.Read} read, {card.Kept} kept, {card.Dropped} dropped, {card.Rejected} rejected; see {Path.Combine(folder, DataCard.HtmlName)}"));
        return PreparedFolder.Open(folder);
    }

    // prepared once for each version of the program and of the files
    private static string KeyOf(DataManifest manifest, DataFolders folders)
    {
        var text = new StringBuilder(typeof(DataSets).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
        foreach (var file in manifest.Files)
        {
            if (folders.Find(file) is not { } path) continue;
            var info = new FileInfo(path);
            text.Append(CultureInfo.InvariantCulture, $"\n{path}\0{(info.Exists ? info.Length : 0)}\0{File.GetLastWriteTimeUtc(path).Ticks}");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..12];
    }
}
