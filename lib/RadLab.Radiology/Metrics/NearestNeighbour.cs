namespace RadLab.Radiology;

/// <summary>
/// Looks up the training text that is most like another one by cosine of TF-IDF vectors: the baseline that a report generator must beat to have learnt more than to
/// look things up. The first of equals wins.
/// </summary>
/// <remarks>Vectors: <see cref="TfIdf"/>.</remarks>
public sealed class NearestNeighbour
{
    private readonly Dictionary<string, List<(int Text, float Weight)>> _postings = new(StringComparer.Ordinal);
    private readonly TfIdf _vectors;
    private readonly int _count;

    public NearestNeighbour(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0) throw new ArgumentException("NearestNeighbour: there must be at least one text.");
        _count = texts.Count;
        _vectors = new TfIdf(texts);
        for (int i = 0; i < texts.Count; i++)
            foreach (var (word, weight) in _vectors.Of(texts[i]))
            {
                if (!_postings.TryGetValue(word, out var list)) _postings.Add(word, list = []);
                list.Add((i, (float)weight));
            }
    }

    /// <summary>Index of the most similar text and the cosine; the first text and 0 where no word is shared.</summary>
    public (int Index, double Cosine) Find(string text)
    {
        double[] scores = new double[_count];
        foreach (var (word, weight) in _vectors.Of(text))
        {
            if (!_postings.TryGetValue(word, out var list)) continue;
            foreach (var (index, other) in list) scores[index] += weight * other;
        }
        int best = 0;
        for (int i = 1; i < _count; i++)
            if (scores[i] > scores[best]) best = i;
        return (best, scores[best]);
    }
}
