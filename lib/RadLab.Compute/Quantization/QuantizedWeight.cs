namespace RadLab.Compute;

/// <summary>
/// A frozen weight matrix (O, C) in NF4, FP4 or INT8 blocks, its block scales in F32 or quantized once more (QLoRA's double quantization).
/// Ops decode it panel by panel; no full copy in F32 ever exists.
/// </summary>
public sealed unsafe class QuantizedWeight : IDisposable
{
    private readonly Tensor _scales, _nestedAbsmax, _nestedMap, _map;
    private Tensor _decodedScales;

    private QuantizedWeight(WeightFormat format, Shape shape, int blockSize, Tensor codes, Tensor scales, Tensor nestedAbsmax, Tensor nestedMap, float offset, Tensor map)
    {
        (Format, Shape, BlockSize, Codes, _scales, _nestedAbsmax, _nestedMap, Offset, _map) = (format, shape, blockSize, codes, scales, nestedAbsmax, nestedMap, offset, map);
    }

    public WeightFormat Format { get; }

    /// <summary>(O, C)</summary>
    public Shape Shape { get; }

    public int BlockSize { get; }

    public bool DoubleQuantized => _nestedAbsmax.IsAlive;

    /// <summary>Packed codes: U8, (n + 1) / 2 for 4 bits, n for 8.</summary>
    public Tensor Codes { get; }

    /// <summary>One per block: F32, or U8 codes when double quantized.</summary>
    public Tensor Scales => _scales;

    /// <summary>Double quantization: F32, one per 256 scales.</summary>
    public Tensor? NestedAbsmax => _nestedAbsmax.IsAlive ? _nestedAbsmax : null;

    /// <summary>Double quantization: the 256 values of the scale codes.</summary>
    public Tensor? NestedMap => _nestedMap.IsAlive ? _nestedMap : null;

    /// <summary>Double quantization: the mean of all scales.</summary>
    public float Offset { get; }

    /// <summary>All bytes it holds.</summary>
    public long SizeBytes => Codes.SizeBytes + _scales.SizeBytes + (DoubleQuantized ? _nestedAbsmax.SizeBytes + _nestedMap.SizeBytes : 0) + (_decodedScales.IsAlive ? _decodedScales.SizeBytes : 0) + (_map.IsAlive ? _map.SizeBytes : 0);

    /// <summary>Quantizes a weight; the original is left as it is.</summary>
    /// <param name="weight">(O, C), F32 or BF16, finite</param>
    /// <param name="blockSize">A power of two from 32 to 4096; QLoRA uses 64.</param>
    /// <param name="doubleQuantization">4-bit formats only.</param>
    public static QuantizedWeight Quantize(Tensor weight, WeightFormat format = WeightFormat.Nf4, int blockSize = FourBitBlocks.DefaultBlockSize, bool doubleQuantization = true)
    {
        const string op = "QuantizedWeight";
        Check.Float(op, nameof(weight), weight);
        Check.Rank(op, nameof(weight), weight, 2);
        FourBitBlocks.RequireBlockSize(op, blockSize);
        if (format is not (WeightFormat.Nf4 or WeightFormat.Fp4 or WeightFormat.Int8)) throw new ArgumentException($"{op}: format must be Nf4, Fp4 or Int8, got {format}.");
        bool eight = format == WeightFormat.Int8;
        var engine = weight.Engine;
        long blocks = FourBitBlocks.Blocks(weight.Count, blockSize);
        var codes = engine.Empty([checked((int)(eight ? weight.Count : FourBitBlocks.PackedBytes(weight.Count)))], DType.U8);
        var scales = engine.Empty([checked((int)blocks)]);
        long bad = QuantizedWeightKernels.Encode(weight, format, blockSize, codes, scales);
        if (bad >= 0)
        {
            codes.Dispose();
            scales.Dispose();
            throw new ArgumentException($"{op}: weight must be finite, but element {bad} is not; check the checkpoint it comes from.");
        }
        var map = eight ? engine.From(DynamicMap.Signed.Values, [256]) : default;
        if (eight || !doubleQuantization) return new QuantizedWeight(format, weight.Shape, blockSize, codes, scales, default, default, 0f, map);

        var scaleCodes = engine.Empty(scales.Shape, DType.U8);
        var absmax = engine.Empty([checked((int)DoubleQuantization.NestedBlocks(blocks))]);
        float offset = DoubleQuantization.Quantize(scales.AsSpan<float>(), scaleCodes.AsSpan<byte>(), absmax.AsSpan<float>());
        scales.Dispose();
        return new QuantizedWeight(format, weight.Shape, blockSize, codes, scaleCodes, absmax, engine.From(DynamicMap.Signed.Values, [256]), offset, default);
    }

