using System.Text;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Against independently made files in bitsandbytes' layout.</summary>
public sealed class BitsAndBytesWeightsTests : IDisposable
{
    private const string Weight = "linear.weight", State = "linear.weight.quant_state.bitsandbytes__nf4";

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string> Files => new(
        from name in new[] { "normal", "odd-count", "outliers", "short-last-block", "ties", "tiny", "zero-blocks" } from nested in new[] { "", ".nested" } select name + nested);

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Goldens", "nf4", name + ".safetensors");

    [Theory, MemberData(nameof(Files))]
    public void A_weight_that_is_read_and_written_has_the_same_bytes(string name)
    {
        using var file = ShardedCheckpoint.Of(SafeTensorsReader.Open(PathOf(name)));
        using var weight = BitsAndBytesWeights.Read(_engine, file, Weight, BitsAndBytesWeights.StateOf(file, Weight)!);
        using var copy = Write(BitsAndBytesWeights.Parts(Weight, weight, "float32"));

        Assert.Equal(name.EndsWith(".nested", StringComparison.Ordinal), weight.DoubleQuantized);
        Assert.Equal(file.Entries.Select(e => e.Name).Where(n => !n.StartsWith("expected.", StringComparison.Ordinal)), copy.Entries.Select(e => e.Name));
        foreach (var entry in copy.Entries)
        {
            Assert.Equal((file.Get(entry.Name).DType, file.Get(entry.Name).ShapeText), (entry.DType, entry.ShapeText));
            Assert.Equal(Bytes(file, entry.Name), Bytes(copy, entry.Name));
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void A_weight_that_is_read_has_the_golden_values(string name)
    {
        using var file = ShardedCheckpoint.Of(SafeTensorsReader.Open(PathOf(name)));
        using var weight = BitsAndBytesWeights.Read(_engine, file, Weight, BitsAndBytesWeights.StateOf(file, Weight)!);
        using var values = weight.Dequantize();
        Assert.Equal(new GoldenFile($"nf4/{name}.safetensors").Floats("expected.dequantized").Select(BitConverter.SingleToInt32Bits), values.ToFloats().Select(BitConverter.SingleToInt32Bits));
    }

    [Theory, InlineData(WeightFormat.Nf4, true, 64), InlineData(WeightFormat.Fp4, false, 128), InlineData(WeightFormat.Fp4, true, 32)]
    public void A_quantized_weight_survives(WeightFormat format, bool nested, int blockSize)
    {
        using var full = Make.Random(_engine, [37, 65], 3);
        using var weight = QuantizedWeight.Quantize(full, format, blockSize, nested);
        using var file = Write(BitsAndBytesWeights.Parts(Weight, weight, "bfloat16"));
        var state = BitsAndBytesWeights.StateOf(file, Weight)!;
        using var again = BitsAndBytesWeights.Read(_engine, file, Weight, state);
        Assert.Equal((format, blockSize, "bfloat16", nested), (again.Format, again.BlockSize, state.DType, again.DoubleQuantized));
        using Tensor expected = weight.Dequantize(), actual = again.Dequantize();
        Assert.Equal(expected.ToFloats(), actual.ToFloats());
    }

    [Theory]
    [InlineData("nf4", "xx4", "quant_type: must be 'nf4' or 'fp4', got 'xx4'")]
    [InlineData("nf4", "fp4", "names another quant_type than its own name does")]
    [InlineData("64, \"dtype", "63, \"dtype", "blocksize: must be a power of two from 32 to 4096, got 63")]
    [InlineData("float32\", \"shape", "float64\", \"shape", "dtype: must be float32, float16 or bfloat16, got 'float64'")]
    [InlineData("[3, 67]", "[3, 67, 1]", "shape: must be the two sizes of a matrix, got more")]
    [InlineData("[3, 67]", "[201]", "shape: must be the two sizes of a matrix, got (201)")]
    [InlineData("[3, 67]", "[3, 68]", "tensor 'linear.weight': must be U8 with 102 elements by its quant_state, but is U8 (101, 1)")]
    [InlineData("size\": 256", "size\": 128", "nested_blocksize: must be 256, got 128")]
    [InlineData("\"nested_dtype\": \"float32\"", "\"nested_dtype\": \"bfloat16\"", "nested_dtype: must be 'float32', got 'bfloat16'")]
    [InlineData("2.555973768234253", "1e39", "nested_offset: must be a number in the range of float32, got 1E+39")]
    [InlineData("{", "[", "must be an object")]
    public void A_quant_state_that_cannot_be_followed_is_reported(string text, string wrong, string problem)
    {
        byte[] state = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(new GoldenFile("nf4/odd-count.nested.safetensors").Bytes(State)).Replace(text, wrong, StringComparison.Ordinal));
        Report(name => name == State ? state : null, problem);
    }

    [Fact]
    public void Other_values_of_the_codes_are_reported() =>
        Report(name => name == Weight + ".quant_map" ? new byte[64] : null, "tensor 'linear.weight.quant_map': must hold the values of nf4, but value 0 is 0 instead of -1");

    [Fact]
    public void Scales_of_another_length_are_reported() =>
        Report(name => name == Weight + ".absmax" ? new byte[5] : null, "tensor 'linear.weight.absmax': must be U8 with 4 elements by its quant_state, but is U8 (5)");

    [Fact]
    public void An_endless_quant_state_is_reported() =>
        Report(name => name == State ? new byte[5000] : null, $"tensor '{State}': must be at most 4096 bytes of U8, but has 5000 of U8");

    [Fact]
    public void Two_quant_states_are_reported()
    {
        using var file = Write([Raw(Weight + ".quant_state.bitsandbytes__nf4", [1]), Raw(Weight + ".quant_state.bitsandbytes__fp4", [1])]);
        var e = Assert.Throws<CheckpointFormatException>(() => BitsAndBytesWeights.StateOf(file, Weight));
        Assert.Equal("made: tensor 'linear.weight': has a quant_state for nf4 and one for fp4; write the 4-bit checkpoint again.", e.Message);
    }

    private void Report(Func<string, byte[]?> replace, string problem)
    {
        var golden = new GoldenFile("nf4/odd-count.nested.safetensors");
        using var source = ShardedCheckpoint.Of(SafeTensorsReader.Open(PathOf("odd-count.nested")));
        using var file = Write([.. source.Entries.Select(e => replace(e.Name) is { } other ? Raw(e.Name, other, e.DType) : new CheckpointPart(new SafeTensorsSpec(e.Name, e.DType, e.Shape), sink => sink(golden.Bytes(e.Name))))]);
        long before = _engine.Memory.LiveBytes;
        var e = Assert.Throws<CheckpointFormatException>(() => BitsAndBytesWeights.Read(_engine, file, Weight, BitsAndBytesWeights.StateOf(file, Weight)!));
        Assert.StartsWith("made: tensor 'linear.weight", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(problem + "; write the 4-bit checkpoint again.", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }

    private static CheckpointPart Raw(string name, byte[] bytes, SafeTensorsDType dtype = SafeTensorsDType.U8) =>
        new(new SafeTensorsSpec(name, dtype, [bytes.Length / (dtype.Bits() / 8)]), sink => sink(bytes));

    internal static ShardedCheckpoint Write(IReadOnlyList<CheckpointPart> parts)
    {
        var stream = new MemoryStream();
        using var writer = SafeTensorsWriter.Create(stream, parts.Select(p => p.Spec));
        foreach (var entry in writer.Entries) parts.Single(p => p.Spec.Name == entry.Name).Write(bytes => writer.Append(entry.Name, bytes));
        writer.Commit();
        return ShardedCheckpoint.Of(SafeTensorsReader.Open(stream.ToArray(), "made"));
    }

    private static byte[] Bytes(ShardedCheckpoint file, string name)
    {
        var bytes = new byte[file.Get(name).ByteCount];
        file.Read(name, bytes);
        return bytes;
    }
}
