using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>
/// One query row, or four, against one tile of up to 64 keys: scores, running softmax, weighted sum of values. Lanes run over the head width; a row's numbers are
/// the same whether it is computed alone or with three others.
/// </summary>
internal static unsafe class AttentionDecodeBlock
{
    public const int Rows = 4;
    public const int TileKeys = 64;

    /// <summary>p[i] = q . k[i]; four keys at a time, since each product waits for the one before.</summary>
    /// <param name="at">The tile's first element in the cache; rows lie <paramref name="D"/> apart.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoresOfOne<TC>(float* q, void* cache, nint at, int D, int keys, float* p) where TC : unmanaged, IStorage
    {
        for (int i = 0; i < keys; i += 4)
        {
            // past the end the last key is computed again; Advance hides what it gives
            nint k0 = at + (nint)i * D, k1 = at + (nint)Math.Min(i + 1, keys - 1) * D, k2 = at + (nint)Math.Min(i + 2, keys - 1) * D, k3 = at + (nint)Math.Min(i + 3, keys - 1) * D;
            Vector512<float> s0 = Vector512<float>.Zero, s1 = s0, s2 = s0, s3 = s0;
            int d = 0;
            for (; d <= D - Lanes.Count; d += Lanes.Count)
            {
                var x = Vector512.Load(q + d);
                s0 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, k0 + d), s0);
                s1 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, k1 + d), s1);
                s2 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, k2 + d), s2);
                s3 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, k3 + d), s3);
            }
            if (d < D)
            {
                var x = Vector512.Load(q + d);
                s0 = Vector512.FusedMultiplyAdd(x, Lanes.LoadTail<TC>(cache, k0 + d, D - d), s0);
                s1 = Vector512.FusedMultiplyAdd(x, Lanes.LoadTail<TC>(cache, k1 + d, D - d), s1);
                s2 = Vector512.FusedMultiplyAdd(x, Lanes.LoadTail<TC>(cache, k2 + d, D - d), s2);
                s3 = Vector512.FusedMultiplyAdd(x, Lanes.LoadTail<TC>(cache, k3 + d, D - d), s3);
            }
            Lanes.Sum(s0, s1, s2, s3).Store(p + i);
        }
    }

    /// <summary>The same for four rows of q and p, one key at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoresOfFour<TC>(float* q, int width, void* cache, nint at, int D, int keys, float* p) where TC : unmanaged, IStorage
    {
        for (int i = 0; i < keys; i++, at += D)
        {
            Vector512<float> s0 = Vector512<float>.Zero, s1 = s0, s2 = s0, s3 = s0;
            for (int d = 0; d < D; d += Lanes.Count)
            {
                var k = d <= D - Lanes.Count ? TC.Load(cache, at + d) : Lanes.LoadTail<TC>(cache, at + d, D - d);
                s0 = Vector512.FusedMultiplyAdd(Vector512.Load(q + d), k, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Load(q + width + d), k, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Load(q + 2 * width + d), k, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Load(q + 3 * width + d), k, s3);
            }
            p[i] = Lanes.Sum(s0);
            p[TileKeys + i] = Lanes.Sum(s1);
            p[2 * TileKeys + i] = Lanes.Sum(s2);
            p[3 * TileKeys + i] = Lanes.Sum(s3);
        }
    }

    /// <summary>
    /// Scores of a row become exp(s - max) under the maximum so far; what was summed before shrinks with it. Of <paramref name="keys"/> the row sees the first <paramref name="visible"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Advance(float* p, int visible, int keys, float* max, float* sums, float* y, int D)
    {
        int end = (keys + Lanes.Count - 1) / Lanes.Count * Lanes.Count;
        for (int i = Math.Max(0, visible); i < end; i++) p[i] = float.NegativeInfinity;
        var highest = Vector512.Create(*max);
        for (int i = 0; i < end; i += Lanes.Count) highest = Vector512.MaxNative(highest, Vector512.Load(p + i));
        var now = Vector512.Create(Lanes.Max(highest));

        var shrink = VectorMath.Exp(Vector512.Create(*max) - now);
        var total = Vector512.Load(sums) * shrink;
        for (int i = 0; i < end; i += Lanes.Count)
        {
            var e = VectorMath.Exp(Vector512.Load(p + i) - now);
            e.Store(p + i);
            total += e;
        }
        total.Store(sums);
        *max = now.ToScalar();
        if (Vector512.EqualsAll(shrink, Vector512<float>.One)) return;
        for (int d = 0; d < D; d += Lanes.Count) (Vector512.Load(y + d) * shrink).Store(y + d);
    }

    /// <summary>y += sum_i p[i] * v[i]; four vectors of the width at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToOne<TC>(float* p, void* cache, nint at, int D, int keys, float* y) where TC : unmanaged, IStorage
    {
        int d = 0;
        for (; d <= D - 4 * Lanes.Count; d += 4 * Lanes.Count)
        {
            float* to = y + d;
            Vector512<float> s0 = Vector512.Load(to), s1 = Vector512.Load(to + 16), s2 = Vector512.Load(to + 32), s3 = Vector512.Load(to + 48);
            nint v = at + d;
            for (int i = 0; i < keys; i++, v += D)
            {
                var x = Vector512.Create(p[i]);
                s0 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, v), s0);
                s1 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, v + 16), s1);
                s2 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, v + 32), s2);
                s3 = Vector512.FusedMultiplyAdd(x, TC.Load(cache, v + 48), s3);
            }
            s0.Store(to);
            s1.Store(to + 16);
            s2.Store(to + 32);
            s3.Store(to + 48);
        }
        for (; d < D; d += Lanes.Count)
        {
            var s = Vector512.Load(y + d);
            nint v = at + d;
            for (int i = 0; i < keys; i++, v += D)
                s = Vector512.FusedMultiplyAdd(Vector512.Create(p[i]), d <= D - Lanes.Count ? TC.Load(cache, v) : Lanes.LoadTail<TC>(cache, v, D - d), s);
            s.Store(y + d);
        }
    }

    /// <summary>The same for four rows of p and y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToFour<TC>(float* p, void* cache, nint at, int D, int keys, float* y, int width) where TC : unmanaged, IStorage
    {
        for (int d = 0; d < D; d += Lanes.Count)
        {
            bool whole = d <= D - Lanes.Count;
            Vector512<float> s0 = Vector512.Load(y + d), s1 = Vector512.Load(y + width + d), s2 = Vector512.Load(y + 2 * width + d), s3 = Vector512.Load(y + 3 * width + d);
            nint at0 = at + d;
            for (int i = 0; i < keys; i++, at0 += D)
            {
                var v = whole ? TC.Load(cache, at0) : Lanes.LoadTail<TC>(cache, at0, D - d);
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(p[i]), v, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(p[TileKeys + i]), v, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Create(p[2 * TileKeys + i]), v, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Create(p[3 * TileKeys + i]), v, s3);
            }
            s0.Store(y + d);
            s1.Store(y + width + d);
            s2.Store(y + 2 * width + d);
            s3.Store(y + 3 * width + d);
        }
    }
}
