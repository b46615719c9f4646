using RadLab.Compute;

namespace RadLab.Tests;

public sealed class RopeTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // y = x turned by sign * position * theta^(-2i/D), pair by pair
    private static double[] Reference(double[] x, int H, int D, double theta, Func<int, int> positionOfToken, int sign = 1)
    {
        var y = new double[x.Length];
        for (int row = 0; row < x.Length / D; row++)
        {
            for (int i = 0; i < D / 2; i++)
            {
                double angle = sign * positionOfToken(row / H) / Math.Pow(theta, 2.0 * i / D);
                double a = x[row * D + i], b = x[row * D + i + D / 2];
                y[row * D + i] = a * Math.Cos(angle) - b * Math.Sin(angle);
                y[row * D + i + D / 2] = b * Math.Cos(angle) + a * Math.Sin(angle);
            }
        }
        return y;
    }

    // 12: no power of two; 30, 32, 34: one below, at and above 16 pairs
    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], [2, 12, 30, 32, 34, 64, 128]);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Forward_matches_the_definition(DType dtype, int D)
    {
        using var x = Make.Random(_engine, [2, 5, 3, D], seed: 1, dtype: dtype);
        using var table = new RopeTable(_engine, positions: 12, D, theta: 500);
        using var tape = _engine.Tape(recording: false);

        var y = tape.Rope(x, table, start: 7);

        Assert.Equal(dtype, y.DType);
        Tolerances.Close(Reference(x.Doubles(), 3, D, 500, token => 7 + token % 5), y.Doubles(), Tolerances.Of(dtype));
    }

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Backward_turns_the_gradient_back(DType dtype, int D)
    {
        using var x = Make.Random(_engine, [2, 5, 3, D], seed: 1, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [2, 5, 3, D], seed: 2, dtype: dtype);
        using var table = new RopeTable(_engine, positions: 12, D, theta: 500);
        using var tape = _engine.Tape();

        tape.Backward(tape.Rope(x, table, start: 7), dy);

        Tolerances.Close(Reference(dy.Doubles(), 3, D, 500, token => 7 + token % 5, sign: -1), x.Gradient!.Value.Doubles(), Tolerances.Of(dtype));
    }

    [Fact]
    public void Positions_may_be_given_for_all_texts_alike_or_for_each_token()
    {
        using var x = Make.Random(_engine, [2, 3, 2, 12], seed: 1);
        using var table = new RopeTable(_engine, positions: 50, 12);
        using var shared = _engine.From([40, 0, 7], [3]);
        int[] each = [0, 1, 0, 49, 3, 3];
        using var own = _engine.From(each, [2, 3]);
        using var tape = _engine.Tape(recording: false);

        Tolerances.Close(Reference(x.Doubles(), 2, 12, 10_000, token => new[] { 40, 0, 7 }[token % 3]), tape.Rope(x, table, shared).Doubles(), Tolerances.F32);
        Tolerances.Close(Reference(x.Doubles(), 2, 12, 10_000, token => each[token]), tape.Rope(x, table, own).Doubles(), Tolerances.F32);
    }

    [Theory, InlineData(12), InlineData(32), InlineData(34)]
    public void Backward_matches_finite_differences(int D)
    {
        using var x = Make.Random(_engine, [2, 2, 1, D], seed: 1, requiresGrad: true);
        using var table = new RopeTable(_engine, positions: 9, D);
        using var positions = _engine.From([3, 1, 8, 0], [2, 2]);
        GradCheck.Run(_engine, t => t.Rope(x, table, start: 2), x);
        GradCheck.Run(_engine, t => t.Rope(x, table, positions), x);
    }

    [Fact]
    public void An_input_without_gradient_leaves_no_record()
    {
        using var x = Make.Random(_engine, [2, 1, 12], seed: 1);
        using var table = new RopeTable(_engine, positions: 2, 12);
        using var tape = _engine.Tape();
        Assert.False(tape.Rope(x, table).RequiresGrad);
        Assert.Equal(0, tape.Count);
    }

    [Fact]
    public void Backward_keeps_the_table_but_not_the_input()
    {
        using var x = Make.Random(_engine, [2, 1, 12], seed: 1, requiresGrad: true);
        using var dy = Make.Random(_engine, [2, 1, 12], seed: 2);
        using var tape = _engine.Tape();
        var table = new RopeTable(_engine, positions: 2, 12);
        var y = tape.Rope(x, table);
        table.Dispose();
        y.AsSpan<float>().Clear();
        tape.Backward(y, dy);
        Tolerances.Close(Reference(dy.Doubles(), 1, 12, 10_000, token => token, sign: -1), x.Gradient!.Value.Doubles(), Tolerances.F32);
    }

    [Fact]
    public void Scores_depend_on_the_distance_of_two_positions_alone()
    {
        using var x = Make.Random(_engine, [2, 1, 12], seed: 1);
        using var table = new RopeTable(_engine, positions: 200, 12);
        using var tape = _engine.Tape(recording: false);
        double Score(int start)
        {
            double[] y = tape.Rope(x, table, start).Doubles();
            return Enumerable.Range(0, 12).Sum(i => y[i] * y[i + 12]);
        }
        Assert.Equal(Score(0), Score(150), 1e-5);
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using var x = Make.Random(_engine, [2, 2, 1, 12], seed: 1, requiresGrad: true);
        using var dy = Make.Random(_engine, [2, 2, 1, 12], seed: 2);
        using var table = new RopeTable(_engine, positions: 9, 12);
        using var positions = _engine.From([3, 1, 8, 0], [2, 2]);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Rope(x, table, start: 2), dy));
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Rope(x, table, positions), dy));
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var x = _engine.Zeros([2, 3, 1, 4]);
        using var wide = _engine.Zeros([3, 1, 8]);
        using var flat = _engine.Zeros([3, 4]);
        using var integers = _engine.Zeros([3, 1, 4], DType.I32);
        using var two = _engine.Zeros([2], DType.I32);
        using var floats = _engine.Zeros([3]);
        using var far = _engine.From([0, 1, 8], [3]);
        using var negative = _engine.From([0, -1, 7], [3]);
        using var table = new RopeTable(_engine, positions: 8, 4);
        using var tape = _engine.Tape();
        string Message(Action call) => Assert.Throws<ArgumentException>(call).Message;
        Assert.Equal("Rope: positions 6 to 8 must be 0 to 7; make the RopeTable longer or the text shorter.", Message(() => tape.Rope(x, table, start: 6)));
        Assert.Equal("Rope: positions -1 to 1 must be 0 to 7; make the RopeTable longer or the text shorter.", Message(() => tape.Rope(x, table, start: -1)));
        Assert.Equal("Rope: position 8 of token 2 must be 0 to 7; make the RopeTable longer or the text shorter.", Message(() => tape.Rope(x, table, far)));
        Assert.Equal("Rope: position -1 of token 1 must be 0 to 7; make the RopeTable longer or the text shorter.", Message(() => tape.Rope(x, table, negative)));
        Assert.Equal("Rope: positions must have shape (3) or (2, 3) for x (2, 3, 1, 4), got (2).", Message(() => tape.Rope(x, table, two)));
        Assert.Equal("Rope: positions must be I32, got F32.", Message(() => tape.Rope(x, table, floats)));
        Assert.Equal("Rope: x must have heads of width 4 like the table, got (3, 1, 8).", Message(() => tape.Rope(wide, table)));
        Assert.Equal("Rope: x must have at least 3 dimensions, got (3, 4).", Message(() => tape.Rope(flat, table)));
        Assert.Equal("Rope: x must be F32 or BF16, got I32.", Message(() => tape.Rope(integers, table)));
    }

    [Fact]
    public void A_BF16_parameter_as_input_gets_its_gradient_in_F32()
    {
        using var parameter = new Parameter("x", Make.Random(_engine, [3, 2, 36], seed: 1, dtype: DType.BF16), trainable: true);
        using var plain = _engine.From(parameter.Value.ToFloats(), [3, 2, 36]);
        plain.RequiresGrad = true;
        using var dy = Make.Random(_engine, [3, 2, 36], seed: 2, dtype: DType.BF16);
        using var wide = _engine.From(dy.ToFloats(), [3, 2, 36]);
        using var table = new RopeTable(_engine, positions: 3, 36);
        using var tape = _engine.Tape();
        tape.Backward(tape.Rope(parameter.Value, table), dy);
        tape.Reset();
        tape.Backward(tape.Rope(plain, table), wide);
        Assert.Equal(DType.F32, parameter.Gradient!.Value.DType);
        Tolerances.Close(plain.Gradient!.Value.Doubles(), parameter.Gradient!.Value.Doubles(), Tolerances.F32);
    }
}
