using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>Moves between a tensor and a part of it along one dimension. Seen from there, the part is a column range of a matrix.</summary>
internal static unsafe class SliceKernels
{
    private const long GrainBytes = 64 * 1024;

    /// <summary>part = whole[.., first + i, ..]; any dtype.</summary>
    public static void CopyPart(Tensor whole, Tensor part, int dimension, int first)
    {
        using var lw = whole.Acquire();
        using var lp = part.Acquire();
        var a = new Ranges(whole.Shape, part.Shape, dimension, first, whole.DType.Size());
        Start(part, new CopyKernel { From = lw.Pointer + a.Offset, To = lp.Pointer, FromStride = a.WholeRow, ToStride = a.PartRow, Row = a.PartRow });
    }

    /// <summary>whole[.., first + i, ..] = part; any dtype.</summary>
    public static void CopyToWhole(Tensor part, Tensor whole, int dimension, int first)
    {
        using var lw = whole.Acquire();
        using var lp = part.Acquire();
        var a = new Ranges(whole.Shape, part.Shape, dimension, first, whole.DType.Size());
        Start(part, new CopyKernel { From = lp.Pointer, To = lw.Pointer + a.Offset, FromStride = a.PartRow, ToStride = a.WholeRow, Row = a.PartRow });
    }

    /// <summary>whole[.., first + i, ..] += part; each F32 or BF16.</summary>
    public static void AddToWhole(Tensor part, Tensor whole, int dimension, int first)
    {
        using var lw = whole.Acquire();
        using var lp = part.Acquire();
        var a = new Ranges(whole.Shape, part.Shape, dimension, first, 1);
        switch (part.DType, whole.DType)
        {
            case (DType.F32, DType.F32): Add<F32, F32>(part, lp.Pointer, lw.Pointer, a); break;
            case (DType.F32, DType.BF16): Add<F32, BF16>(part, lp.Pointer, lw.Pointer, a); break;
            case (DType.BF16, DType.F32): Add<BF16, F32>(part, lp.Pointer, lw.Pointer, a); break;
            default: Add<BF16, BF16>(part, lp.Pointer, lw.Pointer, a); break;
        }
    }

    private static void Add<TP, TW>(Tensor part, void* from, void* to, in Ranges a) where TP : unmanaged, IStorage where TW : unmanaged, IStorage =>
        part.Engine.For(new AddKernel<TP, TW> { From = from, To = to, Offset = a.Offset, WholeRow = a.WholeRow, PartRow = a.PartRow }, part.Count, ElementwiseKernels.Grain);

    private static void Start(Tensor part, in CopyKernel kernel) => part.Engine.For(kernel, part.SizeBytes, GrainBytes);

    // Row lengths of the matrix and where the part begins in its first row, in units of elementSize.
    private readonly struct Ranges
    {
        public readonly long WholeRow, PartRow, Offset;

        public Ranges(Shape whole, Shape part, int dimension, int first, int elementSize)
        {
            long inner = elementSize;
            for (int i = dimension + 1; i < whole.Rank; i++) inner *= whole[i];
            (WholeRow, PartRow, Offset) = (whole[dimension] * inner, part[dimension] * inner, first * inner);
        }
    }

    // Items are the bytes of the part, so that one long row is shared among threads too.
    private struct CopyKernel : IRangeKernel
    {
        public byte* From, To;
        public long FromStride, ToStride, Row;

        public readonly void Run(long start, long end, int worker)
        {
            long r = start / Row, at = start - r * Row;
            while (start < end)
            {
                long count = Math.Min(Row - at, end - start);
                Buffer.MemoryCopy(From + r * FromStride + at, To + r * ToStride + at, count, count);
                start += count;
                r++;
                at = 0;
            }
        }
    }

    private struct AddKernel<TP, TW> : IRangeKernel where TP : unmanaged, IStorage where TW : unmanaged, IStorage
    {
        public void* From, To;
        public long Offset, WholeRow, PartRow;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            long r = start / PartRow, at = start - r * PartRow;
            while (start < end)
            {
                nint count = (nint)Math.Min(PartRow - at, end - start);
                nint p = (nint)start, w = (nint)(r * WholeRow + Offset + at);
                nint i = 0;
                for (; i <= count - Lanes.Count; i += Lanes.Count) TW.Store(To, w + i, TW.Load(To, w + i) + TP.Load(From, p + i));
                for (; i < count; i++) TW.Set(To, w + i, TW.Get(To, w + i) + TP.Get(From, p + i));
                start += count;
                r++;
                at = 0;
            }
        }
    }
}
