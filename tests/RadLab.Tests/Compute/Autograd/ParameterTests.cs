using RadLab.Compute;

namespace RadLab.Tests;

public sealed class ParameterTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_parameter_has_a_name_and_frees_its_value_and_gradient()
    {
        var p = new Parameter("layers.0.norm", Make.Random(_engine, [8], 1, dtype: DType.BF16), trainable: true);
        Assert.Equal("layers.0.norm (8) BF16", p.ToString());
        using (var tape = _engine.Tape())
        using (var x = Make.Random(_engine, [2, 8], 2))
            tape.Backward(tape.RmsNorm(x, p.Value), x);
        Assert.Equal(DType.F32, p.Gradient!.Value.DType);
        p.Dispose();
        p.Dispose();
        Assert.Equal(0, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void Freezing_a_parameter_frees_its_gradient_and_stops_new_ones()
    {
        using var p = new Parameter("w", Make.Random(_engine, [8], 1), trainable: true);
        using var x = Make.Random(_engine, [2, 8], 2, requiresGrad: true);
        using var tape = _engine.Tape();
        tape.Backward(tape.RmsNorm(x, p.Value), x);
        tape.Reset();
        p.Trainable = false;
        Assert.Null(p.Gradient);
        Assert.Equal("w (8) F32 frozen", p.ToString());
        tape.Backward(tape.RmsNorm(x, p.Value), x);
        Assert.Null(p.Gradient);
    }

    [Fact]
    public void Mistakes_are_reported()
    {
        using var ids = _engine.Zeros([2], DType.I32);
        Assert.Equal("Parameter: codes must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => new Parameter("codes", ids, false)).Message);
        using var x = Make.Random(_engine, [2], 1);
        Assert.Throws<ArgumentException>(() => new Parameter("", x, false));
        using var tape = _engine.Tape();
        Assert.Equal("Parameter: w belongs to a tape that would free it; take it out with tape.Keep first.", Assert.Throws<ArgumentException>(() => new Parameter("w", tape.Reshape(x, [2, 1]), true)).Message);
    }
}
