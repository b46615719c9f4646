using System.Runtime.InteropServices;

namespace RadLab.Radiology;

/// <summary>Precision, recall and their harmonic mean, each 0 to 1.</summary>
public readonly record struct OverlapScore(double Precision, double Recall)
{
    /// <summary>2PR / (P + R); 0 where both are 0.</summary>
    public double F => Precision + Recall > 0 ? 2 * Precision * Recall / (Precision + Recall) : 0;
}

/// <summary>
/// ROUGE (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004) with the words and the arithmetic of Google's rouge_score, without stemming:
/// say "no stemming" beside the numbers.
/// </summary>
public static class Rouge
{
    public const string Version = "rouge 1, no stemming";

    /// <summary>Longest common subsequence of words: LCS / candidate words, LCS / reference words; an empty text scores 0.</summary>
    public static OverlapScore L(string reference, string candidate) => L(MetricTokens.Of(reference), MetricTokens.Of(candidate));

    /// <inheritdoc cref="L(string, string)"/>
    public static OverlapScore L(IReadOnlyList<string> reference, IReadOnlyList<string> candidate)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(candidate);
        if (reference.Count == 0 || candidate.Count == 0) return default;
        // one row of the table: row[j] is the LCS of the reference so far and candidate[..j]
        int[] row = new int[candidate.Count + 1];
        foreach (string word in reference)
        {
            int diagonal = 0;
            for (int j = 1; j < row.Length; j++)
            {
                int above = row[j];
                row[j] = word == candidate[j - 1] ? diagonal + 1 : Math.Max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return new OverlapScore((double)row[^1] / candidate.Count, (double)row[^1] / reference.Count);
    }

    /// <summary>Runs of <paramref name="n"/> words that both have, each counted as often as the text with fewer of it has it.</summary>
    public static OverlapScore N(string reference, string candidate, int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        var ofReference = Grams(MetricTokens.Of(reference), n);
        var ofCandidate = Grams(MetricTokens.Of(candidate), n);
        int common = 0;
        foreach (var (gram, count) in ofCandidate)
            if (ofReference.TryGetValue(gram, out int other)) common += Math.Min(count, other);
        return new OverlapScore((double)common / Math.Max(1, ofCandidate.Values.Sum()), (double)common / Math.Max(1, ofReference.Values.Sum()));
    }

    private static Dictionary<string, int> Grams(string[] words, int n)
    {
        var grams = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i + n <= words.Length; i++)
            CollectionsMarshal.GetValueRefOrAddDefault(grams, string.Join(' ', words, i, n), out _)++;
        return grams;
    }
}
