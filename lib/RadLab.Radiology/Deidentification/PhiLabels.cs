using System.Globalization;

namespace RadLab.Radiology;

/// <summary>A phrase that stands before an identifier, such as "medical record number".</summary>
/// <param name="Kind">What follows it.</param>
/// <param name="LeastDigits">Digits that a value must have at least; 0 where the phrase itself is the finding.</param>
/// <param name="Words">Its words in lower case; a word may be a symbol.</param>
internal sealed record PhiLabel(PhiKind Kind, int LeastDigits, string[] Words);

/// <summary>The phrases of <c>Words/labels.txt</c>, found by their first word.</summary>
internal static class PhiLabels
{
    private static readonly Dictionary<string, PhiLabel[]>.AlternateLookup<ReadOnlySpan<char>> s_byFirst = Load().GetAlternateLookup<ReadOnlySpan<char>>();

    public static IEnumerable<string> FirstWords => s_byFirst.Dictionary.Keys;

    /// <summary>The phrases that begin with the word, longest first.</summary>
    public static PhiLabel[] StartingWith(ReadOnlySpan<char> word) => s_byFirst.TryGetValue(word, out var labels) ? labels : [];

    private static Dictionary<string, PhiLabel[]> Load()
    {
        var byFirst = new Dictionary<string, List<PhiLabel>>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in WordLists.Lines("labels"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string[] head = line[..colon].Split(' ');
            var kind = Enum.Parse<PhiKind>(head[0]);
            int digits = int.Parse(head[1], CultureInfo.InvariantCulture);
            foreach (string phrase in line[(colon + 1)..].Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                string[] words = Split(phrase);
                if (!byFirst.TryGetValue(words[0], out var list)) byFirst.Add(words[0], list = []);
                list.Add(new PhiLabel(kind, digits, words));
            }
        }
        return byFirst.ToDictionary(p => p.Key, p => p.Value.OrderByDescending(l => l.Words.Length).ToArray(), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Into the tokens that the tokenizer makes of it, so that "a/c" and "full-face" are found.</summary>
    private static string[] Split(string phrase)
    {
        var words = new List<string>();
        int start = 0;
        for (int i = 0; i <= phrase.Length; i++)
        {
            bool letter = i < phrase.Length && char.IsLetterOrDigit(phrase[i]);
            if (letter) continue;
            if (i > start) words.Add(phrase[start..i]);
            if (i < phrase.Length && phrase[i] != ' ') words.Add(phrase[i].ToString());
            start = i + 1;
        }
        return [.. words];
    }
}
