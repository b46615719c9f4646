using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Numbers of a llama2.c file as a new model wants them: rows of queries and keys reordered from adjacent pairs to halves.</summary>
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
            if (name.EndsWith(".q_proj.weight", StringComparison.Ordinal) || name.EndsWith(".k_proj.weight", StringComparison.Ordinal)) ReadRotated(name, t);
            else ReadInOrder(name, t);
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
    }

    private void ReadInOrder(string name, Tensor t)
    {
        var piece = new float[Math.Min(Piece, t.Count)];
        for (long at = 0; at < t.Count; at += piece.Length)
        {
            var part = piece.AsSpan(0, (int)Math.Min(piece.Length, t.Count - at));
            file.Read(name, at, part);
            TensorBytes.Write(t, at, part);
        }
    }

    // Row i of a head's lower half is the first of pair i, row i of its upper half the second.
    private void ReadRotated(string name, Tensor t)
    {
        int width = file.Config.HeadWidth, columns = t.Shape[1];
        var row = new float[columns];
        for (int r = 0; r < t.Shape[0]; r++)
        {
            int within = r % width, pair = within % (width / 2), second = within / (width / 2);
            file.Read(name, (long)(r - within + 2 * pair + second) * columns, row);
            TensorBytes.Write(t, (long)r * columns, row);
        }
    }
}
