namespace RadLab.Compute;

/// <summary>The largest singular values of a matrix W (O, C) and their vectors: W ≈ sum_i Values[i] · Left[i] ⊗ Right[i].</summary>
/// <param name="rows">O</param>
/// <param name="columns">C</param>
public sealed class SingularTriplets(int rows, int columns, double[] values, double[] left, double[] right)
{
    private readonly double[] _values = values, _left = left, _right = right;

    public int Rank => _values.Length;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>Descending, not negative.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Vector <paramref name="index"/> over the rows, of length 1; where the value is 0 it may be zero.</summary>
    public ReadOnlySpan<double> Left(int index) => _left.AsSpan(index * Rows, Rows);

    /// <summary>Vector <paramref name="index"/> over the columns, of length 1; where the value is 0 it may be zero.</summary>
    public ReadOnlySpan<double> Right(int index) => _right.AsSpan(index * Columns, Columns);

    /// <summary>Both halves of the product with the root of the value on each side.</summary>
    /// <remarks><code>
    /// a[i,c] = sqrt(Values[i] / scale) * Right[i][c]
    /// b[o,i] = sqrt(Values[i] / scale) * Left[i][o]         scale * b·a = the sum of the triplets
    /// </code></remarks>
    /// <param name="a">(Rank, C), F32; overwritten</param>
    /// <param name="b">(O, Rank), F32; overwritten</param>
    public void Factors(float scale, Tensor a, Tensor b)
    {
        const string op = nameof(SingularTriplets);
        Check.DType(op, nameof(a), a, DType.F32);
        Check.DType(op, nameof(b), b, DType.F32);
        Check.Shape(op, nameof(a), a, [Rank, Columns]);
        Check.Shape(op, nameof(b), b, [Rows, Rank]);
        Check.Value(scale > 0 && float.IsFinite(scale), op, nameof(scale), "be finite and above 0", scale);
        using var la = a.Acquire();
        using var lb = b.Acquire();
        Span<float> toA = a.AsSpan<float>(), toB = b.AsSpan<float>();
        for (int i = 0; i < Rank; i++)
        {
            double root = Math.Sqrt(_values[i] / scale);
            ReadOnlySpan<double> right = Right(i), left = Left(i);
            for (int c = 0; c < Columns; c++) toA[i * Columns + c] = (float)(root * right[c]);
            for (int o = 0; o < Rows; o++) toB[o * Rank + i] = (float)(root * left[o]);
        }
    }
}
