using System.Runtime.InteropServices;

namespace RadLab.Radiology;

/// <summary>
/// Looks up the training text that is most like another one by cosine of TF-IDF vectors: the baseline that a report generator must beat to have learnt more than to
/// look things up.
/// </summary>
/// <remarks><code>weight(word) = count · (1 + log2((1 + N) / (1 + df)))</code>, vectors scaled to length 1; the first of equals wins.</remarks>
public sealed class NearestNeighbour
{
    private readonly Dictionary<string, List<(int Text, float Weight)>> _postings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _rarity = new(StringComparer.Ordinal);
    private readonly int _count;

    public NearestNeighbour(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0) throw new ArgumentException("NearestNeighbour: there must be at least one text.");
        _count = texts.Count;
        var bags = texts.Select(Bag).ToList();
        foreach (var bag in bags)
            foreach (string word in bag.Keys) CollectionsMarshal.GetValueRefOrAddDefault(_rarity, word, out _)++;
        foreach (string word in _rarity.Keys.ToList()) _rarity[word] = 1 + Log2((1.0 + _count) / (1 + _rarity[word]));
        for (int i = 0; i < bags.Count; i++)
            foreach (var (word, weight) in Weighted(bags[i]))
            {
                if (!_postings.TryGetValue(word, out var list)) _postings.Add(word, list = []);
                list.Add((i, (float)weight));
            }
    }

    /// <summary>Index of the most similar text and the cosine; the first text and 0 where no word is shared.</summary>
    public (int Index, double Cosine) Find(string text)
    {
        double[] scores = new double[_count];
        foreach (var (word, weight) in Weighted(Bag(text)))
        {
            if (!_postings.TryGetValue(word, out var list)) continue;
            foreach (var (index, other) in list) scores[index] += weight * other;
        }
        int best = 0;
        for (int i = 1; i < _count; i++)
            if (scores[i] > scores[best]) best = i;
        return (best, scores[best]);
    }

    private static SortedDictionary<string, int> Bag(string text)
    {
        // sorted, so that sums have one order
        var bag = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string word in MetricTokens.Of(text)) bag[word] = bag.GetValueOrDefault(word) + 1;
        return bag;
    }

    private IEnumerable<(string Word, double Weight)> Weighted(SortedDictionary<string, int> bag)
    {
        double squares = 0;
        foreach (var (word, count) in bag) squares += Square(count * Rarity(word));
        double length = squares > 0 ? Math.Sqrt(squares) : 1;
        foreach (var (word, count) in bag) yield return (word, count * Rarity(word) / length);
    }

    private double Rarity(string word) => _rarity.TryGetValue(word, out double rarity) ? rarity : 1 + Log2(1.0 + _count);

    private static double Square(double x) => x * x;

    // own, because the C library's last bit depends on the machine: 2 atanh((m - 1) / (m + 1)) / ln 2 on [1, 2)
    private static double Log2(double x)
    {
        int exponent = Math.ILogB(x);
        double m = Math.ScaleB(x, -exponent), z = (m - 1) / (m + 1), z2 = z * z, sum = 0;
        for (int k = 41; k >= 1; k -= 2) sum = sum * z2 + 1.0 / k;
        return exponent + 2 * z * sum * 1.4426950408889634;
    }
}
