using RadLab.Compute;

namespace RadLab.Tests;

public sealed class AttentionTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // One case = one row of tokens through forward and backward. Lengths and widths lie one below, at and above vectors (16) and tiles (64).
    public static TheoryData<int, int, int, int, int, bool> Sizes => new()
    {
        // T, S, H, K, D, causal
        { 1, 1, 1, 1, 4, true },
        { 1, 1, 4, 2, 16, false },
        { 2, 2, 1, 1, 12, true },
        { 2, 7, 2, 1, 33, true },
        { 7, 7, 2, 2, 12, true },
        { 7, 2, 2, 2, 16, false },
        { 16, 16, 2, 1, 16, true },
        { 16, 63, 1, 1, 33, false },
        { 17, 17, 3, 1, 12, true },
        { 17, 64, 2, 2, 4, true },
        { 63, 63, 2, 2, 16, true },
        { 63, 1, 1, 1, 4, false },
        { 64, 64, 1, 1, 64, true },
        { 64, 65, 2, 1, 4, true },
        { 65, 65, 2, 2, 33, true },
        { 65, 65, 4, 1, 12, false },
        { 65, 17, 1, 1, 64, false },
        { 130, 130, 3, 3, 12, true },
        { 130, 130, 4, 2, 16, true },
        { 130, 130, 1, 1, 33, false },
        { 130, 130, 4, 1, 12, true },   // backward in two units per key head
        { 100, 110, 8, 1, 4, true },    // and in three
        { 1, 130, 4, 1, 64, true },
        { 2, 130, 2, 2, 80, true },
        { 5, 9, 1, 1, 128, true },
        { 3, 3, 1, 1, 256, false },
    };

    public static TheoryData<DType, int, int, int, int, int, bool> DTypesAndSizes
    {
        get
        {
            var data = new TheoryData<DType, int, int, int, int, int, bool>();
            foreach (var dtype in new[] { DType.F32, DType.BF16 })
                foreach (object[] r in Sizes) data.Add(dtype, (int)r[0], (int)r[1], (int)r[2], (int)r[3], (int)r[4], (bool)r[5]);
            return data;
        }
    }

    [Theory, MemberData(nameof(DTypesAndSizes))]
    public void Forward_and_backward_match_the_definition(DType dtype, int T, int S, int H, int K, int D, bool causal) =>
        Compare(dtype, new AttentionReference(1, T, S, H, K, D, causal));

    // A run of the same sizes on NaN first: whatever is read without having been written comes out as NaN.
    [Theory, InlineData(65, 65, 2, 33, true), InlineData(17, 17, 3, 12, true), InlineData(40, 100, 2, 16, true), InlineData(130, 130, 1, 12, false), InlineData(50, 3, 1, 7, false)]
    public void Nothing_left_in_a_workspace_matters(int T, int S, int H, int D, bool causal)
    {
        using (var q = _engine.From([.. Enumerable.Repeat(float.NaN, T * H * D)], [1, T, H, D]))
        using (var k = _engine.From([.. Enumerable.Repeat(float.NaN, S * D)], [1, S, 1, D]))
        using (var v = _engine.From([.. Enumerable.Repeat(float.NaN, S * D)], [1, S, 1, D]))
        using (var tape = _engine.Tape())
        {
            q.RequiresGrad = k.RequiresGrad = v.RequiresGrad = true;
            for (int i = 0; i < 4; i++)   // more than once, so that every thread has had a turn
            {
                tape.Backward(tape.Attention(q, k, v, new AttentionOptions { Causal = causal }), q);
                tape.Reset();
            }
        }
        Compare(DType.F32, new AttentionReference(1, T, S, H, 1, D, causal));
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void Rows_of_a_batch_are_separate(DType dtype) => Compare(dtype, new AttentionReference(3, 18, 20, 4, 2, 12, Causal: true));

    [Theory, InlineData(DType.F32, true), InlineData(DType.F32, false), InlineData(DType.BF16, true)]
    public void A_query_sees_only_keys_of_its_segment(DType dtype, bool causal)
    {
        const int T = 150;
        // whole tiles without common numbers, borders inside a tile, one-token texts, other numbers in the second row
        int[] segments = [.. Enumerable.Range(0, T).Select(t => t < 70 ? 5 : t < 71 ? -3 : t < 90 ? 8 : 9), .. Enumerable.Range(0, T).Select(t => t / 64)];
        Compare(dtype, new AttentionReference(2, T, T, 2, 1, 12, causal, Segments: segments));
    }

    [Fact]
    public void Segment_numbers_need_no_order() =>
        Compare(DType.F32, new AttentionReference(1, 140, 140, 2, 2, 4, Causal: true, Segments: [.. Enumerable.Range(0, 140).Select(t => t * 7 % 3)]));

    [Theory, InlineData(DType.F32, true), InlineData(DType.F32, false), InlineData(DType.BF16, false)]
    public void Padded_keys_are_not_seen(DType dtype, bool causal) =>
        Compare(dtype, new AttentionReference(4, 20, 70, 2, 1, 12, causal, Lengths: [70, 64, 13, 1]));

    // Padding may hold anything: a cache's unused rows are not cleared.
    [Fact]
    public void What_padded_keys_hold_does_not_matter()
    {
        float[] values = Make.Values(2 * 40 * 12, seed: 2);
        for (int b = 0; b < 2; b++) values.AsSpan((b * 40 + 21 + b) * 12, (19 - b) * 12).Fill(float.NaN);
        using var q = Make.Random(_engine, [2, 40, 1, 12], seed: 1, requiresGrad: true);
        using var k = _engine.From(values, [2, 40, 1, 12]);
        using var v = _engine.From(values, [2, 40, 1, 12]);
        k.RequiresGrad = v.RequiresGrad = true;
        using var dy = Make.Random(_engine, [2, 40, 1, 12], seed: 4);
        using var lengths = _engine.From([21, 22], [2]);
        using var tape = _engine.Tape();

        var y = tape.Attention(q, k, v, new AttentionOptions { Causal = true, Lengths = lengths });
        Assert.All(y.ToFloats(), value => Assert.True(float.IsFinite(value)));
        tape.Backward(y, dy);

        foreach (var t in new[] { q, k, v }) Assert.All(t.Gradient!.Value.ToFloats(), value => Assert.True(float.IsFinite(value)));
        foreach (var t in new[] { k, v }) Assert.All(t.Gradient!.Value.ToFloats()[(21 * 12)..(40 * 12)], value => Assert.Equal(0f, value));
    }

    [Fact]
    public void Segments_and_padding_go_together() =>
        Compare(DType.F32, new AttentionReference(2, 70, 70, 2, 2, 12, Causal: true, Segments: [.. Enumerable.Range(0, 140).Select(t => t / 30)], Lengths: [66, 25]));

    [Fact]
    public void A_scale_of_ones_own_is_used() => Compare(DType.F32, new AttentionReference(1, 9, 9, 1, 1, 12, Causal: true, Scale: 1.3));

    // Scores of several hundred: exp of them overflows unless the maximum is subtracted, also when it comes only in a later tile.
    [Fact]
    public void Large_scores_do_not_overflow()
    {
        var reference = new AttentionReference(1, 3, 130, 1, 1, 4, Scale: 1);
        float[] k = Make.Values(130 * 4, seed: 2);
        for (int s = 0; s < 130; s++) k[s * 4] = s * 2;
        using var tq = _engine.From([.. Enumerable.Repeat(2f, 4), .. Enumerable.Repeat(-2f, 4), .. Enumerable.Repeat(0f, 4)], [1, 3, 1, 4]);
        using var tk = _engine.From(k, [1, 130, 1, 4]);
        using var tv = Make.Random(_engine, [1, 130, 1, 4], seed: 3);
        using var tape = _engine.Tape(recording: false);

        var y = tape.Attention(tq, tk, tv, new AttentionOptions { Scale = 1 });

        // scores reach 500, where a float has steps of 3e-5: that much relative error is in the probabilities
        Tolerances.Close(reference.Forward(tq.Doubles(), tk.Doubles(), tv.Doubles()), y.Doubles(), 1e-4);
    }

    [Fact]
    public void A_query_without_visible_key_gives_zeros_and_no_gradient()
    {
        using var q = Make.Random(_engine, [2, 3, 2, 8], seed: 1, requiresGrad: true);
        using var k = Make.Random(_engine, [2, 5, 1, 8], seed: 2, requiresGrad: true);
        using var v = Make.Random(_engine, [2, 5, 1, 8], seed: 3, requiresGrad: true);
        using var dy = Make.Random(_engine, [2, 3, 2, 8], seed: 4);
        using var lengths = _engine.From([0, 5], [2]);
        using var tape = _engine.Tape();

        var y = tape.Attention(q, k, v, new AttentionOptions { Lengths = lengths });
        Assert.All(y.ToFloats()[..48], value => Assert.Equal(0f, value));
        tape.Backward(y, dy);

        Assert.All(q.Gradient!.Value.ToFloats()[..48], value => Assert.Equal(0f, value));
        Assert.All(k.Gradient!.Value.ToFloats()[..40], value => Assert.Equal(0f, value));
        Assert.All(v.Gradient!.Value.ToFloats()[..40], value => Assert.Equal(0f, value));
        Assert.Contains(k.Gradient!.Value.ToFloats()[40..], value => value != 0f);
    }

    [Theory, InlineData(3, 3, 2, 1, 4, true), InlineData(2, 5, 2, 2, 3, true), InlineData(4, 3, 1, 1, 17, false)]
    public void Backward_matches_finite_differences(int T, int S, int H, int K, int D, bool causal)
    {
        using var q = Make.Random(_engine, [2, T, H, D], seed: 1, requiresGrad: true);
        using var k = Make.Random(_engine, [2, S, K, D], seed: 2, requiresGrad: true);
        using var v = Make.Random(_engine, [2, S, K, D], seed: 3, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Attention(q, k, v, new AttentionOptions { Causal = causal }), q, k, v);
    }

    [Fact]
    public void Backward_with_masks_matches_finite_differences()
    {
        using var q = Make.Random(_engine, [2, 4, 2, 5], seed: 1, requiresGrad: true);
        using var k = Make.Random(_engine, [2, 4, 1, 5], seed: 2, requiresGrad: true);
        using var v = Make.Random(_engine, [2, 4, 1, 5], seed: 3, requiresGrad: true);
        using var segments = _engine.From([1, 1, 2, 2, 3, 4, 4, 4], [2, 4]);
        using var lengths = _engine.From([4, 3], [2]);
        var options = new AttentionOptions { Causal = true, Segments = segments, Lengths = lengths, Scale = 0.7f };
        GradCheck.Run(_engine, t => t.Attention(q, k, v, options), q, k, v);
    }

    [Theory, InlineData(true, false, false), InlineData(false, true, false), InlineData(false, false, true), InlineData(true, false, true)]
    public void A_frozen_input_gets_no_gradient(bool trainQ, bool trainK, bool trainV)
    {
        using var q = Make.Random(_engine, [1, 4, 2, 5], seed: 1, requiresGrad: trainQ);
        using var k = Make.Random(_engine, [1, 4, 1, 5], seed: 2, requiresGrad: trainK);
        using var v = Make.Random(_engine, [1, 4, 1, 5], seed: 3, requiresGrad: trainV);
        GradCheck.Run(_engine, t => t.Attention(q, k, v, new AttentionOptions { Causal = true }), q, k, v);
    }

    [Fact]
    public void One_tensor_as_query_key_and_value_gets_the_sum_of_the_gradients()
    {
        using var x = Make.Random(_engine, [1, 5, 2, 6], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Attention(x, x, x, new AttentionOptions { Causal = true }), x);
    }

    // The first token of a causal sequence: p is 1 whatever q is, and rounding must not make a gradient out of that.
    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void A_query_with_one_visible_key_gets_a_gradient_of_exactly_zero(DType dtype)
    {
        using var q = Make.Random(_engine, [1, 3, 2, 33], seed: 1, requiresGrad: true, dtype: dtype);
        using var k = Make.Random(_engine, [1, 3, 2, 33], seed: 2, dtype: dtype);
        using var v = Make.Random(_engine, [1, 3, 2, 33], seed: 3, dtype: dtype);
        using var dy = Make.Random(_engine, [1, 3, 2, 33], seed: 4, dtype: dtype);
        using var tape = _engine.Tape();
        tape.Backward(tape.Attention(q, k, v, new AttentionOptions { Causal = true }), dy);
        Assert.All(q.Gradient!.Value.ToFloats()[..66], value => Assert.Equal(0f, value));
        Assert.Contains(q.Gradient!.Value.ToFloats()[66..], value => value != 0f);
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void Bits_do_not_depend_on_the_number_of_threads(DType dtype)
    {
        var expected = Bits(1);
        Assert.Equal(expected, Bits(2));
        Assert.Equal(expected, Bits(3));

        float[][] Bits(int threads)
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var q = Make.Random(engine, [2, 90, 4, 20], seed: 1, requiresGrad: true, dtype: dtype);
            using var k = Make.Random(engine, [2, 90, 2, 20], seed: 2, requiresGrad: true, dtype: dtype);
            using var v = Make.Random(engine, [2, 90, 2, 20], seed: 3, requiresGrad: true, dtype: dtype);
            using var dy = Make.Random(engine, [2, 90, 4, 20], seed: 4, dtype: dtype);
            using var tape = engine.Tape();
            var y = tape.Attention(q, k, v, new AttentionOptions { Causal = true });
            float[] result = y.ToFloats();
            tape.Backward(y, dy);
            return [result, q.Gradient!.Value.ToFloats(), k.Gradient!.Value.ToFloats(), v.Gradient!.Value.ToFloats()];
        }
    }

    // What generation relies on: the last tokens against a cache give what they gave in the whole sequence.
    [Fact]
    public void Decoding_with_a_cache_agrees_with_the_whole_sequence()
    {
        const int S = 75, H = 4, K = 2, D = 12;
        using var q = Make.Random(_engine, [1, S, H, D], seed: 1);
        using var k = Make.Random(_engine, [1, S, K, D], seed: 2);
        using var v = Make.Random(_engine, [1, S, K, D], seed: 3);
        using var tape = _engine.Tape(recording: false);
        var options = new AttentionOptions { Causal = true };
        double[] whole = tape.Attention(q, k, v, options).Doubles();

        foreach (int count in new[] { 1, 2, 11 })
        {
            using var last = _engine.From(q.ToFloats().AsSpan(((S - count) * H * D)..), [1, count, H, D]);
            Tolerances.Close(whole[((S - count) * H * D)..], tape.Attention(last, k, v, options).Doubles(), Tolerances.F32, $"last {count}");
        }
    }

    [Fact]
    public void Memory_grows_with_the_length_and_not_with_its_square()
    {
        long[] peaks = [.. new[] { 512, 1024 }.Select(Peak)];
        Assert.InRange(peaks[1], 1, peaks[0] * 21 / 10);
        Assert.True(peaks[1] < 1024L * 1024 * sizeof(float), $"peak of {peaks[1]:N0} bytes would hold a matrix of T x T");

        static long Peak(int T)
        {
            using var engine = new Engine(new EngineOptions { Threads = 2 });
            using var q = Make.Random(engine, [1, T, 2, 16], seed: 1, requiresGrad: true);
            using var k = Make.Random(engine, [1, T, 1, 16], seed: 2, requiresGrad: true);
            using var v = Make.Random(engine, [1, T, 1, 16], seed: 3, requiresGrad: true);
            using var dy = Make.Random(engine, [1, T, 2, 16], seed: 4);
            using var tape = engine.Tape();
            engine.ResetPeak();
            tape.Backward(tape.Attention(q, k, v, new AttentionOptions { Causal = true }), dy);
            return engine.Memory.PeakBytes;
        }
    }

    [Fact]
    public void Nothing_in_gives_nothing_out()
    {
        using var q = _engine.Zeros([0, 3, 2, 4]);
        using var k = _engine.Zeros([0, 3, 1, 4]);
        using var none = _engine.Zeros([1, 0, 1, 4]);
        using var three = _engine.Zeros([1, 3, 1, 4]);
        using var tape = _engine.Tape(recording: false);
        Assert.Equal(0, tape.Attention(q, k, k).Count);
        Assert.All(tape.Attention(three, none, none).ToFloats(), value => Assert.Equal(0f, value));
    }

    public static TheoryData<int[], int[], int[], string> WrongShapes => new()
    {
        { [2, 3, 8], [1, 2, 1, 8], [1, 2, 1, 8], "Attention: q must have 4 dimensions, got (2, 3, 8)." },
        { [1, 3, 2, 8], [2, 1, 8], [1, 2, 1, 8], "Attention: k must have 4 dimensions, got (2, 1, 8)." },
        { [1, 3, 2, 8], [2, 3, 1, 8], [2, 3, 1, 8], "Attention: k must have shape (1, S, K, 8) to fit q (1, 3, 2, 8), got (2, 3, 1, 8)." },
        { [1, 3, 2, 8], [1, 3, 1, 6], [1, 3, 1, 6], "Attention: k must have shape (1, S, K, 8) to fit q (1, 3, 2, 8), got (1, 3, 1, 6)." },
        { [1, 3, 2, 8], [1, 3, 1, 8], [1, 4, 1, 8], "Attention: v must have shape (1, 3, 1, 8), got (1, 4, 1, 8)." },
        { [1, 3, 1, 257], [1, 3, 1, 257], [1, 3, 1, 257], "Attention: the head width D must be 1 to 256, got 257." },
        { [1, 3, 6, 8], [1, 3, 4, 8], [1, 3, 4, 8], "Attention: the heads of q must be a multiple of the heads of k, got 6 and 4." },
        { [1, 3, 2, 8], [1, 2, 1, 8], [1, 2, 1, 8], "Attention: causal attention needs at least as many keys as queries, got 2 keys for 3 queries." },
    };

    [Theory, MemberData(nameof(WrongShapes))]
    public void Shapes_that_do_not_fit_are_reported(int[] q, int[] k, int[] v, string message)
    {
        using var tq = _engine.Zeros(q);
        using var tk = _engine.Zeros(k);
        using var tv = _engine.Zeros(v);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.Attention(tq, tk, tv, new AttentionOptions { Causal = true }));
        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void Dtypes_that_do_not_fit_are_reported()
    {
        using var f = _engine.Zeros([1, 2, 1, 4]);
        using var h = _engine.Zeros([1, 2, 1, 4], DType.BF16);
        using var i = _engine.Zeros([1, 2, 1, 4], DType.I32);
        using var tape = _engine.Tape();
        Assert.Equal("Attention: q must be F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => tape.Attention(i, f, f)).Message);
        Assert.Equal("Attention: k must be F32 like q, got BF16.", Assert.Throws<ArgumentException>(() => tape.Attention(f, h, f)).Message);
        Assert.Equal("Attention: v must be BF16 like q, got F32.", Assert.Throws<ArgumentException>(() => tape.Attention(h, h, f)).Message);
    }

    [Fact]
    public void Options_that_do_not_fit_are_reported()
    {
        using var q = _engine.Zeros([2, 3, 1, 4]);
        using var k = _engine.Zeros([2, 5, 1, 4]);
        using var segments = _engine.Zeros([2, 3], DType.I32);
        using var lengths = _engine.From([5, 6], [2]);
        using var negative = _engine.From([-1, 0], [2]);
        using var tape = _engine.Tape();
        string Message(AttentionOptions options) => Assert.Throws<ArgumentException>(() => tape.Attention(q, k, k, options)).Message;

        Assert.Equal("Attention: segments must be I32, got F32.", Message(new() { Segments = q }));
        Assert.Equal("Attention: segments must have shape (2, 3), got (2).", Message(new() { Segments = lengths }));
        Assert.Equal("Attention: segments need one key per query, got 5 keys for 3 queries.", Message(new() { Segments = segments }));
        Assert.Equal("Attention: lengths must be I32, got F32.", Message(new() { Lengths = q }));
        Assert.Equal("Attention: lengths must have shape (2), got (2, 3).", Message(new() { Lengths = segments }));
        Assert.Equal("Attention: lengths[1] must be 0 to 5, the number of keys, got 6.", Message(new() { Lengths = lengths }));
        Assert.Equal("Attention: lengths[0] must be 0 to 5, the number of keys, got -1.", Message(new() { Lengths = negative }));
        Assert.Equal("Attention: scale must be a positive number, got 0.", Message(new() { Scale = 0 }));
        Assert.Equal("Attention: scale must be a positive number, got NaN.", Message(new() { Scale = float.NaN }));
    }

    private void Compare(DType dtype, AttentionReference r)
    {
        using var q = Make.Random(_engine, [r.B, r.T, r.H, r.D], seed: 1, requiresGrad: true, dtype: dtype, low: -2, high: 2);
        using var k = Make.Random(_engine, [r.B, r.S, r.K, r.D], seed: 2, requiresGrad: true, dtype: dtype, low: -2, high: 2);
        using var v = Make.Random(_engine, [r.B, r.S, r.K, r.D], seed: 3, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [r.B, r.T, r.H, r.D], seed: 4, dtype: dtype);
        using var segments = _engine.From(r.Segments ?? [0], [r.Segments is null ? 1 : r.B, r.Segments is null ? 1 : r.T]);
        using var lengths = _engine.From(r.Lengths ?? [0], [r.Lengths?.Length ?? 1]);
        using var tape = _engine.Tape();

        var y = tape.Attention(q, k, v, new AttentionOptions
        {
            Causal = r.Causal,
            Scale = (float?)r.Scale,
            Segments = r.Segments is null ? null : segments,
            Lengths = r.Lengths is null ? null : lengths,
        });
        double[] stored = y.Doubles(), exact = r.Forward(q.Doubles(), k.Doubles(), v.Doubles());
        Tolerances.Close(exact, stored, Tolerances.Of(dtype), "y");
        tape.Backward(y, dy);

        var (dq, dk, dv) = r.Backward(q.Doubles(), k.Doubles(), v.Doubles(), dtype == DType.BF16 ? stored : exact, dy.Doubles());
        Tolerances.Close(dq, q.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dq");
        Tolerances.Close(dk, k.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dk");
        Tolerances.Close(dv, v.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dv");
    }
}
