namespace RadLab.Compute;

public readonly partial struct Tensor
{
    /// <summary>
    /// The elements in place. <typeparamref name="T"/>: float for F32, ushort for BF16 bits, byte for U8, int for I32, long for I64.
    /// Valid while the tensor lives: hold its handle in a <c>using</c> or a field as long as the span is used.
    /// </summary>
    public unsafe Span<T> AsSpan<T>() where T : unmanaged
    {
        var s = RequireData();
        bool fits = s.DType switch
        {
            DType.F32 => typeof(T) == typeof(float),
            DType.BF16 => typeof(T) == typeof(ushort),
            DType.U8 => typeof(T) == typeof(byte),
            DType.I32 => typeof(T) == typeof(int),
            _ => typeof(T) == typeof(long),
        };
        if (!fits) throw new ArgumentException($"AsSpan: a {s.DType} tensor cannot be read as {typeof(T).Name}.");
        if (s.Residency is not null && s.Leases == 0) throw new InvalidOperationException("AsSpan: this parameter is not resident; hold a lease (Acquire) while reading it.");
        if (s.Shape.Count > int.MaxValue)
            throw new ArgumentException($"AsSpan: a tensor of shape {s.Shape} has {s.Shape.Count} elements and a span holds at most {int.MaxValue}; read it by Rows.");
        return new Span<T>(s.Pointer, (int)s.Shape.Count);
    }

    /// <summary>A copy as floats; BF16 is widened exactly.</summary>
    public float[] ToFloats()
    {
        using var lease = Acquire();
        if (DType == DType.F32) return AsSpan<float>().ToArray();
        if (DType != DType.BF16) throw new ArgumentException($"ToFloats: needs F32 or BF16, got {DType}.");
        var bits = AsSpan<ushort>();
        var result = new float[bits.Length];
        for (int i = 0; i < result.Length; i++) result[i] = BFloat16.ToSingle(bits[i]);
        return result;
    }

    /// <summary>A copy as integers; needs I32.</summary>
    public int[] ToInts()
    {
        if (DType != DType.I32) throw new ArgumentException($"ToInts: needs I32, got {DType}.");
        using var lease = Acquire();
        return AsSpan<int>().ToArray();
    }

    /// <summary>The single element of a float tensor.</summary>
    public float Item() => Count == 1 ? ToFloats()[0] : throw new ArgumentException($"Item: needs one element, got shape {Shape}.");

    /// <summary>Overwrites all elements; F32 values are rounded to BF16 where the tensor is BF16.</summary>
    public void CopyFrom(ReadOnlySpan<float> values)
    {
        CheckLength(values.Length);
        using var lease = Acquire();
        if (DType == DType.F32)
        {
            values.CopyTo(AsSpan<float>());
            return;
        }
        if (DType != DType.BF16) throw new ArgumentException($"CopyFrom: floats need an F32 or BF16 tensor, got {DType}.");
        var bits = AsSpan<ushort>();
        for (int i = 0; i < values.Length; i++) bits[i] = BFloat16.FromSingle(values[i]);
    }

    /// <summary>Overwrites all elements of an I32 tensor.</summary>
    public void CopyFrom(ReadOnlySpan<int> values)
    {
        if (DType != DType.I32) throw new ArgumentException($"CopyFrom: integers need an I32 tensor, got {DType}.");
        CheckLength(values.Length);
        using var lease = Acquire();
        values.CopyTo(AsSpan<int>());
    }

    /// <summary>Sets every byte to zero.</summary>
    public unsafe void Clear()
    {
        using var lease = Acquire();
        Engine.For(new ClearKernel { Pointer = lease.Pointer }, SizeBytes, 1 << 20);
    }

    private void CheckLength(int got)
    {
        if (got != Count) throw new ArgumentException($"CopyFrom: a tensor of shape {Shape} needs {Count} values, got {got}.");
    }

    private unsafe struct ClearKernel : IRangeKernel
    {
        public byte* Pointer;

        public readonly void Run(long start, long end, int worker) =>
            System.Runtime.InteropServices.NativeMemory.Clear(Pointer + start, (nuint)(end - start));
    }
}
