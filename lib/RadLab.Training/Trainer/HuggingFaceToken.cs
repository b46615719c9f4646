namespace RadLab.Training;

/// <summary>Who may fetch closed models: the variable HF_TOKEN, or the file that Hugging Face's command line writes when its user logs in. Never shown.</summary>
internal sealed class HuggingFaceToken(string value, string from)
{
    public const string Variable = "HF_TOKEN";

    private const int MaxBytes = 4096;

    public string Value => value;

    /// <summary>What messages call the place that it was found in.</summary>
    public string From => from;

    /// <summary>How to do without it.</summary>
    public string Removal => from == Variable ? $"unset {Variable}" : $"log out with 'hf auth logout', which removes {from}";

    /// <summary>Null where nobody has given one.</summary>
    /// <exception cref="RecipeException">The file cannot be read, or holds no token.</exception>
    public static HuggingFaceToken? Find() => Find(Environment.GetEnvironmentVariable(Variable), Path.Combine(HuggingFaceCache.Home(), "token"));

    /// <inheritdoc cref="Find()"/>
    internal static HuggingFaceToken? Find(string? variable, string file)
    {
        if (variable?.Trim() is { Length: > 0 } set) return new HuggingFaceToken(set, Variable);
        var info = new FileInfo(file);
        if (!info.Exists) return null;
        if (info.Length > MaxBytes) throw new RecipeException($"{file}: is too long for a token; log in again with 'hf auth login', or set {Variable}.");
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } stored ? new HuggingFaceToken(stored, file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{file}: the token cannot be read; make the file readable, or set {Variable}.", e);
        }
    }
}
