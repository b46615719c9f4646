using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <content>K a multiple of the block size: how rows, groups of vectors and tiles are walked; the loops over chunks are per instruction set.</content>
internal static unsafe partial class FourBitGemv
{
    /// <summary>The words of the last, partial chunk of a row, zeros behind its end, and its scales, zero where there is no block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pad(byte* words, float* scales, int elements, int shift, byte* paddedWords, float* paddedScales)
    {
        new Span<byte>(paddedWords, Chunk / 2).Clear();
        new ReadOnlySpan<byte>(words, elements / 2).CopyTo(new Span<byte>(paddedWords, Chunk / 2));
        for (int i = 0; i < 4; i++) paddedScales[i] = i << shift < elements ? scales[i] : 0f;
    }

    // A tile of x (16 KB: 32 chunks of one vector or 8 of four) stays in the first-level cache while it meets this many rows of the matrix.
    internal const int Band = 32;

    private const int TileWeights = 4096;

    private const int TileScales = TileWeights / 32;

    // Weights are asked for 64 lines ahead: the many look-ups that wait for one line would otherwise keep the processor from reaching the next loads.
    private const int LinesAhead = 64;

    /// <summary>Adds the chunks of a tile to the sums of one vector x, or of a group of four.</summary>
    private interface IChunkLoop
    {
        /// <param name="words">Packed weights, <paramref name="count"/> chunks of 64 bytes.</param>
        /// <param name="scales">Of the first chunk's first block; 2^<paramref name="shift"/> weights each.</param>
        /// <param name="x">Arranged, <paramref name="count"/> times 128 floats, or four times as many.</param>
        /// <param name="sums">16 lanes, or four times as many.</param>
        /// <param name="ahead">How far behind <paramref name="words"/> lie those to fetch meanwhile.</param>
        static abstract void One(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead);

        /// <summary>One vector x with four rows of the matrix, which share the loads of x.</summary>
        /// <param name="sums">Of the first row; each next row's lie <paramref name="pitch"/> floats behind.</param>
        /// <param name="ahead">In bytes.</param>
        /// <inheritdoc cref="One"/>
        static abstract void OneByFourRows(in FourRows rows, int shift, int count, Vector512<float> values, float* x, float* sums, int pitch, long ahead);

        /// <inheritdoc cref="One"/>
        static abstract void Four(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead);
    }

    /// <summary>Where the words and scales of four matrix rows begin. Three bytes behind a row's words are read as well and must be there.</summary>
    private struct FourRows
    {
        public byte* Words0, Words1, Words2, Words3;
        public float* Scales0, Scales1, Scales2, Scales3;
    }

