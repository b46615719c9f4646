using RadLab.Compute;

namespace RadLab.Tests;

public sealed class LinearTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_matches_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [2, 10, C], seed: 1, dtype: dtype);
        using var w = Make.Random(_engine, [21, C], seed: 2, dtype: dtype);
        using var tape = _engine.Tape(recording: false);
        var y = tape.Linear(x, w);
        Assert.Equal([2, 10, 21], y.Shape.ToArray());
        Tolerances.Close(MatMulTests.Reference(x.Doubles(), false, w.Doubles(), true, 20, 21, C), y.Doubles(), Tolerances.Of(dtype));
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [2, 3, 5], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [4, 5], seed: 2, requiresGrad: true);
        using var b = Make.Random(_engine, [4], seed: 3, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Linear(x, w), x, w);
        GradCheck.Run(_engine, t => t.Linear(x, w, b), x, w, b);
    }

    [Fact]
    public void A_frozen_weight_keeps_no_activation()
    {
        using var x = Make.Random(_engine, [64, 256], seed: 1, requiresGrad: true);
        using var w = Make.Random(_engine, [256, 256], seed: 2);
        using var tape = _engine.Tape();
        var h = tape.Linear(x, w);
        var y = tape.Linear(h, w);
        long before = _engine.Memory.LiveBytes;
        h.Dispose();
        Assert.Equal(64 * 256 * 4, before - _engine.Memory.LiveBytes);
        using var dy = Make.Random(_engine, [64, 256], seed: 3);
        tape.Backward(y, dy);
        Assert.NotNull(x.Gradient);
        Assert.Null(w.Gradient);
    }

    [Fact]
    public void A_bf16_parameter_gets_its_gradient_in_f32()
    {
        using var x = Make.Random(_engine, [20, 33], seed: 1, dtype: DType.BF16);
        using var w = new Parameter("w", Make.Random(_engine, [18, 33], seed: 2, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [20, 18], seed: 3, dtype: DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Linear(x, w.Value), dy);
        Assert.Equal(DType.F32, w.Gradient!.Value.DType);
        Tolerances.Close(MatMulTests.Reference(dy.Doubles(), true, x.Doubles(), false, 18, 33, 20), w.Gradient.Value.Doubles(), Tolerances.F32);
    }

    [Fact]
    public void A_wrong_width_is_reported_with_both_shapes()
    {
        using var x = _engine.Zeros([2, 3]);
        using var w = _engine.Zeros([4, 5]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.Linear(x, w));
        Assert.Equal("Linear: x must have 5 columns like weight (4, 5), got (2, 3).", e.Message);
    }
}
