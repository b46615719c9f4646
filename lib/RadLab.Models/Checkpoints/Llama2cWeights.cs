using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Numbers of a llama2.c file as a new model wants them; see <see cref="Llama2cTensor"/>.</summary>
internal sealed class Llama2cWeights(Engine engine, Llama2cFile file) : IWeights
{
    private const int Piece = 1 << 16;

    public DType Exact(string name) => DType.F32;

    public bool In16Bits(string name) => false;

    public bool Quantized => false;

    public QuantizedWeight? ReadQuantized(string name, Shape shape) => null;

    public Tensor Read(string name, Shape shape, DType dtype)
    {
        var t = engine.Empty(shape, dtype);
        try
        {
            var source = new Llama2cTensor(file, name, [.. shape.Select(d => (long)d)]);
            var piece = new float[Math.Min(Piece, t.Count)];
            for (long at = 0; at < t.Count; at += piece.Length)
            {
                var part = piece.AsSpan(0, (int)Math.Min(piece.Length, t.Count - at));
                source.ReadFloats(at, part);
                TensorBytes.Write(t, at, part);
            }
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
    }
}