    [SkipLocalsInit]   // 34 KB of workspace, of which one vector needs a tenth
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Walk<TLoop, TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TLoop : struct, IChunkLoop
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales
    {
        float* buffer = stackalloc float[TileScales * Band];
        float* sums = stackalloc float[16 * MaxRows * Band];
        byte* lastWords = stackalloc byte[TileWeights / 2 + 64];
        var values = Vector512.Create(TCode.Values);
        int shift = BitOperations.Log2((uint)blockSize), chunks = Chunks(k), grouped = GroupedRows(rows);
        for (long band = n0; band < n1; band += Band)
        {
            int height = (int)Math.Min(Band, n1 - band);
            new Span<float>(sums, 16 * grouped * height).Clear();
            for (int row = 0, width; row < grouped; row += width)
            {
                width = Group(rows, row).Width;
                int tile = Math.Max(TileWeights / Chunk / width, blockSize / Chunk); // whole blocks
                long ahead = Math.Max(width == 1 ? 4 : 1, LinesAhead / Math.Min(tile, chunks)) * (k / 2L);
                for (int chunk = 0; chunk < chunks; chunk += tile)
                {
                    float* x = scratch + ((long)row * chunks + (long)chunk * width) * Chunk, s = sums + 16 * row;
                    int elements = Math.Min(tile * Chunk, k - chunk * Chunk), i = 0;
                    byte* words = packed + (band * k + chunk * Chunk >> 1);
                    var (first, pitch) = scales.Take(band * k + chunk * Chunk >> shift, elements >> shift, height, k >> shift, buffer);
                    float* scale = (float*)first;
                    for (; width == 1 && i <= height - 4; i += 4, words += 2L * k, scale += 4 * pitch, s += 64 * grouped)
                    {
                        var four = new FourRows
                        {
                            Words0 = words, Words1 = words + k / 2, Words2 = words + k, Words3 = words + 3L * k / 2,
                            Scales0 = scale, Scales1 = scale + pitch, Scales2 = scale + 2 * pitch, Scales3 = scale + 3 * pitch,
                        };
                        if (band + i + 4 == n1)
                        {
                            // behind the last row of the matrix there may be nothing
                            Buffer.MemoryCopy(four.Words3, lastWords, TileWeights / 2, elements / 2);
                            four.Words3 = lastWords;
                        }
                        AddTile<TLoop>(four, shift, elements, values, x, s, 16 * grouped, ahead);
                    }
                    for (; i < height; i++, words += k / 2, scale += pitch, s += 16 * grouped) AddTile<TLoop>(words, scale, shift, elements, values, x, s, width, ahead);
                }
            }
            for (int row = 0; row < rows; row++) AddLanes(sums + 16 * row, 16 * grouped, height, y + row * stride + band);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile<TLoop>(
        byte* words, float* scales, int shift, int elements, Vector512<float> values, float* x, float* sums, int width, long ahead)
        where TLoop : struct, IChunkLoop
    {
        int whole = elements / Chunk;
        if (width == 4) TLoop.Four((uint*)words, scales, shift, whole, values, x, sums, ahead / sizeof(uint));
        else TLoop.One((uint*)words, scales, shift, whole, values, x, sums, ahead / sizeof(uint));
        if (elements % Chunk == 0) return;

        byte* lastWords = stackalloc byte[Chunk / 2];
        float* lastScales = stackalloc float[4];
        Pad(words + whole * (Chunk / 2), scales + (whole * Chunk >> shift), elements % Chunk, shift, lastWords, lastScales);
        x += whole * width * Chunk;
        if (width == 4) TLoop.Four((uint*)lastWords, lastScales, shift, 1, values, x, sums, 0);
        else TLoop.One((uint*)lastWords, lastScales, shift, 1, values, x, sums, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile<TLoop>(in FourRows rows, int shift, int elements, Vector512<float> values, float* x, float* sums, int pitch, long ahead)
        where TLoop : struct, IChunkLoop
    {
        int whole = elements / Chunk, done = whole * Chunk;
        TLoop.OneByFourRows(rows, shift, whole, values, x, sums, pitch, ahead);
        if (elements == done) return;
        AddTile<TLoop>(rows.Words0 + done / 2, rows.Scales0 + (done >> shift), shift, elements - done, values, x + done, sums, 1, 0);
        AddTile<TLoop>(rows.Words1 + done / 2, rows.Scales1 + (done >> shift), shift, elements - done, values, x + done, sums + pitch, 1, 0);
        AddTile<TLoop>(rows.Words2 + done / 2, rows.Scales2 + (done >> shift), shift, elements - done, values, x + done, sums + 2 * pitch, 1, 0);
        AddTile<TLoop>(rows.Words3 + done / 2, rows.Scales3 + (done >> shift), shift, elements - done, values, x + done, sums + 3 * pitch, 1, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddLanes(float* sums, int pitch, int count, float* y)
    {
        int i = 0;
        for (; i <= count - 4; i += 4, sums += 4 * pitch)
            Lanes.Sum(Vector512.Load(sums), Vector512.Load(sums + pitch), Vector512.Load(sums + 2 * pitch), Vector512.Load(sums + 3 * pitch)).Store(y + i);
        for (; i < count; i++, sums += pitch) y[i] = Lanes.Sum(Vector512.Load(sums));
    }

    /// <summary>Four rows one after the other, for loops that gain nothing from having them side by side.</summary>
    private static void OneByOne<TLoop>(in FourRows rows, int shift, int count, Vector512<float> values, float* x, float* sums, int pitch, long ahead)
        where TLoop : struct, IChunkLoop
    {
        ahead /= sizeof(uint);
        TLoop.One((uint*)rows.Words0, rows.Scales0, shift, count, values, x, sums, ahead);
        TLoop.One((uint*)rows.Words1, rows.Scales1, shift, count, values, x, sums + pitch, ahead);
        TLoop.One((uint*)rows.Words2, rows.Scales2, shift, count, values, x, sums + 2 * pitch, ahead);
        TLoop.One((uint*)rows.Words3, rows.Scales3, shift, count, values, x, sums + 3 * pitch, ahead);
    }

    /// <summary>The definition, lane by lane.</summary>
    private readonly struct PortableLoop : IChunkLoop
    {
        public static void One(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead) =>
            Add(words, scales, shift, count, values, x, step: 16, sums);

        public static void Four(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead)
        {
            for (int row = 0; row < 4; row++) Add(words, scales, shift, count, values, x + 16 * row, step: 64, sums + 16 * row);
        }

        public static void OneByFourRows(in FourRows rows, int shift, int count, Vector512<float> values, float* x, float* sums, int pitch, long ahead) =>
            OneByOne<PortableLoop>(rows, shift, count, values, x, sums, pitch, ahead);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Add(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, int step, float* sums)
        {
            float* table = stackalloc float[16], weights = stackalloc float[16], laneScales = stackalloc float[16];
            values.Store(table);
            var acc = Vector512.Load(sums);
            for (int chunk = 0; chunk < count; chunk++, words += 16)
            {
                var t = Vector512<float>.Zero;
                for (int nibble = 0; nibble < 8; nibble++, x += step)
                {
                    for (int lane = 0; lane < 16; lane++) weights[lane] = table[(words[lane] >> (4 * nibble)) & 15];
                    t = nibble == 0 ? Vector512.Load(weights) * Vector512.Load(x) : Vector512.FusedMultiplyAdd(Vector512.Load(weights), Vector512.Load(x), t);
                }
                for (int lane = 0; lane < 16; lane++) laneScales[lane] = scales[(chunk * Chunk + 8 * lane) >> shift];
                acc = Vector512.FusedMultiplyAdd(t, Vector512.Load(laneScales), acc);
            }
            acc.Store(sums);
        }
    }

    internal static void MultiplyPortable<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales =>
        Walk<PortableLoop, TCode, TScales>(packed, scales, blockSize, k, scratch, rows, n0, n1, y, stride);
}
