namespace RadLab.Models;

/// <summary>A model folder in the making: everything is written beside it and moved into place when it is complete.</summary>
internal sealed class OutputFolder : IDisposable
{
    // nobody's own folder has this name: what is left of a killed run is removed without asking
    internal const string Suffix = ".radlab.tmp";

    private readonly string _target;
    private bool _done;

    /// <exception cref="IOException">The folder has files already and <paramref name="overwrite"/> is false, or it is a file.</exception>
    public OutputFolder(string target, bool overwrite)
    {
        _target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        if (File.Exists(_target)) throw new IOException($"{target}: folder: must be a folder, but is a file; choose another path.");
        if (!overwrite && Directory.Exists(_target) && Directory.EnumerateFileSystemEntries(_target).Any())
            throw new IOException($"{target}: folder: must be new or empty; choose another path, or allow overwriting.");
        Path = _target + Suffix;
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>Moves everything into place. In a folder that was there, files of the same name and all older weights are replaced; other files stay.</summary>
    public void Commit()
    {
        if (Directory.Exists(_target))
        {
            // older weights beside the new ones would make the folder ambiguous
            foreach (string old in Directory.EnumerateFiles(_target, "model*.safetensors*").ToList()) File.Delete(old);
            foreach (string file in Directory.EnumerateFiles(Path)) File.Move(file, System.IO.Path.Combine(_target, System.IO.Path.GetFileName(file)), overwrite: true);
            Directory.Delete(Path, recursive: true);
        }
        else
        {
            Directory.Move(Path, _target);
        }
        _done = true;
    }

    public void Dispose()
    {
        if (!_done && Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
