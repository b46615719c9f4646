using RadLab.Compute;

namespace RadLab.Models;

/// <summary>A tensor of a model wherever it is kept, in a file or in memory, to be read piece by piece.</summary>
/// <param name="dtype">How it is kept; of a quantized weight, what it was before.</param>
internal abstract class SourceTensor(string name, IReadOnlyList<long> shape, SafeTensorsDType dtype)
{
    public string Name { get; } = name;

    public IReadOnlyList<long> Shape { get; } = shape;

    public SafeTensorsDType DType { get; } = dtype;

    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    public bool IsFloat => FloatBytes.IsFloat(DType);

    public bool IsMatrix => IsFloat && Shape.Count == 2;

    /// <summary>How it is quantized; null where it is not.</summary>
    public virtual WeightFormat? Quantization => null;

    /// <summary>The quantized weight, there until <see cref="Release"/>.</summary>
    public virtual QuantizedWeight Quantized => throw new InvalidOperationException($"SourceTensor: {Name} is not quantized.");

    /// <summary>The numbers [<paramref name="first"/>, first + length) in row-major order.</summary>
    public abstract void ReadFloats(long first, Span<float> destination);

    /// <summary>The bytes as they are kept; not for quantized weights.</summary>
    public abstract void ReadBytes(long offset, Span<byte> destination);

    /// <summary>Frees what reading has brought into memory; it comes back when it is read again.</summary>
    public virtual void Release()
    {
    }
}

/// <summary>A tensor of a safetensors file in its own dtype.</summary>
internal sealed class FileTensor(ShardedCheckpoint checkpoint, SafeTensorsEntry entry) : SourceTensor(entry.Name, entry.Shape, entry.DType)
{
    private byte[] _staging = [];

    public override void ReadFloats(long first, Span<float> destination)
    {
        int width = DType.Bits() / 8, bytes = destination.Length * width;
        if (_staging.Length < bytes) _staging = new byte[bytes];
        checkpoint.ReadRange(Name, first * width, _staging.AsSpan(0, bytes));
        FloatBytes.Decode(DType, _staging.AsSpan(0, bytes), destination);
    }

    public override void ReadBytes(long offset, Span<byte> destination) => checkpoint.ReadRange(Name, offset, destination);

    public override void Release() => _staging = [];
}

/// <summary>A parameter in memory.</summary>
internal sealed class MemoryTensor(Parameter parameter)
    : SourceTensor(parameter.Name, [.. parameter.Shape.Select(d => (long)d)], parameter.Value.DType == Compute.DType.BF16 ? SafeTensorsDType.BF16 : SafeTensorsDType.F32)
{
    public override void ReadFloats(long first, Span<float> destination) => FloatBytes.Decode(DType, TensorBytes.Of(parameter.Value, first, destination.Length), destination);

    public override void ReadBytes(long offset, Span<byte> destination)
    {
        int width = DType.Bits() / 8;
        TensorBytes.Of(parameter.Value, offset / width, destination.Length / width).CopyTo(destination);
    }
}

/// <summary>A quantized weight, in memory already or read when it is needed.</summary>
internal sealed class QuantizedTensor : SourceTensor
{
    private readonly Func<QuantizedWeight>? _read;
    private QuantizedWeight? _weight;
    private Tensor? _floats;

    /// <param name="weight">Stays the caller's.</param>
    public QuantizedTensor(string name, QuantizedWeight weight, SafeTensorsDType dtype) : base(name, [weight.Shape[0], weight.Shape[1]], dtype) =>
        (Quantization, _weight) = (weight.Format, weight);

    public QuantizedTensor(string name, BitsAndBytesState state, Func<QuantizedWeight> read) : base(name, [state.Outputs, state.Inputs], DTypeOf(state.DType)) =>
        (Quantization, _read) = (state.Format, read);

    public override WeightFormat? Quantization { get; }

    public override QuantizedWeight Quantized => _weight ??= _read!();

    public override void ReadFloats(long first, Span<float> destination)
    {
        var floats = _floats ??= Quantized.Dequantize();
        floats.AsSpan<float>().Slice((int)first, destination.Length).CopyTo(destination);
    }

    public override void ReadBytes(long offset, Span<byte> destination) => throw new InvalidOperationException($"SourceTensor: {Name} is quantized and has no bytes of its own.");

    public override void Release()
    {
        _floats?.Dispose();
        _floats = null;
        if (_read is null) return;
        _weight?.Dispose();
        _weight = null;
    }

    private static SafeTensorsDType DTypeOf(string name) => name switch
    {
        "float16" => SafeTensorsDType.F16,
        "bfloat16" => SafeTensorsDType.BF16,
        _ => SafeTensorsDType.F32,
    };
}
