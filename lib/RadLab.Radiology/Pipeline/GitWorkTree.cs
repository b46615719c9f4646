namespace RadLab.Radiology;

/// <summary>Keeps restricted data out of folders from which they would be published by an ordinary commit.</summary>
public static class GitWorkTree
{
    /// <summary>The work tree that a path lies in, there or not yet; null outside of any.</summary>
    public static string? Containing(string path)
    {
        for (string? folder = Path.GetFullPath(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            // a linked link target decides, not the link's place
            string real = Directory.Exists(folder) && Directory.ResolveLinkTarget(folder, returnFinalTarget: true) is { } target ? target.FullName : folder;
            if (real != folder && Containing(real) is { } tree) return tree;
            string git = Path.Combine(folder, ".git");
            if (Directory.Exists(git) || File.Exists(git)) return folder;
        }
        return null;
    }

    /// <summary>Refuses to write restricted data into a work tree.</summary>
    /// <param name="allowed">Allowed by name on the command line.</param>
    public static void Refuse(DataManifest manifest, string path, bool allowed)
    {
        if (allowed || !manifest.IsRestricted || Containing(path) is not { } tree) return;
        throw new DataRefusedException($"{path}: lies in the git work tree {tree}, and {manifest.Id} is restricted ({manifest.Licence}); choose a folder outside, or give --allow-in-git {manifest.Id}");
    }
}
