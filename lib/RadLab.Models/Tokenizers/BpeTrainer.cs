using System.Runtime.InteropServices;
using System.Text;

namespace RadLab.Models;

/// <summary>
/// Learns merges from text: the pair of neighbours that occurs most often within pieces becomes a token, again and again. Of equally frequent
/// pairs the one with the smaller left id wins, then the smaller right id, so the same texts always give the same vocabulary, in whatever order they come.
/// </summary>
internal sealed class BpeTrainer
{
    // A longer piece is no word: a line of dashes, or binary data. It teaches nothing and would make every merge slow.
    private const int MaxPieceBytes = 256;

    private readonly BpeTraining _training;
    private readonly List<int[]> _pieces = [];
    private readonly List<long> _counts = [];
    private readonly List<int> _lastVisit = [];
    private readonly Dictionary<ulong, long> _pairCounts = [];
    private readonly Dictionary<ulong, List<int>> _pairPieces = [];
    private readonly HashSet<ulong> _changed = [];

    // An entry is out of date when the pair's count has changed since; a newer one is then in the queue too.
    private readonly PriorityQueue<ulong, (long Count, ulong Pair)> _queue =
        new(Comparer<(long Count, ulong Pair)>.Create((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Pair.CompareTo(b.Pair)));

    public BpeTrainer(IEnumerable<string> texts, BpeTraining training)
    {
        _training = training;
        for (int b = 0; b < 256; b++)
        {
            Tokens.Add(((char)b).ToString());
            Ids.Add(Tokens[b], b);
        }
        foreach (var (piece, count) in CountPieces(texts))
        {
            if (piece.Length < 2) continue;
            _pieces.Add(Array.ConvertAll(piece.ToCharArray(), c => (int)c));
            _counts.Add(count);
            _lastVisit.Add(-1);
            AddPairs(_pieces.Count - 1, count);
        }
        PushChanged();
        Learn(training.VocabularySize - training.SpecialTokens.Count);
    }

    /// <summary>By id, as Latin-1.</summary>
    public List<string> Tokens { get; } = [];

    public Dictionary<string, int> Ids { get; } = [];

    public List<(int Left, int Right, int Merged)> Merges { get; } = [];

    private static Dictionary<string, long> CountPieces(IEnumerable<string> texts)
    {
        var counts = new Dictionary<string, long>();
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> latin1 = stackalloc char[MaxPieceBytes];
        foreach (string text in texts)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            for (int at = 0; at < utf8.Length;)
            {
                int next = Llama3Split.Next(utf8, at);
                if (next - at <= MaxPieceBytes)
                {
                    int length = Encoding.Latin1.GetChars(utf8.AsSpan(at, next - at), latin1);
                    CollectionsMarshal.GetValueRefOrAddDefault(lookup, latin1[..length], out _)++;
                }
                at = next;
            }
        }
        return counts;
    }

    private void Learn(int size)
    {
        while (Tokens.Count < size && _queue.TryDequeue(out ulong pair, out var entry))
        {
            if (entry.Count != _pairCounts.GetValueOrDefault(pair) || entry.Count < _training.MinFrequency) continue;
            int left = (int)(pair >> 32), right = (int)pair;
            string text = Tokens[left] + Tokens[right];
            if (text.Length > _training.MaxTokenBytes) continue;
            // Two different pairs can spell the same token: it keeps its id, and both merges lead there.
            if (!Ids.TryGetValue(text, out int merged))
            {
                merged = Tokens.Count;
                Tokens.Add(text);
                Ids.Add(text, merged);
            }
            Merges.Add((left, right, merged));
            Merge(pair, left, right, merged);
        }
    }

    private void Merge(ulong pair, int left, int right, int merged)
    {
        foreach (int number in _pairPieces[pair])
        {
            // the list may name a piece twice
            if (_lastVisit[number] == Merges.Count) continue;
            _lastVisit[number] = Merges.Count;
            AddPairs(number, -_counts[number]);
            int[] piece = _pieces[number];
            int n = 0;
            for (int i = 0; i < piece.Length; i++)
            {
                bool both = i + 1 < piece.Length && piece[i] == left && piece[i + 1] == right;
                piece[n++] = both ? merged : piece[i];
                if (both) i++;
            }
            _pieces[number] = piece[..n];
            AddPairs(number, _counts[number]);
        }
        _pairPieces.Remove(pair);
        PushChanged();
    }

    private void AddPairs(int number, long count)
    {
        int[] piece = _pieces[number];
        for (int i = 0; i + 1 < piece.Length; i++)
        {
            ulong pair = ((ulong)(uint)piece[i] << 32) | (uint)piece[i + 1];
            CollectionsMarshal.GetValueRefOrAddDefault(_pairCounts, pair, out _) += count;
            _changed.Add(pair);
            if (count <= 0) continue;
            ref var pieces = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairPieces, pair, out _);
            pieces ??= [];
            if (pieces.Count == 0 || pieces[^1] != number) pieces.Add(number);
        }
    }

    private void PushChanged()
    {
        foreach (ulong pair in _changed)
        {
            long count = _pairCounts[pair];
            if (count >= _training.MinFrequency) _queue.Enqueue(pair, (count, pair));
            else if (count == 0) _pairCounts.Remove(pair);
        }
        _changed.Clear();
    }
}
