using RadLab.Compute;

namespace RadLab.Tests;

public sealed class SliceTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    /// <summary>Index in x of each element of x[.., first..first+count, ..], one coordinate at a time.</summary>
    internal static int[] Positions(int[] shape, int dimension, int first, int count)
    {
        var positions = new List<int>();
        for (int i = 0; i < shape.Aggregate(1, (a, b) => a * b); i++)
        {
            int at = i;
            for (int d = shape.Length - 1; d > dimension; d--) at /= shape[d];
            at %= shape[dimension];
            if (at >= first && at < first + count) positions.Add(i);
        }
        return [.. positions];
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Every_dimension_can_be_cut_forward_and_backward(DType dtype, int C)
    {
        int[] shape = [3, C, 5];
        for (int dimension = 0; dimension < 3; dimension++)
        {
            int first = shape[dimension] / 3, count = shape[dimension] - first - (shape[dimension] > 2 ? 1 : 0);
            using var x = Make.Random(_engine, shape, seed: 1, requiresGrad: true, dtype: dtype);
            using var tape = _engine.Tape();
            var y = tape.Slice(x, dimension, first, count);
            int[] positions = Positions(shape, dimension, first, count);
            var xs = x.Doubles();
            Assert.Equal(count, y.Shape[dimension]);
            Assert.Equal([.. positions.Select(p => xs[p])], y.Doubles());

            using var dy = Make.Random(_engine, y.Shape, seed: 2, dtype: dtype);
            tape.Backward(y, dy);
            var expected = new double[xs.Length];
            var upstream = dy.Doubles();
            for (int i = 0; i < positions.Length; i++) expected[positions[i]] = upstream[i];
            Assert.Equal(expected, x.Gradient!.Value.Doubles());
        }
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 4, 20], seed: 1, requiresGrad: true);
        for (int dimension = 0; dimension < 3; dimension++)
            GradCheck.Run(_engine, t => t.Slice(x, dimension, 1, 2), x);
        GradCheck.Run(_engine, t => t.Slice(x, 2, 1, 18), x);
    }

    [Fact]
    public void Overlapping_slices_add_up()
    {
        using var x = Make.Random(_engine, [2, 40], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Slice(x, 1, 0, 30), t.Slice(x, 1, 10, 30)), x);
    }

    [Fact]
    public void The_gradient_of_a_BF16_parameter_is_added_in_F32()
    {
        using var w = new Parameter("w", Make.Random(_engine, [2, 40], seed: 1, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [2, 17], seed: 2, dtype: DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Slice(w.Value, 1, 20, 17), dy);
        Assert.Equal(DType.F32, w.Gradient!.Value.DType);
        var (gradient, upstream) = (w.Gradient!.Value.Doubles(), dy.Doubles());
        for (int i = 0; i < 80; i++) Assert.Equal(i % 40 is >= 20 and < 37 ? upstream[i / 40 * 17 + i % 40 - 20] : 0, gradient[i]);
    }

    [Fact]
    public void Integers_and_large_tensors_are_cut_too()
    {
        // more than one piece of parallel work, with a row that spans pieces
        int[] values = [.. Enumerable.Range(0, 3 * 30_001)];
        using var x = _engine.From(values, [3, 30_001]);
        using var tape = _engine.Tape();
        var y = tape.Slice(x, 1, 7, 29_990).ToInts();
        for (int i = 0; i < y.Length; i++) Assert.Equal(i / 29_990 * 30_001 + 7 + i % 29_990, y[i]);
    }

    [Fact]
    public void An_empty_slice_is_allowed()
    {
        using var x = Make.Random(_engine, [2, 3], seed: 1);
        using var tape = _engine.Tape();
        Assert.Equal<Shape>([2, 0], tape.Slice(x, 1, 3, 0).Shape);
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var y = Make.Random(_engine, [2], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Slice(x, 0, 1, 2), y), x, y);
    }

    [Fact]
    public void Wrong_dimensions_and_ranges_are_reported()
    {
        using var x = _engine.Zeros([2, 8]);
        using var scalar = _engine.Zeros([]);
        using var tape = _engine.Tape();
        Assert.Equal("Slice: dimension must be a dimension of (2, 8), that is 0 to 1, got 2.", Assert.Throws<ArgumentException>(() => tape.Slice(x, 2, 0, 1)).Message);
        Assert.Equal("Slice: dimension must be a dimension of (2, 8), that is 0 to 1, got -1.", Assert.Throws<ArgumentException>(() => tape.Slice(x, -1, 0, 1)).Message);
        Assert.Equal("Slice: x must have at least 1 dimension, got ().", Assert.Throws<ArgumentException>(() => tape.Slice(scalar, 0, 0, 1)).Message);
        Assert.Equal("Slice: range 5..9 must lie in dimension 1 of (2, 8).", Assert.Throws<ArgumentException>(() => tape.Slice(x, 1, 5, 4)).Message);
        Assert.Equal("Slice: range 2147483647..4294967294 must lie in dimension 1 of (2, 8).", Assert.Throws<ArgumentException>(() => tape.Slice(x, 1, int.MaxValue, int.MaxValue)).Message);
        Assert.Equal("Slice: range -1..1 must lie in dimension 1 of (2, 8).", Assert.Throws<ArgumentException>(() => tape.Slice(x, 1, -1, 2)).Message);
    }
}
