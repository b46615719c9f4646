using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>A Llama: embedding, blocks, final norm, output head. Weights start frozen; <see cref="Unfreeze"/> them, or attach an adapter.</summary>
/// <remarks>A model and its tapes belong to one engine. Results belong to the tape that they were computed on.</remarks>
public sealed partial class LlamaModel : IDisposable
{
    private readonly TransformerBlock[] _blocks;
    private readonly RotaryPositions _positions;
    private readonly Parameter[] _parameters;

    internal LlamaModel(Engine engine, LlamaConfig config, Parameter embedding, TransformerBlock[] blocks, RmsNormLayer norm, LinearLayer? head, RotaryPositions positions, DType activations)
    {
        (Engine, Config, Embedding, _blocks, Norm, Head, _positions, Activations) = (engine, config, embedding, blocks, norm, head, positions, activations);
        Linears = [.. blocks.SelectMany(b => b.Linears)];
        _parameters = [.. InOrder()];
        Adapters = new AdapterSet(this);
    }

    public Engine Engine { get; }

    public LlamaConfig Config { get; }

    /// <summary>(V, C); with tied embeddings the output head as well.</summary>
    public Parameter Embedding { get; }

    public IReadOnlyList<TransformerBlock> Blocks => _blocks;

    public RmsNormLayer Norm { get; }

    /// <summary>(V, C); null when it is the embedding.</summary>
    public LinearLayer? Head { get; }

    /// <summary>The linear layers of all blocks, block by block: what adapters are put on.</summary>
    public IReadOnlyList<LinearLayer> Linears { get; }

    /// <summary>The model's own weights, by their names in a Hugging Face folder; neither quantized weights nor adapters are among them.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The adapters on the model, by name.</summary>
    public AdapterSet Adapters { get; }

    /// <summary>The active adapters' parameters, layer by layer.</summary>
    public IEnumerable<Parameter> AdapterParameters => Linears.Where(l => l.Adapter is not null).SelectMany(l => l.Adapter!.Parameters);

    /// <summary>Dtype of the hidden states between the layers.</summary>
    public DType Activations { get; }

    /// <summary>Blocks keep only their input for backward and run again there: memory of one block instead of all, for a third more work.</summary>
    public bool GradientCheckpointing { get; set; }

    /// <summary>No weight of the model itself trains, nor costs gradient memory.</summary>
    public void Freeze() => SetTrainable(false);

