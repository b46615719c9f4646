using System.Text;

namespace RadLab.Radiology;

/// <summary>How orders look when they are typed in a hurry: abbreviations, typing errors, no capitals or only capitals.</summary>
internal static class NoteNoise
{
    private const int ShortestMistyped = 5;

    private static readonly Dictionary<string, string> s_abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        ["with"] = "w/", ["history"] = "hx", ["pain"] = "pn", ["abdominal"] = "abd", ["negative"] = "neg", ["positive"] = "pos", ["bilateral"] = "b/l", ["chronic"] = "chr", ["prior"] = "prev", ["please"] = "pls", ["evaluate"] = "eval",
        ["weeks"] = "wks", ["months"] = "mos", ["ultrasound"] = "US", ["radiographs"] = "XR", ["suspected"] = "susp", ["patient"] = "pt", ["recurrent"] = "recur",
    };

    /// <param name="rate">Per word; 0 leaves the text as it is, capitals included.</param>
    public static string Add(string text, double rate, SeededRandom random)
    {
        if (rate == 0) return text;
        var noisy = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && char.IsLetter(text[end])) end++;
            if (end == at)
            {
                noisy.Append(text[at++]);
                continue;
            }
            string word = text[at..end];
            // the two field names are the system's own
            bool field = end < text.Length && text[end] == ':';
            noisy.Append(!field && random.Chance(rate) ? Change(word, random) : word);
            at = end;
        }
        string result = noisy.ToString();
        return random.Below(10) switch { < 2 => result.ToLowerInvariant(), 2 => result.ToUpperInvariant(), _ => result };
    }

    private static string Change(string word, SeededRandom random) =>
        s_abbreviations.TryGetValue(word, out string? shorter) ? shorter : word.Length >= ShortestMistyped ? ReportNoise.Mistype(word, random) : word;
}
