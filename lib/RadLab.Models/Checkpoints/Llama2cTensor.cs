using System.Runtime.InteropServices;

namespace RadLab.Models;

/// <summary>A tensor of a llama2.c file as a Hugging Face folder has it: rows of queries and keys reordered from adjacent pairs to halves.</summary>
internal sealed class Llama2cTensor(Llama2cFile file, string name, IReadOnlyList<long> shape) : SourceTensor(name, shape, SafeTensorsDType.F32)
{
    private readonly int _headWidth = name.EndsWith(".q_proj.weight", StringComparison.Ordinal) || name.EndsWith(".k_proj.weight", StringComparison.Ordinal) ? file.Config.HeadWidth : 0;

    public override void ReadFloats(long first, Span<float> destination)
    {
        if (_headWidth == 0)
        {
            file.Read(Name, first, destination);
            return;
        }
        long columns = Shape[1];
        while (!destination.IsEmpty)
        {
            long column = first % columns;
            int count = (int)Math.Min(columns - column, destination.Length);
            file.Read(Name, SourceRow(first / columns) * columns + column, destination[..count]);
            first += count;
            destination = destination[count..];
        }
    }

    public override void ReadBytes(long offset, Span<byte> destination) => ReadFloats(offset / sizeof(float), MemoryMarshal.Cast<byte, float>(destination));

    // Row i of a head's lower half is the first of pair i, row i of its upper half the second.
    private long SourceRow(long row)
    {
        long within = row % _headWidth, half = _headWidth / 2;
        return row - within + 2 * (within % half) + within / half;
    }
}
