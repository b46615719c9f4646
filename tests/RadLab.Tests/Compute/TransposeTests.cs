using RadLab.Compute;

namespace RadLab.Tests;

public sealed class TransposeTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // For each element of y its place in x, from the coordinates.
    private static int[] Positions(int[] shape, int first, int second)
    {
        int[] swapped = [.. shape];
        (swapped[first], swapped[second]) = (swapped[second], swapped[first]);
        var positions = new int[shape.Aggregate(1, (a, b) => a * b)];
        for (int i = 0; i < positions.Length; i++)
        {
            var at = new int[shape.Length];
            for (int d = shape.Length - 1, rest = i; d >= 0; rest /= swapped[d], d--) at[d] = rest % swapped[d];
            (at[first], at[second]) = (at[second], at[first]);
            for (int d = 0; d < shape.Length; d++) positions[i] = positions[i] * shape[d] + at[d];
        }
        return positions;
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void The_last_two_dimensions_are_exchanged(DType dtype, int C)
    {
        int[] shape = [2, 35, C];
        using var x = Make.Random(_engine, shape, seed: 1, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [2, C, 35], seed: 2, dtype: dtype);
        using var tape = _engine.Tape();
        var y = tape.Transpose(x);
        var (xs, upstream) = (x.Doubles(), dy.Doubles());
        int[] positions = Positions(shape, 1, 2);
        Assert.Equal<Shape>([2, C, 35], y.Shape);
        Assert.Equal([.. positions.Select(p => xs[p])], y.Doubles());

        tape.Backward(y, dy);
        var expected = new double[xs.Length];
        for (int i = 0; i < positions.Length; i++) expected[positions[i]] = upstream[i];
        Assert.Equal(expected, x.Gradient!.Value.Doubles());
    }

    [Theory]
    [InlineData(DType.F32), InlineData(DType.BF16)]
    public void Any_two_of_six_dimensions_are_exchanged(DType dtype)
    {
        int[] shape = [2, 3, 4, 5, 3, 2];
        using var x = Make.Random(_engine, shape, seed: 1, dtype: dtype);
        using var tape = _engine.Tape(recording: false);
        var xs = x.Doubles();
        for (int first = 0; first < 6; first++)
            for (int second = 0; second < 6; second++)
            {
                var y = tape.Transpose(x, first, second);
                Assert.Equal(shape[first], y.Shape[second]);
                Assert.Equal([.. Positions(shape, first, second).Select(p => xs[p])], y.Doubles());
            }
    }

    [Fact]
    public void Heads_and_tokens_are_exchanged_in_several_pieces_of_work()
    {
        int[] shape = [2, 70, 9, 64];
        using var x = Make.Random(_engine, shape, seed: 1);
        using var tape = _engine.Tape(recording: false);
        var xs = x.Doubles();
        var y = tape.Transpose(x, 1, 2);
        Assert.Equal<Shape>([2, 9, 70, 64], y.Shape);
        Assert.Equal([.. Positions(shape, 1, 2).Select(p => xs[p])], y.Doubles());
        Assert.Equal(xs, tape.Transpose(y, 2, 1).Doubles());
    }

    [Fact]
    public void Large_matrices_and_every_element_size_are_exchanged()
    {
        int[] values = [.. Enumerable.Range(0, 130 * 259)];
        int[] expected = [.. Positions([130, 259], 0, 1).Select(p => values[p])];
        using var tape = _engine.Tape(recording: false);
        using var i32 = _engine.From(values, [130, 259]);
        using var u8 = _engine.Empty([130, 259], DType.U8);
        using var i64 = _engine.Empty([130, 259], DType.I64);
        for (int i = 0; i < values.Length; i++) (u8.AsSpan<byte>()[i], i64.AsSpan<long>()[i]) = ((byte)values[i], (long)values[i] << 20);
        Assert.Equal(expected, tape.Transpose(i32).ToInts());
        Assert.Equal(expected.Select(v => (byte)v), tape.Transpose(u8).AsSpan<byte>().ToArray());
        Assert.Equal(expected.Select(v => (long)v << 20), tape.Transpose(i64).AsSpan<long>().ToArray());
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [2, 3, 4, 5], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Transpose(x), x);
        GradCheck.Run(_engine, t => t.Transpose(x, 1, 2), x);
        GradCheck.Run(_engine, t => t.Transpose(x, 3, 0), x);
    }

    [Fact]
    public void The_gradient_of_a_BF16_parameter_is_F32()
    {
        using var w = new Parameter("w", Make.Random(_engine, [2, 3], seed: 1, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [3, 2], seed: 3, dtype: DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Transpose(w.Value), dy);
        Assert.Equal(DType.F32, w.Gradient!.Value.DType);
        var d = dy.Doubles();
        Assert.Equal([d[0], d[2], d[4], d[1], d[3], d[5]], w.Gradient!.Value.Doubles());
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [2, 3], seed: 1);
        using var y = Make.Random(_engine, [3, 2], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Transpose(x), y), x, y);
    }

    [Fact]
    public void Empty_tensors_are_allowed()
    {
        using var x = _engine.Zeros([2, 0, 3]);
        using var tape = _engine.Tape();
        Assert.Equal<Shape>([0, 2, 3], tape.Transpose(x, 0, 1).Shape);
    }

    [Fact]
    public void Wrong_dimensions_are_reported()
    {
        using var x = _engine.Zeros([2, 8]);
        using var row = _engine.Zeros([8]);
        using var tape = _engine.Tape();
        Assert.Equal("Transpose: x must have at least 2 dimensions, got (8).", Assert.Throws<ArgumentException>(() => tape.Transpose(row)).Message);
        Assert.Equal("Transpose: first must be a dimension of (2, 8), that is 0 to 1, got -1.", Assert.Throws<ArgumentException>(() => tape.Transpose(x, -1, 0)).Message);
        Assert.Equal("Transpose: second must be a dimension of (2, 8), that is 0 to 1, got 2.", Assert.Throws<ArgumentException>(() => tape.Transpose(x, 0, 2)).Message);
    }
}
