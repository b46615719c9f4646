using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>Forward: one item is one tile of query rows of one key head. Results stand transposed, y[d][row], until they are written.</summary>
internal unsafe struct AttentionForward<TX> : IRangeKernel where TX : unmanaged, IStorage
{
    private const int TileRows = AttentionShape.TileRows;
    private const int TileKeys = AttentionShape.TileKeys;

    public AttentionArguments A;

    public static long ScratchFloats(in AttentionShape shape) => (long)shape.Width * (2 * TileRows + TileKeys) + TileKeys * TileRows + 5 * TileRows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long start, long end, int worker)
    {
        var shape = A.Shape;
        int width = shape.Width;
        float* queries = A.Scratch + worker * A.ScratchFloats;     // q[d][row], scaled
        float* result = queries + width * TileRows;                // y[d][row]
        float* rows = result + width * TileRows;                   // k[key][d], then v[key][d]; at the ends q and y
        float* scores = rows + width * TileKeys;                   // s[key][row]
        float* max = scores + TileKeys * TileRows;
        float* sum = max + TileRows;
        float* factor = sum + TileRows;
        int* lanes = (int*)(factor + TileRows);

        for (long item = start; item < end; item++)
        {
            // the longest rows of the causal triangle first, so that threads finish together
            int head = (int)(item / shape.RowTiles), index = shape.RowTiles - 1 - (int)(item % shape.RowTiles);
            var tile = new AttentionTile(shape, head, index, A.Segments, A.Lengths, lanes);

            AttentionPacking.LoadQueries<TX>(A.Q, shape, tile, shape.Scale, rows);
            AttentionPacking.Transpose(rows, width, tile.Vectors * Lanes.Count, width, queries, TileRows);
            AttentionPacking.Clear(result, width * TileRows);
            AttentionPacking.Clear(sum, TileRows);
            for (int i = 0; i < TileRows; i++) max[i] = float.MinValue;   // finite: a tile without visible keys must give exp(-infinity), not NaN

            for (int key = 0; key < tile.KeysEnd; key += TileKeys)
            {
                int keys = Math.Min(TileKeys, tile.KeysEnd - key);
                if (!tile.Sees(key, keys, out bool isPartial)) continue;

                AttentionPacking.LoadKeys<TX>(A.K, shape, tile, key, keys, rows);
                AttentionProduct.Multiply(rows, width, 1, queries, TileRows, scores, TileRows, AttentionProduct.WholeBlocks(keys), tile.Vectors, shape.D, accumulate: false);
                if (isPartial) tile.Hide(scores, key, keys);
                if (AttentionSoftmax.Advance(scores, keys, tile.Vectors, max, sum, factor)) AttentionSoftmax.Scale(result, width, tile.Vectors, factor);

                AttentionPacking.LoadKeys<TX>(A.V, shape, tile, key, keys, rows);
                AttentionProduct.Multiply(rows, 1, width, scores, TileRows, result, TileRows, width, tile.Vectors, keys, accumulate: true);
            }
            Finish(shape, tile, head, result, rows, max, sum, factor);
        }
    }

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
