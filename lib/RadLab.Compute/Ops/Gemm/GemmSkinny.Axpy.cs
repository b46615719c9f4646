using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe partial class GemmSkinny
{
    // Columns in chunks whose sums stay in the first-level cache; B streams by, four of its rows at a time, and is met again by further rows of x while it is near.
    private struct AxpyKernel<T> : IRangeKernel where T : unmanaged, IStorage
    {
        private const int NearRows = 64;

        public Job Job;

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            float* sums = stackalloc float[MostRows * ColumnsPerChunk];
            int first = (int)start, count = (int)(end - start), groups = (Job.Rows + Group - 1) / Group;
            for (int r = 0; r < groups * Group; r++)
                for (int j = 0; j < count; j++)
                    sums[r * ColumnsPerChunk + j] = Job.Accumulate && r < Job.Rows ? *Job.At(r, first + j) : 0f;

            for (int k = 0; k < Job.K; k += NearRows)
                for (int group = 0; group < groups; group++)
                    Near(group * Group, k, Math.Min(k + NearRows, Job.K), first, count, sums + group * Group * ColumnsPerChunk);

            for (int r = 0; r < Job.Rows; r++)
                for (int j = 0; j < count; j++)
                    *Job.At(r, first + j) = sums[r * ColumnsPerChunk + j];
        }

        private readonly void Near(int r, int k, int endK, int first, int count, float* sums)
        {
            int rows = Math.Min(Group, Job.Rows - r), whole = count & ~(Lanes.Count - 1);
            float* x = Job.X + r * Job.Pitch;
            for (; k <= endK - 4; k += 4)
            {
                Four(x + k, rows, k, first, count, sums);
                if (whole < count)
                    for (int i = 0; i < 4; i++) One(x + k + i, rows, k + i, first, whole, count, sums);
            }
            for (; k < endK; k++) One(x + k, rows, k, first, 0, count, sums);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Four(float* x, int rows, int k, int first, int count, float* sums)
        {
            // rows that are not there repeat the last: their sums are dropped
            float* y = x + Math.Min(1, rows - 1) * Job.Pitch, z = x + Math.Min(2, rows - 1) * Job.Pitch, w = x + Math.Min(3, rows - 1) * Job.Pitch;
            Vector512<float> x0 = Vector512.Create(x[0]), x1 = Vector512.Create(x[1]), x2 = Vector512.Create(x[2]), x3 = Vector512.Create(x[3]);
            Vector512<float> y0 = Vector512.Create(y[0]), y1 = Vector512.Create(y[1]), y2 = Vector512.Create(y[2]), y3 = Vector512.Create(y[3]);
            Vector512<float> z0 = Vector512.Create(z[0]), z1 = Vector512.Create(z[1]), z2 = Vector512.Create(z[2]), z3 = Vector512.Create(z[3]);
            Vector512<float> w0 = Vector512.Create(w[0]), w1 = Vector512.Create(w[1]), w2 = Vector512.Create(w[2]), w3 = Vector512.Create(w[3]);
            void* p = Job.B.Pointer;
            nint stride = (nint)Job.B.RowStride, at = k * stride + first;
            float* s = sums, t = s + ColumnsPerChunk, u = t + ColumnsPerChunk, v = u + ColumnsPerChunk;
            for (int j = 0; j <= count - Lanes.Count; j += Lanes.Count)
            {
                var b0 = T.Load(p, at + j);
                var b1 = T.Load(p, at + stride + j);
                var b2 = T.Load(p, at + 2 * stride + j);
                var b3 = T.Load(p, at + 3 * stride + j);
                Chain(s + j, x0, x1, x2, x3, b0, b1, b2, b3);
                if (rows == 1) continue;
                Chain(t + j, y0, y1, y2, y3, b0, b1, b2, b3);
                Chain(u + j, z0, z1, z2, z3, b0, b1, b2, b3);
                Chain(v + j, w0, w1, w2, w3, b0, b1, b2, b3);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Chain(float* sum, Vector512<float> x0, Vector512<float> x1, Vector512<float> x2, Vector512<float> x3,
            Vector512<float> b0, Vector512<float> b1, Vector512<float> b2, Vector512<float> b3)
        {
            var s = Vector512.FusedMultiplyAdd(x0, b0, Vector512.Load(sum));
            s = Vector512.FusedMultiplyAdd(x1, b1, s);
            s = Vector512.FusedMultiplyAdd(x2, b2, s);
            Vector512.FusedMultiplyAdd(x3, b3, s).Store(sum);
        }

        private readonly void One(float* x, int rows, int k, int first, int from, int count, float* sums)
        {
            nint at = (nint)(k * Job.B.RowStride + first);
            for (int i = 0; i < rows; i++)
            {
                float f = x[i * Job.Pitch];
                float* s = sums + i * ColumnsPerChunk;
                for (int j = from; j < count; j++) s[j] = MathF.FusedMultiplyAdd(f, T.Get(Job.B.Pointer, at + j), s[j]);
            }
        }
    }
}
