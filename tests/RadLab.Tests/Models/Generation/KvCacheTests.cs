using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class KvCacheTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // A prompt of 17, then one token a step: the whole of the golden batch's logits.
    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void Prefill_and_single_steps_give_the_logits_of_the_reference(string name)
    {
        using var expected = LlamaGoldens.Open(name, "full");
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        var (tokens, labels) = LlamaGoldens.Batch(_engine, name);
        LlamaGoldens.Near(expected, "logits", Stepwise(model, tokens, prefill: 17, chunk: 1));
        LlamaGoldens.Near(expected, "logits", Stepwise(model, tokens, prefill: 3, chunk: 9));
        tokens.Dispose();
        labels.Dispose();
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        float[] Run(int threads)
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var model = LlamaModel.Random(engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4);
            var (tokens, labels) = TinyLlama.Batch(engine, B: 2, T: 100);
            float[] logits = Stepwise(model, tokens, prefill: 60, chunk: 1);
            tokens.Dispose();
            labels.Dispose();
            return logits;
        }
        float[] one = Run(1);
        Assert.Equal(one, Run(2));
        Assert.Equal(one, Run(5));
    }

    [Fact]
    public void Rows_of_different_lengths_go_on_as_each_would_alone()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        int[][] texts = [[5, 6, 7, 8, 9, 10, 11], [12, 13], [14, 15, 16, 17]];
        int[][] more = [[20, 21], [22, 23, 24], [25]];
        using var cache = new KvCache(model, 4, 12);
        using var tape = _engine.Tape(recording: false);
        // rows in another order than the texts; padding with the largest id, so that reading it would show
        int[] rows = [2, 0, 3];
        using var first = Padded(texts);
        using var second = Padded(more);
        float[] prefill = model.ForwardLast(tape, first, cache, rows, [7, 2, 4]).ToFloats();
        float[] after = model.ForwardLast(tape, second, cache, rows, [2, 3, 1]).ToFloats();
        Assert.Equal([5, 0, 9, 5], cache.Lengths.ToArray());
        for (int i = 0; i < 3; i++)
        {
            Near(Last([.. texts[i]]), prefill.AsSpan(i * 96, 96));
            Near(Last([.. texts[i], .. more[i]]), after.AsSpan(i * 96, 96));
        }

        Tensor Padded(int[][] parts)
        {
            int longest = parts.Max(p => p.Length);
            return _engine.From([.. parts.SelectMany(p => p.Concat(Enumerable.Repeat(95, longest - p.Length)))], [parts.Length, longest]);
        }
        float[] Last(int[] tokens)
        {
            using var t = _engine.From(tokens, [1, tokens.Length]);
            return model.Forward(tape, t).ToFloats()[^96..];
        }
    }

    [Fact]
    public void A_cache_in_16_bits_stays_near_for_half_the_memory()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        var (tokens, labels) = TinyLlama.Batch(_engine, B: 1, T: 40);
        float[] exact = Stepwise(model, tokens, 10, 1), small = Stepwise(model, tokens, 10, 1, DType.BF16);
        Assert.NotEqual(exact, small);
        Tolerances.Close(Array.ConvertAll(exact, v => (double)v), Array.ConvertAll(small, v => (double)v), Tolerances.BF16);
        using var wide = new KvCache(model, 2, 10);
        using var narrow = new KvCache(model, 2, 10, DType.BF16);
        Assert.Equal(2L * 2 * 2 * 10 * 2 * 12 * 4, wide.SizeBytes);   // K and V, layers, rows, tokens, heads, width, bytes
        Assert.Equal(wide.SizeBytes / 2, narrow.SizeBytes);
        tokens.Dispose();
        labels.Dispose();
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void Hidden_states_in_16_bits_work_with_a_cache_of_either_type(DType cache)
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3, new LlamaStorage { Linears = WeightFormat.BF16 });
        var (tokens, labels) = TinyLlama.Batch(_engine, B: 1, T: 20);
        using var tape = _engine.Tape(recording: false);
        // every rounding of a BF16 state may fall the other way once
        Tolerances.Close(model.Forward(tape, tokens).Doubles(), Array.ConvertAll(Stepwise(model, tokens, 5, 1, cache), v => (double)v), 4 * Tolerances.BF16);
        tokens.Dispose();
        labels.Dispose();
    }

    [Fact]
    public void A_row_can_be_cut_and_copied_and_goes_on_from_there()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        using var cache = new KvCache(model, 2, 10);
        using var tape = _engine.Tape(recording: false);
        using var text = _engine.From([1, 2, 3, 4, 5, 6], [1, 6]);
        using var other = _engine.From([1, 2, 9, 9], [1, 4]);
        using var end = _engine.From([7], [1, 1]);
        model.Forward(tape, text, cache, [0]);
        model.Forward(tape, other, cache, [1]);
        cache.CopyRow(0, 1, first: 2);
        Assert.Equal([6, 6], cache.Lengths.ToArray());
        float[] copied = model.Forward(tape, end, cache, [1]).ToFloats(), original = model.Forward(tape, end, cache, [0]).ToFloats();
        Assert.Equal(original, copied);
        cache.Truncate(1, 6);
        Assert.Equal(original, model.Forward(tape, end, cache, [1]).ToFloats());
        cache.Truncate(1, 3);
        Assert.NotEqual(original, model.Forward(tape, end, cache, [1]).ToFloats());
        cache.Clear();
        Assert.Equal([0, 0], cache.Lengths.ToArray());
    }

    [Fact]
    public void An_interrupted_pass_leaves_the_lengths_as_they_were()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        using var cache = new KvCache(model, 1, 10);
        using var tape = _engine.Tape(recording: false);
        using var text = _engine.From([1, 2, 3], [1, 3]);
        float[] expected = model.Forward(tape, text, cache).ToFloats();
        cache.Clear();
        _engine.Interrupt();
        Assert.Throws<OperationCanceledException>(() => model.Forward(tape, text, cache));
        Assert.Equal(0, cache.Lengths[0]);
        Assert.Equal(expected, model.Forward(tape, text, cache).ToFloats());
    }

    [Fact]
    public void Messages_say_what_does_not_fit()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        using var cache = new KvCache(model, 2, 4);
        using var tape = _engine.Tape(recording: false);
        using var recording = _engine.Tape();
        using var two = _engine.From([1, 2, 3, 4], [2, 2]);
        using var one = _engine.From([1, 2, 3], [1, 3]);

        Refused("KvCache: rows must be at least 1, got 0.", () => new KvCache(model, 0, 4));
        Refused("KvCache: capacity must be 1 to the model's 1024 positions, got 1025.", () => new KvCache(model, 1, 1025));
        Refused("KvCache: dtype must be F32 or BF16, got I32.", () => new KvCache(model, 1, 4, DType.I32));
        Refused("KvCache: rows times capacity must be at most 89478485 for this model, got 1000000 times 1024; generate for fewer texts at once.", () => new KvCache(model, 1_000_000, 1024));
        Refused("KvCache: a forward pass with a cache has no backward pass; use a tape that does not record.", () => model.Forward(recording, two, cache));
        Refused("KvCache: tokens (1, 3) need one row of the cache each, got 2.", () => model.Forward(tape, one, cache));
        Refused("KvCache: row must be 0 to 1, got 2.", () => model.Forward(tape, one, cache, [2]));
        Refused("KvCache: row 1 is named twice; each row of tokens needs a row of its own.", () => model.Forward(tape, two, cache, [1, 1]));
        Refused("KvCache: counts must be 1 to 2, got 0.", () => model.Forward(tape, two, cache, [0, 1], [1, 0]));
        Refused("KvCache: counts must have one number for each row of tokens (2, 2), got 1.", () => model.Forward(tape, two, cache, [], [1]));
        model.Forward(tape, one, cache, [1]);
        Refused("KvCache: row 1 has 3 tokens and no room for 3 more in its 4; make the cache larger or the text shorter.", () => model.Forward(tape, one, cache, [1]));
        Refused("KvCache: row 1 can be cut to 0 to 3 tokens, got 4.", () => cache.Truncate(1, 4));
        Refused("KvCache: rows 1 and 0 have 3 and 0 tokens and cannot agree in the first 1.", () => cache.CopyRow(1, 0, 1));
    }

    private static void Refused(string message, Action call) => Assert.Equal(message, Assert.Throws<ArgumentException>(call).Message);

    private static void Near(float[] expected, ReadOnlySpan<float> actual) =>
        Tolerances.Close(Array.ConvertAll(expected, v => (double)v), Array.ConvertAll(actual.ToArray(), v => (double)v), LlamaGoldens.Tolerance);

    // Logits of all positions, (B,T,V), computed piece by piece.
    private static float[] Stepwise(LlamaModel model, Tensor tokens, int prefill, int chunk, DType? dtype = null)
    {
        var (B, T, V) = (tokens.Shape[0], tokens.Shape[1], model.Config.VocabularySize);
        using var cache = new KvCache(model, B, T, dtype);
        using var tape = model.Engine.Tape(recording: false);
        int[] ids = tokens.ToInts();
        var logits = new float[B * T * V];
        for (int at = 0, count = prefill; at < T; at += count, count = Math.Min(chunk, T - at))
        {
            using var part = model.Engine.From([.. from b in Enumerable.Range(0, B) from t in Enumerable.Range(at, count) select ids[b * T + t]], [B, count]);
            float[] scores = model.Forward(tape, part, cache).ToFloats();
            for (int b = 0; b < B; b++) scores.AsSpan(b * count * V, count * V).CopyTo(logits.AsSpan((b * T + at) * V));
            tape.Reset();
        }
        return logits;
    }
}
