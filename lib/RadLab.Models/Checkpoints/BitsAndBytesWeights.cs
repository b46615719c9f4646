using System.Globalization;
using System.Runtime.InteropServices;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>4-bit weights in bitsandbytes' layout, between a checkpoint and <see cref="QuantizedWeight"/>. For a weight P:</summary>
/// <remarks><code>
/// P                                    U8  ((n + 1) / 2, 1)   two codes a byte, the even element in the high half
/// P.absmax                             F32 (blocks)           or U8 codes where the scales are quantized
/// P.quant_map                          F32 (16)               the values of the codes
/// P.nested_absmax, P.nested_quant_map  F32 (blocks / 256), F32 (256)
/// P.quant_state.bitsandbytes__nf4      U8  (length)           <see cref="BitsAndBytesState"/>; or __fp4
/// </code></remarks>
internal static class BitsAndBytesWeights
{
    private const string AbsMax = ".absmax", Map = ".quant_map", NestedAbsMax = ".nested_absmax", NestedMap = ".nested_quant_map", State = ".quant_state.bitsandbytes__";
    private const string Advice = "write the 4-bit checkpoint again";

    private static readonly string[] s_endings = [NestedAbsMax, NestedMap, AbsMax, Map, State + Nf4.Name, State + Fp4.Name];

    /// <summary>The weight that a tensor belongs to, such as P for P.absmax; null for all other tensors.</summary>
    public static string? OwnerOf(string tensor) =>
        s_endings.FirstOrDefault(e => tensor.Length > e.Length && tensor.EndsWith(e, StringComparison.Ordinal)) is { } ending ? tensor[..^ending.Length] : null;

    /// <summary>What the checkpoint says of a weight's 4-bit form; null where it keeps the weight in another.</summary>
    public static BitsAndBytesState? StateOf(ShardedCheckpoint checkpoint, string weight)
    {
        string nf4 = weight + State + Nf4.Name, fp4 = weight + State + Fp4.Name;
        bool isNf4 = checkpoint.Contains(nf4), isFp4 = checkpoint.Contains(fp4);
        if (!isNf4 && !isFp4) return null;
        if (isNf4 && isFp4) throw Fail(checkpoint, weight, "has a quant_state for nf4 and one for fp4");
        string key = isNf4 ? nf4 : fp4;
        var entry = checkpoint.Get(key);
        if (entry.DType != SafeTensorsDType.U8 || entry.ByteCount > BitsAndBytesState.MaxBytes)
            throw Fail(checkpoint, key, Text($"must be at most {BitsAndBytesState.MaxBytes} bytes of U8, but has {entry.ByteCount} of {entry.DType.Name()}"));
        var json = new byte[entry.ByteCount];
        checkpoint.Read(key, json);
        var state = BitsAndBytesState.Parse(json, checkpoint.FileOf(key), $"tensor {CheckpointFormatException.Quote(key)}");
        if (state.Format != (isNf4 ? WeightFormat.Nf4 : WeightFormat.Fp4)) throw Fail(checkpoint, key, "names another quant_type than its own name does");
        return state;
    }

    /// <summary>Reads a weight that has a <see cref="StateOf"/>; owned by the caller.</summary>
    public static QuantizedWeight Read(Engine engine, ShardedCheckpoint checkpoint, string weight, BitsAndBytesState state)
    {
        long n = (long)state.Outputs * state.Inputs, blocks = FourBitBlocks.Blocks(n, state.BlockSize), packed = FourBitBlocks.PackedBytes(n);
        bool nested = state.NestedOffset is not null;
        // everything is checked before anything is allocated
        Require(checkpoint, weight, SafeTensorsDType.U8, packed);
        Require(checkpoint, weight + AbsMax, nested ? SafeTensorsDType.U8 : SafeTensorsDType.F32, blocks);
        Require(checkpoint, weight + Map, SafeTensorsDType.F32, 16);
        if (nested)
        {
            Require(checkpoint, weight + NestedAbsMax, SafeTensorsDType.F32, DoubleQuantization.NestedBlocks(blocks));
            Require(checkpoint, weight + NestedMap, SafeTensorsDType.F32, 256);
        }
        CheckMap(checkpoint, weight + Map, state.Format);

        var parts = new List<Tensor>();
        try
        {
            var codes = Take(weight, DType.U8, packed);
            var scales = Take(weight + AbsMax, nested ? DType.U8 : DType.F32, blocks);
            Shape shape = [state.Outputs, state.Inputs];
            return nested
                ? QuantizedWeight.FromParts(state.Format, shape, state.BlockSize, codes, scales, Take(weight + NestedAbsMax, DType.F32, DoubleQuantization.NestedBlocks(blocks)), Take(weight + NestedMap, DType.F32, 256), state.NestedOffset!.Value)
                : QuantizedWeight.FromParts(state.Format, shape, state.BlockSize, codes, scales);
        }
        catch
        {
            foreach (var part in parts) part.Dispose();
            throw;
        }

        Tensor Take(string name, DType dtype, long count)
        {
            var t = engine.Empty([checked((int)count)], dtype);
            parts.Add(t);
            checkpoint.Read(name, BytesOf(t));
            return t;
        }
    }

