using RadLab.Compute;

namespace RadLab.Models;

/// <summary>One named adapter of a model: what <see cref="Lora.Attach"/> put on its layers.</summary>
public sealed class LoraAdapters
{
    private readonly AdapterDropout _dropout;
    private readonly Dictionary<LinearLayer, LoraAdapter> _byLayer;

    internal LoraAdapters(LlamaModel model, string name, Lora settings, IReadOnlyList<LoraAdapter> layers, AdapterDropout dropout)
    {
        (Model, Name, Settings, Layers, _dropout) = (model, name, settings, layers, dropout);
        _byLayer = layers.ToDictionary(a => a.Layer);
        Parameters = [.. layers.SelectMany(a => a.Parameters)];
    }

    public LlamaModel Model { get; }

    public string Name { get; }

    public Lora Settings { get; }

    public IReadOnlyList<LoraAdapter> Layers { get; }

    /// <summary>All that trains, layer by layer.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Chooses what dropout zeroes: give every forward pass of training a number of its own.</summary>
    public uint Step { get => _dropout.Step; set => _dropout.Step = value; }

    /// <summary>Switch dropout off to evaluate; on after <see cref="Lora.Attach"/>.</summary>
    public bool DropoutActive { get => _dropout.Active; set => _dropout.Active = value; }

    /// <summary>Takes the adapter off and frees it: the model is as it was before, still frozen.</summary>
    /// <remarks>
    /// A base that PiSSA or LoftQ has changed is put back: exactly from <paramref name="original"/>; without that, weights in 32 or 16 bits come back but for
    /// rounding, and quantized ones cannot.
    /// </remarks>
    public void Detach(OriginalWeights? original = null)
    {
        if (Settings.Init.ChangesBase && original is null && Layers.FirstOrDefault(a => a.Layer.Quantized is not null) is { } lost)
            throw new InvalidOperationException($"LoraAdapters: {lost.Layer.Module} was changed by {Settings.Init.Kind} before it was quantized and cannot be put back; give original, or load the model again.");
        using var whole = Model.Engine.DeferInterrupts();
        foreach (var adapter in Layers) adapter.RestoreBase(original);
        Model.Adapters.Remove(this);
    }

    /// <summary>Adds the adapter to the weights it stands beside and takes it off. Weights in 16 bits are rounded, quantized ones quantized again.</summary>
    /// <returns>What became of each layer's update.</returns>
    public IReadOnlyList<MergedLayer> Merge()
    {
        if (Model.Adapters.Names.Count > 1) throw new InvalidOperationException($"LoraAdapters: '{Name}' must be alone on its model to be merged: the others belong to the base as it is; detach them first.");
        using var whole = Model.Engine.DeferInterrupts();
        var merged = new List<MergedLayer>();
        foreach (var adapter in Layers)
        {
            using var before = adapter.Layer.Floats();
            using var sum = LoraMerge.Merged(before, adapter.Scale, adapter.A.Value, adapter.B.Value, adapter.Magnitude?.Value);
            adapter.Layer.SetBase(sum);
            using var after = adapter.Layer.Floats();
            merged.Add(MergedLayer.Measure(adapter.Layer.Module, adapter.Rank, before, sum, before, after));
        }
        Model.Adapters.Remove(this);
        return merged;
    }

    internal LoraAdapter? On(LinearLayer layer) => _byLayer.GetValueOrDefault(layer);

    internal void Free()
    {
        foreach (var adapter in Layers) adapter.Dispose();
    }
}
