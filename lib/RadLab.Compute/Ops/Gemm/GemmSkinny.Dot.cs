using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

internal static unsafe partial class GemmSkinny
{
    // The other operand lies along k: four of its columns meet four rows, each pair's sum in 16 chains.
    private struct DotKernel<T> : IRangeKernel where T : unmanaged, IStorage
    {
        public Job Job;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            float* sums = stackalloc float[Group * Group];
            for (int n = (int)start; n < (int)end; n += Group)
            {
                int count = Math.Min(Group, (int)end - n);
                for (int r = 0; r < Job.Rows; r += Group)
                {
                    int rows = Math.Min(Group, Job.Rows - r);
                    // beyond the edge the last row or column is computed again and dropped
                    nint b0 = (nint)(n * Job.B.RowStride);
                    nint b1 = (nint)((n + Math.Min(1, count - 1)) * Job.B.RowStride);
                    nint b2 = (nint)((n + Math.Min(2, count - 1)) * Job.B.RowStride);
                    nint b3 = (nint)((n + Math.Min(3, count - 1)) * Job.B.RowStride);
                    float* x = Job.X + r * Job.Pitch;
                    if (rows == 1) Dot1(x, b0, b1, b2, b3, sums);
                    else Dot4(x, x + Job.Pitch, x + Math.Min(2, rows - 1) * Job.Pitch, x + Math.Min(3, rows - 1) * Job.Pitch, b0, b1, b2, b3, sums);
                    for (int i = 0; i < rows; i++)
                        for (int j = 0; j < count; j++)
                        {
                            float* c = Job.At(r + i, n + j);
                            *c = Job.Accumulate ? *c + sums[i * Group + j] : sums[i * Group + j];
                        }
                }
            }
        }

