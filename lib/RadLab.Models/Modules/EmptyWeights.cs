using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Tensors of the right shapes and nothing in them; see <see cref="LlamaModel.Empty"/>.</summary>
internal sealed class EmptyWeights(Engine engine, LlamaStorage storage, bool savedIn16Bits) : IWeights
{
    public DType Exact(string name) => savedIn16Bits ? DType.BF16 : DType.F32;

    public bool In16Bits(string name) => savedIn16Bits;

    public bool Quantized => storage.Quantized;

    public Tensor Read(string name, Shape shape, DType dtype) => engine.Empty(shape, dtype);

    public QuantizedWeight? ReadQuantized(string name, Shape shape)
    {
        if (name == LlamaWeights.Head && !storage.QuantizeHead) return null;
        long blocks = FourBitBlocks.Blocks(shape.Count, storage.BlockSize);
        var codes = engine.Empty([checked((int)FourBitBlocks.PackedBytes(shape.Count))], DType.U8);
        if (!storage.DoubleQuantization) return QuantizedWeight.FromParts(storage.Linears, shape, storage.BlockSize, codes, engine.Empty([checked((int)blocks)]));
        return QuantizedWeight.FromParts(storage.Linears, shape, storage.BlockSize, codes, engine.Empty([checked((int)blocks)], DType.U8),
            engine.Empty([checked((int)DoubleQuantization.NestedBlocks(blocks))]), engine.Empty([256]));
    }
}
