using RadLab.Compute;

namespace RadLab.Tests;

public sealed class LinearCrossEntropyTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    private static (double Loss, double[] Dx, double[] Dhead) Reference(double[] x, double[] head, int C, int[] labels, double[]? weights = null)
    {
        int N = x.Length / C, V = head.Length / C;
        var logits = new double[N * V];
        for (int i = 0; i < N; i++)
            for (int v = 0; v < V; v++)
                for (int c = 0; c < C; c++) logits[i * V + v] += x[i * C + c] * head[v * C + c];
        var (loss, dlogits) = CrossEntropyTests.Reference(logits, V, labels, weights);
        var (dx, dhead) = (new double[x.Length], new double[head.Length]);
        for (int i = 0; i < N; i++)
        {
            for (int v = 0; v < V; v++)
            {
                for (int c = 0; c < C; c++)
                {
                    dx[i * C + c] += dlogits[i * V + v] * head[v * C + c];
                    dhead[v * C + c] += dlogits[i * V + v] * x[i * C + c];
                }
            }
        }
        return (loss, dx, dhead);
    }

    private static readonly int[] s_labels = [0, -100, 6, 2, -100, -100, 3, 6];

    public static TheoryData<DType, DType> DTypePairs => Make.Rows([DType.F32, DType.BF16], [DType.F32, DType.BF16]);

    [Theory, MemberData(nameof(DTypePairs))]
    public void Loss_and_gradients_match_the_definition(DType dtype, DType headDType)
    {
        foreach (int C in new[] { 1, 15, 16, 33 })
        {
            using var x = Make.Random(_engine, [2, 4, C], seed: 1, requiresGrad: true, dtype: dtype);
            using var head = Make.Random(_engine, [7, C], seed: 2, requiresGrad: true, dtype: headDType);
            using var labels = _engine.From(s_labels, [2, 4]);
            using var tape = _engine.Tape();

            var loss = tape.LinearCrossEntropy(x, head, labels);
            tape.Backward(loss);

            var (expected, dx, dhead) = Reference(x.Doubles(), head.Doubles(), C, s_labels);
            Tolerances.Close([expected], [loss.Item()], Tolerances.F32);
            Tolerances.Close(dx, x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), $"dx, C = {C}");
            Tolerances.Close(dhead, head.Gradient!.Value.Doubles(), Tolerances.Of(headDType), $"dhead, C = {C}");
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Several_chunks_give_the_same_as_one_product_and_cross_entropy(bool ignoreSome)
    {
        const int N = 2700, V = 2000, C = 2;
        Assert.Equal(2096, LinearCrossEntropyKernels.ChunkRows(V, C));   // two chunks, also of the 2160 rows that every fifth ignored leaves
        int[] ids = [.. Make.Values(N, seed: 3, 0, V - 1).Select((v, i) => ignoreSome && i % 5 == 0 ? -100 : (int)v)];
        using var x = Make.Random(_engine, [N, C], seed: 1, requiresGrad: true);
        using var head = Make.Random(_engine, [V, C], seed: 2, requiresGrad: true);
        using var labels = _engine.From(ids, [N]);
        using var tape = _engine.Tape();

        var loss = tape.LinearCrossEntropy(x, head, labels);
        tape.Backward(loss);

        var (expected, dx, dhead) = Reference(x.Doubles(), head.Doubles(), C, ids);
        Tolerances.Close([expected], [loss.Item()], Tolerances.F32);
        Tolerances.Close(dx, x.Gradient!.Value.Doubles(), Tolerances.F32, "dx");
        Tolerances.Close(dhead, head.Gradient!.Value.Doubles(), Tolerances.F32, "dhead");

        using var logits = Product(x, head);
        Tolerances.Close([tape.CrossEntropy(logits, labels).Item()], [loss.Item()], Tolerances.F32);
    }

    private unsafe Tensor Product(Tensor x, Tensor head)
    {
        var (N, V, C) = (x.Shape[0], head.Shape[0], x.Shape[1]);
        var logits = _engine.Empty([N, V]);
        fixed (float* px = x.AsSpan<float>(), ph = head.AsSpan<float>(), pl = logits.AsSpan<float>())
            Gemm.Multiply(_engine, new MatrixView(px, DType.F32, N, C, C), new MatrixView(ph, DType.F32, V, C, C).T, new MatrixView(pl, DType.F32, N, V, V), accumulate: false);
        return logits;
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var x = Make.Random(_engine, [8, 5], seed: 1, requiresGrad: true);
        using var head = Make.Random(_engine, [7, 5], seed: 2, requiresGrad: true);
        using var labels = _engine.From(s_labels, [8]);
        using var weights = _engine.From([1f, 2, 0.5f, 0, 3, 1, 1.5f, 1], [8]);
        GradCheck.Run(_engine, t => t.LinearCrossEntropy(x, head, labels), x, head);
        GradCheck.Run(_engine, t => t.LinearCrossEntropy(x, head, labels, weights: weights), x, head);
    }

    [Fact]
    public void Weights_make_a_weighted_mean()
    {
        using var x = Make.Random(_engine, [8, 5], seed: 1);
        using var head = Make.Random(_engine, [7, 5], seed: 2);
        using var labels = _engine.From(s_labels, [8]);
        using var weights = _engine.From([1f, 2, 0.5f, 0, 3, 1, 1.5f, 1], [8]);
        using var tape = _engine.Tape(recording: false);
        double expected = Reference(x.Doubles(), head.Doubles(), 5, s_labels, weights.Doubles()).Loss;
        Tolerances.Close([expected], [tape.LinearCrossEntropy(x, head, labels, weights: weights).Item()], Tolerances.F32);
    }

    [Theory, InlineData(true, false), InlineData(false, true)]
    public void A_frozen_input_gets_no_gradient(bool trainX, bool trainHead)
    {
        using var x = Make.Random(_engine, [8, 5], seed: 1, requiresGrad: trainX);
        using var head = Make.Random(_engine, [7, 5], seed: 2, requiresGrad: trainHead);
        using var labels = _engine.From(s_labels, [8]);
        GradCheck.Run(_engine, t => t.LinearCrossEntropy(x, head, labels), x, head);
    }

    [Fact]
    public void A_frozen_head_costs_no_memory_of_its_size()
    {
        using var x = Make.Random(_engine, [2, 300], seed: 1, requiresGrad: true);
        using var head = Make.Random(_engine, [5000, 300], seed: 2, dtype: DType.BF16);
        using var labels = _engine.From([4, 2], [2]);
        using var tape = _engine.Tape();
        long before = _engine.Memory.LiveBytes;
        _engine.ResetPeak();
        tape.Backward(tape.LinearCrossEntropy(x, head, labels));
        Assert.True(_engine.Memory.PeakBytes - before < head.SizeBytes / 10, $"{_engine.Memory.PeakBytes - before} bytes for two rows");
    }

    [Fact]
    public void Memory_does_not_grow_with_rows_times_vocabulary()
    {
        const int V = 60_000, C = 1;
        using var head = Make.Random(_engine, [V, C], seed: 2);
        long Peak(int N)
        {
            using var x = Make.Random(_engine, [N, C], seed: 1, requiresGrad: true);
            using var labels = _engine.From(new int[N], [N]);
            using var tape = _engine.Tape();
            long before = _engine.Memory.LiveBytes;
            _engine.ResetPeak();
            tape.Backward(tape.LinearCrossEntropy(x, head, labels));
            return _engine.Memory.PeakBytes - before;
        }
        long one = Peak(64), two = Peak(128);   // one chunk has 64 rows
        Assert.True(one <= (16 << 20), $"{one} bytes");
        Assert.True(two - one < 64 * 100, $"64 rows more took {two - one} bytes more");   // their logits would take 15 MB
    }

    [Fact]
    public void Without_recording_only_the_loss_is_computed()
    {
        using var x = Make.Random(_engine, [8, 5], seed: 1, requiresGrad: true);
        using var head = Make.Random(_engine, [7, 5], seed: 2, requiresGrad: true);
        using var labels = _engine.From(s_labels, [8]);
        using var tape = _engine.Tape(recording: false);
        var loss = tape.LinearCrossEntropy(x, head, labels);
        Tolerances.Close([Reference(x.Doubles(), head.Doubles(), 5, s_labels).Loss], [loss.Item()], Tolerances.F32);
        Assert.False(loss.RequiresGrad);
    }

    [Fact]
    public void The_gradient_of_a_BF16_head_parameter_is_F32_and_outlives_the_tape()
    {
        using var x = Make.Random(_engine, [8, 5], seed: 1);
        using var head = new Parameter("lm_head", Make.Random(_engine, [7, 5], seed: 2, dtype: DType.BF16), trainable: true);
        using var labels = _engine.From(s_labels, [8]);
        using (var tape = _engine.Tape()) tape.Backward(tape.LinearCrossEntropy(x, head.Value, labels));
        Tolerances.Close(Reference(x.Doubles(), head.Value.Doubles(), 5, s_labels).Dhead, head.Gradient!.Value.Doubles(), Tolerances.F32);
    }

    [Fact]
    public void A_checkpointed_loss_gives_the_same_bits()
    {
        using var x = Make.Random(_engine, [8, 5], seed: 1, requiresGrad: true);
        using var head = Make.Random(_engine, [7, 5], seed: 2, requiresGrad: true);
        using var labels = _engine.From(s_labels, [8]);
        using var tape = _engine.Tape();
        tape.Backward(tape.LinearCrossEntropy(x, head, labels));
        var (dx, dhead) = (x.Gradient!.Value.ToFloats(), head.Gradient!.Value.ToFloats());
        x.ClearGradient();
        head.ClearGradient();
        tape.Reset();
        tape.Backward(tape.Checkpoint((t, h) => t.LinearCrossEntropy(h, head, labels), x));
        Assert.Equal(dx, x.Gradient!.Value.ToFloats());
        Assert.Equal(dhead, head.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using var x = Make.Random(_engine, [8, 5], seed: 1, requiresGrad: true);
        using var head = Make.Random(_engine, [7, 5], seed: 2, requiresGrad: true);
        using var labels = _engine.From(s_labels, [8]);
        using var dy = _engine.From([0.5f], []);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.LinearCrossEntropy(x, head, labels), dy));
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var x = _engine.Zeros([2, 4]);
        using var head = _engine.Zeros([7, 4]);
        using var narrow = _engine.Zeros([7, 3]);
        using var vector = _engine.Zeros([4]);
        using var good = _engine.From([0, 6], [2]);
        using var high = _engine.From([0, 7], [2]);
        using var none = _engine.From([-100, -100], [2]);
        using var one = _engine.From([0], [1]);
        using var negative = _engine.From([1f, -1f], [2]);
        using var tape = _engine.Tape();
        string Message(Action call) => Assert.Throws<ArgumentException>(call).Message;
        Assert.Equal("LinearCrossEntropy: head must have rows of 4 like x (2, 4), got (7, 3).", Message(() => tape.LinearCrossEntropy(x, narrow, good)));
        Assert.Equal("LinearCrossEntropy: head must have 2 dimensions, got (4).", Message(() => tape.LinearCrossEntropy(x, vector, good)));
        Assert.Equal("LinearCrossEntropy: x must be F32 or BF16, got I32.", Message(() => tape.LinearCrossEntropy(good, head, good)));
        Assert.Equal("LinearCrossEntropy: head must be F32 or BF16, got I32.", Message(() => tape.LinearCrossEntropy(x, good, good)));
        Assert.Equal("LinearCrossEntropy: labels must have shape (2), got (1).", Message(() => tape.LinearCrossEntropy(x, head, one)));
        Assert.Equal("LinearCrossEntropy: label 7 at position 1 must be 0 to 6 or the ignore index -100.", Message(() => tape.LinearCrossEntropy(x, head, high)));
        Assert.Equal("LinearCrossEntropy: no label is counted: all 2 are the ignore index -100 or have weight 0; leave such batches out.", Message(() => tape.LinearCrossEntropy(x, head, none)));
        Assert.Equal("LinearCrossEntropy: weight -1 at position 1 must be finite and not negative.", Message(() => tape.LinearCrossEntropy(x, head, good, weights: negative)));
    }
}
