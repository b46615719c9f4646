using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>Decodes a block of a quantized weight straight into GEMM panels: no larger piece of it ever exists in F32.</summary>
internal unsafe struct QuantizedPacking
{
    public QuantizedView Weight;
    public int FirstColumn, ColumnCount, FirstK, Depth;

    /// <summary>Panels of <see cref="GemmTile.Columns"/> columns, one after another, each <see cref="PanelDepth"/> rows of k, of which the first <see cref="Depth"/> are written.</summary>
    public float* Panels;
    public int PanelDepth;
}

/// <summary>For x·Wᵀ: k runs along the rows of the weight. Items: panels.</summary>
internal unsafe struct PackQuantizedAlongK : IRangeKernel
{
    private const int RowsAtOnce = 8;

    public QuantizedPacking Packing;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long start, long end, int worker)
    {
        ref readonly var p = ref Packing;
        int pitch = p.Depth + 16;
        float* rows = stackalloc float[RowsAtOnce * pitch];
        for (int item = (int)start; item < (int)end; item++)
        {
            int n0 = item * GemmTile.Columns;
            float* panel = p.Panels + (nint)n0 * p.PanelDepth;
            for (int j = 0; j < GemmTile.Columns; j += RowsAtOnce)
            {
                int count = Math.Clamp(p.ColumnCount - n0 - j, 0, RowsAtOnce);
                for (int i = 0; i < count; i++)
                {
                    long at = (long)(p.FirstColumn + n0 + j + i) * p.Weight.Columns + p.FirstK;
                    float* row = rows + (nint)i * pitch;
                    float* first = p.Weight.Dequantize(at, p.Depth, row);
                    if (first != row) new Span<float>(first, p.Depth).CopyTo(new Span<float>(row, p.Depth));
                }
                GemmPanels.PackAlongK<F32>(rows, pitch, count, p.Depth, RowsAtOnce, GemmTile.Columns, panel + j);
            }
        }
    }
}

/// <summary>For dy·W: k runs down the columns of the weight. Items: rows of the weight.</summary>
internal unsafe struct PackQuantizedAcrossK : IRangeKernel
{
    public const int RowGrain = 8;

    public QuantizedPacking Packing;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long start, long end, int worker)
    {
        ref readonly var p = ref Packing;
        float* row = stackalloc float[p.ColumnCount + 16];
        for (int k = (int)start; k < (int)end; k++)
        {
            float* from = p.Weight.Dequantize((long)(p.FirstK + k) * p.Weight.Columns + p.FirstColumn, p.ColumnCount, row);
            for (int n = 0; n < p.ColumnCount; n += GemmTile.Columns)
            {
                int count = Math.Min(GemmTile.Columns, p.ColumnCount - n);
                GemmPanels.PackAcrossK<F32>(from + n, 0, count, 1, GemmTile.Columns, 0, p.Panels + (nint)n * p.PanelDepth + (nint)k * GemmTile.Columns);
            }
        }
    }
}
