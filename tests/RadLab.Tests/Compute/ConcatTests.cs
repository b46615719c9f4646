using RadLab.Compute;

namespace RadLab.Tests;

public sealed class ConcatTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Every_dimension_can_be_joined_forward_and_backward(DType dtype, int C)
    {
        int[] lengths = [2, C, 1];
        for (int dimension = 0; dimension < 3; dimension++)
        {
            var parts = new Tensor[3];
            for (int k = 0; k < 3; k++)
            {
                int[] shape = [2, 3, 4];
                shape[dimension] = lengths[k];
                parts[k] = Make.Random(_engine, shape, seed: k, requiresGrad: true, dtype: dtype);
            }
            using var tape = _engine.Tape();
            var y = tape.Concat(dimension, parts);
            using var dy = Make.Random(_engine, y.Shape, seed: 9, dtype: dtype);
            var (ys, upstream) = (y.Doubles(), dy.Doubles());
            int[] joined = y.Shape.ToArray();
            tape.Backward(y, dy);

            int first = 0;
            for (int k = 0; k < 3; k++)
            {
                int[] positions = SliceTests.Positions(joined, dimension, first, lengths[k]);
                Assert.Equal(parts[k].Doubles(), positions.Select(p => ys[p]));
                Assert.Equal(positions.Select(p => upstream[p]), parts[k].Gradient!.Value.Doubles());
                first += lengths[k];
                parts[k].ClearGradient();
                parts[k].Dispose();
            }
            Assert.Equal(first, joined[dimension]);
        }
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var a = Make.Random(_engine, [2, 3, 4], seed: 1, requiresGrad: true);
        using var b = Make.Random(_engine, [2, 3, 4], seed: 2, requiresGrad: true);
        for (int dimension = 0; dimension < 3; dimension++)
        {
            GradCheck.Run(_engine, t => t.Concat(dimension, a, b), a, b);
            GradCheck.Run(_engine, t => t.Concat(dimension, a, b, a, b, a), a, b);
        }
    }

    [Fact]
    public void A_frozen_part_gets_no_gradient()
    {
        using var a = Make.Random(_engine, [2, 3], seed: 1);
        using var b = Make.Random(_engine, [2, 4], seed: 2, requiresGrad: true);
        using var c = Make.Random(_engine, [2, 1], seed: 3);
        GradCheck.Run(_engine, t => t.Concat(1, a, b, c), a, b, c);
    }

    [Fact]
    public void The_gradient_of_a_BF16_parameter_is_F32()
    {
        using var w = new Parameter("w", Make.Random(_engine, [2, 3], seed: 1, dtype: DType.BF16), trainable: true);
        using var x = Make.Random(_engine, [2, 3], seed: 2, dtype: DType.BF16);
        using var dy = Make.Random(_engine, [4, 3], seed: 3, dtype: DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Concat(0, x, w.Value), dy);
        Assert.Equal(DType.F32, w.Gradient!.Value.DType);
        Assert.Equal(dy.Doubles()[6..], w.Gradient!.Value.Doubles());
    }

    [Fact]
    public void Integers_are_joined_too()
    {
        using var a = _engine.From([1, 2], [2]);
        using var b = _engine.From([3], [1]);
        using var tape = _engine.Tape();
        Assert.Equal([1, 2, 3], tape.Concat(0, a, b).ToInts());
    }

    [Fact]
    public void A_warm_step_allocates_no_managed_memory()
    {
        using var a = Make.Random(_engine, [2, 3], seed: 1, requiresGrad: true);
        using var b = Make.Random(_engine, [2, 3], seed: 2, requiresGrad: true);
        using var dy = Make.Random(_engine, [2, 4], seed: 3);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Transpose(t.Slice(t.Transpose(t.Concat(1, a, b)), 0, 1, 4)), dy));
    }

    [Fact]
    public void Parts_that_do_not_fit_are_reported()
    {
        using var a = _engine.Zeros([2, 3]);
        using var b = _engine.Zeros([3, 3]);
        using var flat = _engine.Zeros([3]);
        using var half = _engine.Zeros([2, 3], DType.BF16);
        using var tape = _engine.Tape();
        Assert.Equal("Concat: parts must hold at least one tensor, got none.", Assert.Throws<ArgumentException>(() => tape.Concat(0)).Message);
        Assert.Equal("Concat: dimension must be a dimension of (2, 3), that is 0 to 1, got 2.", Assert.Throws<ArgumentException>(() => tape.Concat(2, a, a)).Message);
        Assert.Equal("Concat: part 1 must have shape (2, 3) like part 0 but for dimension 1, got (3, 3).", Assert.Throws<ArgumentException>(() => tape.Concat(1, a, b)).Message);
        Assert.Equal("Concat: part 2 must have shape (2, 3) like part 0 but for dimension 0, got (3).", Assert.Throws<ArgumentException>(() => tape.Concat(0, a, b, flat)).Message);
        Assert.Equal("Concat: part 1 must be F32 like part 0, got BF16.", Assert.Throws<ArgumentException>(() => tape.Concat(0, a, half)).Message);
    }
}
