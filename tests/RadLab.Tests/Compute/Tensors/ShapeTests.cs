using RadLab.Compute;

namespace RadLab.Tests;

public sealed class ShapeTests
{
    [Fact]
    public void A_shape_knows_its_rank_count_rows_and_last()
    {
        Shape s = [2, 3, 4];
        Assert.Equal((3, 24L, 6, 4), (s.Rank, s.Count, s.Rows, s.Last));
        Assert.Equal((2, 4, 4), (s[0], s[2], s[^1]));
        Assert.Equal([2, 3, 4], s.ToArray());
        Assert.Equal("(2, 3, 4)", s.ToString());
    }

    [Fact]
    public void A_default_shape_is_a_scalar()
    {
        Shape scalar = default;
        Assert.Equal((0, 1L, 1, 1), (scalar.Rank, scalar.Count, scalar.Rows, scalar.Last));
        Assert.Equal("()", scalar.ToString());
        Assert.True(scalar == Shape.Create([]));
    }

    [Fact]
    public void An_empty_dimension_makes_an_empty_shape()
    {
        Assert.Equal((0L, 0, 0), (Shape.Create([3, 0]).Count, Shape.Create([3, 0]).Rows, Shape.Create([3, 0]).Last));
        Assert.Equal((0L, 0), (Shape.Create([0, 3]).Count, Shape.Create([0, 3]).Rows));
        Assert.Equal(0L, Shape.Create([0, int.MaxValue, int.MaxValue, int.MaxValue]).Count);
        Assert.Equal(0L, Shape.Create([int.MaxValue, int.MaxValue, int.MaxValue, 0]).Count);
    }

    [Fact]
    public void Shapes_compare_by_value()
    {
        Assert.True(Shape.Create([2, 3]) == Shape.Create([2, 3]));
        Assert.Equal(Shape.Create([2, 3]).GetHashCode(), Shape.Create([2, 3]).GetHashCode());
        Assert.True(Shape.Create([2, 3]) != Shape.Create([3, 2]));
        Assert.True(Shape.Create([2, 3]) != Shape.Create([2, 3, 1]));
        Assert.True(Shape.Create([]) != Shape.Create([1]));
        Assert.False(Shape.Create([2]).Equals("(2)"));
    }

    [Fact]
    public void With_last_replaces_the_last_dimension()
    {
        Assert.Equal(Shape.Create([2, 7]), Shape.Create([2, 3]).WithLast(7));
        Assert.Equal(14L, Shape.Create([2, 3]).WithLast(7).Count);
    }

    [Fact]
    public void A_shape_enumerates_its_dimensions() => Assert.Equal([4, 5], Shape.Create([4, 5]).Select(d => d));

    [Fact]
    public void Mistakes_are_reported_with_the_numbers()
    {
        Message<ArgumentException>("Shape: at most 6 dimensions, got 7.", () => Shape.Create([1, 1, 1, 1, 1, 1, 1]));
        Message<ArgumentException>("Shape: dimension 1 must not be negative, got -2.", () => Shape.Create([3, -2]));
        Message<ArgumentException>("Shape: WithLast needs a dimension, got a scalar.", () => default(Shape).WithLast(2));
        Message<ArgumentException>("Shape: (2147483647, 2147483647, 8) has more elements than can be counted.", () => Shape.Create([int.MaxValue, int.MaxValue, 8]));
        Message<ArgumentException>("Shape: (65536, 65536, 1) has 4294967296 rows, more than 2147483647.", () => _ = Shape.Create([65536, 65536, 1]).Rows);
        Assert.StartsWith("Shape: (2, 3) has 2 dimensions.", Assert.Throws<ArgumentOutOfRangeException>(() => Shape.Create([2, 3])[2]).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Shape.Create([2, 3])[^3]);
        Assert.Throws<ArgumentNullException>(() => (Shape)(int[])null!);
    }

    private static void Message<T>(string expected, Action act) where T : Exception => Assert.Equal(expected, Assert.Throws<T>(act).Message);
}
