using System.CommandLine;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab data</c>: data sets by their manifests, from the source to training files.</summary>
internal static class DataVerb
{
    public static Command Create() => new("data", "List, fetch, verify, prepare and scan data sets. Downloads only when told to (get).")
    {
        DataList.Create(),
        DataShow.Create(),
        DataGet.Create(),
        DataVerify.Create(),
        DataPrepare.Create(),
        DataScanVerb.Create(),
    };

    public static Argument<string> DataSet() => new("DATASET") { Description = "Id of a data set (radlab data list), or the path of a manifest of your own." };

    public static Option<string?> Store() => new("--store") { HelpName = "DIR", Description = "Where downloads are kept; radlab/data in your local application data if not given. RADLAB_DATA names a mirror that is looked at first." };

    public static Option<string?> AllowInGit() => new("--allow-in-git") { HelpName = "DATASET", Description = "Name the restricted data set that may be written inside a git work tree." };

    public static DataFolders Folders(string? store)
    {
        var folders = DataFolders.Default();
        return store is null ? folders : new DataFolders(folders.Mirror, Path.GetFullPath(store));
    }

    public static bool Allowed(DataManifest manifest, string? named)
    {
        if (named is not null && named != manifest.Id) throw new UsageException($"--allow-in-git {named}: must name the data set itself, {manifest.Id}");
        return named is not null;
    }

    /// <summary>Work beside the thread that listens for Ctrl-C.</summary>
    public static Task<int> Long(Func<int> work) => Task.Run(work);

    public static string Use(TermsOfUse use) => use.ToString().ToLowerInvariant();

    public static string Class(PhiClass phi) => phi switch
    {
        PhiClass.None => "none",
        PhiClass.PublicDeidentified => "public-deidentified",
        PhiClass.CredentialedDeidentified => "credentialed-deidentified",
        _ => "contains-phi",
    };
}
