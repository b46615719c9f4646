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

    // A desktop's cores shall have work, but each unit packs the keys that it reads: not less than 4 tiles of rows for that, where there are 4.
    private const int WantedUnits = 16, LeastTiles = 4;

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
        ForwardParts = Math.Clamp((WantedUnits + heads - 1) / heads, 1, Math.Max(1, RowTiles / LeastTiles));
        BackwardParts = Math.Min(ForwardParts, G);
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

    /// <summary>Units of work per key head: unit p takes row tiles p, p + parts, ..., so that all have the same share of the causal triangle.</summary>
    public readonly int ForwardParts;

    /// <summary>The same in backward, where each unit has its own sums of dk and dv: never more than query heads, so that these take no more than q does in F32.</summary>
    public readonly int BackwardParts;

    /// <summary>The last key that token t sees, before segments and padding.</summary>
    public int LastKey(int t) => IsCausal ? S - T + t : S - 1;

    /// <summary>First element of a key in k, v and their gradients.</summary>
    public nint KeyOffset(int b, int kvHead, int key) => (((nint)b * S + key) * K + kvHead) * D;
}
