using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>
/// The three kinds of product between a tile of query rows and a tile of keys. On the causal diagonal they leave out what the mask makes zero, in steps of
/// 16 keys and 16 or 32 rows: a quarter or more of the diagonal tile.
/// </summary>
internal static unsafe class AttentionPair
{
    private const int Step = Lanes.Count;
    private const int TileRows = AttentionShape.TileRows;

    /// <summary>
    /// scores[key][row] = sum_d keys[key][d] * lanes[d][row]: s from k and q, dp from v and dy. Up to <see cref="AttentionTile.KeysSeen"/> all rows of
    /// scores are written, past it not all.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(in AttentionShape shape, in AttentionTile tile, int firstKey, int keys, float* keyRows, float* lanes, float* scores)
    {
        int blocks = AttentionProduct.WholeBlocks(keys), step = tile.IsDiagonal(firstKey, keys) ? Step : blocks;
        for (int i = 0; i < blocks; i += step)
        {
            int v = tile.FirstVector(firstKey + i) / AttentionTile.VectorGroup * AttentionTile.VectorGroup;
            AttentionProduct.Multiply(keyRows + i * shape.Width, shape.Width, 1, lanes + v * Lanes.Count, TileRows,
                scores + i * TileRows + v * Lanes.Count, TileRows, Math.Min(step, blocks - i), tile.Vectors - v, shape.D, accumulate: false);
        }
    }

    /// <summary>sums[d][row] += sum_key keys[key][d] * weights[key][row]: y from v and p, dq from k and ds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOverKeys(in AttentionShape shape, in AttentionTile tile, int firstKey, int keys, float* keyRows, float* weights, float* sums)
    {
        int step = tile.IsDiagonal(firstKey, keys) ? AttentionTile.VectorGroup : tile.Vectors;
        for (int v = 0; v < tile.Vectors; v += step)
            AttentionProduct.Multiply(keyRows, 1, shape.Width, weights + v * Lanes.Count, TileRows,
                sums + v * Lanes.Count, TileRows, shape.Width, Math.Min(step, tile.Vectors - v), tile.KeysSeen(v, firstKey, keys), accumulate: true);
    }

    /// <summary>sums[key][d] += sum_row weights[key][row] * rows[row][d]: dv from p and dy, dk from ds and q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOverRows(in AttentionShape shape, in AttentionTile tile, int firstKey, int keys, float* weights, float* rows, float* sums)
    {
        int blocks = AttentionProduct.WholeBlocks(keys), step = tile.IsDiagonal(firstKey, keys) ? Step : blocks;
        for (int i = 0; i < blocks; i += step)
        {
            int first = tile.FirstVector(firstKey + i) * Lanes.Count;
            AttentionProduct.Multiply(weights + i * TileRows + first, TileRows, 1, rows + first * shape.Width, shape.Width,
                sums + i * shape.Width, shape.Width, Math.Min(step, blocks - i), shape.Width / Lanes.Count, tile.Count - first, accumulate: true);
        }
    }
}
