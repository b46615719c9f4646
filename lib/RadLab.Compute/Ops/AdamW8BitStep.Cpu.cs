using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class AdamW8BitStepKernels
{
    private const int Block = AdamW8BitStep.BlockSize;

    /// <param name="range">Of parameter and gradient; the others hold just these elements.</param>
    public static void Apply(Tensor parameter, Tensor? master, Tensor gradient, in AdamW8BitState state, in AdamWUpdate update, ElementRange range)
    {
        using var lp = parameter.Acquire();
        using var lg = gradient.Acquire();
        using var lm = state.MeanCodes.Acquire();
        using var lma = state.MeanAbsmax.Acquire();
        using var lv = state.SquareCodes.Acquire();
        using var lva = state.SquareAbsmax.Acquire();
        var kernel = new Kernel
        {
            Update = update,
            G = lg.F32 + range.First,
            M = lm.Pointer,
            MeanAbsmax = lma.F32,
            V = lv.Pointer,
            SquareAbsmax = lva.F32,
            Count = range.Count,
        };
        if (master is { } copy)
        {
            using var lc = copy.Acquire();
            kernel.P = lc.F32;
            kernel.Rounded = lp.BF16 + range.First;
            parameter.Engine.For(kernel, range.Count, ElementwiseKernels.Grain);
        }
        else
        {
            kernel.P = lp.F32 + range.First;
            parameter.Engine.For(kernel, range.Count, ElementwiseKernels.Grain);
        }
    }

    private struct Kernel : IRangeKernel
    {
        public AdamWUpdate Update;
        public float* P, G, MeanAbsmax, SquareAbsmax;
        public byte* M, V;
        public ushort* Rounded;   // null where P is the parameter itself
        public long Count;

        // a chunk is a multiple of the block: no block is shared by two workers
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            float* m = stackalloc float[2 * Block];
            float* v = m + Block;
            for (long at = start; at < end; at += Block)
            {
                int length = (int)Math.Min(Block, end - at);
                long block = at / Block;
                UpdateBlock((nint)at, length, MeanAbsmax[block], SquareAbsmax[block], m, v);
                Int8Blocks.Quantize(m - at, Count, Block, block, block + 1, DynamicMap.Signed, M, MeanAbsmax, keepSign: true);
                Int8Blocks.Quantize(v - at, Count, Block, block, block + 1, DynamicMap.Unsigned, V, SquareAbsmax);
            }
        }

        // the new means go to m and v; codes are looked up between the divisions, which take as long
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void UpdateBlock(nint at, int length, float meanAbsmax, float squareAbsmax, float* m, float* v)
        {
            float* signed = DynamicMap.Signed.ValuePointer;
            float* unsigned = DynamicMap.Unsigned.ValuePointer;
            int i = 0;
            for (; i <= length - Lanes.Count; i += Lanes.Count)
            {
                nint k = at + i;
                var mean = Lanes.Gather(signed, Lanes.LoadBytes(M + k)) * Vector512.Create(meanAbsmax);
                var square = Lanes.Gather(unsigned, Lanes.LoadBytes(V + k)) * Vector512.Create(squareAbsmax);
                var next = Step(Vector512.Load(P + k), Vector512.Load(G + k), mean, square);
                next.P.Store(P + k);
                next.M.Store(m + i);
                next.V.Store(v + i);
                if (Rounded != null) BF16.Store(Rounded, k, next.P);
            }
            int rest = length - i;   // only the last block has one
            if (rest == 0) return;
            for (int k = i; k < length; k++)
            {
                m[k] = signed[M[at + k]] * meanAbsmax;
                v[k] = unsigned[V[at + k]] * squareAbsmax;
            }
            var last = Step(Lanes.LoadTail<F32>(P, at + i, rest), Lanes.LoadTail<F32>(G, at + i, rest), Lanes.LoadTail<F32>(m, i, rest), Lanes.LoadTail<F32>(v, i, rest));
            Lanes.StoreTail<F32>(P, at + i, last.P, rest);
            Lanes.StoreTail<F32>(m, i, last.M, rest);
            Lanes.StoreTail<F32>(v, i, last.V, rest);
            if (Rounded != null) Lanes.StoreTail<BF16>(Rounded, at + i, last.P, rest);
        }

        // an infinity in a block's largest magnitude would wipe out the whole block
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly (Vector512<float> P, Vector512<float> M, Vector512<float> V) Step(Vector512<float> p, Vector512<float> g, Vector512<float> m, Vector512<float> v)
        {
            var next = Update.At(p, g, m, v);
            var infinity = Vector512.Create(float.PositiveInfinity);
            var sound = Vector512.LessThan(Vector512.Abs(next.M), infinity) & Vector512.LessThan(next.V, infinity);
            return (Vector512.ConditionalSelect(sound, next.P, p), next.M & sound, next.V & sound);
        }
    }
}
