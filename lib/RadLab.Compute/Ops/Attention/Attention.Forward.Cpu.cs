using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>Forward: one item is one unit (see <see cref="AttentionShape.ForwardParts"/>). Results stand transposed, y[d][row], until they are written.</summary>
internal unsafe struct AttentionForward<TX> : IRangeKernel where TX : unmanaged, IStorage
{
    private const int TileRows = AttentionShape.TileRows;
    private const int TileKeys = AttentionShape.TileKeys;

    public AttentionArguments A;

    public static long ScratchFloats(in AttentionShape shape) =>
        3L * shape.Width * TileRows + TileKeys * TileRows + 5 * TileRows + 2 * AttentionKeys<TX>.Floats(shape, KeepsKeys(shape));

    private static bool KeepsKeys(in AttentionShape shape) => shape.RowTiles > shape.ForwardParts;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long start, long end, int worker)
    {
        var shape = A.Shape;
        int width = shape.Width;
        bool keepsKeys = KeepsKeys(shape);
        float* queries = A.Scratch + worker * A.ScratchFloats;     // q[d][row], scaled
        float* result = queries + width * TileRows;                // y[d][row]
        float* rows = result + width * TileRows;                   // q[row][d], at the end y[row][d]
        float* scores = rows + width * TileRows;                   // s[key][row]
        float* max = scores + TileKeys * TileRows;
        float* sum = max + TileRows;
        float* factor = sum + TileRows;
        int* lanes = (int*)(factor + TileRows);
        float* keyRoom = (float*)(lanes + 2 * TileRows);
        float* valueRoom = keyRoom + AttentionKeys<TX>.Floats(shape, keepsKeys);

        for (long item = start; item < end; item++)
        {
            int head = (int)(item / shape.ForwardParts), part = (int)(item % shape.ForwardParts);
            var k = new AttentionKeys<TX>(A.K, shape, head, keyRoom, keepsKeys);
            var v = new AttentionKeys<TX>(A.V, shape, head, valueRoom, keepsKeys);

            for (int index = part; index < shape.RowTiles; index += shape.ForwardParts)
            {
                var tile = new AttentionTile(shape, head, index, A.Segments, A.Lengths, lanes);
                AttentionPacking.LoadQueries<TX>(A.Q, shape, tile, shape.Scale, rows);
                AttentionPacking.Transpose(rows, width, tile.Vectors * Lanes.Count, width, queries, TileRows);
                AttentionPacking.Clear(result, width * TileRows);
                AttentionPacking.Clear(sum, TileRows);
                new Span<float>(max, TileRows).Fill(float.MinValue);   // finite: a tile without visible keys must give exp(-infinity), not NaN

                for (int key = 0; key < tile.KeysEnd; key += TileKeys)
                {
                    int keys = Math.Min(TileKeys, tile.KeysEnd - key);
                    if (!tile.Sees(key, keys, out bool isPartial)) continue;

                    AttentionPair.Scores(shape, tile, key, keys, k.Tile(key), queries, scores);
                    if (isPartial) tile.Hide(scores, key, keys);
                    if (AttentionSoftmax.Advance(tile, key, keys, scores, max, sum, factor)) AttentionSoftmax.Scale(result, width, tile.Vectors, factor);
                    AttentionPair.AddOverKeys(shape, tile, key, keys, v.Tile(key), scores, result);
                }
                Finish(shape, tile, head, result, rows, max, sum, factor);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Finish(in AttentionShape shape, in AttentionTile tile, int head, float* result, float* rows, float* max, float* sum, float* factor)
    {
        for (int i = 0; i < tile.Vectors * Lanes.Count; i += Lanes.Count)
        {
            var total = Vector512.Load(sum + i);
            var isEmpty = Vector512.Equals(total, Vector512<float>.Zero);
            Vector512.ConditionalSelect(isEmpty, Vector512<float>.Zero, Vector512<float>.One / total).Store(factor + i);
            Vector512.ConditionalSelect(isEmpty, Vector512<float>.Zero, Vector512.Load(max + i) + VectorMath.Log(total)).Store(max + i);
        }
        new ReadOnlySpan<float>(max, tile.Count).CopyTo(new Span<float>(A.LogSum + (nint)head * shape.Rows + tile.First, tile.Count));

        AttentionSoftmax.Scale(result, shape.Width, tile.Vectors, factor);
        AttentionPacking.Transpose(result, TileRows, shape.Width, tile.Vectors * Lanes.Count, rows, shape.Width);
        AttentionPacking.StoreQueries<TX>(rows, shape, tile, A.Y, add: false);
    }
}
