namespace RadLab.Radiology;

/// <summary>Words as ROUGE has them: lower case, runs of a-z and 0-9, no stemming.</summary>
public static class MetricTokens
{
    public static string[] Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new List<string>();
        Span<char> word = stackalloc char[64];
        int length = 0;
        var longer = new System.Text.StringBuilder();
        foreach (char c in text)
        {
            char lower = c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c;
            if (lower is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                if (length < word.Length) word[length++] = lower;
                else longer.Append(lower);
            }
            else if (length > 0)
            {
                Take(word[..length]);
                length = 0;
            }
        }
        if (length > 0) Take(word[..length]);
        return [.. words];

        void Take(ReadOnlySpan<char> start)
        {
            words.Add(string.Concat(start, longer.ToString()));
            longer.Clear();
        }
    }
}