    /// <summary>The tensors that a weight is written as. Its memory is read when they are.</summary>
    /// <param name="dtype">float32, float16 or bfloat16: what bitsandbytes shall decode the weight to.</param>
    public static IReadOnlyList<CheckpointPart> Parts(string name, QuantizedWeight weight, string dtype)
    {
        var state = new BitsAndBytesState(weight.Format, weight.BlockSize, dtype, weight.Shape[0], weight.Shape[1], weight.DoubleQuantized ? weight.Offset : null);
        byte[] json = state.ToJson();
        var map = ValuesOf(weight.Format).ToArray();
        var parts = new List<CheckpointPart>
        {
            new(new SafeTensorsSpec(name, SafeTensorsDType.U8, [weight.Codes.Count, 1]), sink => sink(BytesOf(weight.Codes))),
            Of(name + AbsMax, weight.Scales),
            new(new SafeTensorsSpec(name + Map, SafeTensorsDType.F32, [map.Length]), sink => sink(MemoryMarshal.AsBytes(map.AsSpan()))),
        };
        if (weight.DoubleQuantized)
        {
            parts.Add(Of(name + NestedAbsMax, weight.NestedAbsmax!.Value));
            parts.Add(Of(name + NestedMap, weight.NestedMap!.Value));
        }
        parts.Add(new(new SafeTensorsSpec(name + State + BitsAndBytesState.NameOf(weight.Format), SafeTensorsDType.U8, [json.Length]), sink => sink(json)));
        return parts;
    }

    private static CheckpointPart Of(string name, Tensor t) =>
        new(new SafeTensorsSpec(name, t.DType == DType.U8 ? SafeTensorsDType.U8 : SafeTensorsDType.F32, [t.Count]), sink => sink(BytesOf(t)));

    private static Span<byte> BytesOf(Tensor t) => t.DType == DType.U8 ? t.AsSpan<byte>() : MemoryMarshal.AsBytes(t.AsSpan<float>());

    private static ReadOnlySpan<float> ValuesOf(WeightFormat format) => format == WeightFormat.Nf4 ? Nf4.Values : Fp4.Values;

    // The kernels have the tables built in: a file with other values would be decoded to something it does not mean.
    private static void CheckMap(ShardedCheckpoint checkpoint, string name, WeightFormat format)
    {
        Span<float> map = stackalloc float[16];
        checkpoint.Read(name, MemoryMarshal.AsBytes(map));
        var values = ValuesOf(format);
        for (int i = 0; i < map.Length; i++)
            if (map[i] != values[i])   // equal numbers, not equal bits: FP4 tables hold a -0
                throw Fail(checkpoint, name, Text($"must hold the values of {BitsAndBytesState.NameOf(format)}, but value {i} is {map[i]:R} instead of {values[i]:R}"));
    }

    private static void Require(ShardedCheckpoint checkpoint, string name, SafeTensorsDType dtype, long count)
    {
        var entry = checkpoint.Get(name);
        long bytes = dtype == SafeTensorsDType.U8 ? count : count * sizeof(float);
        if (entry.DType != dtype || entry.ByteCount != bytes || count > int.MaxValue)
            throw Fail(checkpoint, name, Text($"must be {dtype.Name()} with {count} elements by its quant_state, but is {entry.DType.Name()} {entry.ShapeText}"));
    }

    private static CheckpointFormatException Fail(ShardedCheckpoint checkpoint, string tensor, string problem) =>
        new(checkpoint.Contains(tensor) ? checkpoint.FileOf(tensor) : checkpoint.Shards[0].File, $"tensor {CheckpointFormatException.Quote(tensor)}", problem, Advice);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
