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
    /// <returns>(B,T,C)</returns>
    public Tensor Forward(Tape tape, Tensor x)
    {
        using var scope = tape.Scope();
        var (B, T, D) = (x.Shape[0], x.Shape[1], config.HeadWidth);
        var table = positions.For(T);
        var q = tape.Rope(tape.Reshape(Query.Forward(tape, x), [B, T, config.Heads, D]), table);
        var k = tape.Rope(tape.Reshape(Key.Forward(tape, x), [B, T, config.KeyValueHeads, D]), table);
        var v = tape.Reshape(Value.Forward(tape, x), [B, T, config.KeyValueHeads, D]);
        var heads = tape.Attention(q, k, v, new AttentionOptions { Causal = true });
        return scope.Keep(Output.Forward(tape, tape.Reshape(heads, [B, T, config.Heads * D])));
    }

    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
        Output.Dispose();
    }
}
