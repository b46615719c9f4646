using RadLab.Compute;

namespace RadLab.Training;

/// <summary>
/// Lets answers that stand in many examples count less in the loss. The likeliest answer to a common case is its commonest wording, so that a fitted model gives that one
/// wording again and again; with n^-a the common ones keep their lead and lose part of its size.
/// </summary>
/// <remarks>Weights by a power of the class size: Mikolov et al. 2013 (a = 1/2) for words, Mahajan et al. 2018 for labels.</remarks>
internal static class AnswerWeights
{
    /// <param name="a">0 to 1; 0 leaves all weights at 1.</param>
    /// <returns>The texts with weights in proportion to n^-a, n the texts with the same labels; their mean over all texts is 1.</returns>
    public static IReadOnlyList<TokenizedText> Give(IReadOnlyList<TokenizedText> texts, double a)
    {
        if (a == 0 || texts.Count == 0) return texts;
        string[] answers = [.. texts.Select(t => string.Join(',', t.Labels.Where(l => l != TokenizedText.IgnoredLabel)))];
        var counts = answers.CountBy(x => x, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        double[] raw = [.. answers.Select(x => DoubleMath.Pow(counts[x], -a))];
        double mean = raw.Sum() / raw.Length;
        return [.. texts.Select((t, i) => t with { Weight = (float)(raw[i] / mean) })];
    }
}
