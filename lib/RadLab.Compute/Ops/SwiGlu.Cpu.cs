using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

internal readonly struct SwiGluMap : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(Vector512<float> gate, Vector512<float> up) => gate * VectorMath.Sigmoid(gate) * up;
}

internal static unsafe class SwiGluKernels
{
    /// <summary>Both gradients in one pass over memory, with one sigmoid. dgate and dup may be one tensor.</summary>
    public static void Backward(Tensor gate, Tensor up, Tensor dy, Tensor dgate, bool freshGate, Tensor dup, bool freshUp)
    {
        using var lg = gate.Acquire();
        using var lu = up.Acquire();
        using var ldy = dy.Acquire();
        using var ldg = dgate.Acquire();
        using var ldu = dup.Acquire();
        var a = new Arguments { Gate = lg.Pointer, Up = lu.Pointer, Dy = ldy.Pointer, DGate = ldg.Pointer, DUp = ldu.Pointer, FreshGate = freshGate, FreshUp = freshUp };
        var (engine, n) = (gate.Engine, gate.Count);
        switch (gate.DType, dgate.DType, dup.DType)
        {
            case (DType.F32, _, _): Start<F32, F32, F32>(engine, n, a); break;   // gradients of F32 tensors are F32
            case (_, DType.BF16, DType.BF16): Start<BF16, BF16, BF16>(engine, n, a); break;
            case (_, DType.BF16, _): Start<BF16, BF16, F32>(engine, n, a); break;
            case (_, _, DType.BF16): Start<BF16, F32, BF16>(engine, n, a); break;
            default: Start<BF16, F32, F32>(engine, n, a); break;
        }
    }

    /// <summary>The gradient of the gate alone.</summary>
    public static void BackwardGate(Tensor gate, Tensor up, Tensor dy, Tensor dgate, bool fresh)
    {
        using var lg = gate.Acquire();
        using var lu = up.Acquire();
        using var ldy = dy.Acquire();
        using var ldg = dgate.Acquire();
        var a = new Arguments { Gate = lg.Pointer, Up = lu.Pointer, Dy = ldy.Pointer, DGate = ldg.Pointer, DUp = null, FreshGate = fresh };
        var (engine, n) = (gate.Engine, gate.Count);
        switch (gate.DType, dgate.DType)
        {
            case (DType.F32, _): Start<F32, F32, F32>(engine, n, a); break;
            case (_, DType.BF16): Start<BF16, BF16, BF16>(engine, n, a); break;
            default: Start<BF16, F32, F32>(engine, n, a); break;
        }
    }

    private static void Start<T, TG, TU>(Engine engine, long n, in Arguments a)
        where T : unmanaged, IStorage where TG : unmanaged, IStorage where TU : unmanaged, IStorage =>
        engine.For(new BackwardKernel<T, TG, TU> { A = a }, n, ElementwiseKernels.Grain);

    private struct Arguments
    {
        public void* Gate, Up, Dy, DGate, DUp;
        public bool FreshGate, FreshUp;
    }

    private struct BackwardKernel<T, TG, TU> : IRangeKernel where T : unmanaged, IStorage where TG : unmanaged, IStorage where TU : unmanaged, IStorage
    {
        public Arguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            nint i = (nint)start;
            // dgate is stored before dup is read: they may be the same buffer
            for (; i <= (nint)end - Lanes.Count; i += Lanes.Count)
            {
                Gradients(T.Load(A.Gate, i), T.Load(A.Up, i), T.Load(A.Dy, i), out var dgate, out var dup);
                TG.Store(A.DGate, i, A.FreshGate ? dgate : TG.Load(A.DGate, i) + dgate);
                if (A.DUp != null) TU.Store(A.DUp, i, A.FreshUp ? dup : TU.Load(A.DUp, i) + dup);
            }
            int rest = (int)((nint)end - i);
            if (rest == 0) return;
            Gradients(Lanes.LoadTail<T>(A.Gate, i, rest), Lanes.LoadTail<T>(A.Up, i, rest), Lanes.LoadTail<T>(A.Dy, i, rest), out var lastGate, out var lastUp);
            Lanes.StoreTail<TG>(A.DGate, i, A.FreshGate ? lastGate : Lanes.LoadTail<TG>(A.DGate, i, rest) + lastGate, rest);
            if (A.DUp != null) Lanes.StoreTail<TU>(A.DUp, i, A.FreshUp ? lastUp : Lanes.LoadTail<TU>(A.DUp, i, rest) + lastUp, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gradients(Vector512<float> gate, Vector512<float> up, Vector512<float> dy, out Vector512<float> dgate, out Vector512<float> dup)
    {
        var s = VectorMath.Sigmoid(gate);
        dup = gate * s * dy;
        dgate = dy * up * SiluGradientMap.Slope(gate, s);
    }
}
