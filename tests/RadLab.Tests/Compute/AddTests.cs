using RadLab.Compute;

namespace RadLab.Tests;

public sealed class AddTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_matches_the_definition(DType dtype, int C)
    {
        using var x = Make.Random(_engine, [3, C], seed: 1, dtype: dtype);
        using var y = Make.Random(_engine, [3, C], seed: 2, dtype: dtype);
        using var tape = _engine.Tape(recording: false);
        var expected = x.Doubles().Zip(y.Doubles(), (a, b) => a + b).ToArray();
        Tolerances.Close(expected, tape.Add(x, y).Doubles(), Tolerances.Of(dtype));
    }

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void A_bias_is_added_to_every_row(DType dtype, int C)
    {
        foreach (var biasType in new[] { DType.F32, DType.BF16 })
        {
            using var x = Make.Random(_engine, [2, 3, C], seed: 1, dtype: dtype);
            using var b = Make.Random(_engine, [C], seed: 2, dtype: biasType);
            using var tape = _engine.Tape(recording: false);
            var (xs, bs) = (x.Doubles(), b.Doubles());
            var expected = xs.Select((v, i) => v + bs[i % C]).ToArray();
            Tolerances.Close(expected, tape.Add(x, b).Doubles(), Tolerances.Of(dtype));
        }
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        using var y = Make.Random(_engine, [3, 17], seed: 2, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(x, y), x, y);
        GradCheck.Run(_engine, t => t.Add(x, t.Add(y, x)), x, y);
        GradCheck.Run(_engine, t => t.Add(x, x), x);
    }

    [Theory, InlineData(9), InlineData(16), InlineData(70)]
    public void Backward_of_a_bias_matches_finite_differences(int C)
    {
        using var x = Make.Random(_engine, [2, 3, C], seed: 1, requiresGrad: true);
        using var b = Make.Random(_engine, [C], seed: 2, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(x, b), x, b);
    }

    [Theory, InlineData(true, false), InlineData(false, true)]
    public void A_frozen_input_gets_no_gradient(bool first, bool second)
    {
        using var x = Make.Random(_engine, [2, 9], seed: 1, requiresGrad: first);
        using var y = Make.Random(_engine, [2, 9], seed: 2, requiresGrad: second);
        using var b = Make.Random(_engine, [9], seed: 3, requiresGrad: second);
        GradCheck.Run(_engine, t => t.Add(x, y), x, y);
        GradCheck.Run(_engine, t => t.Add(x, b), x, b);
    }

    [Fact]
    public void Gradients_of_two_inputs_never_share_memory()
    {
        using var x = Make.Random(_engine, [5], seed: 1, requiresGrad: true);
        using var y = Make.Random(_engine, [5], seed: 2, requiresGrad: true);
        using var dy = Make.Random(_engine, [5], seed: 3);
        using var tape = _engine.Tape();
        tape.Backward(tape.Add(x, y), dy);
        x.Gradient!.Value.Clear();
        Assert.Equal(dy.ToFloats(), y.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void The_gradient_of_one_input_is_handed_on_without_new_memory()
    {
        using var x = Make.Random(_engine, [1000], seed: 1, requiresGrad: true);
        using var y = Make.Random(_engine, [1000], seed: 2);
        using var dy = Make.Random(_engine, [1000], seed: 3);
        using var tape = _engine.Tape();
        var z = tape.Add(x, y);
        long before = _engine.Memory.LiveBytes;
        _engine.ResetPeak();
        tape.Backward(z, dy);
        Assert.Equal(4032, _engine.Memory.PeakBytes - before);   // the copy of dy that backward starts from, and nothing else
    }

    [Theory, InlineData(33), InlineData(64), InlineData(200)]
    public void The_gradient_of_a_BF16_bias_parameter_is_summed_in_F32(int C)
    {
        using var x = Make.Random(_engine, [300, C], seed: 1, requiresGrad: true, dtype: DType.BF16);
        using var bias = new Parameter("bias", Make.Random(_engine, [C], seed: 2, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [300, C], seed: 3, dtype: DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Add(x, bias.Value), dy);

        var upstream = dy.Doubles();
        var expected = new double[C];
        for (int i = 0; i < upstream.Length; i++) expected[i % C] += upstream[i];
        Assert.Equal(DType.F32, bias.Gradient!.Value.DType);
        Tolerances.Close(expected, bias.Gradient!.Value.Doubles(), Tolerances.F32);
        Assert.Equal(upstream, x.Gradient!.Value.Doubles());
    }

    [Fact]
    public void A_warm_step_allocates_no_managed_memory()
    {
        using var x = Make.Random(_engine, [3, 17], seed: 1, requiresGrad: true);
        using var y = Make.Random(_engine, [3, 17], seed: 2, requiresGrad: true);
        using var b = Make.Random(_engine, [17], seed: 3, requiresGrad: true);
        using var dy = Make.Random(_engine, [3, 17], seed: 4);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Add(t.Add(x, y), b), dy));
    }

    [Fact]
    public void Wrong_shapes_and_dtypes_are_reported()
    {
        using var x = _engine.Zeros([2, 8]);
        using var narrow = _engine.Zeros([4]);
        using var half = _engine.Zeros([2, 8], DType.BF16);
        using var integers = _engine.Zeros([2, 8], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Add: y must have shape (2, 8) like x, or (8) as a bias, got (4).", Assert.Throws<ArgumentException>(() => tape.Add(x, narrow)).Message);
        Assert.Equal("Add: y must be F32 like x, got BF16.", Assert.Throws<ArgumentException>(() => tape.Add(x, half)).Message);
        Assert.Equal("Add: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Add(integers, x)).Message);
        Assert.Equal("Add: y must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Add(x, integers)).Message);
    }
}
