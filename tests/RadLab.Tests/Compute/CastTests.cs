using RadLab.Compute;

namespace RadLab.Tests;

public sealed class CastTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<int> Widths => [.. Make.Widths];

    // Round to nearest, ties to even, by way of the spacing of BF16 numbers around the value.
    private static double ToBF16(double value)
    {
        if (value == 0) return 0;
        double spacing = Math.Pow(2, Math.Max(Math.Floor(Math.Log2(Math.Abs(value))), -126) - 7);
        return Math.Round(value / spacing, MidpointRounding.ToEven) * spacing;
    }

    [Theory, MemberData(nameof(Widths))]
    public void F32_is_rounded_to_the_nearest_BF16(int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, low: -100, high: 100);
        using var tape = _engine.Tape(recording: false);
        var y = tape.Cast(x, DType.BF16);
        Assert.Equal(DType.BF16, y.DType);
        Assert.Equal([.. x.Doubles().Select(ToBF16)], y.Doubles());
    }

    [Fact]
    public void Ties_go_to_even_and_special_values_stay()
    {
        float[] values = [1 + 1f / 256, 1 + 3f / 256, -1 - 1f / 256, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 0, -0f, float.NaN, float.Epsilon, 1e-39f,
            1 + 1f / 256, 1 + 3f / 256, -1 - 1f / 256, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 0, -0f, float.NaN, float.Epsilon];
        using var x = _engine.From(values, [values.Length]);
        using var tape = _engine.Tape(recording: false);
        var bits = tape.Cast(x, DType.BF16).AsSpan<ushort>().ToArray();
        ushort[] expected = [0x3F80, 0x3F82, 0xBF80, 0x7F80, 0xFF80, 0x7F80, 0, 0x8000, 0xFFC0, 0, 0x000B,
            0x3F80, 0x3F82, 0xBF80, 0x7F80, 0xFF80, 0x7F80, 0, 0x8000, 0xFFC0, 0];
        Assert.Equal(expected, bits);
    }

    [Theory, MemberData(nameof(Widths))]
    public void BF16_is_widened_exactly(int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, dtype: DType.BF16);
        using var tape = _engine.Tape(recording: false);
        var y = tape.Cast(x, DType.F32);
        Assert.Equal(DType.F32, y.DType);
        Assert.Equal(x.Doubles(), y.Doubles());
    }

    [Fact]
    public void Gradients_come_back_in_the_dtype_of_the_input()
    {
        using var x = Make.Random(_engine, [33], seed: 1, requiresGrad: true);
        using var h = Make.Random(_engine, [33], seed: 1, requiresGrad: true, dtype: DType.BF16);
        using var w = new Parameter("w", Make.Random(_engine, [33], seed: 1, dtype: DType.BF16), trainable: true);
        using var half = Make.Random(_engine, [33], seed: 2, dtype: DType.BF16);
        using var full = Make.Random(_engine, [33], seed: 3);
        using var tape = _engine.Tape();
        for (int i = 1; i <= 2; i++)
        {
            tape.Backward(tape.Cast(x, DType.BF16), half);
            tape.Reset();
            tape.Backward(tape.Cast(h, DType.F32), full);
            tape.Reset();
            tape.Backward(tape.Cast(w.Value, DType.F32), full);
            tape.Reset();
            Assert.Equal([.. half.Doubles().Select(v => i * v)], x.Gradient!.Value.Doubles());
            Assert.Equal(DType.BF16, h.Gradient!.Value.DType);
            Tolerances.Close([.. full.Doubles().Select(v => i * v)], h.Gradient!.Value.Doubles(), Tolerances.BF16);
            Assert.Equal(DType.F32, w.Gradient!.Value.DType);
            Assert.Equal([.. full.Doubles().Select(v => i * v)], w.Gradient!.Value.Doubles());
        }
    }

    [Fact]
    public void The_same_dtype_gives_the_tensor_itself()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var tape = _engine.Tape();
        Assert.Equal(x, tape.Cast(x, DType.F32));
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1, dtype: DType.BF16);
        using var y = Make.Random(_engine, [3], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Cast(x, DType.F32), y), x, y);
    }

    [Fact]
    public void Integer_types_are_reported()
    {
        using var x = _engine.Zeros([2], DType.I32);
        using var f = _engine.Zeros([2]);
        using var tape = _engine.Tape();
        Assert.Equal("Cast: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Cast(x, DType.F32)).Message);
        Assert.Equal("Cast: dtype must be F32 or BF16, got U8.", Assert.Throws<ArgumentException>(() => tape.Cast(f, DType.U8)).Message);
    }
}
