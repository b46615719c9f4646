using System.Globalization;
using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>
/// A stream of random numbers addressed by index: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011). The number at an index depends on the key and the index alone, so threads, devices and resumed
/// runs all see the same numbers, in whatever order they ask.
/// </summary>
/// <remarks>
/// The Philox key is <paramref name="Seed"/>; its counter is (64-bit block number, <paramref name="Stream"/>,
/// <paramref name="Step"/>). Each key has two independent sequences: 32-bit numbers (<see cref="At"/>,
/// <see cref="Uniform"/>, <see cref="Normal"/>) and 64-bit numbers (<see cref="At64"/>, <see cref="UniformDouble"/>,
/// <see cref="Below"/>). Within one sequence, calls with the same index use the same bits: give each purpose its own stream.
/// </remarks>
/// <param name="Seed">The run's seed.</param>
/// <param name="Stream">What the numbers are for: one value per layer, data set or other purpose.</param>
/// <param name="Step">The training step, epoch or other moment.</param>
public readonly partial record struct RandomKey(ulong Seed, uint Stream, uint Step)
{
    // The top bit of the block number keeps the 64-bit sequence apart; 32-bit indices never reach it.
    private const ulong WideBlocks = 1UL << 63;

    /// <summary>32 random bits. Index i is word (i / 16) mod 4 of block 16 (i / 64) + i mod 16, which lets 16 SIMD lanes
    /// compute 64 consecutive numbers without moving any of them between lanes.</summary>
    public uint At(ulong index)
    {
        Block((index >> 6 << 4) | (index & 15), out uint w0, out uint w1, out uint w2, out uint w3);
        return ((index >> 4) & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
    }

    /// <summary>64 random bits, from a sequence that shares nothing with <see cref="At"/>.</summary>
    public ulong At64(ulong index)
    {
        Block(WideBlocks | (index >> 1), out uint w0, out uint w1, out uint w2, out uint w3);
        return (index & 1) == 0 ? ((ulong)w1 << 32) | w0 : ((ulong)w3 << 32) | w2;
    }

    /// <summary>Uniform in [0, 1): the upper 24 bits of <see cref="At"/> times 2^-24.</summary>
    public float Uniform(ulong index) => (At(index) >> 8) * (1f / (1 << 24));

    /// <summary>Uniform in [0, 1): the upper 53 bits of <see cref="At64"/> times 2^-53.</summary>
    public double UniformDouble(ulong index) => (At64(index) >> 11) * (1.0 / (1L << 53));

    /// <summary>Standard normal: the inverse distribution function at (At(index) + 1/2) 2^-32, so |value| &lt; 6.4.</summary>
    public float Normal(ulong index) => NormalFromBits(At(index));

    /// <summary>Uniform in 0 .. bound-1: the upper half of At64(index) * bound. A value's probability is off by at most 2^-64.</summary>
    public int Below(ulong index, int bound)
    {
        if (bound < 1)
            throw new ArgumentOutOfRangeException(nameof(bound), string.Create(CultureInfo.InvariantCulture, $"RandomKey.Below: bound must be at least 1, got {bound}."));
        return (int)Math.BigMul(At64(index), (ulong)bound, out _);
    }

    /// <summary>Puts the items in random order (Fisher-Yates); n items use indices 1 .. n-1 of <see cref="Below"/>.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below((ulong)i, i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>One Philox4x32-10 block: four 32-bit words for the counter (counter, Stream, Step).</summary>
    public void Block(ulong counter, out uint word0, out uint word1, out uint word2, out uint word3)
    {
        uint c0 = (uint)counter, c1 = (uint)(counter >> 32), c2 = Stream, c3 = Step;
        uint k0 = (uint)Seed, k1 = (uint)(Seed >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = Math.BigMul(Multiplier0, c0), p1 = Math.BigMul(Multiplier1, c2);
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }
        (word0, word1, word2, word3) = (c0, c1, c2, c3);
    }

    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float NormalFromBits(uint bits) => (float)DoubleMath.InverseNormal((bits + 0.5) * (1.0 / (1L << 32)));
}
