using RadLab.Compute;

namespace RadLab.Tests;

public sealed class EmbeddingTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, int> DTypesAndWidths => Make.Rows([DType.F32, DType.BF16], Make.Widths);

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Each_token_gets_its_row_unchanged(DType dtype, int C)
    {
        int[] ids = [4, 0, 2, 4, 1, 0];
        using var tokens = _engine.From(ids, [2, 3]);
        using var table = Make.Random(_engine, [5, C], seed: 1, dtype: dtype);
        using var tape = _engine.Tape(recording: false);

        var y = tape.Embedding(tokens, table);

        Assert.Equal([2, 3, C], y.Shape);
        Assert.Equal(dtype, y.DType);
        double[] rows = table.Doubles();
        Assert.Equal([.. ids.SelectMany(id => rows[(id * C)..((id + 1) * C)])], y.Doubles());
    }

    [Theory, MemberData(nameof(DTypesAndWidths))]
    public void Backward_adds_each_row_to_its_token(DType dtype, int C)
    {
        int[] ids = [4, 0, 2, 4, 1, 0, 4, 4];   // 3 never occurs
        using var tokens = _engine.From(ids, [8]);
        using var table = Make.Random(_engine, [5, C], seed: 1, requiresGrad: true, dtype: dtype);
        using var dy = Make.Random(_engine, [8, C], seed: 2, dtype: dtype);
        using var tape = _engine.Tape();

        tape.Backward(tape.Embedding(tokens, table), dy);

        var (up, expected) = (dy.Doubles(), new double[5 * C]);
        for (int i = 0; i < up.Length; i++) expected[ids[i / C] * C + i % C] += up[i];
        Tolerances.Close(expected, table.Gradient!.Value.Doubles(), Tolerances.Of(dtype));
    }

    [Theory, InlineData(9), InlineData(16), InlineData(33), InlineData(70)]
    public void Backward_matches_finite_differences(int C)
    {
        using var tokens = _engine.From([1, 0, 1, 3], [2, 2]);
        using var table = Make.Random(_engine, [4, C], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Embedding(tokens, table), table);
    }

    [Fact]
    public void A_token_that_fills_the_batch_is_summed_before_the_BF16_gradient_is_rounded()
    {
        // 4096 times 1: adding one by one in BF16 would stop at 256
        using var tokens = _engine.Zeros([4096], DType.I32);
        using var table = _engine.Zeros([2, 3], DType.BF16);
        table.RequiresGrad = true;
        using var dy = _engine.From([.. Enumerable.Repeat(1f, 4096 * 3)], [4096, 3], DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Embedding(tokens, table), dy);
        Assert.Equal([4096f, 4096, 4096, 0, 0, 0], table.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void A_BF16_parameter_gets_an_F32_gradient()
    {
        using var tokens = _engine.From([0, 0], [2]);
        using var table = new Parameter("table", _engine.Zeros([1, 2], DType.BF16), trainable: true);
        using var dy = _engine.From([1f, 2f, 1f / 256, 0f], [2, 2], DType.BF16);
        using var tape = _engine.Tape();
        tape.Backward(tape.Embedding(tokens, table.Value), dy);
        Assert.Equal([1 + 1f / 256, 2f], table.Gradient!.Value.ToFloats());
    }

    [Fact]
    public void A_frozen_table_leaves_no_record()
    {
        using var tokens = _engine.From([1, 0], [2]);
        using var table = Make.Random(_engine, [2, 8], seed: 1);
        using var tape = _engine.Tape();
        var y = tape.Embedding(tokens, table);
        Assert.Equal(0, tape.Count);
        Assert.False(y.RequiresGrad);
    }

    [Fact]
    public void Bits_do_not_depend_on_the_number_of_threads()
    {
        int[] ids = [.. Make.Values(500, seed: 5, 0, 7.99).Select(v => (int)v)];
        var results = new List<float[]>();
        foreach (int threads in new[] { 1, 3 })
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var tokens = engine.From(ids, [500]);
            using var table = Make.Random(engine, [8, 300], seed: 1, requiresGrad: true);
            using var dy = Make.Random(engine, [500, 300], seed: 2);
            using var tape = engine.Tape();
            tape.Backward(tape.Embedding(tokens, table), dy);
            results.Add(table.Gradient!.Value.ToFloats());
        }
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using var tokens = _engine.From([1, 0, 1, 3], [2, 2]);
        using var table = Make.Random(_engine, [4, 20], seed: 1, requiresGrad: true);
        using var dy = Make.Random(_engine, [2, 2, 20], seed: 2);
        Warm.AssertNoAllocation(_engine, t => t.Backward(t.Embedding(tokens, table), dy));
    }

    [Theory, InlineData(5), InlineData(-1)]
    public void A_token_outside_the_table_is_reported_with_its_position(int id)
    {
        using var tokens = _engine.From([0, 1, 2, id], [2, 2]);
        using var table = _engine.Zeros([5, 8]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.Embedding(tokens, table));
        Assert.Equal($"Embedding: token {id} at position 3 of (2, 2) must be 0 to 4, a row of the table 5 rows long; does the tokenizer belong to this model?", e.Message);
    }

    [Fact]
    public void Wrong_shapes_and_dtypes_are_reported()
    {
        using var tokens = _engine.From([0], [1]);
        using var floats = _engine.Zeros([1]);
        using var deep = _engine.Zeros([1, 1, 1, 1, 1, 1], DType.I32);
        using var table = _engine.Zeros([2, 3]);
        using var vector = _engine.Zeros([2]);
        using var tape = _engine.Tape();
        string Message(Action call) => Assert.Throws<ArgumentException>(call).Message;
        Assert.Equal("Embedding: tokens must be I32, got F32.", Message(() => tape.Embedding(floats, table)));
        Assert.Equal("Embedding: table must be F32 or BF16, got I32.", Message(() => tape.Embedding(tokens, tokens)));
        Assert.Equal("Embedding: table must have 2 dimensions, got (2).", Message(() => tape.Embedding(tokens, vector)));
        Assert.Equal("Embedding: tokens must have at most 5 dimensions, got (1, 1, 1, 1, 1, 1).", Message(() => tape.Embedding(deep, table)));
    }
}
