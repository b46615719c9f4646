using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>Every exchange of two dimensions is (O, A, M, B, I) → (O, B, M, A, I), with the dimensions before, between and after multiplied out.</summary>
internal static unsafe class TransposeKernels
{
    private const int TileBytes = 64;
    private const int TileGrain = 16;
    private const long BlockGrainBytes = 64 * 1024;

    public static void Run(Tensor x, Tensor y, int first, int second)
    {
        if (first > second) (first, second) = (second, first);
        var shape = x.Shape;
        var e = new Extents { O = 1, A = shape[first], M = 1, B = shape[second], I = 1 };
        for (int i = 0; i < shape.Rank; i++)
        {
            if (i < first) e.O *= shape[i];
            else if (i > first && i < second) e.M *= shape[i];
            else if (i > second) e.I *= shape[i];
        }
        if (x.Count == 0) return;

        using var lx = x.Acquire();
        using var ly = y.Acquire();
        int size = x.DType.Size();
        if (e.I > 1)
        {
            var kernel = new BlockKernel { X = lx.Pointer, Y = ly.Pointer, E = e, Bytes = e.I * size };
            x.Engine.For(kernel, e.O * e.B * e.M * e.A, BlockGrainBytes / kernel.Bytes);
            return;
        }
        switch (size)
        {
            case 1: Tiles<byte>(x.Engine, lx.Pointer, ly.Pointer, e); break;
            case 2: Tiles<ushort>(x.Engine, lx.Pointer, ly.Pointer, e); break;
            case 4: Tiles<uint>(x.Engine, lx.Pointer, ly.Pointer, e); break;
            default: Tiles<ulong>(x.Engine, lx.Pointer, ly.Pointer, e); break;
        }
    }

    private static void Tiles<T>(Engine engine, void* x, void* y, in Extents e) where T : unmanaged
    {
        int side = TileBytes / sizeof(T);
        long down = (e.A + side - 1) / side, across = (e.B + side - 1) / side;
        engine.For(new TileKernel<T> { X = (T*)x, Y = (T*)y, E = e, Down = down, Across = across }, e.O * e.M * down * across, TileGrain);
    }

    private struct Extents
    {
        public long O, A, M, B, I;
    }

    // The last dimension stays where it is: whole stretches of it move. Items are stretches in the order of y.
    private struct BlockKernel : IRangeKernel
    {
        public byte* X, Y;
        public Extents E;
        public long Bytes;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            long a = start % E.A, rest = start / E.A;
            long m = rest % E.M;
            rest /= E.M;
            long b = rest % E.B, o = rest / E.B;
            for (long at = start; at < end; at++)
            {
                Buffer.MemoryCopy(X + (((o * E.A + a) * E.M + m) * E.B + b) * Bytes, Y + at * Bytes, Bytes, Bytes);
                if (++a < E.A) continue;
                a = 0;
                if (++m < E.M) continue;
                m = 0;
                if (++b < E.B) continue;
                b = 0;
                o++;
            }
        }
    }

    // Square tiles, one cache line wide. Each goes through a small buffer, so that every line of x is read and every line of y written in one
    // piece: with a power of two between rows, the lines of a tile fall on the same few places of the cache and would push each other out.
    private struct TileKernel<T> : IRangeKernel where T : unmanaged
    {
        public T* X, Y;
        public Extents E;
        public long Down, Across;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            int side = TileBytes / sizeof(T);
            T* tile = stackalloc T[side * side];
            for (long item = start; item < end; item++)
            {
                long b0 = item % Across * side, rest = item / Across;
                long a0 = rest % Down * side;
                rest /= Down;
                long m = rest % E.M, o = rest / E.M;
                int height = (int)Math.Min(side, E.A - a0), width = (int)Math.Min(side, E.B - b0);

                T* x = X + ((o * E.A + a0) * E.M + m) * E.B + b0;
                for (int i = 0; i < height; i++, x += E.M * E.B)
                    for (int j = 0; j < width; j++) tile[j * side + i] = x[j];

                T* y = Y + ((o * E.B + b0) * E.M + m) * E.A + a0;
                for (int j = 0; j < width; j++, y += E.M * E.A)
                    Buffer.MemoryCopy(tile + j * side, y, side * sizeof(T), height * sizeof(T));
            }
        }
    }
}
