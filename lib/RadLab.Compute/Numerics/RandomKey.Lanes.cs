using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

public readonly partial record struct RandomKey
{
    /// <summary>Numbers that <see cref="BlockLanes"/> makes at a time.</summary>
    internal const int GroupSize = 64;

    /// <summary>Writes At(firstIndex), At(firstIndex + 1), … to <paramref name="destination"/>.</summary>
    public void Fill(Span<uint> destination, ulong firstIndex = 0)
    {
        Span<uint> whole = stackalloc uint[GroupSize];
        while (destination.Length > 0)
        {
            int skip = (int)(firstIndex % GroupSize);
            int count = Math.Min(GroupSize - skip, destination.Length);
            var group = count == GroupSize ? destination[..GroupSize] : whole;
            BlockLanes(firstIndex / GroupSize, out var a, out var b, out var c, out var d);
            a.CopyTo(group);
            b.CopyTo(group[16..]);
            c.CopyTo(group[32..]);
            d.CopyTo(group[48..]);
            if (count != GroupSize) whole.Slice(skip, count).CopyTo(destination);
            destination = destination[count..];
            firstIndex += (ulong)count;
        }
    }

    /// <summary>Writes Uniform(firstIndex), Uniform(firstIndex + 1), … to <paramref name="destination"/>.</summary>
    public void FillUniform(Span<float> destination, ulong firstIndex = 0)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        Fill(bits, firstIndex);
        for (int i = 0; i < bits.Length; i++) destination[i] = (bits[i] >> 8) * (1f / (1 << 24));
    }

    /// <summary>Writes Normal(firstIndex), Normal(firstIndex + 1), … to <paramref name="destination"/>.</summary>
    public void FillNormal(Span<float> destination, ulong firstIndex = 0)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        Fill(bits, firstIndex);
        for (int i = 0; i < bits.Length; i++) destination[i] = NormalFromBits(bits[i]);
    }

    /// <summary>The 64 numbers At(64 group) … At(64 group + 63): lane l of word w is At(64 group + 16 w + l).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void BlockLanes(ulong group, out Vector512<uint> word0, out Vector512<uint> word1, out Vector512<uint> word2, out Vector512<uint> word3)
    {
        // 16 consecutive blocks that start at a multiple of 16: no carry into the upper half of the counter.
        var c0 = Vector512.Create((uint)(group << 4)) + Vector512<uint>.Indices;
        var c1 = Vector512.Create((uint)(group >> 28));
        var c2 = Vector512.Create(Stream);
        var c3 = Vector512.Create(Step);
        uint k0 = (uint)Seed, k1 = (uint)(Seed >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            Multiply(c0, Multiplier0, out var high0, out var low0);
            Multiply(c2, Multiplier1, out var high1, out var low1);
            c0 = high1 ^ c1 ^ Vector512.Create(k0);
            c1 = low1;
            c2 = high0 ^ c3 ^ Vector512.Create(k1);
            c3 = low0;
            k0 += Weyl0;
            k1 += Weyl1;
        }
        (word0, word1, word2, word3) = (c0, c1, c2, c3);
    }

    /// <summary>Uniform in [0, 1) from the bits of <see cref="BlockLanes"/>; the same numbers as <see cref="Uniform"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> UniformLanes(Vector512<uint> bits) =>
        Vector512.ConvertToSingle((bits >>> 8).AsInt32()) * (1f / (1 << 24));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(Vector512<uint> a, uint multiplier, out Vector512<uint> high, out Vector512<uint> low)
    {
        var even = MultiplyEven(a, multiplier);
        var odd = MultiplyEven((a.AsUInt64() >>> 32).AsUInt32(), multiplier);
        var upper = Vector512.Create(0xFFFFFFFF_00000000UL);
        high = Vector512.ConditionalSelect(upper, odd, even >>> 32).AsUInt32();
        low = Vector512.ConditionalSelect(upper, odd << 32, even).AsUInt32();
    }

    // 32 x 32 -> 64 bits in each even lane. The portable product is 64 x 64 bits, and filling with it takes about three
    // times as long with AVX-512.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> MultiplyEven(Vector512<uint> a, uint multiplier)
    {
        var m = Vector512.Create(multiplier);
        if (Avx512F.IsSupported) return Avx512F.Multiply(a, m);
        if (Avx2.IsSupported)
            return Vector512.Create(Avx2.Multiply(a.GetLower(), m.GetLower()), Avx2.Multiply(a.GetUpper(), m.GetLower()));
        return (a.AsUInt64() & Vector512.Create(0xFFFFFFFFUL)) * multiplier;
    }
}
