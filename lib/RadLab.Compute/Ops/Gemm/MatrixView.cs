namespace RadLab.Compute;

/// <summary>A matrix in memory as a GEMM operand: rows × columns, F32 or BF16, any distance between rows, optionally read transposed.</summary>
internal readonly unsafe struct MatrixView
{
    public MatrixView(void* pointer, DType dtype, int rows, int columns, long rowStride)
    {
        Pointer = (byte*)pointer;
        DType = dtype;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
        IsTransposed = false;
    }

    private MatrixView(in MatrixView source)
    {
        this = source;
        Rows = source.Columns;
        Columns = source.Rows;
        IsTransposed = !source.IsTransposed;
    }

    /// <summary>A quantized weight (rows, columns) as an operand; <paramref name="weight"/> must outlive the product.</summary>
    public MatrixView(QuantizedView* weight)
        : this(weight->Codes, DType.U8, weight->Rows, weight->Columns, weight->Columns) => Quantized = weight;

    /// <summary>Set for a quantized weight, which is decoded while it is packed.</summary>
    public QuantizedView* Quantized { get; private init; }

    public byte* Pointer { get; private init; }

    public DType DType { get; private init; }

    /// <summary>Rows as the GEMM sees them, that is after transposition.</summary>
    public int Rows { get; private init; }

    public int Columns { get; private init; }

    /// <summary>Elements from one stored row to the next.</summary>
    public long RowStride { get; private init; }

    /// <summary>Element (r, c) lies at c * RowStride + r instead of r * RowStride + c.</summary>
    public bool IsTransposed { get; private init; }

    /// <summary>The same memory read transposed.</summary>
    public MatrixView T => new(this);
}
