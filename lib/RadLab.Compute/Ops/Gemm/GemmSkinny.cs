using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>
/// Products with at most <see cref="MostRows"/> rows (generation, LoRA's factors): bound by reading the other operand once, so it is read in place, unpacked.
/// </summary>
/// <remarks>
/// Where that operand lies along k, an element is the sum of 16 chains, k ≡ lane modulo 16, joined by the engine's tree; otherwise it is one chain over ascending k.
/// Which of the two applies depends on shapes and layout alone.
/// </remarks>
internal static unsafe partial class GemmSkinny
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
}
