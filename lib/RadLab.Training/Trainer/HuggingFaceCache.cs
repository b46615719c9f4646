namespace RadLab.Training;

/// <summary>Models that Hugging Face's tools have already downloaded: <c>hub/models--ORG--NAME/snapshots/COMMIT</c>. Nothing is downloaded from here.</summary>
public static class HuggingFaceCache
{
    /// <summary>Folder of the snapshot that <c>main</c> stands for, or null.</summary>
    /// <param name="id">ORG/NAME.</param>
    public static string? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        string[] parts = id.Split('/');
        if (parts.Length != 2 || !parts.All(IsName)) return null;
        string folder = Path.Combine(Root(), $"models--{parts[0]}--{parts[1]}"), main = Path.Combine(folder, "refs", "main");
        if (!File.Exists(main) || new FileInfo(main).Length > 256) return null;
        string commit = File.ReadAllText(main).Trim();
        if (commit.Length == 0 || !commit.All(char.IsAsciiHexDigit)) return null;
        string snapshot = Path.Combine(folder, "snapshots", commit);
        return Directory.Exists(snapshot) ? snapshot : null;
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 96 && text[0] != '.' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("HF_HUB_CACHE") is { Length: > 0 } hub) return hub;
        string home = Environment.GetEnvironmentVariable("HF_HOME") is { Length: > 0 } set ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "huggingface");
        return Path.Combine(home, "hub");
    }
}
