namespace RadLab.Cli;

/// <summary>Which notebooks a command means.</summary>
internal static class NotebookFolder
{
    private const string Name = "notebooks";

    /// <summary>The folder "notebooks" in the current folder or above it; null when there is none.</summary>
    public static string? Find(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, Name) is var path && Directory.Exists(path)) return path;
        return null;
    }

    /// <summary>Files as given; a folder stands for the notebooks in it, in the order of their names.</summary>
    public static IReadOnlyList<string> Expand(IEnumerable<string> paths) =>
        [.. paths.SelectMany(p => Directory.Exists(p) ? Directory.GetFiles(p, "*.ipynb").Order(StringComparer.Ordinal) : (IEnumerable<string>)[p])];

    /// <summary>A path as the user would type it here.</summary>
    public static string Shown(string path)
    {
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) && relative.Length > path.Length ? path : relative;
    }
}
