using System.Globalization;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>A run's own folder within <c>runs/</c>: run.json, metrics.jsonl, checkpoints, samples, and in the end the adapter or model.</summary>
public static class RunFolder
{
    /// <summary>The folder of all runs, where nobody names another.</summary>
    public const string Default = "runs";

    /// <summary>Where runs on restricted data go by default when the working folder belongs to a git work tree: beside the prepared data.</summary>
    public static string Outside => Path.Combine(Path.GetDirectoryName(DataFolders.Default().Store)!, Default);

    /// <summary>Makes a new one, named by moment and recipe; two of the same second get different names.</summary>
    /// <exception cref="RecipeException">It cannot be made there: a file stands in its place, or nothing may be written.</exception>
    public static string Create(string runs, string recipe, DateTime utc)
    {
        try
        {
            return Make(runs, recipe, utc);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{runs}: a folder for the run cannot be made there ({e.Message.TrimEnd('.')}); make it writable, or choose another one.", e);
        }
    }

    private static string Make(string runs, string recipe, DateTime utc)
    {
        Directory.CreateDirectory(runs);
        string stem = Path.Combine(runs, utc.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture) + "-" + recipe);
        for (int i = 1; ; i++)
        {
            string folder = i == 1 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}");
            if (Directory.Exists(folder)) continue;
            Directory.CreateDirectory(folder);
            if (IsFirst(folder)) return folder;
        }
    }

    // to make a folder that another process has just made is no error: only one of them makes the file
    private static bool IsFirst(string folder)
    {
        string path = Path.Combine(folder, RunLock.FileName);
        try
        {
            using var made = new FileStream(path, FileMode.CreateNew);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    /// <summary>A run by its folder, or by the name of one in <paramref name="runs"/> or <see cref="Outside"/>.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public static string Find(string runs, string run)
    {
        foreach (string folder in (string[])[run, Path.Combine(runs, run), Path.Combine(Outside, run)])
            if (File.Exists(Path.Combine(folder, RunRecord.FileName))) return Path.GetFullPath(folder);
        throw new RecipeException($"run '{run}': there is none here nor in {runs}; 'radlab runs list' shows them.");
    }

    /// <summary>All runs of a folder, the oldest first.</summary>
    public static IReadOnlyList<string> List(string runs) => !Directory.Exists(runs) ? []
        : [.. Directory.EnumerateDirectories(runs).Where(f => File.Exists(Path.Combine(f, RunRecord.FileName))).Order(StringComparer.Ordinal)];
}
