using RadLab.Compute;

namespace RadLab.Tests;

public sealed class AdamWStepTests : IDisposable
{
    private static readonly AdamWSettings s_settings = new(LearningRate: 0.02, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-3, WeightDecay: 0.1);

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<int> Sizes => [.. Make.Widths, 40_000];

    [Theory, MemberData(nameof(Sizes))]
    public void Several_steps_match_the_definition_in_double(int n)
    {
        using var p = Make.Random(_engine, [n], seed: 1);
        using var m = _engine.Zeros([n]);
        using var v = _engine.Zeros([n]);
        double[] ps = p.Doubles(), ms = new double[n], vs = new double[n];
        for (int t = 1; t <= 7; t++)
        {
            using var g = Make.Random(_engine, [n], seed: 100 + t);
            AdamWStep.Apply(p, g, m, v, s_settings, t);

            double[] gs = g.Doubles();
            for (int i = 0; i < n; i++)
            {
                var (lr, b1, b2, eps, wd) = s_settings;
                ps[i] -= lr * wd * ps[i];
                ms[i] = b1 * ms[i] + (1 - b1) * gs[i];
                vs[i] = b2 * vs[i] + (1 - b2) * gs[i] * gs[i];
                ps[i] -= lr * (ms[i] / (1 - Math.Pow(b1, t))) / (Math.Sqrt(vs[i] / (1 - Math.Pow(b2, t))) + eps);
            }
        }
        Tolerances.Close(ms, m.Doubles(), Tolerances.F32, "m");
        Tolerances.Close(vs, v.Doubles(), Tolerances.F32, "v");
        Tolerances.Close(ps, p.Doubles(), Tolerances.F32, "p");
    }

    // Before the step: the decay takes a share of the old value, not of the new one.
    [Fact]
    public void Weight_decay_comes_before_the_step()
    {
        using var p = _engine.From([1f], [1]);
        using var g = _engine.From([1f], [1]);
        using var m = _engine.Zeros([1]);
        using var v = _engine.Zeros([1]);
        AdamWStep.Apply(p, g, m, v, new AdamWSettings(LearningRate: 0.5, WeightDecay: 1), step: 1);
        Assert.Equal(0.0, p.Item(), 6);   // 1 * (1 - 0.5) - 0.5; after the step it would be (1 - 0.5) * (1 - 0.5) = 0.25
    }

    [Fact]
    public void It_allocates_nothing()
    {
        using var p = Make.Random(_engine, [1000], seed: 1);
        using var g = Make.Random(_engine, [1000], seed: 2);
        using var m = _engine.Zeros([1000]);
        using var v = _engine.Zeros([1000]);
        Warm.AssertNoAllocation(_engine, _ => AdamWStep.Apply(p, g, m, v, s_settings, 3));
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var p = _engine.Zeros([8]);
        using var other = _engine.Zeros([4]);
        using var half = _engine.Zeros([8], DType.BF16);
        using var foreign = new Engine(new EngineOptions { Threads = 1 });
        using var far = foreign.Zeros([8]);
        Assert.Equal("AdamWStep: parameter must be F32, got BF16.", Message(() => AdamWStep.Apply(half, p, p, p, s_settings, 1)));
        Assert.Equal("AdamWStep: gradient must be F32, got BF16.", Message(() => AdamWStep.Apply(p, half, p, p, s_settings, 1)));
        Assert.Equal("AdamWStep: mean must have shape (8), got (4).", Message(() => AdamWStep.Apply(p, p, other, p, s_settings, 1)));
        Assert.Equal("AdamWStep: square belongs to another engine than parameter; make both with one engine.", Message(() => AdamWStep.Apply(p, p, p, far, s_settings, 1)));
        Assert.Equal("AdamWStep: step must be 1 or more, got 0.", Message(() => AdamWStep.Apply(p, p, p, p, s_settings, 0)));

        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
