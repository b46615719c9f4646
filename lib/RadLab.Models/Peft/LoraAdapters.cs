using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The adapters that <see cref="Lora.Attach"/> put on a model.</summary>
public sealed class LoraAdapters
{
    private readonly AdapterDropout _dropout;

    internal LoraAdapters(Lora settings, IReadOnlyList<LoraAdapter> layers, AdapterDropout dropout)
    {
        (Settings, Layers, _dropout) = (settings, layers, dropout);
        foreach (var adapter in layers) adapter.Layer.Adapter = adapter;
        Parameters = [.. layers.SelectMany(a => a.Parameters)];
    }

    public Lora Settings { get; }

    public IReadOnlyList<LoraAdapter> Layers { get; }

    /// <summary>All that trains, layer by layer.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Chooses what dropout zeroes: give every forward pass of training a number of its own.</summary>
    public uint Step { get => _dropout.Step; set => _dropout.Step = value; }

    /// <summary>Switch dropout off to evaluate; on after <see cref="Lora.Attach"/>.</summary>
    public bool DropoutActive { get => _dropout.Active; set => _dropout.Active = value; }

    /// <summary>Takes the adapters off and frees them: the model is as it was before, still frozen.</summary>
    public void Detach()
    {
        foreach (var adapter in Layers)
        {
            adapter.Layer.Adapter = null;
            adapter.Dispose();
        }
    }
}
