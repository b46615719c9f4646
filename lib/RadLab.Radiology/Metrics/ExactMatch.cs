namespace RadLab.Radiology;

/// <summary>Whether two answers are the same but for case, white space and a full stop at the end.</summary>
public static class ExactMatch
{
    public static bool Of(string reference, string candidate) => Normal(reference) == Normal(candidate);

    /// <summary>What is compared.</summary>
    public static string Normal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.').ToLowerInvariant();
    }
}
