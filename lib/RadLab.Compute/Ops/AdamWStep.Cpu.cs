using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class AdamWStepKernels
{
    public static void Apply(Tensor parameter, Tensor gradient, Tensor mean, Tensor square, in AdamWSettings s, long step)
    {
        using var lp = parameter.Acquire();
        using var lg = gradient.Acquire();
        using var lm = mean.Acquire();
        using var lv = square.Acquire();
        parameter.Engine.For(new Kernel
        {
            P = lp.F32,
            G = lg.F32,
            M = lm.F32,
            V = lv.F32,
            Decay = (float)(1 - s.LearningRate * s.WeightDecay),
            Beta1 = (float)s.Beta1,
            Rest1 = (float)(1 - s.Beta1),
            Beta2 = (float)s.Beta2,
            Rest2 = (float)(1 - s.Beta2),
            Root2 = (float)Math.Sqrt(1 - Power(s.Beta2, step)),
            Epsilon = (float)s.Epsilon,
            Rate = (float)(s.LearningRate / (1 - Power(s.Beta1, step))),
        }, parameter.Count, ElementwiseKernels.Grain);
    }

    // by squaring: the C library's pow has no fixed bits
    private static double Power(double x, long n)
    {
        double result = 1;
        for (; n > 0; n >>= 1, x *= x)
            if ((n & 1) == 1) result *= x;
        return result;
    }

    private struct Kernel : IRangeKernel
    {
        public float* P, G, M, V;
        public float Decay, Beta1, Rest1, Beta2, Rest2, Root2, Epsilon, Rate;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            nint i = (nint)start;
            for (; i <= (nint)end - Lanes.Count; i += Lanes.Count)
            {
                var (p, m, v) = Update(Vector512.Load(P + i), Vector512.Load(G + i), Vector512.Load(M + i), Vector512.Load(V + i));
                p.Store(P + i);
                m.Store(M + i);
                v.Store(V + i);
            }
            int rest = (int)((nint)end - i);   // only the last chunk has one: chunks are multiples of 16
            if (rest == 0) return;
            var last = Update(Lanes.LoadTail<F32>(P, i, rest), Lanes.LoadTail<F32>(G, i, rest), Lanes.LoadTail<F32>(M, i, rest), Lanes.LoadTail<F32>(V, i, rest));
            Lanes.StoreTail<F32>(P, i, last.P, rest);
            Lanes.StoreTail<F32>(M, i, last.M, rest);
            Lanes.StoreTail<F32>(V, i, last.V, rest);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly (Vector512<float> P, Vector512<float> M, Vector512<float> V) Update(Vector512<float> p, Vector512<float> g, Vector512<float> m, Vector512<float> v)
        {
            p *= Vector512.Create(Decay);
            m = Vector512.FusedMultiplyAdd(g, Vector512.Create(Rest1), m * Vector512.Create(Beta1));
            v = Vector512.FusedMultiplyAdd(g * Vector512.Create(Rest2), g, v * Vector512.Create(Beta2));
            var length = Vector512.Sqrt(v) / Vector512.Create(Root2) + Vector512.Create(Epsilon);
            return (Vector512.FusedMultiplyAdd(Vector512.Create(-Rate), m / length, p), m, v);
        }
    }
}
