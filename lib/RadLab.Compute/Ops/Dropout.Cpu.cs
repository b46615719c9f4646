using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class DropoutKernels
{
    /// <summary>y = dropout(x), or y += dropout(x): forward, and backward with dy and dx in their places.</summary>
    public static void Run(Tensor x, float probability, RandomKey key, Tensor y, bool add)
    {
        using var lx = x.Acquire();
        using var ly = y.Acquire();
        var a = new Arguments
        {
            X = lx.Pointer,
            Y = ly.Pointer,
            Key = key,
            // exact: a float below 1 times a power of two
            Threshold = (uint)(probability * 4294967296.0),
            Scale = 1f / (1f - probability),
            Add = add,
        };
        var (engine, n) = (x.Engine, x.Count);
        switch (x.DType, y.DType)
        {
            case (DType.F32, DType.F32): engine.For(new Kernel<F32, F32> { A = a }, n, ElementwiseKernels.Grain); break;
            case (DType.F32, DType.BF16): engine.For(new Kernel<F32, BF16> { A = a }, n, ElementwiseKernels.Grain); break;
            case (DType.BF16, DType.F32): engine.For(new Kernel<BF16, F32> { A = a }, n, ElementwiseKernels.Grain); break;
            default: engine.For(new Kernel<BF16, BF16> { A = a }, n, ElementwiseKernels.Grain); break;
        }
    }

    private struct Arguments
    {
        public void* X, Y;
        public RandomKey Key;
        public uint Threshold;
        public float Scale;
        public bool Add;
    }

    private struct Kernel<TX, TY> : IRangeKernel where TX : unmanaged, IStorage where TY : unmanaged, IStorage
    {
        public Arguments A;

        // Pieces start at multiples of 64, where a group of random numbers starts too: index i of the tensor meets number i of the key.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            var key = A.Key;
            for (nint i = (nint)start; i < (nint)end; i += RandomKey.GroupSize)
            {
                key.BlockLanes((ulong)i / RandomKey.GroupSize, out var r0, out var r1, out var r2, out var r3);
                if (i <= (nint)end - RandomKey.GroupSize)
                {
                    Whole(i, r0);
                    Whole(i + 16, r1);
                    Whole(i + 32, r2);
                    Whole(i + 48, r3);
                    continue;
                }
                Part(i, r0, (nint)end);
                Part(i + 16, r1, (nint)end);
                Part(i + 32, r2, (nint)end);
                Part(i + 48, r3, (nint)end);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Whole(nint i, Vector512<uint> random)
        {
            var v = Drop(TX.Load(A.X, i), random);
            TY.Store(A.Y, i, A.Add ? TY.Load(A.Y, i) + v : v);
        }

        private readonly void Part(nint i, Vector512<uint> random, nint end)
        {
            int count = (int)Math.Min(Lanes.Count, end - i);
            if (count == Lanes.Count) Whole(i, random);
            if (count is <= 0 or Lanes.Count) return;
            var v = Drop(Lanes.LoadTail<TX>(A.X, i, count), random);
            Lanes.StoreTail<TY>(A.Y, i, A.Add ? Lanes.LoadTail<TY>(A.Y, i, count) + v : v, count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly Vector512<float> Drop(Vector512<float> x, Vector512<uint> random)
        {
            var keep = Vector512.GreaterThanOrEqual(random, Vector512.Create(A.Threshold)).AsSingle();
            return x * Vector512.Create(A.Scale) & keep;
        }
    }
}
