using RadLab.Compute;

namespace RadLab.Models;

/// <summary>What a tensor is written as: itself, in another dtype, or quantized.</summary>
internal static class CheckpointParts
{
    private const int Piece = 1 << 20;   // elements

    /// <summary>The tensor as floats of <paramref name="dtype"/>; the same bytes where it has that dtype already.</summary>
    public static CheckpointPart As(SourceTensor tensor, SafeTensorsDType dtype) =>
        tensor.DType == dtype && tensor.Quantization is null ? AsStored(tensor) : new CheckpointPart(new SafeTensorsSpec(tensor.Name, dtype, tensor.Shape), sink => WriteFloats(tensor, dtype, sink));

    /// <summary>The tensor byte for byte.</summary>
    public static CheckpointPart AsStored(SourceTensor tensor) => new(new SafeTensorsSpec(tensor.Name, tensor.DType, tensor.Shape), sink => WriteBytes(tensor, sink));

    /// <summary>The tensor in 4 bits: as it is if it is so already, else quantized now. The parts' bytes are kept in <paramref name="spool"/>.</summary>
    public static IReadOnlyList<CheckpointPart> Quantized(Engine engine, SourceTensor tensor, QuantizedForm form, PartSpool spool)
    {
        string dtype = NameOf(tensor.DType);
        if (tensor.Quantization is { } already)
        {
            if (already != form.Format)
                throw new ArgumentException($"CheckpointParts: {tensor.Name} is stored in {already} and cannot become {form.Format}; quantizing twice would lose twice: start from the model in 16 or 32 bits.");
            var parts = BitsAndBytesWeights.Parts(tensor.Name, tensor.Quantized, dtype).Select(spool.Keep).ToList();
            tensor.Release();
            return parts;
        }
        using var full = Load(engine, tensor);
        using var quantized = QuantizedWeight.Quantize(full, form.Format, form.BlockSize, form.DoubleQuantization);
        return [.. BitsAndBytesWeights.Parts(tensor.Name, quantized, dtype).Select(spool.Keep)];
    }

    /// <summary>At most so many bytes are written for the tensor in 4 bits.</summary>
    public static long MaxQuantizedBytes(SourceTensor tensor) =>
        FourBitBlocks.PackedBytes(tensor.Count) + FourBitBlocks.Blocks(tensor.Count, 32) * sizeof(float) + 272 * sizeof(float) + BitsAndBytesState.MaxBytes;

    /// <summary>The name that PyTorch has for a dtype.</summary>
    public static string NameOf(SafeTensorsDType dtype) => dtype switch
    {
        SafeTensorsDType.F16 => "float16",
        SafeTensorsDType.BF16 => "bfloat16",
        _ => "float32",
    };

    /// <summary>The tensor in memory, owned by the caller.</summary>
    /// <param name="dtype">Null: BF16 where the tensor is, else F32.</param>
    public static Tensor Load(Engine engine, SourceTensor tensor, DType? dtype = null)
    {
        var t = engine.Empty([.. tensor.Shape.Select(d => checked((int)d))], dtype ?? (tensor.DType == SafeTensorsDType.BF16 ? DType.BF16 : DType.F32));
        try
        {
            var floats = new float[Math.Min(Piece, t.Count)];
            for (long at = 0; at < t.Count; at += floats.Length)
            {
                var piece = floats.AsSpan(0, (int)Math.Min(floats.Length, t.Count - at));
                tensor.ReadFloats(at, piece);
                TensorBytes.Write(t, at, piece);
            }
            return t;
        }
        catch
        {
            t.Dispose();
            throw;
        }
        finally
        {
            tensor.Release();
        }
    }

    private static void WriteFloats(SourceTensor tensor, SafeTensorsDType dtype, ByteSink sink)
    {
        int length = (int)Math.Min(Piece, tensor.Count), width = dtype.Bits() / 8;
        var floats = new float[length];
        var bytes = new byte[length * width];
        for (long at = 0; at < tensor.Count; at += length)
        {
            int count = (int)Math.Min(length, tensor.Count - at);
            tensor.ReadFloats(at, floats.AsSpan(0, count));
            FloatBytes.Encode(floats.AsSpan(0, count), dtype, bytes.AsSpan(0, count * width));
            sink(bytes.AsSpan(0, count * width));
        }
        tensor.Release();
    }

    private static void WriteBytes(SourceTensor tensor, ByteSink sink)
    {
        _ = tensor.DType.TryByteCount(tensor.Shape, out long total);
        var bytes = new byte[Math.Min(Piece * sizeof(float), total)];
        for (long at = 0; at < total; at += bytes.Length)
        {
            var piece = bytes.AsSpan(0, (int)Math.Min(bytes.Length, total - at));
            tensor.ReadBytes(at, piece);
            sink(piece);
        }
        tensor.Release();
    }
}

/// <summary>A 4-bit form to write: Nf4 or Fp4.</summary>
internal sealed record QuantizedForm(WeightFormat Format, bool DoubleQuantization = true, int BlockSize = FourBitBlocks.DefaultBlockSize);
