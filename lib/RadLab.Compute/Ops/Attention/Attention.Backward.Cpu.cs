using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>
/// Backward in one pass of five products per pair of tiles: one item is one unit (see <see cref="AttentionShape.BackwardParts"/>), which walks over its tiles of query
/// rows in order and adds to its own sums of dk and dv; dq of a tile is complete when its last key tile is done.
/// </summary>
internal unsafe struct AttentionBackward<TX> : IRangeKernel where TX : unmanaged, IStorage
{
    private const int TileRows = AttentionShape.TileRows;
    private const int TileKeys = AttentionShape.TileKeys;

    public AttentionArguments A;

    public static long ScratchFloats(in AttentionShape shape) => 
        5L * shape.Width * TileRows + 2 * TileKeys * TileRows + 4 * TileRows + 2 * AttentionKeys<TX>.Floats(shape, KeepsKeys(shape));

    private static bool KeepsKeys(in AttentionShape shape) => shape.RowTiles > shape.BackwardParts;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long start, long end, int worker)
    {
        var shape = A.Shape;
        int width = shape.Width;
        bool keepsKeys = KeepsKeys(shape);
        var w = new Workspace(A.Scratch + worker * A.ScratchFloats, width);
        float* valueRoom = w.KeyRoom + AttentionKeys<TX>.Floats(shape, keepsKeys);

        for (long item = start; item < end; item++)
        {
            int head = (int)(item / shape.BackwardParts), part = (int)(item % shape.BackwardParts);
            nint sumFloats = (nint)shape.PaddedKeys * width;
            float* dk = A.DkSums == null ? null : A.DkSums + (nint)item * sumFloats;
            float* dv = A.DvSums == null ? null : A.DvSums + (nint)item * sumFloats;
            if (dk != null) AttentionPacking.Clear(dk, sumFloats);
            if (dv != null) AttentionPacking.Clear(dv, sumFloats);

            var k = new AttentionKeys<TX>(A.K, shape, head, w.KeyRoom, keepsKeys);
            var v = new AttentionKeys<TX>(A.V, shape, head, valueRoom, keepsKeys);
            for (int index = part; index < shape.RowTiles; index += shape.BackwardParts)
            {
                var tile = new AttentionTile(shape, head, index, A.Segments, A.Lengths, w.LaneMasks);
                LoadTile(shape, tile, head, w);
                for (int key = 0; key < tile.KeysEnd; key += TileKeys)
                {
                    int keys = Math.Min(TileKeys, tile.KeysEnd - key);
                    if (!tile.Sees(key, keys, out bool isPartial)) continue;
                    nint at = (nint)key * width;
                    AddPair(shape, tile, key, keys, isPartial, w, k.Tile(key), ref v, dk == null ? null : dk + at, dv == null ? null : dv + at);
                }
                if (A.Dq != null) StoreTile(shape, tile, w);
            }
        }
    }

    // q and dy in both orders, the log-sums, delta = dy . y, and dq = 0
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void LoadTile(in AttentionShape shape, in AttentionTile tile, int head, in Workspace w)
    {
        int width = shape.Width, lanes = tile.Vectors * Lanes.Count;
        AttentionPacking.LoadQueries<TX>(A.Dy, shape, tile, 1f, w.DyRows);
        AttentionPacking.Transpose(w.DyRows, width, lanes, width, w.DyLanes, TileRows);
        AttentionPacking.LoadQueries<TX>(A.Y, shape, tile, 1f, w.QueryRows);   // y in the place of q until delta is done
        AttentionPacking.Transpose(w.QueryRows, width, lanes, width, w.QueryLanes, TileRows);
        AttentionSoftmax.Delta(w.QueryLanes, w.DyLanes, shape.D, tile.Vectors, w.Delta);

        AttentionPacking.LoadQueries<TX>(A.Q, shape, tile, shape.Scale, w.QueryRows);
        AttentionPacking.Transpose(w.QueryRows, width, lanes, width, w.QueryLanes, TileRows);
        AttentionPacking.Clear(w.DqLanes, width * TileRows);
        AttentionPacking.Clear(w.LogSum, TileRows);
        new ReadOnlySpan<float>(A.LogSum + (nint)head * shape.Rows + tile.First, tile.Count).CopyTo(new Span<float>(w.LogSum, tile.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddPair(in AttentionShape shape, in AttentionTile tile, int key, int keys, bool isPartial, in Workspace w, float* k, ref AttentionKeys<TX> values, float* dk, float* dv)
    {
        AttentionPair.Scores(shape, tile, key, keys, k, w.QueryLanes, w.P);
        if (isPartial) tile.Hide(w.P, key, keys);
        AttentionSoftmax.Probabilities(tile, key, keys, w.P, w.LogSum);
        ClearRest(w.P, keys);
        if (dv != null) AttentionPair.AddOverRows(shape, tile, key, keys, w.P, w.DyRows, dv);
        if (dk == null && A.Dq == null) return;

        AttentionPair.Scores(shape, tile, key, keys, values.Tile(key), w.DyLanes, w.Ds);
        AttentionSoftmax.ScoreGradient(tile, key, keys, w.P, w.Ds, w.Delta);
        ClearRest(w.Ds, keys);
        if (dk != null) AttentionPair.AddOverRows(shape, tile, key, keys, w.Ds, w.QueryRows, dk);
        if (A.Dq != null) AttentionPair.AddOverKeys(shape, tile, key, keys, k, w.Ds, w.DqLanes);
    }

    // Rows that only fill the last block stand for keys that nobody sees: they must add nothing, whatever those keys hold.
    private static void ClearRest(float* scores, int keys) =>
        AttentionPacking.Clear(scores + keys * TileRows, (AttentionProduct.WholeBlocks(keys) - keys) * TileRows);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void StoreTile(in AttentionShape shape, in AttentionTile tile, in Workspace w)
    {
        // k was not scaled, so dq is now; dk needs nothing, since q was
        for (int i = 0; i < TileRows; i++) w.LogSum[i] = shape.Scale;
        AttentionSoftmax.Scale(w.DqLanes, shape.Width, tile.Vectors, w.LogSum);
        AttentionPacking.Transpose(w.DqLanes, TileRows, shape.Width, tile.Vectors * Lanes.Count, w.QueryRows, shape.Width);
        if (A.DqIsF32) AttentionPacking.StoreQueries<F32>(w.QueryRows, shape, tile, A.Dq, A.AddDq);
        else AttentionPacking.StoreQueries<BF16>(w.QueryRows, shape, tile, A.Dq, A.AddDq);
    }

    private readonly struct Workspace
    {
        public readonly float* QueryRows, DyRows, QueryLanes, DyLanes, DqLanes, P, Ds, LogSum, Delta, KeyRoom;
        public readonly int* LaneMasks;

        public Workspace(float* scratch, int width)
        {
            int tile = width * TileRows;
            QueryRows = scratch;                          // q[row][d], scaled; at the end dq[row][d]
            DyRows = QueryRows + tile;                    // dy[row][d]
            QueryLanes = DyRows + tile;                   // q[d][row], scaled
            DyLanes = QueryLanes + tile;                  // dy[d][row]
            DqLanes = DyLanes + tile;                     // dq[d][row]
            P = DqLanes + tile;                           // s, then p[key][row]
            Ds = P + TileKeys * TileRows;                 // dp, then ds[key][row]
            LogSum = Ds + TileKeys * TileRows;
            Delta = LogSum + TileRows;
            LaneMasks = (int*)(Delta + TileRows);
            KeyRoom = (float*)(LaneMasks + 2 * TileRows); // k[key][d], then v[key][d]
        }
    }
}
