namespace RadLab.Radiology;

/// <summary>
/// Where data files lie: first in the mirror that RADLAB_DATA names (read only), then in the store, a folder of the user to which <c>radlab data get</c> downloads.
/// </summary>
public sealed class DataFolders(string? mirror, string store)
{
    /// <summary>Null where there is none.</summary>
    public string? Mirror { get; } = mirror;

    public string Store { get; } = store;

    /// <summary>RADLAB_DATA, and <c>radlab/data</c> in the user's local application data.</summary>
    public static DataFolders Default()
    {
        string? mirror = Environment.GetEnvironmentVariable("RADLAB_DATA") is { Length: > 0 } named ? named : null;
        if (mirror is not null && !Directory.Exists(mirror)) throw new DataFormatException($"RADLAB_DATA names {mirror}, which is not a folder; correct or unset it");
        return new DataFolders(mirror, Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "radlab", "data"));
    }

    /// <summary>The full path of a file or folder that is there, or null.</summary>
    public string? Find(DataFile file) => InMirror(file) ?? Existing(InStore(file), file.Folder);

    public string? InMirror(DataFile file) => Mirror is null ? null : Existing(Under(Mirror, file.Path), file.Folder);

    /// <summary>Where the store keeps it, there or not.</summary>
    public string InStore(DataFile file) => Under(Store, file.Path);

    public string LockPath => Path.Combine(Store, "radlab-data.lock.json");

    private static string Under(string root, string path) => Path.GetFullPath(Path.Combine([root, .. path.Split('/')]));

    private static string? Existing(string path, bool folder) => (folder ? Directory.Exists(path) : File.Exists(path)) ? path : null;
}
