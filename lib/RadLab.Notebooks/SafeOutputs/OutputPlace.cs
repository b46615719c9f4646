using System.Security.Cryptography;
using System.Text;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Notebooks;

/// <summary>Where the executed copy and the page of a notebook go. What shows restricted data stays out of git trees.</summary>
public static class OutputPlace
{
    /// <summary>Beside the notebook, where nothing speaks against it.</summary>
    public const string Beside = ".out";

    /// <summary>The folder of the user for outputs that must not lie in a git tree: beside the prepared data and the runs.</summary>
    public static string Outside => Path.Combine(Path.GetDirectoryName(RunFolder.Outside)!, "notebooks");

    /// <param name="given">The folder that the user names; null for the default.</param>
    /// <param name="allowed">Ids of data sets whose outputs the user allows in git trees.</param>
    /// <exception cref="DataRefusedException">The user names a folder in a git tree, and the notebook has opened restricted data.</exception>
    public static string Choose(NotebookRun run, string? given, IReadOnlyCollection<string> allowed)
    {
        string source = Path.GetDirectoryName(Path.GetFullPath(run.Notebook.File))!, folder = given ?? Path.Combine(source, Beside);
        if (run.Data.RestrictedBy(allowed) is not { } by || GitWorkTree.Containing(folder) is not { } tree) return folder;
        if (given is null) return Path.Combine(Outside, $"{Path.GetFileName(source)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)).AsSpan(0, 4))}");
        throw new DataRefusedException($"--out {given}: lies in the git work tree {tree}, and the notebook has read {run.Data}; choose a folder outside, leave --out away, or give --allow-in-git {by}");
    }
}
