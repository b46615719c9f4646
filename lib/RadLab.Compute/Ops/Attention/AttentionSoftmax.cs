using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>
/// Softmax over lane tiles: row i is a key, lanes are query rows, so that maxima and sums need no reduction across lanes. Rows of scores past
/// <see cref="AttentionTile.KeysSeen"/> are left alone.
/// </summary>
internal static unsafe class AttentionSoftmax
{
    private const int Stride = AttentionShape.TileRows;

    /// <summary>
    /// Scores become exp(s - max) under the maximum so far; max and sum (one lane per query row) go on from earlier tiles;
    /// factor = exp(old max - new max) is what earlier sums and results must be multiplied by.
    /// </summary>
    /// <returns>False when all factors are 1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Advance(in AttentionTile tile, int firstKey, int keys, float* scores, float* max, float* sum, float* factor)
    {
        bool moved = false;
        for (int v = 0; v < tile.Vectors; v++)
        {
            int seen = tile.KeysSeen(v, firstKey, keys);
            int lane = v * Lanes.Count;
            float* column = scores + lane;
            var old = Vector512.Load(max + lane);
            var highest = Highest(column, seen, old);

            var total = Vector512<float>.Zero;
            for (int i = 0; i < seen; i++)
            {
                float* p = column + i * Stride;
                var e = VectorMath.Exp(Vector512.Load(p) - highest);
                e.Store(p);
                total += e;
            }

            var shrink = VectorMath.Exp(old - highest);
            Vector512.FusedMultiplyAdd(Vector512.Load(sum + lane), shrink, total).Store(sum + lane);
            shrink.Store(factor + lane);
            highest.Store(max + lane);
            moved |= !Vector512.EqualsAll(shrink, Vector512<float>.One);
        }
        return moved;
    }

    /// <summary>Scores become the probabilities exp(s - logSum).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Probabilities(in AttentionTile tile, int firstKey, int keys, float* scores, float* logSum)
    {
        for (int v = 0; v < tile.Vectors; v++)
        {
            int seen = tile.KeysSeen(v, firstKey, keys);
            float* column = scores + v * Lanes.Count;
            var l = Vector512.Load(logSum + v * Lanes.Count);
            for (int i = 0; i < seen; i++)
            {
                float* p = column + i * Stride;
                VectorMath.Exp(Vector512.Load(p) - l).Store(p);
            }
        }
    }

    /// <summary>
    /// delta = sum_d dy * y per query row, in the order in which the product makes dp = sum_d dy * v: a query that sees one key, whose y is that v,
    /// so gets a gradient of exactly zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Delta(float* y, float* dy, int D, int vectors, float* delta)
    {
        for (int v = 0; v < vectors * Lanes.Count; v += Lanes.Count)
        {
            var sum = Vector512<float>.Zero;
            for (int d = 0; d < D; d++) sum = Vector512.FusedMultiplyAdd(Vector512.Load(y + d * Stride + v), Vector512.Load(dy + d * Stride + v), sum);
            sum.Store(delta + v);
        }
    }

    /// <summary>Gradient of the scores: dp becomes p * (dp - delta), delta = dy . y, one lane per query row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreGradient(in AttentionTile tile, int firstKey, int keys, float* p, float* dp, float* delta)
    {
        for (int v = 0; v < tile.Vectors; v++)
        {
            int seen = tile.KeysSeen(v, firstKey, keys);
            var d = Vector512.Load(delta + v * Lanes.Count);
            for (int i = 0; i < seen; i++)
            {
                int at = i * Stride + v * Lanes.Count;
                (Vector512.Load(p + at) * (Vector512.Load(dp + at) - d)).Store(dp + at);
            }
        }
    }

    /// <summary>Multiplies each lane of a lane tile by its factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* tile, int rows, int vectors, float* factor)
    {
        for (int v = 0; v < vectors; v++)
        {
            var f = Vector512.Load(factor + v * Lanes.Count);
            for (int i = 0; i < rows; i++)
            {
                float* p = tile + i * Stride + v * Lanes.Count;
                (Vector512.Load(p) * f).Store(p);
            }
        }
    }

    // Four maxima at a time, since each instruction waits for the one before. A NaN may get lost here: exp(NaN - max) brings it back.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Highest(float* column, int keys, Vector512<float> start)
    {
        var (m0, m1, m2, m3) = (start, start, start, start);
        int i = 0;
        for (; i <= keys - 4; i += 4)
        {
            float* p = column + i * Stride;
            m0 = Vector512.MaxNative(m0, Vector512.Load(p));
            m1 = Vector512.MaxNative(m1, Vector512.Load(p + Stride));
            m2 = Vector512.MaxNative(m2, Vector512.Load(p + 2 * Stride));
            m3 = Vector512.MaxNative(m3, Vector512.Load(p + 3 * Stride));
        }
        for (; i < keys; i++) m0 = Vector512.MaxNative(m0, Vector512.Load(column + i * Stride));
        return Vector512.MaxNative(Vector512.MaxNative(m0, m1), Vector512.MaxNative(m2, m3));
    }
}
