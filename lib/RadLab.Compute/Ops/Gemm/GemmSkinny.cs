using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <summary>
/// Products with at most <see cref="MostRows"/> rows (generation, LoRA's factors): bound by reading the other operand once, so it is read in place, unpacked.
/// </summary>
/// <remarks>
/// Where that operand lies along k, an element is the sum of 16 chains, k ≡ lane modulo 16, joined by the engine's tree; otherwise it is one chain over ascending k.
/// Which of the two applies depends on shapes and layout alone.
/// </remarks>
internal static unsafe class GemmSkinny
{
    public const int MostRows = 16;
    private const int Group = 4;
    private const int ColumnsPerChunk = 512;
    private const int FetchAhead = 4096;   // elements

    /// <param name="c">May be transposed: then its narrow side is its columns.</param>
    public static void Multiply(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        if (a.DType == DType.F32 && !a.IsTransposed)
        {
            Start(engine, (float*)a.Pointer, (nint)a.RowStride, a, b, c, accumulate);
            return;
        }

        // the few rows as F32 along k: small, read again for every column
        var scratch = engine.Pool.Rent((long)a.Rows * a.Columns * sizeof(float));
        try
        {
            float* x = (float*)scratch.Pointer;
            if (a.DType == DType.F32) AlongK<F32>(a, x);
            else AlongK<BF16>(a, x);
            Start(engine, x, a.Columns, a, b, c, accumulate);
        }
        finally
        {
            engine.Pool.Return(scratch);
        }
    }

    private static void AlongK<T>(in MatrixView a, float* x) where T : unmanaged, IStorage
    {
        nint stride = (nint)a.RowStride;
        // eight values of k at a time, and what is left one by one
        int whole = a.IsTransposed ? a.Columns & -8 : a.Columns & -Lanes.Count;
        if (a.IsTransposed) GemmPanels.PackAlongK<T>(a.Pointer, stride, whole, a.Rows, whole, a.Columns, x);
        for (int r = 0; r < a.Rows; r++)
        {
            float* row = x + (nint)r * a.Columns;
            if (!a.IsTransposed)
                for (int k = 0; k < whole; k += Lanes.Count) T.Load(a.Pointer, r * stride + k).Store(row + k);
            for (int k = whole; k < a.Columns; k++) row[k] = T.Get(a.Pointer, a.IsTransposed ? k * stride + r : r * stride + k);
        }
    }

    private static void Start(Engine engine, float* x, nint pitch, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        var job = new Job { X = x, Pitch = pitch, Rows = a.Rows, K = a.Columns, B = b, C = c, Accumulate = accumulate };
        if (b.IsTransposed)
        {
            long grain = Math.Max(Group, 32 * 1024 / Math.Max(a.Columns, 1) / Group * Group);
            if (b.DType == DType.F32) engine.For(new DotKernel<F32> { Job = job }, c.Columns, grain);
            else engine.For(new DotKernel<BF16> { Job = job }, c.Columns, grain);
        }
        else
        {
            // long runs for what streams from memory, enough chunks for every thread where there are few columns
            long grain = c.Columns >= 8 * ColumnsPerChunk ? ColumnsPerChunk : ColumnsPerChunk / 4;
            if (b.DType == DType.F32) engine.For(new AxpyKernel<F32> { Job = job }, c.Columns, grain);
            else engine.For(new AxpyKernel<BF16> { Job = job }, c.Columns, grain);
        }
    }

    private struct Job
    {
        public float* X;
        public nint Pitch;
        public int Rows, K;
        public MatrixView B, C;
        public bool Accumulate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly float* At(int r, int column) => (float*)C.Pointer + (nint)(C.IsTransposed ? column * C.RowStride + r : r * C.RowStride + column);
    }

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
