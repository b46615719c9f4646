using System.Runtime.InteropServices;

namespace RadLab.Radiology;

/// <summary>
/// Finds every indexed set that shares at least a given part of its shingles with a query. Exact, unlike banding: a set of n shingles of which m must be
/// shared keeps its n - m + c rarest in the index, and whoever shares m of n shares at least c of any n - m + c (prefix filter; Chaudhuri, Ganti, Kaushik
/// 2006). Rare shingles keep the lists short, and c > 1 spares most comparisons where reports share stock phrases. Right where one side is small enough to be
/// indexed and the other streams by.
/// </summary>
internal sealed class OverlapIndex
{
    private readonly ShingleStore _sets = new();
    private readonly List<int> _required = [];
    private readonly Dictionary<uint, (int Start, int Count)> _lists = [];
    private int[] _postings = [];
    private int[] _hits = [];     // shared shingles of the indexed part, for the sets of _touched
    private readonly List<int> _touched = [];
    private bool _built;

    public int Count => _sets.Count;

    /// <summary>Adds a set of which a query must share at least <paramref name="required"/> shingles (at least 1).</summary>
    public void Add(ReadOnlySpan<uint> set, int required)
    {
        _sets.Add(set);
        _required.Add(Math.Clamp(required, 1, Math.Max(1, set.Length)));
        _built = false;
    }

    public int SizeOf(int i) => _sets.SizeOf(i);

    /// <summary>Appends the number of every set that shares enough, and how many shingles it shares, in rising order.</summary>
    public void Find(ReadOnlySpan<uint> query, List<(int Set, int Common)> found)
    {
        if (!_built) Build();
        int first = found.Count;
        foreach (uint shingle in query)
        {
            if (!_lists.TryGetValue(shingle, out var list)) continue;
            foreach (int set in _postings.AsSpan(list.Start, list.Count))
                if (_hits[set]++ == 0) _touched.Add(set);
        }
        foreach (int set in _touched)
        {
            int required = _required[set];
            if (_hits[set] >= Certain(required) && query.Length >= required)
            {
                int common = Shingles.Common(query, _sets[set], required);
                if (common >= required) found.Add((set, common));
            }
            _hits[set] = 0;
        }
        _touched.Clear();
        CollectionsMarshal.AsSpan(found)[first..].Sort((a, b) => a.Set.CompareTo(b.Set));
    }

    // c: an eighth of what must be shared; more would draw ever commoner shingles into the index
    private static int Certain(int required) => 1 + (required - 1) / 8;

    private void Build()
    {
        var frequency = new Dictionary<uint, int>();
        for (int i = 0; i < _sets.Count; i++)
            foreach (uint shingle in _sets[i]) CollectionsMarshal.GetValueRefOrAddDefault(frequency, shingle, out _)++;

        // rarest first; among equally frequent ones the smaller number, so that the index is the same in every run
        var entries = new List<(uint Shingle, int Set)>();
        var byRarity = new List<(int Frequency, uint Shingle)>();
        for (int i = 0; i < _sets.Count; i++)
        {
            var set = _sets[i];
            if (set.IsEmpty) continue;
            byRarity.Clear();
            foreach (uint shingle in set) byRarity.Add((frequency[shingle], shingle));
            byRarity.Sort();
            int prefix = set.Length - _required[i] + Certain(_required[i]);
            for (int p = 0; p < prefix; p++) entries.Add((byRarity[p].Shingle, i));
        }
        entries.Sort();

        _lists.Clear();
        _postings = new int[entries.Count];
        for (int start = 0, end; start < entries.Count; start = end)
        {
            for (end = start; end < entries.Count && entries[end].Shingle == entries[start].Shingle; end++) _postings[end] = entries[end].Set;
            _lists[entries[start].Shingle] = (start, end - start);
        }
        _hits = new int[_sets.Count];
        _built = true;
    }
}
