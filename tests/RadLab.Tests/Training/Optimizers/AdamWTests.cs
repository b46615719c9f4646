using RadLab.Compute;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class AdamWTests : IDisposable
{
    private static readonly AdamWSettings s_settings = new(LearningRate: 0.1, WeightDecay: 0);

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private Parameter NewParameter(string name, float[] values, bool trainable = true) => new(name, _engine.From(values, [values.Length]), trainable);

    // loss = sum of squares: the gradient of each parameter is twice itself
    private void Backward(params Parameter[] parameters)
    {
        using var tape = _engine.Tape();
        foreach (var p in parameters)
        {
            tape.Backward(tape.Sum(tape.Mul(p.Value, p.Value)));
            tape.Reset();
        }
    }

    [Fact]
    public void It_walks_to_the_minimum()
    {
        using var p = NewParameter("p", [1, -2, 3]);
        using var optimizer = new AdamW([p], s_settings);
        for (int i = 0; i < 300; i++)
        {
            Backward(p);
            optimizer.Step();
        }
        Assert.All(p.Value.ToFloats(), v => Assert.InRange(Math.Abs(v), 0, 0.02));
        Assert.Equal(300, optimizer.Steps);
    }

    [Fact]
    public void A_step_returns_the_norm_of_all_gradients_and_frees_them()
    {
        using var p = NewParameter("p", [3]);
        using var q = NewParameter("q", [0, 4]);
        using var optimizer = new AdamW([p, q], s_settings);
        long live = _engine.Memory.LiveBytes;
        Backward(p, q);
        Assert.Equal(10, optimizer.Step(), 6);
        Assert.Null(p.Gradient);
        Assert.Null(q.Gradient);
        Assert.Equal(live, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void Clipping_shortens_the_mean_of_gradients_to_the_given_norm()
    {
        using var p = NewParameter("p", [3, 4]);
        using var optimizer = new AdamW([p], s_settings, maxGradientNorm: 0.5);
        Backward(p);
        Assert.Equal(10, optimizer.Step(), 6);
        // m = 0.1 * the clipped gradient (0.3, 0.4)
        Tolerances.Close([0.03, 0.04], optimizer.Mean(0).Doubles(), 1e-5);
        Tolerances.Close([0.00009, 0.00016], [.. optimizer.Square(0).Doubles()], 1e-5);
    }

    [Fact]
    public void A_changed_learning_rate_counts_from_the_next_step_on()
    {
        using var p = NewParameter("p", [1]);
        using var optimizer = new AdamW([p], s_settings);
        optimizer.Settings = optimizer.Settings with { LearningRate = 0 };
        Backward(p);
        optimizer.Step();
        Assert.Equal(1f, p.Value.Item());
        optimizer.Settings = optimizer.Settings with { LearningRate = 0.25 };
        Backward(p);
        optimizer.Step();
        Assert.Equal(0.75, p.Value.Item(), 5);
    }

    [Fact]
    public void An_interrupt_during_a_step_waits_until_the_next_op()
    {
        using var p = NewParameter("p", [1]);
        using var optimizer = new AdamW([p], s_settings);
        Backward(p);
        _engine.Interrupt();
        optimizer.Step();
        Assert.Equal(1, optimizer.Steps);
        Assert.Equal(0.9, p.Value.Item(), 5);
        Assert.Throws<OperationCanceledException>(() => Backward(p));
    }

    [Fact]
    public void A_gradient_that_is_not_finite_stops_the_step_by_name_and_changes_nothing()
    {
        using var p = NewParameter("first", [1]);
        using var q = NewParameter("second", [float.PositiveInfinity]);
        using var optimizer = new AdamW([p, q], s_settings);
        Backward(p, q);
        var e = Assert.Throws<ArithmeticException>(() => { optimizer.Step(); });
        Assert.Equal("AdamW: the gradient of second holds a NaN or an infinity; nothing was changed: skip this step, or lower the learning rate and look at the batch.", e.Message);
        Assert.Equal(1f, p.Value.Item());
        Assert.Equal(0, optimizer.Steps);
    }

    [Fact]
    public void A_parameter_without_gradient_is_reported()
    {
        using var p = NewParameter("p", [1]);
        using var optimizer = new AdamW([p], s_settings);
        var e = Assert.Throws<InvalidOperationException>(() => { optimizer.Step(); });
        Assert.Equal("AdamW: p has no gradient; run backward first, and leave out what does not take part in the loss.", e.Message);
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var p = NewParameter("p", [1]);
        using var frozen = NewParameter("f", [1], trainable: false);
        Assert.Equal("AdamW: parameters must not be empty; unfreeze the model or attach an adapter.", Message([], s_settings));
        Assert.Equal("AdamW: f is frozen; leave it out or unfreeze it.", Message([frozen], s_settings));
        Assert.Equal("AdamW: LearningRate must be finite and 0 or more, got -1.", Message([p], s_settings with { LearningRate = -1 }));
        Assert.Equal("AdamW: Beta1 must be from 0 to below 1, got 1.", Message([p], s_settings with { Beta1 = 1 }));
        Assert.Equal("AdamW: Beta2 must be from 0 to below 1, got -0.1.", Message([p], s_settings with { Beta2 = -0.1 }));
        Assert.Equal("AdamW: Epsilon must be finite and above 0, got 0.", Message([p], s_settings with { Epsilon = 0 }));
        Assert.Equal("AdamW: WeightDecay must be finite and 0 or more, got -1.", Message([p], s_settings with { WeightDecay = -1 }));
        Assert.Equal("AdamW: maxGradientNorm must be above 0, got 0.", Message([p], s_settings, 0));

        static string Message(Parameter[] parameters, AdamWSettings settings, double norm = 1) =>
            Assert.Throws<ArgumentException>(() => new AdamW(parameters, settings, norm)).Message;
    }
}
