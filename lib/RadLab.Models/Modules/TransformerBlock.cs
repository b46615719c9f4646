using RadLab.Compute;

namespace RadLab.Models;

/// <summary>One pre-norm residual block: h = x + attention(norm(x)), y = h + feedForward(norm(h)).</summary>
public sealed class TransformerBlock : IDisposable
{
    // made once, so that a checkpointed step allocates no delegate
    private readonly Func<Tape, Tensor, Tensor> _forward;

    public TransformerBlock(RmsNormLayer attentionNorm, SelfAttention attention, RmsNormLayer feedForwardNorm, FeedForward feedForward)
    {
        (AttentionNorm, Attention, FeedForwardNorm, FeedForward) = (attentionNorm, attention, feedForwardNorm, feedForward);
        Linears = [attention.Query, attention.Key, attention.Value, attention.Output, feedForward.Gate, feedForward.Up, feedForward.Down];
        _forward = (tape, x) => Forward(tape, x);
    }

    public RmsNormLayer AttentionNorm { get; }

    public SelfAttention Attention { get; }

    public RmsNormLayer FeedForwardNorm { get; }

    public FeedForward FeedForward { get; }

    /// <summary>Its linear layers, in the order of <see cref="LlamaWeights.LinearNames"/>.</summary>
    public IReadOnlyList<LinearLayer> Linears { get; }

    /// <param name="x">(B,T,C)</param>
    /// <param name="layout">Null: each row is one text.</param>
    /// <param name="observe">Gets each part's name and output, (B,T,C), in the order of computation; the tensors are gone when this returns.</param>
    /// <returns>(B,T,C)</returns>
    public Tensor Forward(Tape tape, Tensor x, TextLayout? layout = null, Action<string, Tensor>? observe = null)
    {
        using var scope = tape.Scope();
        var normed = AttentionNorm.Forward(tape, x);
        observe?.Invoke("input_layernorm", normed);
        var attended = Attention.Forward(tape, normed, layout);
        observe?.Invoke("self_attn", attended);
        var h = tape.Add(x, attended);
        normed = FeedForwardNorm.Forward(tape, h);
        observe?.Invoke("post_attention_layernorm", normed);
        var fed = FeedForward.Forward(tape, normed);
        observe?.Invoke("mlp", fed);
        return scope.Keep(tape.Add(h, fed));
    }

    /// <summary>The same for tokens behind those in a cache.</summary>
    internal Tensor Forward(Tape tape, Tensor x, KvCache cache, int layer)
    {
        using var scope = tape.Scope();
        var h = tape.Add(x, Attention.Forward(tape, AttentionNorm.Forward(tape, x), cache, layer));
        return scope.Keep(tape.Add(h, FeedForward.Forward(tape, FeedForwardNorm.Forward(tape, h))));
    }

    /// <summary>The same, keeping only <paramref name="x"/> for backward, which runs the block again; see <see cref="Tape.Checkpoint"/>.</summary>
    public Tensor ForwardCheckpointed(Tape tape, Tensor x, TextLayout? layout = null) =>
        layout is null ? tape.Checkpoint(_forward, x) : PackedCheckpointed(tape, x, layout);

    // apart, so that the plain case allocates nothing
    private Tensor PackedCheckpointed(Tape tape, Tensor x, TextLayout layout) => tape.Checkpoint((inner, h) => Forward(inner, h, layout), x);

    public void Dispose()
    {
        AttentionNorm.Dispose();
        Attention.Dispose();
        FeedForwardNorm.Dispose();
        FeedForward.Dispose();
    }
}
