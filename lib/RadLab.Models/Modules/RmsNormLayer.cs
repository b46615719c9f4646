using RadLab.Compute;

namespace RadLab.Models;

/// <summary><see cref="Ops.RmsNorm"/> with its weight.</summary>
/// <param name="weight">(C); owned by the layer from now on.</param>
public sealed class RmsNormLayer(Parameter weight, float eps) : IDisposable
{
    public Parameter Weight { get; } = weight;

    public float Eps { get; } = eps;

    /// <param name="x">(..., C)</param>
    public Tensor Forward(Tape tape, Tensor x) => tape.RmsNorm(x, Weight.Value, Eps);

    public void Dispose() => Weight.Dispose();
}
