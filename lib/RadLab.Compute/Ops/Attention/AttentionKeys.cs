using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>
/// The keys or values of one head as F32 rows of <see cref="AttentionShape.Width"/> floats, packed tile by tile when a tile is first asked for.
/// In tensors the rows of a head lie K·D apart, which costs the first-level cache and the page tables dearly when they are read again and again.
/// </summary>
internal unsafe struct AttentionKeys<TX> where TX : unmanaged, IStorage
{
    private readonly void* _x;
    private readonly float* _room;
    private readonly nint _first, _step;
    private readonly int _S, _D, _width;
    private readonly bool _keepsAll;
    private int _packed;

    /// <param name="head">b * K + kvHead</param>
    /// <param name="room">where packed rows lie, see <see cref="Floats"/></param>
    /// <param name="keepsAll">Several row tiles will ask: each tile keeps its place. Otherwise all share one place that stays in the cache.</param>
    public AttentionKeys(void* x, in AttentionShape shape, int head, float* room, bool keepsAll)
    {
        _x = x;
        _room = room;
        _first = shape.KeyOffset(head / shape.K, head % shape.K, 0);
        _step = (nint)shape.K * shape.D;
        (_S, _D, _width) = (shape.S, shape.D, shape.Width);
        _keepsAll = keepsAll;
    }

    public static long Floats(in AttentionShape shape, bool keepsAll) => (long)(keepsAll ? shape.PaddedKeys : AttentionShape.TileKeys) * shape.Width;

    /// <summary>Rows of the tile that begins at <paramref name="key"/>: up to 64 keys, then zeros up to a whole block of the products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float* Tile(int key)
    {
        if (!_keepsAll)
        {
            Pack(key, _room);
            return _room;
        }
        for (; _packed <= key; _packed += AttentionShape.TileKeys) Pack(_packed, _room + (nint)_packed * _width);
        return _room + (nint)key * _width;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Pack(int key, float* row)
    {
        void* x = _x;
        var (D, width, keys) = (_D, _width, Math.Min(AttentionShape.TileKeys, _S - key));
        nint at = _first + key * _step;
        for (int i = 0; i < keys; i++, at += _step, row += width)
        {
            int d = 0;
            for (; d <= D - Lanes.Count; d += Lanes.Count) TX.Load(x, at + d).Store(row + d);
            if (d < D) Lanes.LoadTail<TX>(x, at + d, D - d).Store(row + d);
        }
        AttentionPacking.Clear(row, (AttentionProduct.WholeBlocks(keys) - keys) * width);
    }
}
