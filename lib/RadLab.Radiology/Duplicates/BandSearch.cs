using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadLab.Radiology;

/// <summary>
/// Finds and confirms near duplicates, a few bands at a time: keys of all texts, texts of equal key side by side, exact comparison, union. Keys are made anew
/// from the shingles for each group of bands, which costs less than keeping whole signatures (560 MB for a million texts).
/// </summary>
internal sealed class BandSearch(ShingleStore sets, NearDuplicateOptions options, int threads, CancellationToken cancel)
{
    private const int Lanes = 32;        // minima made in one pass over a set: two vectors of 16
    private const int TextsPerChunk = 4096;

    public long Compared { get; private set; }

    public long Confirmed { get; private set; }

    public long NotCompared { get; private set; }

    public void Run(DisjointSets found)
    {
        int n = sets.Count;
        int bandsPerPass = Math.Min(options.Bands, Lanes / options.Rows);
        ulong[][] keys = new ulong[bandsPerPass][];
        int[][] order = new int[bandsPerPass][];
        for (int b = 0; b < bandsPerPass; b++) (keys[b], order[b]) = (new ulong[n], new int[n]);
        int[] names = new int[n];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount, CancellationToken = cancel };

        for (int first = 0; first < options.Bands; first += bandsPerPass)
        {
            int bands = Math.Min(bandsPerPass, options.Bands - first);
            uint[] seeds = Seeds(first, bands);
            Parallel.For(0, (n + TextsPerChunk - 1) / TextsPerChunk, parallel, chunk => Keys(chunk, seeds, bands, keys));

            // every band of the pass looks at the clusters as they were before it: what a band finds does not depend on who was faster
            found.Names(names);
            var results = new BandResult[bands];
            Parallel.For(0, bands, parallel, b => results[b] = Confirm(keys[b], order[b], names));
            foreach (var result in results)
            {
                foreach (var (x, y) in result.Pairs) found.Union(x, y);
                Compared += result.Compared;
                Confirmed += result.Pairs.Count;
                NotCompared += result.NotCompared;
            }
        }
    }

    private uint[] Seeds(int firstBand, int bands)
    {
        // a hash function's seed depends on its number alone, not on how many bands a pass takes
        uint[] seeds = new uint[Lanes];
        for (int i = 0; i < bands * options.Rows; i++)
            seeds[i] = (uint)(Shingles.Mix(options.Seed + 0x9E3779B97F4A7C15 * (ulong)(firstBand * options.Rows + i + 1)) >> 32);
        return seeds;
    }

    private void Keys(int chunk, uint[] seeds, int bands, ulong[][] keys)
    {
        Span<uint> minima = stackalloc uint[Lanes];
        int end = Math.Min(sets.Count, (chunk + 1) * TextsPerChunk);
        for (int i = chunk * TextsPerChunk; i < end; i++)
        {
            var set = sets[i];
            if (set.IsEmpty)
            {
                // alone in every band: its key is its own number, and buckets of one are passed over
                for (int b = 0; b < bands; b++) keys[b][i] = Shingles.Mix((ulong)i);
                continue;
            }
            Minima(set, seeds, minima);
            for (int b = 0; b < bands; b++)
            {
                ulong key = 0;
                foreach (uint minimum in minima.Slice(b * options.Rows, options.Rows)) key = Shingles.Mix(key ^ minimum) + 0x9E3779B97F4A7C15;
                keys[b][i] = key;
            }
        }
    }

    /// <summary>Lane l: the least of h_l(x) over the set, h_l(x) = the 32-bit finaliser of MurmurHash3 of x xor seed l, a bijection of its own for every seed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Minima(ReadOnlySpan<uint> set, uint[] seeds, Span<uint> minima)
    {
        ref uint seed = ref MemoryMarshal.GetArrayDataReference(seeds);
        var s0 = Vector512.LoadUnsafe(ref seed);
        var s1 = Vector512.LoadUnsafe(ref seed, 16);
        var m0 = Vector512<uint>.AllBitsSet;
        var m1 = Vector512<uint>.AllBitsSet;
        foreach (uint x in set)
        {
            var v = Vector512.Create(x);
            m0 = Vector512.Min(m0, Finalise(v ^ s0));
            m1 = Vector512.Min(m1, Finalise(v ^ s1));
        }
        ref uint to = ref MemoryMarshal.GetReference(minima);
        m0.StoreUnsafe(ref to);
        m1.StoreUnsafe(ref to, 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Finalise(Vector512<uint> h)
    {
        h = (h ^ (h >>> 16)) * Vector512.Create(0x85EBCA6Bu);
        h = (h ^ (h >>> 13)) * Vector512.Create(0xC2B2AE35u);
        return h ^ (h >>> 16);
    }

    private sealed record BandResult(List<(int, int)> Pairs, long Compared, long NotCompared);

    private BandResult Confirm(ulong[] keys, int[] order, int[] names)
    {
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(keys, order);
        var pairs = new List<(int, int)>();
        long compared = 0, notCompared = 0;
        int[] labels = [];
        // by size, then position: neighbours in this order are the likeliest duplicates, and ties fall the same way always
        Comparison<int> bySize = (a, b) => sets.SizeOf(a) != sets.SizeOf(b) ? sets.SizeOf(a).CompareTo(sets.SizeOf(b)) : a.CompareTo(b);
        for (int start = 0, end; start < keys.Length; start = end)
        {
            end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            int m = end - start;
            if (m == 1) continue;
            cancel.ThrowIfCancellationRequested();

            var bucket = order.AsSpan(start, m);
            bucket.Sort(bySize);
            if (labels.Length < m) labels = new int[Math.Max(m, 2 * labels.Length)];
            var label = labels.AsSpan(0, m);
            for (int i = 0; i < m; i++) label[i] = names[bucket[i]];

            long left = 0;
            for (int i = 1; i < m; i++)
            {
                var a = sets[bucket[i]];
                double least = options.Threshold * a.Length;   // the shorter of two near duplicates has at least so many shingles
                int stop = Math.Max(0, i - options.ComparisonsPerBucket);
                int j = i - 1;
                for (; j >= stop; j--)
                {
                    var b = sets[bucket[j]];
                    if (b.Length < least) break;
                    if (label[i] == label[j]) continue;
                    compared++;
                    if (Shingles.Common(a, b, Shingles.CommonFor(options.Threshold, a.Length, b.Length)) < 0) continue;
                    pairs.Add((bucket[i], bucket[j]));
                    label.Replace(label[j], label[i]);
                }
                if (j >= 0 && j < stop) left += j + 1 - FirstOfSize(bucket[..(j + 1)], least);
            }
            // where the whole bucket is one cluster in the end, nothing was missed
            if (left > 0 && label.ContainsAnyExcept(label[0])) notCompared += left;
        }
        return new BandResult(pairs, compared, notCompared);
    }

    private int FirstOfSize(ReadOnlySpan<int> bySize, double least)
    {
        int low = 0, high = bySize.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (sets.SizeOf(bySize[middle]) < least) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
