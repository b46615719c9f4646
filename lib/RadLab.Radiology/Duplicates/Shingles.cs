using System.Buffers;

namespace RadLab.Radiology;

/// <summary>
/// A text as the set of its runs of k words, each run as a 32-bit hash, sorted. A text of fewer than k words is one run; a text without words is the empty
/// set. Two different runs of a pair of texts share a hash with a probability of |A|·|B| / 2³², one in a million for reports of 60 words, and would then raise the
/// similarity by one run.
/// </summary>
internal static class Shingles
{
    private const ulong Base = 0x9E3779B97F4A7C15;

    /// <summary>Appends nothing but the set: sorted, distinct. The array is rented from the shared pool; give it back.</summary>
    public static uint[] Rent(string text, int words, out int count)
    {
        char[] buffer = ArrayPool<char>.Shared.Rent(Math.Max(1, text.Length));
        int length = NormalizedText.Write(text, buffer);
        uint[] set = ArrayPool<uint>.Shared.Rent(Math.Max(1, (length + 1) / 2));
        count = Fill(buffer.AsSpan(0, length), words, set);
        ArrayPool<char>.Shared.Return(buffer);
        return set;
    }

    public static uint[] Of(string text, int words)
    {
        uint[] rented = Rent(text, words, out int count);
        uint[] set = rented[..count];
        ArrayPool<uint>.Shared.Return(rented);
        return set;
    }

    /// <summary>Size of the intersection of two sorted sets, or -1 as soon as it can no longer reach <paramref name="atLeast"/>.</summary>
    public static int Common(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, int atLeast = 0)
    {
        int i = 0, j = 0, common = 0;
        int missesLeft = Math.Min(a.Length, b.Length) - atLeast;
        if (missesLeft < 0) return -1;
        // a miss is an element of one side that the other lacks; only so many of each may occur
        int missesA = a.Length - atLeast, missesB = b.Length - atLeast;
        while (i < a.Length && j < b.Length)
        {
            uint x = a[i], y = b[j];
            if (x == y)
            {
                common++;
                i++;
                j++;
            }
            else if (x < y)
            {
                i++;
                if (--missesA < 0) return -1;
            }
            else
            {
                j++;
                if (--missesB < 0) return -1;
            }
        }
        return common;
    }

    /// <summary>The least intersection at which |a ∩ b| / |a ∪ b| reaches the threshold, for sets of these sizes.</summary>
    public static int CommonFor(double jaccard, int a, int b)
    {
        // I / (a + b - I) >= t  <=>  I >= t (a + b) / (1 + t); the loop settles the rounding
        int common = Math.Max(0, (int)(jaccard * ((double)a + b) / (1 + jaccard)) - 1);
        while (common < jaccard * ((double)a + b - common)) common++;
        return common;
    }

    private static int Fill(ReadOnlySpan<char> normal, int words, Span<uint> set)
    {
        if (normal.IsEmpty) return 0;
        // the last k word hashes in a ring; a run's hash is their polynomial, oldest word first
        Span<ulong> ring = stackalloc ulong[words];
        int seen = 0, n = 0, at = 0;
        while (at < normal.Length)
        {
            ulong word = 14695981039346656037;
            for (; at < normal.Length && normal[at] != ' '; at++) word = (word ^ normal[at]) * 1099511628211;
            at++;
            ring[seen % words] = Mix(word);
            seen++;
            if (seen >= words) set[n++] = Run(ring, seen, words);
        }
        if (seen < words) set[n++] = Run(ring[..seen], seen, seen);
        var filled = set[..n];
        filled.Sort();
        int distinct = 0;
        for (int i = 0; i < n; i++)
            if (i == 0 || filled[i] != filled[i - 1]) filled[distinct++] = filled[i];
        return distinct;
    }

    private static uint Run(ReadOnlySpan<ulong> ring, int seen, int words)
    {
        ulong h = 0;
        for (int i = 0; i < words; i++) h = h * Base + ring[(seen + i) % words];
        return (uint)(Mix(h) >> 32);
    }

    // the finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit
    internal static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
