using RadLab.Compute;

namespace RadLab.Tests;

public sealed class DropoutTests : IDisposable
{
    private static readonly RandomKey s_key = new(0x1234_5678_9ABC_DEF0, 7, 42);

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private static double[] Reference(double[] x, double probability, RandomKey key) =>
        [.. x.Select((v, i) => key.At((ulong)i) / 4294967296.0 >= probability ? v / (1 - probability) : 0)];

    // beyond the widths: around the 64 numbers of one group, and several pieces of parallel work
    public static TheoryData<DType, int> DTypesAndCounts => Make.Rows([DType.F32, DType.BF16], [.. Make.Widths, 47, 48, 49, 63, 64, 65, 113, 40_003]);

    [Theory, MemberData(nameof(DTypesAndCounts))]
    public void Forward_and_backward_match_the_definition(DType dtype, int n)
    {
        using var x = Make.Random(_engine, [n], seed: 1, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [n], seed: 2, dtype: dtype);
        using var tape = _engine.Tape();
        var y = tape.Dropout(x, 0.3f, s_key);
        Tolerances.Close(Reference(x.Doubles(), 0.3f, s_key), y.Doubles(), Tolerances.Of(dtype));

        tape.Backward(y, dy);
        Tolerances.Close(Reference(dy.Doubles(), 0.3f, s_key), x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dx");
    }

    [Theory, InlineData(0.05f), InlineData(0.5f), InlineData(0.9f)]
    public void The_wanted_share_is_dropped_and_the_mean_stays(float probability)
    {
        const int n = 200_000;
        using var x = _engine.Empty([n]);
        x.AsSpan<float>().Fill(1);
        using var tape = _engine.Tape();
        float[] y = tape.Dropout(x, probability, s_key).ToFloats();
        double deviation = Math.Sqrt(probability * (1 - probability) / n);
        Assert.Equal(probability, y.Count(v => v == 0) / (double)n, 5 * deviation);
        Assert.Equal(1, y.Average(v => (double)v), 5 * deviation / (1 - probability));
    }

    [Fact]
    public void The_mask_depends_on_the_key_alone()
    {
        float[] values = Make.Values(100_003, seed: 5);
        float[] Run(int threads, RandomKey key)
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var x = engine.From(values, [values.Length]);
            using var tape = engine.Tape();
            return tape.Dropout(x, 0.5f, key).ToFloats();
        }
        float[] one = Run(1, s_key);
        Assert.Equal(one, Run(2, s_key));
        Assert.Equal(one, Run(5, s_key));
        foreach (var other in new[] { s_key with { Seed = 1 }, s_key with { Stream = 8 }, s_key with { Step = 43 } })
        {
            float[] y = Run(1, other);
            int same = 0;
            for (int i = 0; i < y.Length; i++) same += (y[i] == 0) == (one[i] == 0) ? 1 : 0;
            Assert.Equal(0.5, same / (double)y.Length, 5 * 0.5 / Math.Sqrt(y.Length));
        }
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [3, 37], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Dropout(x, 0.4f, s_key), x);
    }

    [Fact]
    public void The_gradient_of_a_BF16_parameter_is_F32()
    {
        using var w = new Parameter("w", Make.Random(_engine, [77], seed: 1, dtype: DType.BF16), trainable: true);
        using var dy = Make.Random(_engine, [77], seed: 2, dtype: DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Dropout(w.Value, 0.3f, s_key), dy);
        Tolerances.Close(Reference(dy.Doubles(), 0.3f, s_key), w.Gradient!.Value.Doubles(), Tolerances.F32);
    }

    [Fact]
    public void A_probability_of_zero_gives_the_tensor_itself()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var tape = _engine.Tape();
        Assert.Equal(x, tape.Dropout(x, 0, s_key));
    }

    [Fact]
    public void No_mask_is_kept_for_backward()
    {
        using var x = Make.Random(_engine, [1024], seed: 1, requiresGrad: true);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        using (tape.Scope()) tape.Dropout(x, 0.5f, s_key);
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        using var x = Make.Random(_engine, [3], seed: 1);
        using var y = Make.Random(_engine, [3], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Add(t.Dropout(x, 0.5f, s_key), y), x, y);
    }

    [Theory, InlineData(-0.1f, "-0.1"), InlineData(1f, "1"), InlineData(float.NaN, "NaN")]
    public void A_probability_out_of_range_is_reported(float probability, string printed)
    {
        using var x = _engine.Zeros([2]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.Dropout(x, probability, s_key));
        Assert.Equal($"Dropout: probability must be from 0 to below 1, got {printed}.", e.Message);
    }

    [Fact]
    public void An_integer_input_is_reported()
    {
        using var x = _engine.Zeros([2], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Dropout: x must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Dropout(x, 0.5f, s_key)).Message);
    }
}
