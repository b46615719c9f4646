namespace RadLab.Tests;

/// <summary>
/// Real data that is not part of the repository: the folder that RADLAB_DATA names, or <c>shared/data</c> beside the repository. A test that
/// needs a file which is not there is skipped, and says so; it must be a SkippableFact or SkippableTheory.
/// </summary>
internal static class SharedData
{
    private static readonly string? s_root = Root();

    /// <summary>The full path of a file or folder, or the end of the test.</summary>
    /// <param name="path">Below the data folder, with / between folders.</param>
    public static string Require(string path)
    {
        Skip.If(s_root is null, $"needs {path}: set RADLAB_DATA to the data folder");
        string full = Path.Combine([s_root!, .. path.Split('/')]);
        Skip.IfNot(File.Exists(full) || Directory.Exists(full), $"needs {path}, which the data folder does not have");
        return full;
    }

    private static string? Root()
    {
        if (Environment.GetEnvironmentVariable("RADLAB_DATA") is { Length: > 0 } named) return named;
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RadLab.sln"))) folder = Path.GetDirectoryName(folder);
        string? beside = Path.GetDirectoryName(folder) is { } parent ? Path.Combine(parent, "shared", "data") : null;
        return Directory.Exists(beside) ? beside : null;
    }
}
