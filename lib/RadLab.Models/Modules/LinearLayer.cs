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
    public QuantizedWeight? Quantized { get; private set; }

    /// <summary>What the layer asks for its output: of the model's <see cref="LlamaModel.Adapters"/>, which own it, the active one. Null: none.</summary>
    public Adapter? Adapter { get; internal set; }

    /// <param name="x">(..., Inputs), F32 or BF16</param>
    /// <returns>(..., Outputs), dtype of <paramref name="x"/>.</returns>
    public Tensor Forward(Tape tape, Tensor x) => Adapter is { } adapter ? adapter.Forward(tape, x) : Product(tape, x);

    /// <summary>The layer's own product, without the adapter.</summary>
    public Tensor Product(Tape tape, Tensor x) => Quantized is { } q ? tape.Nf4Linear(x, q) : tape.Linear(x, Weight!.Value);

    internal Engine Engine => Quantized?.Codes.Engine ?? Weight!.Value.Engine;

    /// <summary>How the weight is quantized; null where it is not.</summary>
    internal QuantizedForm? Form => Quantized is { } q ? new QuantizedForm(q.Format, q.DoubleQuantized, q.BlockSize) : null;

    /// <summary>The weight in F32, decoded where it is quantized; owned by the caller.</summary>
    internal Tensor Floats()
    {
        if (Quantized is { } q) return q.Dequantize();
        var copy = Engine.Empty([Outputs, Inputs]);
        using var lease = Weight!.Value.Acquire();
        FloatBytes.Decode(Weight.Value.DType == DType.BF16 ? SafeTensorsDType.BF16 : SafeTensorsDType.F32, TensorBytes.Of(Weight.Value, 0, checked((int)copy.Count)), copy.AsSpan<float>());
        return copy;
    }

    /// <summary>Gives the layer another weight, in the format that it has.</summary>
    /// <param name="weight">(Outputs, Inputs), F32; rounded or quantized as the layer is</param>
    internal void SetBase(Tensor weight)
    {
        if (Form is { } form) SetBase(QuantizedWeight.Quantize(weight, form.Format, form.BlockSize, form.DoubleQuantization));
        else Weight!.Value.CopyFrom(weight.AsSpan<float>());
    }

    /// <param name="weight">Owned by the layer from now on.</param>
    internal void SetBase(QuantizedWeight weight)
    {
        Quantized!.Dispose();
        Quantized = weight;
    }

    public void Dispose()
    {
        Weight?.Dispose();
        Quantized?.Dispose();
    }

    public override string ToString() => $"{Module} ({Outputs}, {Inputs}) {Quantized?.Format.ToString() ?? Weight!.Value.DType.ToString()}{(Adapter is null ? "" : " with " + Adapter.GetType().Name)}";
}
