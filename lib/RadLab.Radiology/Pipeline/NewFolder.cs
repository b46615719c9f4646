namespace RadLab.Radiology;

/// <summary>A folder that appears under its name only when everything in it is there; until then, and after a failure, the old one stays.</summary>
internal sealed class NewFolder : IDisposable
{
    private readonly string _final;
    private bool _kept;

    public NewFolder(string folder, bool replace)
    {
        _final = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        bool there = File.Exists(_final) || (Directory.Exists(_final) && Directory.EnumerateFileSystemEntries(_final).Any());
        if (there && !replace) throw new DataRefusedException($"{folder}: is there already; choose another folder, or give --force to replace it");
        if (there && !IsPrepared(_final)) throw new DataRefusedException($"{folder}: is there and was not made by data prepare (no {DataCard.JsonName}); it is not replaced, choose another folder");
        Path = _final + ".partial";
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    public void Keep()
    {
        string old = _final + ".old";
        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        if (Directory.Exists(_final)) Directory.Move(_final, old);
        Directory.Move(Path, _final);
        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        _kept = true;
    }

    public void Dispose()
    {
        if (!_kept && Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }

    // --force must not delete a folder of something else
    private static bool IsPrepared(string folder) => File.Exists(System.IO.Path.Combine(folder, DataCard.JsonName));
}
