namespace RadLab.Compute;

public readonly partial struct Tensor
{
    /// <summary>The same memory under another shape; no copy and no gradient link (inside a tape use <see cref="Ops.Reshape"/>). Dispose it like any tensor.</summary>
    public Tensor View(Shape shape)
    {
        var s = RequireData();
        if (shape.Count != s.Shape.Count)
            throw new ArgumentException($"View: shape must hold {s.Shape.Count} elements like {s.Shape}, got {shape}.");
        return ViewAt(s, 0, shape);
    }

    /// <summary>Rows [first, first + count) of the first dimension; no copy and no gradient link.</summary>
    public Tensor Rows(int first, int count)
    {
        var s = RequireData();
        if (s.Shape.Rank == 0) throw new ArgumentException("Rows: tensor must have a dimension, got a scalar.");
        if (first < 0 || count < 0 || first > s.Shape[0] - count)
            throw new ArgumentException($"Rows: range {first}..{(long)first + count} must lie in the first dimension of {s.Shape}.");
        Span<int> dims = stackalloc int[s.Shape.Rank];
        s.Shape.CopyTo(dims);
        long rowBytes = dims[0] == 0 ? 0 : s.Shape.Count / dims[0] * s.DType.Size();
        dims[0] = count;
        return ViewAt(s, first * rowBytes, Shape.Create(dims));
    }

    private static Tensor ViewAt(TensorState s, long offsetBytes, Shape shape)
    {
        if (s.Residency is not null) throw new InvalidOperationException("View: a paged or gathered parameter has no fixed memory; copy it first.");
        s.Engine.Pool.AddShare(s.Block!);
        return s.Engine.NewState(s.Block!, s.OffsetBytes + offsetBytes, shape, s.DType);
    }
}
