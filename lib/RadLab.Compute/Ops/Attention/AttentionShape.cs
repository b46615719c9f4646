namespace RadLab.Compute;

/// <summary>The sizes of one attention and how it is cut into tiles: functions of the shapes alone, never of threads or hardware.</summary>
/// <remarks>
/// The queries of all heads that share a key head form one matrix of <see cref="Rows"/> = T·G rows: row r is token r / G of head kvHead·G + r % G.
/// Decoding one token with G heads in a group so fills G lanes instead of one, and a key tile is packed once for the whole group.
/// </remarks>
internal readonly struct AttentionShape
{
    /// <summary>Query rows of a tile: four vectors of 16 lanes.</summary>
    public const int TileRows = 64;

    /// <summary>Keys of a tile; sums over keys run through a tile in order, then go on with the next.</summary>
    public const int TileKeys = 64;

    // Backward cuts few key heads into so many units that a desktop's cores have work, but never into more than there are query heads: each unit has its
    // own sums of dk and dv, which so take no more than q does in F32.
    private const int WantedUnits = 16;

    public AttentionShape(Shape q, Shape k, bool causal, float scale)
    {
        (B, T, H, D) = (q[0], q[1], q[2], q[3]);
        (S, K) = (k[1], k[2]);
        G = H / K;
        Rows = T * G;
        RowTiles = (Rows + TileRows - 1) / TileRows;
        Width = (D + Lanes.Count - 1) / Lanes.Count * Lanes.Count;
        PaddedKeys = (S + TileKeys - 1) / TileKeys * TileKeys;
        IsCausal = causal;
        Scale = scale;
        int heads = Math.Max(1, B * K);
        Parts = Math.Max(1, Math.Min(Math.Min(RowTiles, G), (WantedUnits + heads - 1) / heads));
    }

    public readonly int B, T, S, H, K, D;

    /// <summary>Query heads per key head.</summary>
    public readonly int G;

    public readonly int Rows, RowTiles;

    /// <summary>D rounded up to whole vectors; packed rows have this length, filled with zeros.</summary>
    public readonly int Width;

    /// <summary>S rounded up to whole tiles.</summary>
    public readonly int PaddedKeys;

    public readonly bool IsCausal;
    public readonly float Scale;

    /// <summary>Units of backward per key head: unit p takes row tiles p, p + Parts, ..., so that all have the same share of the causal triangle.</summary>
    public readonly int Parts;

    /// <summary>The last key that token t sees, before segments and padding.</summary>
    public int LastKey(int t) => IsCausal ? S - T + t : S - 1;

    /// <summary>First element of query row <paramref name="row"/> of a group in q, y and their gradients.</summary>
    public nint QueryOffset(int b, int kvHead, int row) => (((nint)b * T + row / G) * H + kvHead * G + row % G) * D;

    /// <summary>First element of a key in k, v and their gradients.</summary>
    public nint KeyOffset(int b, int kvHead, int key) => (((nint)b * S + key) * K + kvHead) * D;
}
