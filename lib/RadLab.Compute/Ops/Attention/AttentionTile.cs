using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>Up to 64 query rows of one key head (see <see cref="AttentionShape"/>) and which keys they see.</summary>
internal unsafe struct AttentionTile
{
    /// <summary>Vectors that products and softmax take together.</summary>
    public const int VectorGroup = 2;

    private int* _lastKey;
    private int* _segment;
    private int* _keySegments;
    private int _lowSegment, _highSegment;

    public int B, KvHead, First, Count;

    /// <summary>Vectors of 16 lanes that the rows fill; lanes past <see cref="Count"/> repeat the last row's mask and are never stored.</summary>
    public int Vectors;

    /// <summary>No row sees this key or a later one.</summary>
    public int KeysEnd;

    /// <param name="head">b * K + kvHead</param>
    /// <param name="segments">(B,T) or null</param>
    /// <param name="lengths">(B) or null</param>
    /// <param name="lanes">room for 2 x 64 integers</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public AttentionTile(in AttentionShape shape, int head, int tile, int* segments, int* lengths, int* lanes)
    {
        B = head / shape.K;
        KvHead = head % shape.K;
        First = tile * AttentionShape.TileRows;
        Count = Math.Min(AttentionShape.TileRows, shape.Rows - First);
        Vectors = (Count + Lanes.Count - 1) / Lanes.Count;

        _lastKey = lanes;
        _segment = lanes + AttentionShape.TileRows;
        _keySegments = segments == null ? null : segments + (nint)B * shape.T;
        for (int r = 0; r < Vectors * Lanes.Count; r++)
        {
            int t = (First + Math.Min(r, Count - 1)) / shape.G;
            _lastKey[r] = shape.LastKey(t);
            if (_keySegments != null) _segment[r] = _keySegments[t];
        }
        KeysEnd = _lastKey[Count - 1] + 1;
        if (lengths != null) KeysEnd = Math.Min(KeysEnd, lengths[B]);
        if (_keySegments != null) Range(_segment, Count, out _lowSegment, out _highSegment);
    }

    /// <summary>False when the rows see none of the keys, as far as the ranges of segment numbers tell.</summary>
    /// <param name="isPartial">Some row does not see some key: <see cref="Hide"/> is needed.</param>
    public readonly bool Sees(int firstKey, int keys, out bool isPartial)
    {
        isPartial = IsDiagonal(firstKey, keys);
        if (_keySegments == null) return true;
        Range(_keySegments + firstKey, keys, out int low, out int high);
        isPartial |= low != high || _lowSegment != _highSegment || low != _lowSegment;
        return low <= _highSegment && high >= _lowSegment;
    }

    /// <summary>True where the causal limit runs through the tile of keys.</summary>
    public readonly bool IsDiagonal(int firstKey, int keys) => firstKey + keys - 1 > _lastKey[0];

    /// <summary>The first vector of rows of which one may see the key or a later one: last keys grow with the row.</summary>
    public readonly int FirstVector(int key)
    {
        int v = 0;
        while (v < Vectors - 1 && _lastKey[v * Lanes.Count + Lanes.Count - 1] < key) v++;
        return v;
    }

    /// <summary>How many keys of a tile the rows of a vector and its group may see, rounded up to 16: so many rows of scores are worked on.</summary>
    public readonly int KeysSeen(int vector, int firstKey, int keys)
    {
        int last = Math.Min(vector - vector % VectorGroup + VectorGroup, Vectors) * Lanes.Count - 1;
        int seen = _lastKey[last] + 1 - firstKey;
        return Math.Clamp((seen + Lanes.Count - 1) / Lanes.Count * Lanes.Count, 0, keys);
    }

    /// <summary>Writes -infinity over the scores of keys that a row does not see. Row i of scores is key firstKey + i, its lanes are query rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Hide(float* scores, int firstKey, int keys)
    {
        var hidden = Vector512.Create(float.NegativeInfinity);
        for (int v = 0; v < Vectors; v++)
        {
            var last = Vector512.Load(_lastKey + v * Lanes.Count);
            for (int i = 0; i < keys; i++)
            {
                var visible = Vector512.GreaterThanOrEqual(last, Vector512.Create(firstKey + i));
                if (_keySegments != null)
                    visible &= Vector512.Equals(Vector512.Load(_segment + v * Lanes.Count), Vector512.Create(_keySegments[firstKey + i]));
                float* p = scores + i * AttentionShape.TileRows + v * Lanes.Count;
                Vector512.ConditionalSelect(visible.AsSingle(), Vector512.Load(p), hidden).Store(p);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Range(int* values, int count, out int low, out int high)
    {
        (low, high) = (values[0], values[0]);
        for (int i = 1; i < count; i++)
        {
            low = Math.Min(low, values[i]);
            high = Math.Max(high, values[i]);
        }
    }
}
