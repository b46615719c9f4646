using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary>What the machine can do at most, with the engine's own threads: fused multiply-adds in registers, reading and writing memory.</summary>
internal static unsafe class MachineRates
{
    private const long Chunk = 1 << 18;

    /// <summary>GFLOP/s of a loop of independent fused multiply-adds that never leaves the registers; the best of 20 runs of about 10 ms.</summary>
    public static double PeakFmaGflops(Engine engine)
    {
        using var sink = engine.Empty([engine.Threads * 4 * Lanes.Count]);
        using var lease = sink.Acquire();
        int chunks = engine.Threads * 4;
        long rounds = 20_000;
        var trial = new FmaKernel { Rounds = rounds, Sink = lease.F32 };
        double seconds = Stopclock.Best(() => engine.For(trial, chunks, 1), runs: 5, seconds: 0.05);
        var kernel = new FmaKernel { Rounds = Math.Max(1, (long)(rounds * 0.010 / seconds)), Sink = lease.F32 };
        double best = Stopclock.Best(() => engine.For(kernel, chunks, 1), runs: 20, seconds: 0);
        return kernel.Rounds * chunks * (2.0 * Lanes.Count * FmaKernel.Chains) / best / 1e9;
    }

    /// <summary>GB/s of summing a buffer of this many bytes.</summary>
    public static double ReadGigabytes(Engine engine, long bytes)
    {
        using var buffer = engine.Zeros([checked((int)(bytes / 4))]);
        using var sink = engine.Empty([Lanes.Count]);
        using var from = buffer.Acquire();
        using var to = sink.Acquire();
        var kernel = new ReadKernel { From = from.F32, Sink = to.F32 };
        return buffer.SizeBytes / Stopclock.Best(() => engine.For(kernel, buffer.Count, Chunk)) / 1e9;
    }

    /// <summary>GB/s of filling a buffer of this many bytes: the better of plain and non-temporal stores.</summary>
    public static double WriteGigabytes(Engine engine, long bytes)
    {
        using var buffer = engine.Zeros([checked((int)(bytes / 4))]);
        using var to = buffer.Acquire();
        var plain = new WriteKernel { To = to.F32 };
        var streaming = new WriteKernel { To = to.F32, NonTemporal = true };
        double best = Math.Min(Stopclock.Best(() => engine.For(plain, buffer.Count, Chunk)), Stopclock.Best(() => engine.For(streaming, buffer.Count, Chunk)));
        return buffer.SizeBytes / best / 1e9;
    }

    private struct FmaKernel : IRangeKernel
    {
        public const int Chains = 12;

        public long Rounds;
        public float* Sink;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            for (long chunk = start; chunk < end; chunk++)
            {
                var x = Vector512.Create(0.999f);
                var y = Vector512.Create(0.001f * (chunk + 1));   // above zero: the chains settle near y / 0.001 and never become subnormal
                Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
                for (long round = 0; round < Rounds; round++)
                {
                    a = Vector512.FusedMultiplyAdd(a, x, y);
                    b = Vector512.FusedMultiplyAdd(b, x, y);
                    c = Vector512.FusedMultiplyAdd(c, x, y);
                    d = Vector512.FusedMultiplyAdd(d, x, y);
                    e = Vector512.FusedMultiplyAdd(e, x, y);
                    f = Vector512.FusedMultiplyAdd(f, x, y);
                    g = Vector512.FusedMultiplyAdd(g, x, y);
                    h = Vector512.FusedMultiplyAdd(h, x, y);
                    i = Vector512.FusedMultiplyAdd(i, x, y);
                    j = Vector512.FusedMultiplyAdd(j, x, y);
                    k = Vector512.FusedMultiplyAdd(k, x, y);
                    l = Vector512.FusedMultiplyAdd(l, x, y);
                }
                (((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l))).Store(Sink + chunk * Lanes.Count);
            }
        }
    }

    private struct ReadKernel : IRangeKernel
    {
        public float* From, Sink;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
            for (nint i = (nint)start; i <= (nint)end - 64; i += 64)
            {
                a += Vector512.Load(From + i);
                b += Vector512.Load(From + i + 16);
                c += Vector512.Load(From + i + 32);
                d += Vector512.Load(From + i + 48);
            }
            var sum = (a + b) + (c + d);
            // the buffer holds zeros: the test never holds, and keeps the compiler from dropping the loop
            if (Vector512.GreaterThanAny(sum, Vector512<float>.Zero)) sum.Store(Sink);
        }
    }

    private struct WriteKernel : IRangeKernel
    {
        public float* To;
        public bool NonTemporal;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            var v = Vector512<float>.Zero;
            if (NonTemporal)
                for (nint i = (nint)start; i <= (nint)end - 16; i += 16) v.StoreAlignedNonTemporal(To + i);
            else
                for (nint i = (nint)start; i <= (nint)end - 16; i += 16) v.StoreAligned(To + i);
        }
    }
}
