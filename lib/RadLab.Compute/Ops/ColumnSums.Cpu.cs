using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>What one row adds to a sum over rows, for 16 columns. A struct, so that the loop below is compiled for it.</summary>
internal interface IRowTerm
{
    Vector512<float> AddTo(Vector512<float> sum, Vector512<float> dy, Vector512<float> x, nint row);
}

/// <summary>sink[c] += sum_r term(dy[r,c], x[r,c], r) for matrices of C columns: the gradients of the weights and biases that all rows share.</summary>
internal static unsafe class ColumnSums
{
    // One chunk owns 64 columns, four cache lines of a row in F32, and walks down all rows: the order of rows is fixed and no partial sums are needed.
    private const int Columns = 4 * Lanes.Count;

    /// <param name="dy">(..., C), F32 or BF16</param>
    /// <param name="x">Same shape and dtype as <paramref name="dy"/>; pass dy again for a term that ignores it.</param>
    /// <param name="sink">(C), F32 or BF16</param>
    public static void Add<TTerm>(TTerm term, Tensor dy, Tensor x, Tensor sink) where TTerm : unmanaged, IRowTerm
    {
        using var ldy = dy.Acquire();
        using var lx = x.Acquire();
        using var ls = sink.Acquire();
        var (engine, C, rows) = (dy.Engine, dy.Shape.Last, dy.Shape.Rows);
        switch (dy.DType, sink.DType)
        {
            case (DType.F32, DType.F32): engine.For(new Kernel<TTerm, F32, F32>(term, ldy.Pointer, lx.Pointer, ls.Pointer, C, rows), C, Columns); break;
            case (DType.F32, DType.BF16): engine.For(new Kernel<TTerm, F32, BF16>(term, ldy.Pointer, lx.Pointer, ls.Pointer, C, rows), C, Columns); break;
            case (DType.BF16, DType.F32): engine.For(new Kernel<TTerm, BF16, F32>(term, ldy.Pointer, lx.Pointer, ls.Pointer, C, rows), C, Columns); break;
            default: engine.For(new Kernel<TTerm, BF16, BF16>(term, ldy.Pointer, lx.Pointer, ls.Pointer, C, rows), C, Columns); break;
        }
    }

    private readonly struct Kernel<TTerm, TX, TSink>(TTerm term, void* dy, void* x, void* sink, int C, int rows) : IRangeKernel
        where TTerm : unmanaged, IRowTerm where TX : unmanaged, IStorage where TSink : unmanaged, IStorage
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long start, long end, int worker)
        {
            int c = (int)start;
            for (; c <= (int)end - Columns; c += Columns) Four(c);
            for (; c < (int)end; c += Lanes.Count) One(c, Math.Min(Lanes.Count, (int)end - c));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Four(int c)
        {
            var t = term;
            void* pdy = dy, px = x;
            nint stride = C;
            var s0 = Vector512<float>.Zero;
            var (s1, s2, s3) = (s0, s0, s0);
            for (nint r = 0, at = c; r < rows; r++, at += stride)
            {
                s0 = t.AddTo(s0, TX.Load(pdy, at), TX.Load(px, at), r);
                s1 = t.AddTo(s1, TX.Load(pdy, at + 16), TX.Load(px, at + 16), r);
                s2 = t.AddTo(s2, TX.Load(pdy, at + 32), TX.Load(px, at + 32), r);
                s3 = t.AddTo(s3, TX.Load(pdy, at + 48), TX.Load(px, at + 48), r);
            }
            TSink.Store(sink, c, TSink.Load(sink, c) + s0);
            TSink.Store(sink, c + 16, TSink.Load(sink, c + 16) + s1);
            TSink.Store(sink, c + 32, TSink.Load(sink, c + 32) + s2);
            TSink.Store(sink, c + 48, TSink.Load(sink, c + 48) + s3);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void One(int c, int count)
        {
            var t = term;
            var sum = Vector512<float>.Zero;
            if (count == Lanes.Count)
            {
                for (nint r = 0, at = c; r < rows; r++, at += C) sum = t.AddTo(sum, TX.Load(dy, at), TX.Load(x, at), r);
                TSink.Store(sink, c, TSink.Load(sink, c) + sum);
                return;
            }
            for (nint r = 0, at = c; r < rows; r++, at += C) sum = t.AddTo(sum, Lanes.LoadTail<TX>(dy, at, count), Lanes.LoadTail<TX>(x, at, count), r);
            Lanes.StoreTail<TSink>(sink, c, Lanes.LoadTail<TSink>(sink, c, count) + sum, count);
        }
    }
}
