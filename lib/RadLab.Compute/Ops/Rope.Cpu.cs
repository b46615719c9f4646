using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class RopeKernels
{
    private const int GrainElements = 8 * 1024;

    /// <summary>y = x rotated by its angles, or by minus them for <paramref name="backward"/>; added to y unless <paramref name="fresh"/>.</summary>
    /// <param name="positions">(T), or one for each token, or none: then token t is at start + t.</param>
    public static void Rotate(Tensor x, Tensor cos, Tensor sin, Tensor positions, int start, Tensor y, bool backward, bool fresh)
    {
        using var lx = x.Acquire();
        using var lc = cos.Acquire();
        using var ls = sin.Acquire();
        using var ly = y.Acquire();
        var (engine, T, H, D) = (x.Engine, x.Shape[^3], x.Shape[^2], x.Shape[^1]);
        var a = new Arguments { X = lx.Pointer, Y = ly.Pointer, Cos = lc.F32, Sin = ls.F32, Start = start, Period = T, H = H, Half = D / 2, Sign = backward ? -1f : 1f, Fresh = fresh };
        if (!positions.IsAlive)
        {
            Start(engine, x, y, a);
            return;
        }
        using var lp = positions.Acquire();
        a.Positions = lp.I32;
        if (positions.Shape.Rank > 1) a.Period = (int)positions.Count;
        Start(engine, x, y, a);
    }

    private static void Start(Engine engine, Tensor x, Tensor y, in Arguments a)
    {
        if (x.Count == 0) return;
        long rowElements = 2L * a.H * a.Half, rows = x.Count / rowElements, grain = GrainElements / rowElements;
        if (x.DType == DType.F32) engine.For(new Kernel<F32, F32> { A = a }, rows, grain);
        else if (y.DType == DType.F32) engine.For(new Kernel<BF16, F32> { A = a }, rows, grain);
        else engine.For(new Kernel<BF16, BF16> { A = a }, rows, grain);
    }

    private struct Arguments
    {
        public void* X, Y;
        public float* Cos, Sin;
        public int* Positions;
        public int Start, Period, H, Half;
        public float Sign;
        public bool Fresh;
    }

    private struct Kernel<TX, TY> : IRangeKernel where TX : unmanaged, IStorage where TY : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            for (long r = start; r < end; r++)
            {
                int t = (int)(r % A.Period);
                nint at = (nint)(A.Positions == null ? A.Start + t : A.Positions[t]) * A.Half;
                for (int h = 0; h < A.H; h++) Head((nint)(r * A.H + h) * 2 * A.Half, A.Cos + at, A.Sin + at);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Head(nint low, float* cos, float* sin)
        {
            int half = A.Half, i = 0;
            nint high = low + half;
            var sign = Vector512.Create(A.Sign);
            for (; i <= half - Lanes.Count; i += Lanes.Count)
            {
                var (a, b, c, s) = (TX.Load(A.X, low + i), TX.Load(A.X, high + i), Vector512.Load(cos + i), Vector512.Load(sin + i) * sign);
                var ya = Vector512.FusedMultiplyAdd(-b, s, a * c);
                var yb = Vector512.FusedMultiplyAdd(a, s, b * c);
                TY.Store(A.Y, low + i, A.Fresh ? ya : TY.Load(A.Y, low + i) + ya);
                TY.Store(A.Y, high + i, A.Fresh ? yb : TY.Load(A.Y, high + i) + yb);
            }
            // one by one with the same roundings: narrow heads are all tail
            for (; i < half; i++)
            {
                var (a, b, c, s) = (TX.Get(A.X, low + i), TX.Get(A.X, high + i), cos[i], sin[i] * A.Sign);
                float ya = MathF.FusedMultiplyAdd(-b, s, a * c);
                float yb = MathF.FusedMultiplyAdd(a, s, b * c);
                TY.Set(A.Y, low + i, A.Fresh ? ya : TY.Get(A.Y, low + i) + ya);
                TY.Set(A.Y, high + i, A.Fresh ? yb : TY.Get(A.Y, high + i) + yb);
            }
        }
    }
}
