using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal static unsafe class EmbeddingKernels
{
    private const int CopyGrainBytes = 64 * 1024;

    // one chunk of the backward pass owns 64 columns of all rows: no two chunks add to the same place
    private const int Columns = 4 * Lanes.Count;

    public static void Forward(Tensor tokens, Tensor table, Tensor y)
    {
        using var lt = tokens.Acquire();
        using var lw = table.Acquire();
        using var ly = y.Acquire();
        long rowBytes = (long)table.Shape[1] * table.DType.Size();
        if (rowBytes == 0) return;
        y.Engine.For(new CopyKernel(lt.I32, lw.Pointer, ly.Pointer, rowBytes), tokens.Count, CopyGrainBytes / rowBytes);
    }

    public static void Backward(Tensor tokens, Tensor dy, Tensor dtable)
    {
        var engine = dy.Engine;
        int n = (int)tokens.Count, C = dtable.Shape[1];
        using var keys = engine.Empty([n], DType.I64);
        using var lk = keys.Acquire();
        using var ldy = dy.Acquire();
        using var ldw = dtable.Acquire();
        var order = SortByToken(tokens, keys);
        fixed (long* k = order)
        {
            switch (dy.DType, dtable.DType)
            {
                case (DType.F32, DType.F32): engine.For(new SumKernel<F32, F32>(k, n, ldy.Pointer, ldw.Pointer, C), C, Columns); break;
                case (DType.F32, DType.BF16): engine.For(new SumKernel<F32, BF16>(k, n, ldy.Pointer, ldw.Pointer, C), C, Columns); break;
                case (DType.BF16, DType.F32): engine.For(new SumKernel<BF16, F32>(k, n, ldy.Pointer, ldw.Pointer, C), C, Columns); break;
                default: engine.For(new SumKernel<BF16, BF16>(k, n, ldy.Pointer, ldw.Pointer, C), C, Columns); break;
            }
        }
    }

    // token << 32 | position: all keys differ, so that sorting them groups the tokens and keeps the positions of each ascending
    private static Span<long> SortByToken(Tensor tokens, Tensor keys)
    {
        using var lease = tokens.Acquire();
        var ids = tokens.AsSpan<int>();
        var order = keys.AsSpan<long>();
        for (int i = 0; i < ids.Length; i++) order[i] = (long)ids[i] << 32 | (uint)i;
        order.Sort();
        return order;
    }

    private readonly struct CopyKernel(int* tokens, byte* table, byte* y, long rowBytes) : IRangeKernel
    {
        public void Run(long start, long end, int worker)
        {
            for (long i = start; i < end; i++) Buffer.MemoryCopy(table + tokens[i] * rowBytes, y + i * rowBytes, rowBytes, rowBytes);
        }
    }

    private readonly struct SumKernel<TX, TW>(long* order, int n, void* dy, void* dtable, int C) : IRangeKernel
        where TX : unmanaged, IStorage where TW : unmanaged, IStorage
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long start, long end, int worker)
        {
            int c = (int)start;
            if ((int)end - c == Columns) Four(c);
            else for (; c < (int)end; c += Lanes.Count) One(c, Math.Min(Lanes.Count, (int)end - c));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Four(int c)
        {
            for (int k = 0; k < n;)
            {
                int token = (int)(order[k] >> 32);
                var s0 = Vector512<float>.Zero;
                var (s1, s2, s3) = (s0, s0, s0);
                for (; k < n && (int)(order[k] >> 32) == token; k++)
                {
                    nint at = (nint)(uint)order[k] * C + c;
                    s0 += TX.Load(dy, at);
                    s1 += TX.Load(dy, at + 16);
                    s2 += TX.Load(dy, at + 32);
                    s3 += TX.Load(dy, at + 48);
                }
                nint to = (nint)token * C + c;
                TW.Store(dtable, to, TW.Load(dtable, to) + s0);
                TW.Store(dtable, to + 16, TW.Load(dtable, to + 16) + s1);
                TW.Store(dtable, to + 32, TW.Load(dtable, to + 32) + s2);
                TW.Store(dtable, to + 48, TW.Load(dtable, to + 48) + s3);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void One(int c, int count)
        {
            for (int k = 0; k < n;)
            {
                int token = (int)(order[k] >> 32);
                var sum = Vector512<float>.Zero;
                for (; k < n && (int)(order[k] >> 32) == token; k++)
                {
                    nint at = (nint)(uint)order[k] * C + c;
                    sum += count == Lanes.Count ? TX.Load(dy, at) : Lanes.LoadTail<TX>(dy, at, count);
                }
                nint to = (nint)token * C + c;
                if (count == Lanes.Count) TW.Store(dtable, to, TW.Load(dtable, to) + sum);
                else Lanes.StoreTail<TW>(dtable, to, Lanes.LoadTail<TW>(dtable, to, count) + sum, count);
            }
        }
    }
}
