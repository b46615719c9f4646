using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace RadLab.Compute;

/// <summary>Up to six dimensions, row-major; <c>Shape s = [2, 3];</c>. A value type, so that a warm step allocates nothing for it.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IEnumerable<int>
{
    public const int MaxRank = 6;

    [InlineArray(MaxRank)]
    private struct Dimensions
    {
        private int _first;
    }

    private readonly Dimensions _dims;

    private Shape(ReadOnlySpan<int> dims)
    {
        if (dims.Length > MaxRank) throw new ArgumentException($"Shape: at most {MaxRank} dimensions, got {dims.Length}.");
        long count = 1;
        for (int i = 0; i < dims.Length; i++)
        {
            if (dims[i] < 0) throw new ArgumentException($"Shape: dimension {i} must not be negative, got {dims[i]}.");
            _dims[i] = dims[i];
            count = checked(count * dims[i]);
        }
        Rank = dims.Length;
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
    public int Rows => Last == 0 ? 0 : checked((int)(Count / Last));

    /// <summary>This shape with its last dimension replaced.</summary>
    public Shape WithLast(int last)
    {
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

    public static implicit operator Shape(int[] dims) => new(dims);

    /// <summary><c>(2, 3)</c>; a scalar is <c>()</c>.</summary>
    public override string ToString() => "(" + string.Join(", ", ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture))) + ")";

    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
