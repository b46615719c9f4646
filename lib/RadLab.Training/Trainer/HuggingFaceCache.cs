namespace RadLab.Training;

/// <summary>Models in the cache of Hugging Face's tools: <c>hub/models--ORG--NAME/snapshots/COMMIT</c>. Nothing is downloaded from here; see <see cref="HuggingFaceDownload"/>.</summary>
public static class HuggingFaceCache
{
    /// <summary>Folder of a model's snapshot, or null where the cache has none.</summary>
    /// <param name="id">ORG/NAME for what <c>main</c> stands for, or ORG/NAME@REVISION with a branch, tag or commit.</param>
    public static string? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (Parse(id) is not var (model, revision)) return null;
        string folder = FolderOf(Root(), model), name = Path.Combine(folder, "refs", revision);
        string? commit = IsCommit(revision) ? revision : File.Exists(name) && new FileInfo(name).Length <= 256 ? File.ReadAllText(name).Trim() : null;
        if (commit is null || commit.Length == 0 || !commit.All(char.IsAsciiHexDigit)) return null;
        string snapshot = Path.Combine(folder, "snapshots", commit);
        return Directory.Exists(snapshot) ? snapshot : null;
    }

    internal static (string Model, string Revision)? Parse(string id)
    {
        int at = id.IndexOf('@', StringComparison.Ordinal);
        string model = at < 0 ? id : id[..at], revision = at < 0 ? "main" : id[(at + 1)..];
        string[] parts = model.Split('/');
        return parts.Length == 2 && parts.All(IsName) && IsName(revision) ? (model, revision) : null;
    }

    internal static string FolderOf(string cache, string model) => Path.Combine(cache, "models--" + model.Replace("/", "--", StringComparison.Ordinal));

    internal static string Root()
    {
        if (Environment.GetEnvironmentVariable("HF_HUB_CACHE") is { Length: > 0 } hub) return hub;
        return Path.Combine(Home(), "hub");
    }

    /// <summary>Folder of Hugging Face's tools.</summary>
    internal static string Home() => Environment.GetEnvironmentVariable("HF_HOME") is { Length: > 0 } set ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "huggingface");

    private static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    private static bool IsName(string text) => text.Length is > 0 and <= 96 && text[0] != '.' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
