namespace RadLab.Tests;

/// <summary>Data that is not part of the project: tests that need it skip where it is absent, and say so.</summary>
internal static class SharedData
{
    /// <summary>A file of the folder that RADLAB_DATA names, or of shared/data beside the repository.</summary>
    public static string Require(string file)
    {
        string folder = Environment.GetEnvironmentVariable("RADLAB_DATA") is { Length: > 0 } named ? named : Beside();
        string path = Path.Combine(folder, file);
        Skip.IfNot(File.Exists(path), $"needs {file} in the data folder; set RADLAB_DATA to a folder that has it");
        return path;
    }

    private static string Beside()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "RadLab.sln"))) return Path.Combine(folder.FullName, "..", "shared", "data");
        return "";
    }
}
