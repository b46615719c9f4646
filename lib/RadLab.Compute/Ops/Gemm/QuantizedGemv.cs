namespace RadLab.Compute;

/// <summary>x·dequant(W)ᵀ for one to eight rows of x and a 4-bit weight: the step of generation, bound by reading the packed codes once.</summary>
internal static unsafe class QuantizedGemv
{
    // Long pieces read fastest, but every core shall have some of a small model's matrices.
    private const int BytesPerChunk = 512 * 1024, WantedChunks = 16;

    public static bool Takes(in MatrixView a, in MatrixView b) =>
        b.IsTransposed && b.Quantized->Format != WeightFormat.Int8 && a.Rows <= FourBitGemv.MaxRows;

    /// <summary>c (+)= a·b with b the transposed view of the weight.</summary>
    public static void Multiply(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        var weight = *b.Quantized;
        int rows = a.Rows, K = a.Columns, N = c.Columns;
        bool inPlace = a.DType == DType.F32 && !a.IsTransposed;
        long scratchFloats = FourBitGemv.ScratchFloats(rows, K), wideFloats = inPlace ? 0 : (long)rows * K, sums = accumulate ? (long)rows * N : 0;
        var scratch = engine.Pool.Rent((scratchFloats + wideFloats + sums) * sizeof(float));
        try
        {
            float* arranged = (float*)scratch.Pointer, wide = arranged + scratchFloats;
            if (inPlace) FourBitGemv.Arrange((float*)a.Pointer, a.RowStride, rows, K, weight.BlockSize, arranged);
            else
            {
                for (int r = 0; r < rows; r++)
                    for (int k = 0; k < K; k++)
                    {
                        nint at = (nint)(a.IsTransposed ? k * a.RowStride + r : r * a.RowStride + k);
                        wide[(nint)r * K + k] = a.DType == DType.F32 ? F32.Get(a.Pointer, at) : BF16.Get(a.Pointer, at);
                    }
                FourBitGemv.Arrange(wide, K, rows, K, weight.BlockSize, arranged);
            }

            float* y = accumulate ? wide + wideFloats : (float*)c.Pointer;
            long stride = accumulate ? N : c.RowStride;
            engine.For(new Kernel { Weight = weight, X = arranged, Y = y, Stride = stride, Rows = rows }, N, Grain(N, K));
            if (!accumulate) return;
            for (int r = 0; r < rows; r++)
            {
                float* to = (float*)c.Pointer + r * c.RowStride, from = y + r * stride;
                for (int n = 0; n < N; n++) to[n] += from[n];
            }
        }
        finally
        {
            engine.Pool.Return(scratch);
        }
    }

    // Whole bands of rows, so that no piece has a short one but the last.
    private static int Grain(int N, int K)
    {
        int most = Math.Max(8, BytesPerChunk * 2 / Math.Max(K, 1)), share = (N + WantedChunks - 1) / WantedChunks;
        return Math.Min(most, (share + FourBitGemv.Band - 1) / FourBitGemv.Band * FourBitGemv.Band);
    }

    private struct Kernel : IRangeKernel
    {
        public QuantizedView Weight;
        public float* X, Y;
        public long Stride;
        public int Rows;

        public readonly void Run(long start, long end, int worker)
        {
            if (Weight.Scales is not null) Multiply(new PlainScales(Weight.Scales), start, end);
            else Multiply(new NestedScales(Weight.ScaleCodes, Weight.NestedMap, Weight.NestedAbsmax, Weight.Offset), start, end);
        }

        private readonly void Multiply<TScales>(TScales scales, long start, long end) where TScales : struct, IBlockScales
        {
            if (Weight.Format == WeightFormat.Nf4) FourBitGemv.Multiply<Nf4, TScales>(Weight.Codes, scales, Weight.BlockSize, Weight.Columns, X, Rows, start, end, Y, Stride);
            else FourBitGemv.Multiply<Fp4, TScales>(Weight.Codes, scales, Weight.BlockSize, Weight.Columns, X, Rows, start, end, Y, Stride);
        }
    }
}