        private readonly void Dot1(float* x, nint b0, nint b1, nint b2, nint b3, float* sums)
        {
            int whole = Job.K & ~(Lanes.Count - 1);
            float* lanes = stackalloc float[Group * Lanes.Count];
            Whole1(x, b0, b1, b2, b3, whole, lanes);
            if (whole < Job.K)
            {
                nint* columns = stackalloc nint[Group] { b0, b1, b2, b3 };
                Tail(x, columns, whole, lanes);
            }
            Lanes.Sum(Vector512.Load(lanes), Vector512.Load(lanes + 16), Vector512.Load(lanes + 32), Vector512.Load(lanes + 48)).Store(sums);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Whole1(float* x, nint b0, nint b1, nint b2, nint b3, int whole, float* lanes)
        {
            void* p = Job.B.Pointer;
            nint ahead = Ahead;
            Vector512<float> s0 = Vector512<float>.Zero, s1 = s0, s2 = s0, s3 = s0;
            for (int k = 0; k < whole; k += Lanes.Count)
            {
                Fetch(b0 + k + ahead);
                Fetch(b1 + k + ahead);
                Fetch(b2 + k + ahead);
                Fetch(b3 + k + ahead);
                var v = Vector512.Load(x + k);
                s0 = Vector512.FusedMultiplyAdd(v, T.Load(p, b0 + k), s0);
                s1 = Vector512.FusedMultiplyAdd(v, T.Load(p, b1 + k), s1);
                s2 = Vector512.FusedMultiplyAdd(v, T.Load(p, b2 + k), s2);
                s3 = Vector512.FusedMultiplyAdd(v, T.Load(p, b3 + k), s3);
            }
            s0.Store(lanes);
            s1.Store(lanes + 16);
            s2.Store(lanes + 32);
            s3.Store(lanes + 48);
        }

        // Short rows end before the hardware has seen where they lead: whole groups of columns further on. In long ones it sees for itself.
        private readonly nint Ahead => Job.K > FetchAhead / 2 ? 0 : (nint)Job.B.RowStride * Group * (nint)(1 + FetchAhead / Math.Max(Job.B.RowStride * Group, 1));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Fetch(nint at)
        {
            if (Sse.IsSupported) Sse.Prefetch1(Job.B.Pointer + at * (typeof(T) == typeof(BF16) ? sizeof(ushort) : sizeof(float)));
        }

        private readonly void Dot4(float* x, float* y, float* z, float* w, nint b0, nint b1, nint b2, nint b3, float* sums)
        {
            int whole = Job.K & ~(Lanes.Count - 1);
            float* lanes = stackalloc float[Group * Group * Lanes.Count];
            Whole(x, y, z, w, b0, b1, b2, b3, whole, lanes);
            if (whole < Job.K)
            {
                nint* columns = stackalloc nint[Group] { b0, b1, b2, b3 };
                Tail(x, columns, whole, lanes);
                Tail(y, columns, whole, lanes + Group * Lanes.Count);
                Tail(z, columns, whole, lanes + 2 * Group * Lanes.Count);
                Tail(w, columns, whole, lanes + 3 * Group * Lanes.Count);
            }
            for (int i = 0; i < Group * Group; i++) sums[i] = Lanes.Sum(Vector512.Load(lanes + i * Lanes.Count));
        }

        // 4 × 4 sums in registers. A method of its own: a call anywhere in it would push all of them to memory in every round of the loop.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Whole(float* x, float* y, float* z, float* w, nint b0, nint b1, nint b2, nint b3, int whole, float* lanes)
        {
            void* p = Job.B.Pointer;
            Vector512<float> x0 = Vector512<float>.Zero, x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
            Vector512<float> z0 = x0, z1 = x0, z2 = x0, z3 = x0, w0 = x0, w1 = x0, w2 = x0, w3 = x0;
            for (int k = 0; k < whole; k += Lanes.Count)
            {
                var v0 = T.Load(p, b0 + k);
                var v1 = T.Load(p, b1 + k);
                var v2 = T.Load(p, b2 + k);
                var v3 = T.Load(p, b3 + k);
                var vx = Vector512.Load(x + k);
                x0 = Vector512.FusedMultiplyAdd(vx, v0, x0);
                x1 = Vector512.FusedMultiplyAdd(vx, v1, x1);
                x2 = Vector512.FusedMultiplyAdd(vx, v2, x2);
                x3 = Vector512.FusedMultiplyAdd(vx, v3, x3);
                var vy = Vector512.Load(y + k);
                y0 = Vector512.FusedMultiplyAdd(vy, v0, y0);
                y1 = Vector512.FusedMultiplyAdd(vy, v1, y1);
                y2 = Vector512.FusedMultiplyAdd(vy, v2, y2);
                y3 = Vector512.FusedMultiplyAdd(vy, v3, y3);
                var vz = Vector512.Load(z + k);
                z0 = Vector512.FusedMultiplyAdd(vz, v0, z0);
                z1 = Vector512.FusedMultiplyAdd(vz, v1, z1);
                z2 = Vector512.FusedMultiplyAdd(vz, v2, z2);
                z3 = Vector512.FusedMultiplyAdd(vz, v3, z3);
                var vw = Vector512.Load(w + k);
                w0 = Vector512.FusedMultiplyAdd(vw, v0, w0);
                w1 = Vector512.FusedMultiplyAdd(vw, v1, w1);
                w2 = Vector512.FusedMultiplyAdd(vw, v2, w2);
                w3 = Vector512.FusedMultiplyAdd(vw, v3, w3);
            }
            x0.Store(lanes);
            x1.Store(lanes + 16);
            x2.Store(lanes + 32);
            x3.Store(lanes + 48);
            y0.Store(lanes + 64);
            y1.Store(lanes + 80);
            y2.Store(lanes + 96);
            y3.Store(lanes + 112);
            z0.Store(lanes + 128);
            z1.Store(lanes + 144);
            z2.Store(lanes + 160);
            z3.Store(lanes + 176);
            w0.Store(lanes + 192);
            w1.Store(lanes + 208);
            w2.Store(lanes + 224);
            w3.Store(lanes + 240);
        }

        private readonly void Tail(float* x, nint* columns, int k, float* lanes)
        {
            var v = Lanes.LoadTail<F32>(x, k, Job.K - k);
            for (int j = 0; j < Group; j++, lanes += Lanes.Count)
                Vector512.FusedMultiplyAdd(v, Lanes.LoadTail<T>(Job.B.Pointer, columns[j] + k, Job.K - k), Vector512.Load(lanes)).Store(lanes);
        }
    }
}
