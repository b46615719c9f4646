using RadLab.Compute;

namespace RadLab.Models;

/// <summary>y = x·Wᵀ, the weight in 32, 16, 8 or 4 bits, with or without an adapter. Llama's layers have no bias.</summary>
public sealed class LinearLayer : IDisposable
{
    /// <param name="module">Path in the model, without <c>.weight</c>.</param>
    /// <param name="weight">(Outputs, Inputs); owned by the layer from now on.</param>
    public LinearLayer(string module, Parameter weight)
    {
        if (weight.Shape.Rank != 2) throw new ArgumentException($"LinearLayer: {module} must have a weight of 2 dimensions, got {weight.Shape}.");
        (Module, Weight, Outputs, Inputs) = (module, weight, weight.Shape[0], weight.Shape[1]);
    }

    /// <summary>A layer that can only be trained through an adapter.</summary>
    /// <param name="module">Path in the model, without <c>.weight</c>.</param>
    /// <param name="weight">(Outputs, Inputs); owned by the layer from now on.</param>
    public LinearLayer(string module, QuantizedWeight weight)
    {
        (Module, Quantized, Outputs, Inputs) = (module, weight, weight.Shape[0], weight.Shape[1]);
    }

    public string Module { get; }

    public int Outputs { get; }

    public int Inputs { get; }

    /// <summary>The weight in 32 or 16 bits; null when it is quantized.</summary>
    public Parameter? Weight { get; }

    /// <summary>The quantized weight; null when it is not.</summary>
    public QuantizedWeight? Quantized { get; }

    /// <summary>Null: none. The layer owns it.</summary>
    public Adapter? Adapter { get; internal set; }

    /// <param name="x">(..., Inputs), F32 or BF16</param>
    /// <returns>(..., Outputs), dtype of <paramref name="x"/>.</returns>
    public Tensor Forward(Tape tape, Tensor x) => Adapter is { } adapter ? adapter.Forward(tape, x) : Product(tape, x);

    /// <summary>Layers that read the same x, each with the bits that it has alone; quantized ones without adapters go through together.</summary>
    internal static (Tensor First, Tensor Second, Tensor Third) Forward(Tape tape, Tensor x, LinearLayer first, LinearLayer second, LinearLayer? third = null)
    {
        if (first.Bare is { } a && second.Bare is { } b && (third is null || third.Bare is not null)) return tape.Nf4Linear(x, a, b, third?.Bare);
        return (first.Forward(tape, x), second.Forward(tape, x), third is null ? default : third.Forward(tape, x));
    }

    private QuantizedWeight? Bare => Adapter is null ? Quantized : null;

    /// <summary>The layer's own product, without the adapter.</summary>
    public Tensor Product(Tape tape, Tensor x) => Quantized is { } q ? tape.Nf4Linear(x, q) : tape.Linear(x, Weight!.Value);

    public void Dispose()
    {
        Adapter?.Dispose();
        Weight?.Dispose();
        Quantized?.Dispose();
    }

    public override string ToString() => $"{Module} ({Outputs}, {Inputs}) {Quantized?.Format.ToString() ?? Weight!.Value.DType.ToString()}{(Adapter is null ? "" : " with " + Adapter.GetType().Name)}";
}
