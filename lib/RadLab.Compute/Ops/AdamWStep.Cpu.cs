using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class AdamWStepKernels
{
    /// <param name="master">The F32 copy that the step is taken on, where the parameter is BF16.</param>
    /// <param name="range">Of parameter and gradient; the others hold just these elements.</param>
    public static void Apply(Tensor parameter, Tensor? master, Tensor gradient, Tensor mean, Tensor square, in AdamWUpdate update, ElementRange range)
    {
        using var lp = parameter.Acquire();
        using var lg = gradient.Acquire();
        using var lm = mean.Acquire();
        using var lv = square.Acquire();
        if (master is { } copy)
        {
            using var lc = copy.Acquire();
            var kernel = new Kernel { Update = update, P = lc.F32, Rounded = lp.BF16 + range.First, G = lg.F32 + range.First, M = lm.F32, V = lv.F32 };
            parameter.Engine.For(kernel, range.Count, ElementwiseKernels.Grain);
        }
        else
        {
            var kernel = new Kernel { Update = update, P = lp.F32 + range.First, G = lg.F32 + range.First, M = lm.F32, V = lv.F32 };
            parameter.Engine.For(kernel, range.Count, ElementwiseKernels.Grain);
        }
    }

    /// <summary>master = elements of a BF16 parameter from <paramref name="first"/> on.</summary>
    public static void Widen(Tensor parameter, Tensor master, long first)
    {
        using var lp = parameter.Acquire();
        using var lm = master.Acquire();
        parameter.Engine.For(new WidenKernel { P = lp.BF16 + first, Master = lm.F32 }, master.Count, ElementwiseKernels.Grain);
    }

    private struct Kernel : IRangeKernel
    {
        public AdamWUpdate Update;
        public float* P, G, M, V;
        public ushort* Rounded;   // null where P is the parameter itself

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            nint i = (nint)start;
            for (; i <= (nint)end - Lanes.Count; i += Lanes.Count)
            {
                var (p, m, v) = Update.At(Vector512.Load(P + i), Vector512.Load(G + i), Vector512.Load(M + i), Vector512.Load(V + i));
                p.Store(P + i);
                m.Store(M + i);
                v.Store(V + i);
                if (Rounded != null) BF16.Store(Rounded, i, p);
            }
            int rest = (int)((nint)end - i);   // only the last chunk has one: chunks are multiples of 16
            if (rest == 0) return;
            var last = Update.At(Lanes.LoadTail<F32>(P, i, rest), Lanes.LoadTail<F32>(G, i, rest), Lanes.LoadTail<F32>(M, i, rest), Lanes.LoadTail<F32>(V, i, rest));
            Lanes.StoreTail<F32>(P, i, last.P, rest);
            Lanes.StoreTail<F32>(M, i, last.M, rest);
            Lanes.StoreTail<F32>(V, i, last.V, rest);
            if (Rounded != null) Lanes.StoreTail<BF16>(Rounded, i, last.P, rest);
        }
    }

    private struct WidenKernel : IRangeKernel
    {
        public ushort* P;
        public float* Master;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            nint i = (nint)start;
            for (; i <= (nint)end - Lanes.Count; i += Lanes.Count) BF16.Load(P, i).Store(Master + i);
            for (; i < (nint)end; i++) Master[i] = BF16.Get(P, i);
        }
    }
}
