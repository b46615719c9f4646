using RadLab.Compute;

namespace RadLab.Tests;

public sealed class CrossEntropyTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    /// <summary>The loss and its gradient by the logits, in double. Shared with the tests of the fused op.</summary>
    internal static (double Loss, double[] Gradient) Reference(double[] logits, int V, int[] labels, double[]? weights = null, int ignoreIndex = -100)
    {
        double Weight(int i) => labels[i] == ignoreIndex ? 0 : weights is null ? 1 : weights[i];
        double total = Enumerable.Range(0, labels.Length).Sum(Weight), loss = 0;
        var gradient = new double[logits.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            if (Weight(i) == 0) continue;
            var row = logits.AsSpan(i * V, V).ToArray();
            double max = row.Max(), logSum = max + Math.Log(row.Sum(v => Math.Exp(v - max)));
            loss += Weight(i) / total * (logSum - row[labels[i]]);
            for (int v = 0; v < V; v++) gradient[i * V + v] = Weight(i) / total * (Math.Exp(row[v] - logSum) - (v == labels[i] ? 1 : 0));
        }
        return (loss, gradient);
    }

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Loss_and_gradient_match_the_definition(DType dtype, int V)
    {
        int[] labels = [0, -100, V - 1, V / 2, -100, V / 3];
        using var logits = Make.Random(_engine, [2, 3, V], seed: 1, requiresGrad: true, dtype: dtype, low: -4, high: 4);
        using var targets = _engine.From(labels, [2, 3]);
        using var tape = _engine.Tape();

        var loss = tape.CrossEntropy(logits, targets);
        tape.Backward(loss);

        var (expected, gradient) = Reference(logits.Doubles(), V, labels);
        Assert.Equal([], loss.Shape);
        Assert.Equal(DType.F32, loss.DType);
        Tolerances.Close([expected], [loss.Item()], Tolerances.F32);   // statistics are F32 for BF16 logits too
        Tolerances.Close(gradient, logits.Gradient!.Value.Doubles(), Tolerances.Of(dtype));
    }

    [Fact]
    public void Weights_make_a_weighted_mean()
    {
        int[] labels = [1, 2, -100, 0];
        using var logits = Make.Random(_engine, [4, 3], seed: 1, requiresGrad: true);
        using var targets = _engine.From(labels, [4]);
        using var weights = _engine.From([0.25f, 3f, 100f, 0f], [4]);
        using var tape = _engine.Tape();

        var loss = tape.CrossEntropy(logits, targets, weights: weights);
        tape.Backward(loss);

        var (expected, gradient) = Reference(logits.Doubles(), 3, labels, weights.Doubles());
        Tolerances.Close([expected], [loss.Item()], Tolerances.F32);
        Tolerances.Close(gradient, logits.Gradient!.Value.Doubles(), Tolerances.F32);
    }

    [Theory, InlineData(9), InlineData(16), InlineData(33)]
    public void Backward_matches_finite_differences(int V)
    {
        using var logits = Make.Random(_engine, [3, V], seed: 1, requiresGrad: true);
        using var labels = _engine.From([V - 1, -100, 0], [3]);
        using var weights = _engine.From([2f, 1f, 0.5f], [3]);
        GradCheck.Run(_engine, t => t.CrossEntropy(logits, labels), logits);
        GradCheck.Run(_engine, t => t.CrossEntropy(logits, labels, weights: weights), logits);
    }

    [Fact]
    public void The_ignore_index_may_be_a_token()
    {
        int[] labels = [0, 2, 0, 1];
        using var logits = Make.Random(_engine, [4, 3], seed: 1);
        using var targets = _engine.From(labels, [4]);
        using var tape = _engine.Tape(recording: false);
        Tolerances.Close([Reference(logits.Doubles(), 3, labels, ignoreIndex: 0).Loss], [tape.CrossEntropy(logits, targets, ignoreIndex: 0).Item()], Tolerances.F32);
    }

    [Fact]
    public void Ignored_rows_are_not_even_read()
    {
        using var logits = _engine.From([float.NaN, float.NaN, 0, 0], [2, 2]);
        logits.RequiresGrad = true;
        using var labels = _engine.From([-100, 1], [2]);
        using var tape = _engine.Tape();
        var loss = tape.CrossEntropy(logits, labels);
        tape.Backward(loss);
        Assert.Equal(Math.Log(2), loss.Item(), 1e-6);
        Assert.Equal([0f, 0f, 0.5f, -0.5f], logits.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void Confident_rows_lose_no_digits()
    {
        // the sum of exp lies near 1, where F32 steps by 1.2e-7; log sum exp - x at 1010 would step by 6e-5 and leave nothing
        using var logits = _engine.From([1010, 1000, -3e38f, 3e38f], [2, 2]);
        using var labels = _engine.From([0, 1], [2]);
        using var tape = _engine.Tape(recording: false);
        Assert.Equal(Math.Log(1 + Math.Exp(-10)) / 2, tape.CrossEntropy(logits, labels).Item(), 6e-8);
    }

    [Fact]
    public void A_broken_logit_shows_in_the_loss()
    {
        using var logits = _engine.From([0, float.NaN, 1], [1, 3]);
        using var labels = _engine.From([0], [1]);
        using var tape = _engine.Tape(recording: false);
        Assert.True(float.IsNaN(tape.CrossEntropy(logits, labels).Item()));
    }

    [Fact]
    public void A_mean_of_equal_losses_is_that_loss()
    {
        using var logits = _engine.Zeros([7, 5]);
        using var labels = _engine.From([0, 1, 2, 3, 4, 0, 1], [7]);
        using var one = _engine.From([0], [1]);
        using var tape = _engine.Tape(recording: false);
        Assert.Equal(tape.CrossEntropy(logits.Rows(0, 1), one).Item(), tape.CrossEntropy(logits, labels).Item());
    }

    [Fact]
    public void Logits_without_gradient_leave_no_record()
    {
        using var logits = Make.Random(_engine, [2, 3], seed: 1);
        using var labels = _engine.From([0, 1], [2]);
        using var tape = _engine.Tape();
        Assert.False(tape.CrossEntropy(logits, labels).RequiresGrad);
        Assert.Equal(0, tape.Count);
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using var logits = Make.Random(_engine, [4, 20], seed: 1, requiresGrad: true);
        using var labels = _engine.From([1, 2, -100, 0], [4]);
        using var weights = _engine.From([0.25f, 3f, 100f, 0f], [4]);
        using var dy = _engine.From([0.5f], []);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.CrossEntropy(logits, labels, weights: weights), dy));
    }

    [Fact]
    public void Wrong_labels_and_weights_are_reported_with_their_position()
    {
        using var logits = _engine.Zeros([2, 5]);
        using var good = _engine.From([0, 4], [2]);
        using var high = _engine.From([0, 5], [2]);
        using var low = _engine.From([-1, 0], [2]);
        using var none = _engine.From([-100, -100], [2]);
        using var three = _engine.From([0, 0, 0], [3]);
        using var floats = _engine.Zeros([2]);
        using var negative = _engine.From([1f, -0.5f], [2]);
        using var infinite = _engine.From([float.PositiveInfinity, 1f], [2]);
        using var trained = _engine.From([1f, 1f], [2]);
        trained.RequiresGrad = true;
        using var tape = _engine.Tape();
        string Message(Action call) => Assert.Throws<ArgumentException>(call).Message;
        Assert.Equal("CrossEntropy: label 5 at position 1 must be 0 to 4 or the ignore index -100.", Message(() => tape.CrossEntropy(logits, high)));
        Assert.Equal("CrossEntropy: label -1 at position 0 must be 0 to 4 or the ignore index -100.", Message(() => tape.CrossEntropy(logits, low)));
        Assert.Equal("CrossEntropy: no label is counted: all 2 are the ignore index -100 or have weight 0; leave such batches out.", Message(() => tape.CrossEntropy(logits, none)));
        Assert.Equal("CrossEntropy: no label is counted: all 2 are the ignore index -100 or have weight 0; leave such batches out.", Message(() => tape.CrossEntropy(logits, good, weights: floats)));
        Assert.Equal("CrossEntropy: labels must have shape (2), got (3).", Message(() => tape.CrossEntropy(logits, three)));
        Assert.Equal("CrossEntropy: labels must be I32, got F32.", Message(() => tape.CrossEntropy(logits, floats)));
        Assert.Equal("CrossEntropy: logits must be F32 or BF16, got I32.", Message(() => tape.CrossEntropy(good, good)));
        Assert.Equal("CrossEntropy: weights must be F32, got I32.", Message(() => tape.CrossEntropy(logits, good, weights: good)));
        Assert.Equal("CrossEntropy: weights must have shape (2), got (2, 5).", Message(() => tape.CrossEntropy(logits, good, weights: logits)));
        Assert.Equal("CrossEntropy: weight -0.5 at position 1 must be finite and not negative.", Message(() => tape.CrossEntropy(logits, good, weights: negative)));
        Assert.Equal("CrossEntropy: weight Infinity at position 0 must be finite and not negative.", Message(() => tape.CrossEntropy(logits, good, weights: infinite)));
        Assert.Equal("CrossEntropy: weights must not require a gradient, because they are constants of the loss.", Message(() => tape.CrossEntropy(logits, good, weights: trained)));
        tape.Reset();
        Assert.Equal(0, tape.Count);
    }

    [Fact]
    public void BF16_logits_that_are_a_parameter_get_their_gradient_in_F32()
    {
        int[] ids = [3, -100, 19];
        using var logits = new Parameter("logits", Make.Random(_engine, [3, 20], seed: 1, dtype: DType.BF16), trainable: true);
        using var labels = _engine.From(ids, [3]);
        using var tape = _engine.Tape();
        tape.Backward(tape.CrossEntropy(logits.Value, labels));
        Tolerances.Close(Reference(logits.Value.Doubles(), 20, ids).Gradient, logits.Gradient!.Value.Doubles(), Tolerances.F32);
    }
}
