namespace RadLab.Radiology;

/// <summary>
/// The closed set of what <see cref="Surrogates"/> writes between its markers. A second scan trusts a marker only when its content belongs to the set, so
/// that a real name which somebody put between such signs is still found.
/// </summary>
internal static class SurrogateShapes
{
    public static readonly string[] Names = [.. WordLists.Lines("surrogate-names").SelectMany(l => l.Split(' '))];

    public static readonly string[] Places = [.. WordLists.Lines("surrogate-places").SelectMany(l => l.Split(' '))];

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_names = new HashSet<string>(Names, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_places = new HashSet<string>(Places, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool IsOurs(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return false;
        if (text.Length == 11 && text.StartsWith("SYN", StringComparison.Ordinal)) return Digits(text[3..]);
        if (text.Length == 12 && text[3..].StartsWith("-555-01", StringComparison.Ordinal)) return Digits(text[..3]) && Digits(text[10..]);
        if (text.Length == 22 && text.StartsWith("user", StringComparison.Ordinal)) return Digits(text[4..10]) && text[10..].SequenceEqual("@example.org");
        if (text.StartsWith("https://example.org/", StringComparison.Ordinal)) return Digits(text[20..]);
        if (text.StartsWith("192.0.2.", StringComparison.Ordinal)) return Digits(text[8..]);
        return s_places.Contains(text) || DateText.IsDate(text) || NamesOnly(text);
    }

    private static bool NamesOnly(ReadOnlySpan<char> text)
    {
        foreach (var part in text.Split(' '))
        {
            var word = text[part];
            if (word.Length == 2 && char.IsAsciiLetterUpper(word[0]) && word[1] == '.') continue;
            if (!s_names.Contains(word)) return false;
        }
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
