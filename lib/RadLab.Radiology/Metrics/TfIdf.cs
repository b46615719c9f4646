using System.Runtime.InteropServices;

namespace RadLab.Radiology;

/// <summary>Texts as bags of words, rare words counting more.</summary>
/// <remarks><code>weight(word) = count · (1 + log2((1 + N) / (1 + df)))</code>, scaled to length 1. A word that no text of the collection has counts as df = 0.</remarks>
internal sealed class TfIdf
{
    private readonly Dictionary<string, double> _rarity = new(StringComparer.Ordinal);
    private readonly double _unseen;

    public TfIdf(IReadOnlyList<string> texts)
    {
        foreach (string text in texts)
            foreach (string word in Bag(text).Keys) CollectionsMarshal.GetValueRefOrAddDefault(_rarity, word, out _)++;
        _unseen = 1 + ExactMath.Log2(1.0 + texts.Count);
        foreach (string word in _rarity.Keys.ToList()) _rarity[word] = 1 + ExactMath.Log2((1.0 + texts.Count) / (1 + _rarity[word]));
    }

    /// <summary>A text's words with their weights, in ordinal order: so that sums have one order.</summary>
    public IEnumerable<(string Word, double Weight)> Of(string text)
    {
        var bag = Bag(text);
        double squares = 0;
        foreach (var (word, count) in bag)
        {
            double weight = count * Rarity(word);
            squares += weight * weight;
        }
        double length = squares > 0 ? Math.Sqrt(squares) : 1;
        foreach (var (word, count) in bag) yield return (word, count * Rarity(word) / length);
    }

    private double Rarity(string word) => _rarity.TryGetValue(word, out double rarity) ? rarity : _unseen;

    private static SortedDictionary<string, int> Bag(string text)
    {
        var bag = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string word in MetricTokens.Of(text)) bag[word] = bag.GetValueOrDefault(word) + 1;
        return bag;
    }
}
