namespace RadLab.Compute;

/// <summary>The leased memory of a <see cref="QuantizedWeight"/> for the length of one kernel.</summary>
internal unsafe struct QuantizedView
{
    public WeightFormat Format;
    public int Rows, Columns, BlockSize;
    public byte* Codes;

    /// <summary>One F32 per block, or null when the scales are quantized themselves.</summary>
    public float* Scales;

    public byte* ScaleCodes;
    public float* NestedMap;
    public float* NestedAbsmax;
    public float Offset;

    /// <summary>8-bit weights: the value of each code.</summary>
    public float* Map;

    /// <summary>Elements [start, start + count) of the flattened weight as F32.</summary>
    /// <param name="destination">Room for one element more in front when <paramref name="start"/> is odd: 4-bit codes are decoded in pairs.</param>
    /// <returns>Where the first wanted element is.</returns>
    /// <param name="streaming">Writes past the caches: for whole tensors, not for panels that are read at once.</param>
    public readonly float* Dequantize(long start, int count, float* destination, bool streaming = false)
    {
        int lead = Format == WeightFormat.Int8 ? 0 : (int)(start & 1);
        if (Scales is not null) Dequantize(new PlainScales(Scales), start - lead, count + lead, destination, streaming);
        else Dequantize(new NestedScales(ScaleCodes, NestedMap, NestedAbsmax, Offset), start - lead, count + lead, destination, streaming);
        return destination + lead;
    }

    private readonly void Dequantize<TScales>(TScales scales, long start, long count, float* destination, bool streaming) where TScales : struct, IBlockScales
    {
        switch (Format)
        {
            case WeightFormat.Nf4: FourBitDequantizer.Dequantize<Nf4, TScales>(Codes, scales, BlockSize, start, count, destination, streaming); break;
            case WeightFormat.Fp4: FourBitDequantizer.Dequantize<Fp4, TScales>(Codes, scales, BlockSize, start, count, destination, streaming); break;
            default: Int8Blocks.Dequantize(Codes, Scales, Map, BlockSize, start, count, destination); break;
        }
    }

    /// <summary>The same rounded to BF16; <paramref name="start"/> is even.</summary>
    public readonly void DequantizeToBF16(long start, long count, ushort* destination)
    {
        if (Scales is not null) DequantizeToBF16(new PlainScales(Scales), start, count, destination);
        else DequantizeToBF16(new NestedScales(ScaleCodes, NestedMap, NestedAbsmax, Offset), start, count, destination);
    }

    private readonly void DequantizeToBF16<TScales>(TScales scales, long start, long count, ushort* destination) where TScales : struct, IBlockScales
    {
        switch (Format)
        {
            case WeightFormat.Nf4: FourBitDequantizer.DequantizeToBF16<Nf4, TScales>(Codes, scales, BlockSize, start, count, destination, streaming: true); break;
            case WeightFormat.Fp4: FourBitDequantizer.DequantizeToBF16<Fp4, TScales>(Codes, scales, BlockSize, start, count, destination, streaming: true); break;
            default:
                for (long i = 0; i < count; i++) destination[i] = BFloat16.FromSingle(Map[Codes[start + i]] * scales[(start + i) / BlockSize]);
                break;
        }
    }
}
