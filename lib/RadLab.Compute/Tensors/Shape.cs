using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>Up to six dimensions, row-major; <c>Shape s = [2, 3];</c>. A value type, so that a warm step allocates nothing for it.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IEnumerable<int>
{
    public const int MaxRank = 6;

    // elements of up to 8 bytes can then be counted in bytes
    private const double MaxCount = long.MaxValue / 16;

    [InlineArray(MaxRank)]
    private struct Dimensions
    {
        private int _first;
    }

    private readonly Dimensions _dims;

    private Shape(ReadOnlySpan<int> dims)
    {
        if (dims.Length > MaxRank) throw new ArgumentException($"Shape: at most {MaxRank} dimensions, got {dims.Length}.");
        // 6 dimensions of 31 bits: a double is exact enough to see that a count is out of reach
        double size = 1;
        long count = 1;
        Rank = dims.Length;
        for (int i = 0; i < dims.Length; i++)
        {
            if (dims[i] < 0) throw new ArgumentException($"Shape: dimension {i} must not be negative, got {dims[i]}.");
            _dims[i] = dims[i];
            size *= dims[i];
            count = unchecked(count * dims[i]);
        }
        if (size > MaxCount) throw new ArgumentException($"Shape: {this} has more elements than can be counted.");
        Count = count;
    }

    public static Shape Create(ReadOnlySpan<int> dims) => new(dims);

    /// <summary>Number of dimensions; 0 is a scalar.</summary>
    public int Rank { get; }

    // less one, so that default(Shape) is a proper scalar
    private readonly long _countLessOne;

    /// <summary>Number of elements; a scalar has one.</summary>
    public long Count { get => _countLessOne + 1; private init => _countLessOne = value - 1; }

    public int this[int i] => (uint)i < (uint)Rank ? _dims[i] : throw new ArgumentOutOfRangeException(nameof(i), i, $"Shape: {this} has {Rank} dimensions.");

    public int this[Index i] => this[i.GetOffset(Rank)];

    /// <summary>The last dimension; 1 for a scalar.</summary>
    public int Last => Rank == 0 ? 1 : _dims[Rank - 1];

    /// <summary>Product of all dimensions but the last: how many rows an op over the last dimension sees.</summary>
    public int Rows
    {
        get
        {
            if (Last == 0) return 0;
            long rows = Count / Last;
            return rows <= int.MaxValue ? (int)rows : throw new ArgumentException($"Shape: {this} has {rows} rows, more than {int.MaxValue}.");
        }
    }

    /// <summary>This shape with its last dimension replaced.</summary>
    public Shape WithLast(int last)
    {
        if (Rank == 0) throw new ArgumentException("Shape: WithLast needs a dimension, got a scalar.");
        Span<int> dims = stackalloc int[Rank];
        CopyTo(dims);
        dims[^1] = last;
        return new Shape(dims);
    }

    public void CopyTo(Span<int> destination) => ((ReadOnlySpan<int>)_dims)[..Rank].CopyTo(destination);

    public int[] ToArray() => ((ReadOnlySpan<int>)_dims)[..Rank].ToArray();

    public bool Equals(Shape other) => Rank == other.Rank && ((ReadOnlySpan<int>)_dims)[..Rank].SequenceEqual(((ReadOnlySpan<int>)other._dims)[..Rank]);

    public override bool Equals(object? obj) => obj is Shape s && Equals(s);

    public override int GetHashCode() => HashCode.Combine(Rank, _dims[0], _dims[1], _dims[2], _dims[3], _dims[4], _dims[5]);

    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    public static implicit operator Shape(int[] dims)
    {
        ArgumentNullException.ThrowIfNull(dims);
        return new Shape(dims);
    }

    /// <summary><c>(2, 3)</c>; a scalar is <c>()</c>.</summary>
    public override string ToString() => "(" + string.Join(", ", ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture))) + ")";

    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
