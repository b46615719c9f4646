using RadLab.Compute;

namespace RadLab.Tests;

public sealed class SwiGluTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_and_backward_match_the_definition(DType dtype, int F)
    {
        using var gate = Make.Random(_engine, [3, F], seed: 1, requiresGrad: true, dtype: dtype, low: -8, high: 8);
        using var up = Make.Random(_engine, [3, F], seed: 2, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [3, F], seed: 3, dtype: dtype);
        using var tape = _engine.Tape();
        var y = tape.SwiGlu(gate, up);
        var (g, u, d) = (gate.Doubles(), up.Doubles(), dy.Doubles());
        Tolerances.Close([.. g.Select((v, i) => SiluTests.Silu(v) * u[i])], y.Doubles(), Tolerances.Of(dtype));

        tape.Backward(y, dy);
        Tolerances.Close([.. g.Select((v, i) => d[i] * u[i] * SiluTests.Slope(v))], gate.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dgate");
        Tolerances.Close([.. g.Select((v, i) => d[i] * SiluTests.Silu(v))], up.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dup");
    }

    [Theory, InlineData(9), InlineData(16), InlineData(33)]
    public void Backward_matches_finite_differences(int F)
    {
        using var gate = Make.Random(_engine, [2, F], seed: 1, requiresGrad: true, low: -3, high: 3);
        using var up = Make.Random(_engine, [2, F], seed: 2, requiresGrad: true);
        GradCheck.Run(_engine, t => t.SwiGlu(gate, up), gate, up);
        GradCheck.Run(_engine, t => t.SwiGlu(gate, gate), gate);
    }

    [Theory, InlineData(true, false), InlineData(false, true)]
    public void A_frozen_input_gets_no_gradient(bool wantsGate, bool wantsUp)
    {
        using var gate = Make.Random(_engine, [2, 19], seed: 1, requiresGrad: wantsGate);
        using var up = Make.Random(_engine, [2, 19], seed: 2, requiresGrad: wantsUp);
        GradCheck.Run(_engine, t => t.SwiGlu(gate, up), gate, up);
    }

    [Fact]
    public void Gradients_of_BF16_parameters_are_F32()
    {
        foreach (var (gateIsParameter, upIsParameter) in new[] { (true, true), (true, false), (false, true) })
        {
            using var gate = Make.Random(_engine, [35], seed: 1, requiresGrad: true, dtype: DType.BF16);
            using var up = Make.Random(_engine, [35], seed: 2, requiresGrad: true, dtype: DType.BF16);
            if (gateIsParameter) _ = new Parameter("gate", gate, trainable: true);
            if (upIsParameter) _ = new Parameter("up", up, trainable: true);
            using var dy = Make.Random(_engine, [35], seed: 3, dtype: DType.BF16);
            using var tape = _engine.Tape();
            tape.Backward(tape.SwiGlu(gate, up), dy);
            var (g, u, d) = (gate.Doubles(), up.Doubles(), dy.Doubles());
            Tolerances.Close([.. g.Select((v, i) => d[i] * u[i] * SiluTests.Slope(v))], gate.Gradient!.Value.Doubles(), gateIsParameter ? Tolerances.F32 : Tolerances.BF16, "dgate");
            Tolerances.Close([.. g.Select((v, i) => d[i] * SiluTests.Silu(v))], up.Gradient!.Value.Doubles(), upIsParameter ? Tolerances.F32 : Tolerances.BF16, "dup");
            gate.ClearGradient();
            up.ClearGradient();
        }
    }

    [Fact]
    public void Only_gate_and_up_are_kept_for_backward()
    {
        using var x = Make.Random(_engine, [1024], seed: 1, requiresGrad: true);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        using (tape.Scope()) tape.SwiGlu(tape.Scale(x, 2), tape.Scale(x, 3));
        Assert.Equal(2 * 4096, _engine.Memory.LiveBytes - before);
    }

    [Fact]
    public void A_warm_step_allocates_no_managed_memory()
    {
        using var gate = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        using var up = Make.Random(_engine, [3, 17], seed: 2, requiresGrad: true);
        using var dy = Make.Random(_engine, [3, 17], seed: 3);
        var key = new RandomKey(1, 2, 3);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Dropout(t.SwiGlu(t.Gelu(t.Silu(gate)), t.Mul(up, gate)), 0.5f, key), dy));
    }

    [Fact]
    public void Wrong_shapes_and_dtypes_are_reported()
    {
        using var x = _engine.Zeros([2, 8]);
        using var other = _engine.Zeros([2, 4]);
        using var half = _engine.Zeros([2, 8], DType.BF16);
        using var integers = _engine.Zeros([2, 8], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("SwiGlu: up must have shape (2, 8), got (2, 4).", Assert.Throws<ArgumentException>(() => tape.SwiGlu(x, other)).Message);
        Assert.Equal("SwiGlu: up must be F32 like gate, got BF16.", Assert.Throws<ArgumentException>(() => tape.SwiGlu(x, half)).Message);
        Assert.Equal("SwiGlu: gate must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.SwiGlu(integers, x)).Message);
    }
}
