using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Causal self-attention with grouped key-value heads and rotary positions.</summary>
/// <remarks><code>
/// q = rope(Wq x)   (B,T,H,D)      k = rope(Wk x),  v = Wv x   (B,T,K,D)
/// y = Wo attention(q, k, v)
/// </code></remarks>
public sealed class SelfAttention(LlamaConfig config, LinearLayer query, LinearLayer key, LinearLayer value, LinearLayer output, RotaryPositions positions) : IDisposable
{
    public LinearLayer Query { get; } = query;

    public LinearLayer Key { get; } = key;

    public LinearLayer Value { get; } = value;

    public LinearLayer Output { get; } = output;

    /// <param name="x">(B,T,C)</param>
    /// <param name="layout">Null: each row is one text.</param>
    /// <returns>(B,T,C)</returns>
    public Tensor Forward(Tape tape, Tensor x, TextLayout? layout = null)
    {
        using var scope = tape.Scope();
        var (B, T, D) = (x.Shape[0], x.Shape[1], config.HeadWidth);
        var (q, k, v) = LinearLayer.Forward(tape, x, Query, Key, Value);
        q = Rotate(tape, tape.Reshape(q, [B, T, config.Heads, D]), layout);
        k = Rotate(tape, tape.Reshape(k, [B, T, config.KeyValueHeads, D]), layout);
        v = tape.Reshape(v, [B, T, config.KeyValueHeads, D]);
        var heads = tape.Attention(q, k, v, new AttentionOptions { Causal = true, Segments = layout?.Segments });
        return scope.Keep(Output.Forward(tape, tape.Reshape(heads, [B, T, config.Heads * D])));
    }

    /// <summary>The same for tokens behind those in a cache, which takes their keys and values.</summary>
    internal Tensor Forward(Tape tape, Tensor x, KvCache cache, int layer)
    {
        using var scope = tape.Scope();
        var (B, T, D) = (x.Shape[0], x.Shape[1], config.HeadWidth);
        var table = positions.For(cache.Reach);
        var (q, k, v) = LinearLayer.Forward(tape, x, Query, Key, Value);
        q = tape.Rope(tape.Reshape(q, [B, T, config.Heads, D]), table, cache.Positions);
        k = tape.Rope(tape.Reshape(k, [B, T, config.KeyValueHeads, D]), table, cache.Positions);
        v = tape.Reshape(v, [B, T, config.KeyValueHeads, D]);
        cache.Store(layer, k, v);
        // a whole prompt has rows enough for the tiles of Attention; one token, or a few behind a cache, would leave them nearly empty
        var heads = cache.StartsEmpty && T > 1 ? tape.Attention(q, k, v, new AttentionOptions { Causal = true }) : cache.Attend(tape, layer, q);
        return scope.Keep(Output.Forward(tape, tape.Reshape(heads, [B, T, config.Heads * D])));
    }

    private Tensor Rotate(Tape tape, Tensor heads, TextLayout? layout)
    {
        var table = positions.For(heads.Shape[1]);
        return layout is null ? tape.Rope(heads, table) : tape.Rope(heads, table, layout.Positions);
    }

    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
        Output.Dispose();
    }
}
