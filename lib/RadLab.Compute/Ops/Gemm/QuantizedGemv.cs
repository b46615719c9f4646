namespace RadLab.Compute;

/// <summary>x·dequant(W)ᵀ for one to eight rows of x and up to three 4-bit weights: the step of generation, bound by reading the packed codes once.</summary>
internal static unsafe class QuantizedGemv
{
    // Long pieces read fastest, but every core shall have some of a small model's matrices.
    private const int BytesPerChunk = 512 * 1024, WantedChunks = 16;

    public static bool Takes(in MatrixView a, in MatrixView b) =>
        b.IsTransposed && b.Quantized->Format != WeightFormat.Int8 && a.Rows <= FourBitGemv.MaxRows;

    /// <summary>c (+)= a·b with b the transposed view of the weight.</summary>
    public static void Multiply(Engine engine, in MatrixView a, in MatrixView b, in MatrixView c, bool accumulate)
    {
        if (!accumulate)
        {
            Multiply(engine, a, new Part(*b.Quantized, (float*)c.Pointer, c.RowStride), default, default);
            return;
        }
        var sums = engine.Pool.Rent((long)a.Rows * c.Columns * sizeof(float));
        try
        {
            Multiply(engine, a, new Part(*b.Quantized, (float*)sums.Pointer, c.Columns), default, default);
            for (int r = 0; r < a.Rows; r++)
            {
                float* to = (float*)c.Pointer + r * c.RowStride, from = (float*)sums.Pointer + (long)r * c.Columns;
                for (int n = 0; n < c.Columns; n++) to[n] += from[n];
            }
        }
        finally
        {
            engine.Pool.Return(sums);
        }
    }

    /// <summary>One product for each part that is there, all with the same a and in one piece of parallel work.</summary>
    public static void Multiply(Engine engine, in MatrixView a, in Part first, in Part second, in Part third)
    {
        int rows = a.Rows, K = a.Columns, blockSize = first.Weight.BlockSize, N = first.Weight.Rows + second.Weight.Rows + third.Weight.Rows;
        bool inPlace = a.DType == DType.F32 && !a.IsTransposed;
        long scratchFloats = FourBitGemv.ScratchFloats(rows, K);
        var scratch = engine.Pool.Rent((scratchFloats + (inPlace ? 0 : (long)rows * K)) * sizeof(float));
        try
        {
            float* arranged = (float*)scratch.Pointer;
            if (inPlace) FourBitGemv.Arrange((float*)a.Pointer, a.RowStride, rows, K, blockSize, arranged);
            else
            {
                float* wide = arranged + scratchFloats;
                Widen(a, wide);
                FourBitGemv.Arrange(wide, K, rows, K, blockSize, arranged);
            }
            engine.For(new Kernel { First = first, Second = second, Third = third, X = arranged, Rows = rows }, N, Grain(N, K));
        }
        finally
        {
            engine.Pool.Return(scratch);
        }
    }

    private static void Widen(in MatrixView a, float* wide)
    {
        for (int r = 0; r < a.Rows; r++)
            for (int k = 0; k < a.Columns; k++)
            {
                nint at = (nint)(a.IsTransposed ? k * a.RowStride + r : r * a.RowStride + k);
                wide[(nint)r * a.Columns + k] = a.DType == DType.F32 ? F32.Get(a.Pointer, at) : BF16.Get(a.Pointer, at);
            }
    }

    // Whole bands of rows, so that no piece has a short one but the last.
    private static int Grain(int N, int K)
    {
        int most = Math.Max(8, BytesPerChunk * 2 / Math.Max(K, 1)), share = (N + WantedChunks - 1) / WantedChunks;
        return Math.Min(most, (share + FourBitGemv.Band - 1) / FourBitGemv.Band * FourBitGemv.Band);
    }

    /// <summary>One weight and where its product goes; default: no weight.</summary>
    public readonly struct Part(QuantizedView weight, float* y, long stride)
    {
        public readonly QuantizedView Weight = weight;

        /// <summary>Row r of the result begins at r * <see cref="Stride"/>.</summary>
        public readonly float* Y = y;

        public readonly long Stride = stride;
    }

    // Items: the rows of the first weight, then those of the second and the third.
    private struct Kernel : IRangeKernel
    {
        public Part First, Second, Third;
        public float* X;
        public int Rows;

        public readonly void Run(long start, long end, int worker)
        {
            long second = First.Weight.Rows, third = second + Second.Weight.Rows;
            if (start < second) Multiply(First, start, Math.Min(end, second));
            if (end > second && start < third) Multiply(Second, Math.Max(start, second) - second, Math.Min(end, third) - second);
            if (end > third) Multiply(Third, Math.Max(start, third) - third, end - third);
        }

        private readonly void Multiply(in Part part, long start, long end)
        {
            var w = part.Weight;
            if (w.Scales is not null) Multiply(part, new PlainScales(w.Scales), start, end);
            else Multiply(part, new NestedScales(w.ScaleCodes, w.NestedMap, w.NestedAbsmax, w.Offset), start, end);
        }

        private readonly void Multiply<TScales>(in Part part, TScales scales, long start, long end) where TScales : struct, IBlockScales
        {
            var w = part.Weight;
            if (w.Format == WeightFormat.Nf4) FourBitGemv.Multiply<Nf4, TScales>(w.Codes, scales, w.BlockSize, w.Columns, X, Rows, start, end, part.Y, part.Stride);
            else FourBitGemv.Multiply<Fp4, TScales>(w.Codes, scales, w.BlockSize, w.Columns, X, Rows, start, end, part.Y, part.Stride);
        }
    }
}
