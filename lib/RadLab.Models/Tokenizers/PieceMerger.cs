namespace RadLab.Models;

/// <summary>Byte pair encoding of one piece: as long as any two neighbours may be merged, merges those of the lowest rank, the leftmost first.</summary>
/// <remarks>Not safe for two threads at once. Short pieces search all pairs each time; long ones (a page without a space) keep a queue, O(n log n).</remarks>
internal sealed class PieceMerger(MergeTable table)
{
    internal const int ShortLength = 64;

    private const int KeptLength = 1 << 16;

    private int[] _symbols = new int[256];
    private int[] _next = [];
    private int[] _previous = [];
    private int[] _ranks = [];
    private PriorityQueue<int, ulong> _queue = new();

    /// <summary>Room for the tokens of a piece before merging.</summary>
    public Span<int> Symbols(int count)
    {
        if (_symbols.Length < count || (_symbols.Length > KeptLength && count <= KeptLength)) _symbols = new int[Math.Max(256, count)];
        return _symbols.AsSpan(0, count);
    }

    /// <summary>Merges the first <paramref name="count"/> symbols.</summary>
    /// <returns>What is left, valid until the next call.</returns>
    public ReadOnlySpan<int> Merge(int count) =>
        _symbols.AsSpan(0, count <= ShortLength ? MergeShort(_symbols.AsSpan(0, count)) : MergeLong(count));

    private int MergeShort(Span<int> symbols)
    {
        // ranks[i] and merged[i] belong to the pair (i, i + 1)
        Span<int> ranks = stackalloc int[ShortLength];
        Span<int> merged = stackalloc int[ShortLength];
        int n = symbols.Length;
        for (int i = 0; i < n - 1; i++) ranks[i] = table.Rank(symbols[i], symbols[i + 1], out merged[i]);
        while (n > 1)
        {
            int best = MergeTable.None, at = -1;
            for (int i = 0; i < n - 1; i++)
            {
                if (ranks[i] >= best) continue;
                best = ranks[i];
                at = i;
            }
            if (at < 0) break;

            symbols[at] = merged[at];
            symbols[(at + 2)..n].CopyTo(symbols[(at + 1)..]);
            if (at + 2 < n)
            {
                ranks[(at + 2)..(n - 1)].CopyTo(ranks[(at + 1)..]);
                merged[(at + 2)..(n - 1)].CopyTo(merged[(at + 1)..]);
            }
            n--;
            if (at < n - 1) ranks[at] = table.Rank(symbols[at], symbols[at + 1], out merged[at]);
            if (at > 0) ranks[at - 1] = table.Rank(symbols[at - 1], symbols[at], out merged[at - 1]);
        }
        return n;
    }

    private int MergeLong(int count)
    {
        if (_next.Length < count)
        {
            _next = new int[count];
            _previous = new int[count];
            _ranks = new int[count];
        }
        for (int i = 0; i < count; i++)
        {
            _next[i] = i + 1;
            _previous[i] = i - 1;
        }
        for (int i = 0; i < count; i++) Rate(i, count);
        while (_queue.TryDequeue(out int at, out ulong key))
        {
            // An entry is out of date once its pair has changed; ranks[at] is always that of the pair that stands there now.
            if (_ranks[at] != (int)(key >> 32)) continue;
            int right = _next[at], after = _next[right];
            table.Rank(_symbols[at], _symbols[right], out _symbols[at]);
            _ranks[right] = MergeTable.None;
            _next[at] = after;
            if (after < count) _previous[after] = at;
            Rate(at, count);
            if (_previous[at] >= 0) Rate(_previous[at], count);
        }
        int n = 0;
        for (int i = 0; i < count; i = _next[i]) _symbols[n++] = _symbols[i];
        if (count > KeptLength)
        {
            _next = _previous = _ranks = [];
            _queue = new PriorityQueue<int, ulong>();
        }
        return n;
    }

    private void Rate(int at, int count)
    {
        int right = _next[at];
        _ranks[at] = right < count ? table.Rank(_symbols[at], _symbols[right], out _) : MergeTable.None;
        if (_ranks[at] != MergeTable.None) _queue.Enqueue(at, ((ulong)(uint)_ranks[at] << 32) | (uint)at);
    }
}
