using RadLab.Compute;

namespace RadLab.Models;

/// <content>Forward passes that go on where a cache ends.</content>
public sealed partial class LlamaModel
{
    /// <summary>Scores of the next token at every new position; the new tokens are in the cache afterwards.</summary>
    /// <param name="tape">Must not record.</param>
    /// <param name="tokens">(B,T), I32: tokens behind those in the cache.</param>
    /// <param name="rows">The cache's row for each row of tokens, all different; empty: row b for b.</param>
    /// <param name="counts">Tokens of each row that count, 1 to T; what stands right of them is padding. Empty: all count.</param>
    /// <returns>(B,T,V), F32; at padding without meaning.</returns>
    public Tensor Forward(Tape tape, Tensor tokens, KvCache cache, ReadOnlySpan<int> rows = default, ReadOnlySpan<int> counts = default)
    {
        using var scope = tape.Scope();
        return scope.Keep(Logits(tape, Hidden(tape, tokens, cache, rows, counts)));
    }

    /// <summary>The same, but only at the last token of each row: what generation needs.</summary>
    /// <returns>(B,V), F32.</returns>
    /// <inheritdoc cref="Forward(Tape, Tensor, KvCache, ReadOnlySpan{int}, ReadOnlySpan{int})"/>
    public Tensor ForwardLast(Tape tape, Tensor tokens, KvCache cache, ReadOnlySpan<int> rows = default, ReadOnlySpan<int> counts = default)
    {
        using var scope = tape.Scope();
        var h = Hidden(tape, tokens, cache, rows, counts);
        var last = tokens.Shape[1] == 1 ? tape.Reshape(h, [h.Shape[0], h.Shape[2]]) : LastRows(tape, h, cache);
        return scope.Keep(Logits(tape, last));
    }

    private Tensor Hidden(Tape tape, Tensor tokens, KvCache cache, ReadOnlySpan<int> rows, ReadOnlySpan<int> counts)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(cache);
        using var scope = tape.Scope();
        cache.Begin(tape, tokens.Shape, rows, counts);
        var h = tape.Cast(tape.Embedding(tokens, Embedding.Value), Activations);
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            var next = _blocks[layer].Forward(tape, h, cache, layer);
            h.Dispose();
            h = next;
        }
        h = scope.Keep(Norm.Forward(tape, h));
        cache.End();
        return h;
    }

    private static Tensor LastRows(Tape tape, Tensor h, KvCache cache)
    {
        var (B, T, C) = (h.Shape[0], h.Shape[1], h.Shape[2]);
        var last = tape.Empty([B, C], h.DType);
        for (int b = 0; b < B; b++)
            TensorBytes.Of(h, ((long)b * T + cache.Count(b) - 1) * C, C).CopyTo(TensorBytes.Of(last, (long)b * C, C));
        return last;
    }
}