    /// <summary>All weights of the model itself train: full fine-tuning.</summary>
    public void Unfreeze()
    {
        int quantized = Linears.Count(l => l.Quantized is not null) + (Head?.Quantized is null ? 0 : 1);
        if (quantized > 0)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"LlamaModel: full fine-tuning needs weights in F32 or BF16, but {quantized} linear layers are quantized; load them as F32 or BF16, or attach an adapter."));
        SetTrainable(true);
    }

    /// <summary>Scores of the next token at every position.</summary>
    /// <param name="tokens">(B,T), I32</param>
    /// <returns>(B,T,V), F32 whatever the activations are.</returns>
    public Tensor Forward(Tape tape, Tensor tokens)
    {
        using var scope = tape.Scope();
        return scope.Keep(Logits(tape, Hidden(tape, tokens)));
    }

    /// <summary>The states that the output head reads, after the final norm.</summary>
    /// <param name="tokens">(B,T), I32</param>
    /// <param name="layout">Null: each row is one text.</param>
    /// <param name="observe">
    /// Gets the name and the output, (B,T,C), of each module in the order of computation, as PyTorch's forward hooks would: <c>model.embed_tokens</c>, then of each block
    /// <c>model.layers.0.input_layernorm</c>, <c>self_attn</c>, <c>post_attention_layernorm</c>, <c>mlp</c> and <c>model.layers.0</c> itself, at last <c>model.norm</c>.
    /// The tensors are gone when this returns: copy what is to stay. Blocks are not checkpointed then.
    /// </param>
    /// <returns>(B,T,C), dtype <see cref="Activations"/>.</returns>
    public Tensor Hidden(Tape tape, Tensor tokens, TextLayout? layout = null, Action<string, Tensor>? observe = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        layout?.Check(tokens);
        if (tokens.Shape.Rank != 2) throw new ArgumentException($"LlamaModel: tokens must have shape (B, T), got {tokens.Shape}.");
        using var scope = tape.Scope();
        // before any block: a checkpointed one must find the same table when it runs again
        _ = _positions.For(tokens.Shape[1]);
        var h = tape.Cast(tape.Embedding(tokens, Embedding.Value), Activations);
        observe?.Invoke("model.embed_tokens", h);
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            var block = _blocks[layer];
            var next = observe is not null ? Observed(tape, layer, h, layout, observe)
                : GradientCheckpointing ? block.ForwardCheckpointed(tape, h, layout) : block.Forward(tape, h, layout);
            h.Dispose();   // as a scope would: what backward needs of it stays
            h = next;
        }
        h = scope.Keep(Norm.Forward(tape, h));
        observe?.Invoke("model.norm", h);
        return h;
    }

    /// <summary>Mean cross entropy of the next token: position t predicts <paramref name="labels"/>[t + 1].</summary>
    /// <param name="tokens">(B,T), I32</param>
    /// <param name="labels">(B,T), I32: the tokens, or -100 where they do not count. Those of the first position never do.</param>
    /// <param name="layout">Null: each row is one text. Else the label of each text's first token must be -100: no text predicts its neighbour.</param>
    /// <param name="weights">(B,T), F32, not negative: how much each label counts, in the place of the label; null: all alike.</param>
    /// <returns>One number, F32: the weighted mean over all labels that count.</returns>
    public Tensor Loss(Tape tape, Tensor tokens, Tensor labels, TextLayout? layout = null, Tensor? weights = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        if (labels.Shape != tokens.Shape) throw new ArgumentException($"LlamaModel: labels must have shape {tokens.Shape} like tokens, got {labels.Shape}.");
        if (weights is { } w && w.Shape != tokens.Shape) throw new ArgumentException($"LlamaModel: weights must have shape {tokens.Shape} like tokens, got {w.Shape}.");
        using var scope = tape.Scope();
        var h = Hidden(tape, tokens, layout);
        var next = Next(tape, labels, IgnoredLabel);
        Tensor? shares = weights is { } given ? Next(tape, given, 0f) : null;
        var loss = Head?.Quantized is not null
            ? tape.CrossEntropy(Logits(tape, h), next, IgnoredLabel, shares)
            : tape.LinearCrossEntropy(h, (Head?.Weight ?? Embedding).Value, next, IgnoredLabel, shares);
        return scope.Keep(loss);
    }

    /// <summary>For generation: <see cref="QuantizedWeight.KeepScalesDecoded"/> of every quantized weight.</summary>
    public void KeepScalesDecoded()
    {
        foreach (var linear in Linears) linear.Quantized?.KeepScalesDecoded();
        Head?.Quantized?.KeepScalesDecoded();
    }

    public void Dispose()
    {
        Adapters.Dispose();
        Embedding.Dispose();
        foreach (var block in _blocks) block.Dispose();
        Norm.Dispose();
        Head?.Dispose();
        _positions.Dispose();
    }

    private const int IgnoredLabel = -100;

    // apart, so that a plain pass allocates no delegate
    private Tensor Observed(Tape tape, int layer, Tensor h, TextLayout? layout, Action<string, Tensor> observe)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}");
        var next = _blocks[layer].Forward(tape, h, layout, (part, output) => observe($"{name}.{part}", output));
        observe(name, next);
        return next;
    }

    private Tensor Logits(Tape tape, Tensor hidden)
    {
        var h = tape.Cast(hidden, DType.F32);
        return Head is { } head ? head.Forward(tape, h) : tape.Linear(h, Embedding.Value);
    }

    // one to the left, so that row t holds what position t predicts
    private static Tensor Next<T>(Tape tape, Tensor values, T last)
        where T : unmanaged
    {
        int length = values.Shape[1];
        var next = tape.Empty(values.Shape, values.DType);
        var from = values.AsSpan<T>();
        var to = next.AsSpan<T>();
        for (int row = 0; row < from.Length; row += length)
        {
            from.Slice(row + 1, length - 1).CopyTo(to[row..]);
            to[row + length - 1] = last;
        }
        return next;
    }

    private void SetTrainable(bool trainable)
    {
        foreach (var p in _parameters) p.Trainable = trainable;
    }

    private IEnumerable<Parameter> InOrder()
    {
        yield return Embedding;
        foreach (var block in _blocks)
        {
            foreach (var linear in block.Linears)
                if (linear.Weight is { } weight) yield return weight;
            yield return block.AttentionNorm.Weight;
            yield return block.FeedForwardNorm.Weight;
        }
        yield return Norm.Weight;
        if (Head?.Weight is { } head) yield return head;
    }
}
