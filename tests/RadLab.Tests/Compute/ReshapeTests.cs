using RadLab.Compute;

namespace RadLab.Tests;

public sealed class ReshapeTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void The_elements_stay_in_order_and_in_place(DType dtype)
    {
        using var x = Make.Random(_engine, [3, 4, 5], 1, dtype: dtype);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        var y = tape.Reshape(x, [6, 10]);
        Assert.Equal(before, _engine.Memory.LiveBytes);
        Assert.Equal(((Shape)new[] { 6, 10 }, dtype), (y.Shape, y.DType));
        Assert.Equal(x.ToFloats(), y.ToFloats());
    }

    [Fact]
    public void Integers_can_be_reshaped_too()
    {
        using var x = _engine.From([1, 2, 3, 4], [4]);
        using var tape = _engine.Tape();
        Assert.Equal([1, 2, 3, 4], tape.Reshape(x, [2, 2]).ToInts());
        Assert.Equal(0, tape.Count);
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 8], 1, requiresGrad: true);
        using var w = Make.Random(_engine, [4], 2, requiresGrad: true);
        GradCheck.Run(_engine, t => t.RmsNorm(t.Reshape(x, [6, 4]), w), x, w);
        GradCheck.Run(_engine, t => t.Hadamard(t.Reshape(x, [24]), t.Reshape(x, [24])), x);
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient_and_is_not_recorded()
    {
        using var x = Make.Random(_engine, [3, 8], 1);
        using var tape = _engine.Tape();
        Assert.False(tape.Reshape(x, [24]).RequiresGrad);
        Assert.Equal(0, tape.Count);
    }

    [Fact]
    public void A_BF16_parameter_gets_its_gradient_in_F32()
    {
        using var x = new Parameter("x", Make.Random(_engine, [3, 8], 1, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [24], 2, dtype: DType.BF16);
        using var tape = _engine.Tape();
        for (int pass = 1; pass <= 2; pass++)
        {
            tape.Backward(tape.Reshape(x.Value, [24]), dy);
            tape.Reset();
            Assert.Equal(DType.F32, x.Gradient!.Value.DType);
            Assert.Equal(Array.ConvertAll(dy.ToFloats(), v => pass * v), x.Gradient!.Value.ToFloats());
        }
    }

    [Fact]
    public void A_paged_parameter_is_copied()
    {
        using var x = Make.Random(_engine, [3, 8], 1);
        float[] values = x.ToFloats();
        using var paged = new PagedMemory(x);
        using var tape = _engine.Tape();
        Assert.Equal(values, tape.Reshape(x, [24]).ToFloats());
    }

    [Fact]
    public void Another_number_of_elements_is_reported_with_both_shapes()
    {
        using var x = _engine.Zeros([2, 3]);
        using var tape = _engine.Tape();
        Assert.Equal("Reshape: shape must hold 6 elements like (2, 3), got (7).", Assert.Throws<ArgumentException>(() => tape.Reshape(x, [7])).Message);
    }
}
