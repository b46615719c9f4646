using System.Runtime.CompilerServices;

namespace RadLab.Compute;

internal static unsafe class QuantizedWeightKernels
{
    private const int BlocksAtOnce = 256;
    private const long DecodeGrain = 1 << 18;   // 1 MB of F32: long runs of streaming stores

    /// <summary>Encodes all blocks; returns -1, or the index of an element that is not finite (the first one of the earliest chunk).</summary>
    public static long Encode(Tensor weight, WeightFormat format, int blockSize, Tensor codes, Tensor scales)
    {
        using var lw = weight.Acquire();
        using var lc = codes.Acquire();
        using var ls = scales.Acquire();
        long bad = long.MaxValue;
        var kernel = new EncodeKernel { Weight = lw.Pointer, Codes = lc.Pointer, Scales = ls.F32, Count = weight.Count, BlockSize = blockSize, Format = format, IsBF16 = weight.DType == DType.BF16, Bad = &bad };
        weight.Engine.For(kernel, scales.Count, BlocksAtOnce);
        return bad == long.MaxValue ? -1 : bad;
    }

    /// <summary>y = dequant(weight), F32 or BF16.</summary>
    public static void Decode(QuantizedWeight weight, Tensor y)
    {
        using var lw = weight.Acquire();
        using var ly = y.Acquire();
        long grain = DecodeGrain / weight.BlockSize * weight.BlockSize;
        y.Engine.For(new DecodeKernel { Weight = weight.View, Y = ly.Pointer, IsBF16 = y.DType == DType.BF16 }, y.Count, grain);
    }

    private struct EncodeKernel : IRangeKernel
    {
        public byte* Weight, Codes;
        public float* Scales;
        public long Count;
        public int BlockSize;
        public WeightFormat Format;
        public bool IsBF16;
        public long* Bad;

        public readonly void Run(long start, long end, int worker)
        {
            long bad = (Format, IsBF16) switch
            {
                (WeightFormat.Nf4, false) => FourBitQuantizer.Blocks<Nf4, F32Source, float>((float*)Weight, Count, BlockSize, start, end, Codes, Scales),
                (WeightFormat.Nf4, true) => FourBitQuantizer.Blocks<Nf4, BF16Source, ushort>((ushort*)Weight, Count, BlockSize, start, end, Codes, Scales),
                (WeightFormat.Fp4, false) => FourBitQuantizer.Blocks<Fp4, F32Source, float>((float*)Weight, Count, BlockSize, start, end, Codes, Scales),
                (WeightFormat.Fp4, true) => FourBitQuantizer.Blocks<Fp4, BF16Source, ushort>((ushort*)Weight, Count, BlockSize, start, end, Codes, Scales),
                (_, false) => Int8Blocks.Quantize((float*)Weight, Count, BlockSize, start, end, DynamicMap.Signed, Codes, Scales),
                _ => EncodeInt8BF16(start, end),
            };
            if (bad < 0) return;
            long seen;
            do seen = Volatile.Read(ref *Bad);
            while (bad < seen && Interlocked.CompareExchange(ref *Bad, bad, seen) != seen);
        }

        private readonly long EncodeInt8BF16(long start, long end)
        {
            float* wide = stackalloc float[BlockSize];
            for (long block = start; block < end; block++)
            {
                long first = block * BlockSize;
                int length = (int)Math.Min(BlockSize, Count - first);
                for (int i = 0; i < length; i++) wide[i] = BF16.Get(Weight, (nint)(first + i));
                long bad = Int8Blocks.Quantize(wide, length, BlockSize, 0, 1, DynamicMap.Signed, Codes + first, Scales + block);
                if (bad >= 0) return first + bad;
            }
            return -1;
        }
    }

    private struct DecodeKernel : IRangeKernel
    {
        public QuantizedView Weight;
        public byte* Y;
        public bool IsBF16;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(long start, long end, int worker)
        {
            // chunks begin at a block, so at an even element
            if (IsBF16) Weight.DequantizeToBF16(start, end - start, (ushort*)Y + start);
            else Weight.Dequantize(start, (int)(end - start), (float*)Y + start, streaming: true);
        }
    }
}
