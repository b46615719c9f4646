using RadLab.Compute;

namespace RadLab.Models;

/// <summary>What is trained beside a frozen linear layer; the layer asks it for the output.</summary>
public abstract class Adapter : IDisposable
{
    /// <summary>All that trains, by the names that adapter files use without their <c>base_model.model.</c> in front.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <param name="x">(..., Inputs)</param>
    /// <returns>(..., Outputs): the layer's own product and what the adapter makes of it.</returns>
    public abstract Tensor Forward(Tape tape, Tensor x);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the adapter owns: its parameters.</summary>
    private protected virtual void Free()
    {
        foreach (var p in Parameters) p.Dispose();
    }
}
