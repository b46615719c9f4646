using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// The random numbers of one record: they depend on (seed, stream, record) alone, so records can be made in any order, by any thread, and again.
/// </summary>
/// <remarks>
/// Counter-based: number n is SplitMix64's finalizer (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) of
/// key + n · 0x9E3779B97F4A7C15; the key is the three arguments mixed one after the other. A class, so that a copy cannot repeat numbers by accident.
/// </remarks>
/// <param name="seed">The run's seed.</param>
/// <param name="stream">What the numbers are for: one value per purpose.</param>
/// <param name="record">The record's number, or a <see cref="Hash"/> of its identity.</param>
internal sealed class SeededRandom(ulong seed, ulong stream, ulong record)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _key = Mix(Mix(Mix(seed + Golden) ^ (stream * 0xD1342543DE82EF95)) ^ (record * 0xAF251AF3B0F025B5));
    private ulong _count;

    /// <summary>64 random bits.</summary>
    public ulong Next() => Mix(_key + ++_count * Golden);

    /// <summary>Uniform in 0 .. bound-1; off by at most 2^-64 per value times the bound.</summary>
    public int Below(int bound)
    {
        if (bound < 1) throw new ArgumentOutOfRangeException(nameof(bound), string.Create(CultureInfo.InvariantCulture, $"SeededRandom.Below: bound must be at least 1, got {bound}."));
        return (int)Math.BigMul(Next(), (ulong)bound, out _);
    }

    /// <summary>Uniform in first .. last, both included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    /// <summary>Uniform in [0, 1): 53 bits.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => Uniform() < probability;

    /// <summary>One of the items, each as likely as the other.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Puts the items in random order (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>FNV-1a over the UTF-16 units, finished by the same mixer: turns a name into a record number.</summary>
    public static ulong Hash(ReadOnlySpan<char> text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char c in text) hash = (hash ^ c) * 0x100000001B3;
        return Mix(hash);
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
