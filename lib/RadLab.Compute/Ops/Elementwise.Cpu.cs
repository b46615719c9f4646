using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>The formula of an elementwise op on 16 lanes; unary ones ignore <c>b</c>. A struct, so that the loop below is compiled for it.</summary>
internal interface IMap
{
    Vector512<float> At(Vector512<float> a, Vector512<float> b);
}

/// <summary>The one loop of all elementwise ops: y[i] = f(a[i], b[i]) or y[i] += f(a[i], b[i]), each of the three in F32 or BF16; y may be a or b.</summary>
internal static unsafe class ElementwiseKernels
{
    /// <summary>Elements of one piece of parallel work; a multiple of 64, so that only the last piece has a tail.</summary>
    public const long Grain = 16 * 1024;

    /// <summary>sink += g, each F32 or BF16.</summary>
    public static void AddInto(Tensor sink, Tensor g) => Map(new AddMap(), sink, g, sink);

    /// <summary>destination = source, narrowed or widened.</summary>
    public static void Copy(Tensor source, Tensor destination) => Map(new CopyMap(), source, source, destination);

    /// <summary>A computed gradient into its buffer: overwrites a fresh one, adds to another.</summary>
    public static void Deposit(Tensor g, Tensor sink, bool fresh)
    {
        if (fresh) Copy(g, sink);
        else AddInto(sink, g);
    }

    /// <summary>y = map(a, b) over all elements, or y += map(a, b) with <paramref name="add"/>; the three tensors have the same count.</summary>
    public static void Map<TMap>(TMap map, Tensor a, Tensor b, Tensor y, bool add = false) where TMap : unmanaged, IMap
    {
        using var la = a.Acquire();
        using var lb = b.Acquire();
        using var ly = y.Acquire();
        var (pa, pb, py, n, engine) = ((nint)la.Pointer, (nint)lb.Pointer, (nint)ly.Pointer, y.Count, y.Engine);
        switch (a.DType, b.DType, y.DType)
        {
            case (DType.F32, DType.F32, DType.F32): engine.For(new MapKernel<TMap, F32, F32, F32>(map, pa, pb, py, add), n, Grain); break;
            case (DType.F32, DType.F32, DType.BF16): engine.For(new MapKernel<TMap, F32, F32, BF16>(map, pa, pb, py, add), n, Grain); break;
            case (DType.F32, DType.BF16, DType.F32): engine.For(new MapKernel<TMap, F32, BF16, F32>(map, pa, pb, py, add), n, Grain); break;
            case (DType.F32, DType.BF16, DType.BF16): engine.For(new MapKernel<TMap, F32, BF16, BF16>(map, pa, pb, py, add), n, Grain); break;
            case (DType.BF16, DType.F32, DType.F32): engine.For(new MapKernel<TMap, BF16, F32, F32>(map, pa, pb, py, add), n, Grain); break;
            case (DType.BF16, DType.F32, DType.BF16): engine.For(new MapKernel<TMap, BF16, F32, BF16>(map, pa, pb, py, add), n, Grain); break;
            case (DType.BF16, DType.BF16, DType.F32): engine.For(new MapKernel<TMap, BF16, BF16, F32>(map, pa, pb, py, add), n, Grain); break;
            case (DType.BF16, DType.BF16, DType.BF16): engine.For(new MapKernel<TMap, BF16, BF16, BF16>(map, pa, pb, py, add), n, Grain); break;
            default: throw new ArgumentException($"Elementwise: tensors must be F32 or BF16, got {a.DType}, {b.DType} and {y.DType}.");
        }
    }

    private readonly struct CopyMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> At(Vector512<float> a, Vector512<float> b) => a;
    }
}

internal readonly struct AddMap : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> a, Vector512<float> b) => a + b;
}

internal readonly unsafe struct MapKernel<TMap, TA, TB, TY>(TMap map, nint a, nint b, nint y, bool add) : IRangeKernel
    where TMap : unmanaged, IMap where TA : unmanaged, IStorage where TB : unmanaged, IStorage where TY : unmanaged, IStorage
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(long start, long end, int worker)
    {
        void* pa = (void*)a, pb = (void*)b, py = (void*)y;
        nint i = (nint)start;
        for (; i <= (nint)end - Lanes.Count; i += Lanes.Count)
        {
            var v = map.At(TA.Load(pa, i), TB.Load(pb, i));
            TY.Store(py, i, add ? TY.Load(py, i) + v : v);
        }
        int rest = (int)((nint)end - i);   // only the last chunk has one: chunks are multiples of 16
        if (rest == 0) return;
        var last = map.At(Lanes.LoadTail<TA>(pa, i, rest), Lanes.LoadTail<TB>(pb, i, rest));
        Lanes.StoreTail<TY>(py, i, add ? Lanes.LoadTail<TY>(py, i, rest) + last : last, rest);
    }
}
