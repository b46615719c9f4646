using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The dropout that all adapters of a model share: which numbers are zeroed depends on seed, step and layer alone.</summary>
internal sealed class AdapterDropout(float probability, ulong seed)
{
    public bool Active { get; set; } = true;

    public uint Step { get; set; }

    /// <param name="layer">Index of the layer in its model.</param>
    public Tensor Apply(Tape tape, Tensor x, uint layer) =>
        Active && probability > 0 ? tape.Dropout(x, probability, new RandomKey(seed, RandomStreams.AdapterDropout + layer, Step)) : x;
}