    /// <summary>A weight from a checkpoint's parts, which it owns from now on. Lengths are checked.</summary>
    public static QuantizedWeight FromParts(WeightFormat format, Shape shape, int blockSize, Tensor codes, Tensor scales, Tensor? nestedAbsmax = null, Tensor? nestedMap = null, float offset = 0f)
    {
        const string op = "QuantizedWeight";
        if (format is not (WeightFormat.Nf4 or WeightFormat.Fp4)) throw new ArgumentException($"{op}: format must be Nf4 or Fp4, got {format}.");
        if (shape.Rank != 2) throw new ArgumentException($"{op}: shape must have 2 dimensions, got {shape}.");
        FourBitBlocks.RequireBlockSize(op, blockSize);
        long blocks = FourBitBlocks.Blocks(shape.Count, blockSize);
        Require(codes, nameof(codes), DType.U8, FourBitBlocks.PackedBytes(shape.Count));
        Require(scales, nameof(scales), nestedAbsmax is null ? DType.F32 : DType.U8, blocks);
        if (nestedAbsmax is { } absmax) Require(absmax, nameof(nestedAbsmax), DType.F32, DoubleQuantization.NestedBlocks(blocks));
        if (nestedMap is { } map) Require(map, nameof(nestedMap), DType.F32, 256);
        if (nestedAbsmax is null != nestedMap is null) throw new ArgumentException($"{op}: nestedAbsmax and nestedMap belong together; give both or neither.");
        return new QuantizedWeight(format, shape, blockSize, codes, scales, nestedAbsmax ?? default, nestedMap ?? default, offset, default);

        static void Require(Tensor t, string name, DType dtype, long count)
        {
            if (t.DType != dtype || t.Count != count) throw new ArgumentException($"{op}: {name} must be {dtype} with {count} elements, got {t.DType} {t.Shape}.");
        }
    }

    /// <summary>The whole weight as the quantized form means it; owned by the caller.</summary>
    public Tensor Dequantize(DType dtype = DType.F32)
    {
        var y = Codes.Engine.Empty(Shape, dtype);
        QuantizedWeightKernels.Decode(this, y);
        return y;
    }

    /// <summary>
    /// Keeps double-quantized scales decoded to F32 beside their codes: 4 bytes more a block (0.5 bit a weight in blocks of 64), and products with few rows no longer decode them
    /// again and again. Results keep every bit. Nothing happens where the scales are F32 already.
    /// </summary>
    public void KeepScalesDecoded()
    {
        if (!DoubleQuantized || _decodedScales.IsAlive) return;
        var decoded = Codes.Engine.Empty(_scales.Shape);
        DoubleQuantization.Dequantize(_scales.AsSpan<byte>(), _nestedMap.AsSpan<float>(), _nestedAbsmax.AsSpan<float>(), Offset, decoded.AsSpan<float>());
        _decodedScales = decoded;
    }

    /// <summary>Makes all parts present until the lease ends.</summary>
    internal QuantizedLease Acquire() => new(this);

    internal Engine Engine => Codes.Engine;

    internal QuantizedView View => new()
    {
        Format = Format,
        Rows = Shape[0],
        Columns = Shape[1],
        BlockSize = BlockSize,
        Codes = Codes.State.Pointer,
        Scales = _decodedScales.IsAlive ? (float*)_decodedScales.State.Pointer : DoubleQuantized ? null : (float*)_scales.State.Pointer,
        ScaleCodes = DoubleQuantized ? _scales.State.Pointer : null,
        NestedMap = DoubleQuantized ? (float*)_nestedMap.State.Pointer : null,
        NestedAbsmax = DoubleQuantized ? (float*)_nestedAbsmax.State.Pointer : null,
        Offset = Offset,
        Map = _map.IsAlive ? (float*)_map.State.Pointer : null,
    };

    public void Dispose()
    {
        Codes.Dispose();
        _scales.Dispose();
        _decodedScales.Dispose();
        _nestedAbsmax.Dispose();
        _nestedMap.Dispose();
        _map.Dispose();
    }

    internal Tensor? DecodedScales => _decodedScales.IsAlive ? _decodedScales : null;

    public override string ToString() => $"QuantizedWeight {Shape} {Format}{(DoubleQuantized ? " double quantized" : "")}, blocks of {BlockSize}";
}

/// <summary>The right to a quantized weight's memory while the lease lives.</summary>
internal readonly ref struct QuantizedLease
{
    private readonly TensorLease _codes, _scales, _absmax, _map, _decoded;
    private readonly bool _nested, _isDecoded;

    public QuantizedLease(QuantizedWeight weight)
    {
        _codes = weight.Codes.Acquire();
        _scales = weight.Scales.Acquire();
        _nested = weight.DoubleQuantized;
        if (weight.DecodedScales is { } decoded)
        {
            _decoded = decoded.Acquire();
            _isDecoded = true;
        }
        if (!_nested) return;
        _absmax = weight.NestedAbsmax!.Value.Acquire();
        _map = weight.NestedMap!.Value.Acquire();
    }

    public void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
        if (_isDecoded) _decoded.Dispose();
        if (!_nested) return;
        _absmax.Dispose();
        _map.Dispose();
    }
}
