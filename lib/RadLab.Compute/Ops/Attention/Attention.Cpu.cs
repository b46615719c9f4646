using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>Memory and threads of attention on the CPU; the loops are in <see cref="AttentionForward{TX}"/> and <see cref="AttentionBackward{TX}"/>.</summary>
internal static unsafe class AttentionKernels
{
    public static void Forward(Tape tape, in AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor? segments, Tensor? lengths, Tensor y, Tensor logSum)
    {
        var engine = tape.Engine;
        long scratchFloats = AttentionForward<F32>.ScratchFloats(shape);
        using var scratch = engine.Empty([engine.Threads, checked((int)scratchFloats)]);
        using var lq = q.Acquire();
        using var lk = k.Acquire();
        using var lv = v.Acquire();
        using var ly = y.Acquire();
        using var ll = logSum.Acquire();
        using var ls = scratch.Acquire();
        using var lSegments = (segments ?? logSum).Acquire();
        using var lLengths = (lengths ?? logSum).Acquire();

        var a = new AttentionArguments
        {
            Shape = shape, Q = lq.Pointer, K = lk.Pointer, V = lv.Pointer, Y = ly.Pointer, LogSum = ll.F32,
            Segments = segments is null ? null : lSegments.I32, Lengths = lengths is null ? null : lLengths.I32, Scratch = ls.F32, ScratchFloats = (nint)scratchFloats,
        };
        long items = (long)shape.B * shape.K * shape.ForwardParts;
        if (q.DType == DType.F32) engine.For(new AttentionForward<F32> { A = a }, items, 1);
        else engine.For(new AttentionForward<BF16> { A = a }, items, 1);
    }

    /// <summary>The wanted ones of dq, dk and dv: dq straight from the tiles, dk and dv as one F32 sum per unit of work, added up at the end in order.</summary>
    public static void Backward(Tape tape, TapeNode node, in AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor? segments, Tensor? lengths, Tensor y, Tensor logSum)
    {
        var engine = tape.Engine;
        var dy = node.OutputGradient;
        int units = checked(shape.B * shape.K * shape.BackwardParts);
        bool wantsDk = node.Wants(1), wantsDv = node.Wants(2);
        Shape sums = [units, shape.PaddedKeys, shape.Width];
        using var dkSums = engine.Empty(wantsDk ? sums : [0]);
        using var dvSums = engine.Empty(wantsDv ? sums : [0]);
        {
            long scratchFloats = AttentionBackward<F32>.ScratchFloats(shape);
            using var scratch = engine.Empty([engine.Threads, checked((int)scratchFloats)]);
            bool wantsDq = node.TryGradient(0, out var dq, out bool fresh);
            using var lq = q.Acquire();
            using var lk = k.Acquire();
            using var lv = v.Acquire();
            using var ly = y.Acquire();
            using var ldy = dy.Acquire();
            using var ll = logSum.Acquire();
            using var lSegments = (segments ?? logSum).Acquire();
            using var lLengths = (lengths ?? logSum).Acquire();
            using var ldk = dkSums.Acquire();
            using var ldv = dvSums.Acquire();
            using var ls = scratch.Acquire();
            using var ldq = (wantsDq ? dq : scratch).Acquire();

            var a = new AttentionArguments
            {
                Shape = shape, Q = lq.Pointer, K = lk.Pointer, V = lv.Pointer, Y = ly.Pointer, Dy = ldy.Pointer, LogSum = ll.F32,
                Dq = wantsDq ? ldq.Pointer : null, DqIsF32 = wantsDq && dq.DType == DType.F32, AddDq = !fresh,
                DkSums = wantsDk ? ldk.F32 : null, DvSums = wantsDv ? ldv.F32 : null,
                Segments = segments is null ? null : lSegments.I32, Lengths = lengths is null ? null : lLengths.I32, Scratch = ls.F32, ScratchFloats = (nint)scratchFloats,
            };
            if (q.DType == DType.F32) engine.For(new AttentionBackward<F32> { A = a }, units, 1);
            else engine.For(new AttentionBackward<BF16> { A = a }, units, 1);
        }
        // one after the other: k and v may be the same tensor
        if (wantsDk) AddUnits(node, 1, shape, dkSums);
        if (wantsDv) AddUnits(node, 2, shape, dvSums);
    }

    private static void AddUnits(TapeNode node, int input, in AttentionShape shape, Tensor sums)
    {
        if (!node.TryGradient(input, out var gradient, out bool fresh)) return;
        using var ls = sums.Acquire();
        using var lg = gradient.Acquire();
        long rows = (long)shape.B * shape.K * shape.S;
        const int grain = 64;
        if (gradient.DType == DType.F32) gradient.Engine.For(new AddUnitsKernel<F32> { Shape = shape, Sums = ls.F32, Gradient = lg.Pointer, Add = !fresh }, rows, grain);
        else gradient.Engine.For(new AddUnitsKernel<BF16> { Shape = shape, Sums = ls.F32, Gradient = lg.Pointer, Add = !fresh }, rows, grain);
    }

    // One item is one key of one head: the units' sums in order, narrowed once.
    private struct AddUnitsKernel<TG> : IRangeKernel where TG : unmanaged, IStorage
    {
        public AttentionShape Shape;
        public float* Sums;
        public void* Gradient;
        public bool Add;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            float* row = stackalloc float[Ops.MaxHeadWidth];
            nint unit = (nint)Shape.PaddedKeys * Shape.Width;
            for (long i = start; i < end; i++)
            {
                int head = (int)(i / Shape.S), key = (int)(i % Shape.S);
                float* source = Sums + head * Shape.BackwardParts * unit + (nint)key * Shape.Width;
                for (int d = 0; d < Shape.Width; d += Lanes.Count)
                {
                    var sum = Vector512.Load(source + d);
                    for (int p = 1; p < Shape.BackwardParts; p++) sum += Vector512.Load(source + p * unit + d);
                    sum.Store(row + d);
                }
                AttentionPacking.StoreRow<TG>(row, Gradient, Shape.KeyOffset(head / Shape.K, head % Shape.K, key), Shape.D, Add);
            }
        }
    }
}

/// <summary>What the loops of attention read and write. Pointers that are null are not wanted.</summary>
internal unsafe struct AttentionArguments
{
    public AttentionShape Shape;
    public void* Q, K, V, Y, Dy, Dq;
    public bool DqIsF32, AddDq;

    /// <summary>(B, K, T*G)</summary>
    public float* LogSum;

    /// <summary>(B*K*BackwardParts, PaddedKeys, Width)</summary>
    public float* DkSums, DvSums;

    public int* Segments, Lengths;

    /// <summary>(threads, ScratchFloats)</summary>
    public float* Scratch;

    public nint ScratchFloats;
}
