using System.Runtime.InteropServices;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class LlamaLoadTests : IDisposable
{
    private const string Name = "llama3-gqa";

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly TemporaryModelFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    /// <summary>Writes the golden model in another dtype, changed by <paramref name="edit"/>: a null removes a tensor.</summary>
    private void Write(SafeTensorsDType dtype, Func<SafeTensorsSpec, SafeTensorsSpec?>? edit = null, Func<string, string>? config = null, params SafeTensorsSpec[] more)
    {
        string source = LlamaGoldens.Folder(Name);
        string text = File.ReadAllText(Path.Combine(source, "config.json"));
        _folder.Write("config.json", config is null ? text : config(text));
        using var reader = SafeTensorsReader.Open(Path.Combine(source, "model.safetensors"));
        SafeTensorsSpec[] specs = [.. reader.Entries.Select(e => new SafeTensorsSpec(e.Name, dtype, e.Shape)).Select(s => edit is null ? s : edit(s)).OfType<SafeTensorsSpec>(), .. more];
        using var writer = SafeTensorsWriter.Create(_folder.File("model.safetensors"), specs);
        foreach (var entry in writer.Entries)
        {
            var bytes = new byte[entry.ByteCount];
            if (reader.TryGet(entry.Name, out var golden) && golden.Shape.SequenceEqual(entry.Shape)) Convert(reader.Floats(entry.Name), entry.DType, bytes);
            writer.Append(entry.Name, bytes);
        }
        writer.Commit();
    }

    private static void Convert(float[] values, SafeTensorsDType dtype, byte[] bytes)
    {
        float[] floats = [];
        Half[] halves = [];
        ushort[] bits = [];
        if (dtype == SafeTensorsDType.F32) floats = values;
        else if (dtype == SafeTensorsDType.F16) halves = Array.ConvertAll(values, v => (Half)v);
        else if (dtype == SafeTensorsDType.BF16) bits = Array.ConvertAll(values, BFloat16.FromSingle);
        MemoryMarshal.AsBytes(floats.AsSpan()).CopyTo(bytes);
        MemoryMarshal.AsBytes(halves.AsSpan()).CopyTo(bytes);
        MemoryMarshal.AsBytes(bits.AsSpan()).CopyTo(bytes);
    }

    public static TheoryData<SafeTensorsDType, WeightFormat> Cases =>
        Make.Rows([SafeTensorsDType.F32, SafeTensorsDType.F16, SafeTensorsDType.BF16], [WeightFormat.F32, WeightFormat.BF16]);

    [Theory, MemberData(nameof(Cases))]
    public void Every_file_dtype_loads_into_32_and_16_bits_with_one_rounding(SafeTensorsDType saved, WeightFormat format)
    {
        Write(saved);
        using var model = LlamaModel.Load(_engine, _folder.Path, format);
        using var golden = SafeTensorsReader.Open(Path.Combine(LlamaGoldens.Folder(Name), "model.safetensors"));
        foreach (var p in model.Parameters)
        {
            bool norm = p.Shape.Rank == 1;
            Assert.Equal(format == WeightFormat.BF16 && !norm ? DType.BF16 : DType.F32, p.Value.DType);
            float[] expected = golden.Floats(p.Name);
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] = saved switch
                {
                    SafeTensorsDType.F16 => (float)(Half)expected[i],
                    SafeTensorsDType.BF16 => BFloat16.ToSingle(BFloat16.FromSingle(expected[i])),
                    _ => expected[i],
                };
                if (p.Value.DType == DType.BF16) expected[i] = BFloat16.ToSingle(BFloat16.FromSingle(expected[i]));
            }
            Assert.Equal(expected, p.Value.ToFloats());
        }
        Assert.Equal(format == WeightFormat.BF16 ? DType.BF16 : DType.F32, model.Activations);
    }

    [Theory, InlineData(SafeTensorsDType.F32), InlineData(SafeTensorsDType.F16), InlineData(SafeTensorsDType.BF16)]
    public void Nf4_takes_the_linear_layers_and_leaves_the_rest_in_16_or_32_bits(SafeTensorsDType saved)
    {
        Write(saved);
        using var model = LlamaModel.Load(_engine, _folder.Path, WeightFormat.Nf4);
        using var full = LlamaModel.Load(_engine, _folder.Path);
        foreach (var (linear, exact) in model.Linears.Zip(full.Linears))
        {
            using var expected = QuantizedWeight.Quantize(exact.Weight!.Value);
            Assert.Equal(WeightFormat.Nf4, linear.Quantized!.Format);
            Assert.Equal(expected.Codes.AsSpan<byte>().ToArray(), linear.Quantized.Codes.AsSpan<byte>().ToArray());
        }
        var rest = saved == SafeTensorsDType.F32 ? DType.F32 : DType.BF16;
        Assert.Equal((rest, rest, DType.F32, rest), (model.Embedding.Value.DType, model.Head!.Weight!.Value.DType, model.Norm.Weight.Value.DType, model.Activations));
    }

    [Theory, InlineData(WeightFormat.F32), InlineData(WeightFormat.BF16), InlineData(WeightFormat.Nf4)]
    public void Loading_needs_the_finished_model_and_one_tensor_more(WeightFormat format)
    {
        Write(SafeTensorsDType.F16);
        long before = _engine.Memory.LiveBytes;
        using var model = LlamaModel.Load(_engine, _folder.Path, format);
        long finished = _engine.Memory.LiveBytes - before;
        long largest = LlamaWeights.Parameters(model.Config).Max(p => p.Shape.Aggregate(1L, (a, b) => a * b)) * sizeof(float);
        Assert.InRange(_engine.Memory.PeakBytes - before, finished, finished + (format == WeightFormat.Nf4 ? largest + 4096 : 0));
    }

    [Fact]
    public void A_tied_head_that_a_file_stores_as_well_is_not_read_twice()
    {
        Write(SafeTensorsDType.F32, config: c => c.Replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", StringComparison.Ordinal));
        using var model = LlamaModel.Load(_engine, _folder.Path);
        Assert.Null(model.Head);
        Assert.DoesNotContain(model.Parameters, p => p.Name == LlamaWeights.Head);
    }

    [Fact]
    public void A_missing_tensor_is_reported_and_leaves_no_memory_behind()
    {
        Write(SafeTensorsDType.F32, s => s.Name == "model.layers.1.mlp.up_proj.weight" ? null : s);
        Report("model.safetensors: tensor 'model.layers.1.mlp.up_proj.weight': is not among the 20 tensors of the checkpoint; check that weights and config.json belong together.");
    }

    [Fact]
    public void A_wrong_shape_is_reported()
    {
        Write(SafeTensorsDType.F32, s => s.Name == "model.norm.weight" ? s with { Shape = [47] } : s);
        Report(": tensor 'model.norm.weight': must have shape (48) by config.json, but has (47); check that weights and config.json belong together.");
    }

    [Fact]
    public void A_wrong_dtype_is_reported()
    {
        Write(SafeTensorsDType.F32, s => s.Name == "model.norm.weight" ? s with { DType = SafeTensorsDType.F64 } : s);
        Report(": tensor 'model.norm.weight': must be F32, F16 or BF16, but is F64; convert the weights first.");
    }

    [Fact]
    public void A_tensor_that_the_model_has_no_place_for_is_reported_but_not_an_old_frequency_table()
    {
        Write(SafeTensorsDType.F32, more: new SafeTensorsSpec("model.layers.0.self_attn.rotary_emb.inv_freq", SafeTensorsDType.F32, [6]));
        LlamaModel.Load(_engine, _folder.Path).Dispose();
        Write(SafeTensorsDType.F32, more: new SafeTensorsSpec("model.layers.2.mlp.up_proj.weight", SafeTensorsDType.F32, [112, 48]));
        Report(": tensor 'model.layers.2.mlp.up_proj.weight': has no place in the model that config.json describes; check that weights and config.json belong together.");
    }

    [Fact]
    public void A_weight_that_is_not_finite_cannot_be_quantized()
    {
        Write(SafeTensorsDType.F16);
        byte[] file = File.ReadAllBytes(_folder.File("model.safetensors"));
        using var reader = SafeTensorsReader.Open(file, "model");
        var entry = reader.Get("model.layers.0.mlp.up_proj.weight");
        long data = file.Length - reader.Entries.Max(e => e.End);
        file.AsSpan((int)(data + entry.Begin), 2).Fill(0xFF);
        _folder.Write("model.safetensors", file);
        long before = _engine.Memory.LiveBytes;
        var e = Assert.Throws<ArgumentException>(() => LlamaModel.Load(_engine, _folder.Path, WeightFormat.Nf4));
        Assert.Equal("QuantizedWeight: weight must be finite, but element 0 is not; check the checkpoint it comes from.", e.Message);
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_folder_in_4_bits_is_not_quantized_a_second_time()
    {
        Write(SafeTensorsDType.F32, config: c => c.TrimEnd()[..^1] + ", \"quantization_config\": {\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, \"bnb_4bit_quant_type\": \"nf4\"}}");
        var e = Assert.Throws<ArgumentException>(() => LlamaModel.Load(_engine, _folder.Path, WeightFormat.Int8));
        Assert.Equal("LlamaStorage: Linears must be Nf4, F32 or BF16 for a folder whose linear layers are stored in nf4, got Int8; quantizing twice would lose twice.", e.Message);
    }

    private void Report(string ending)
    {
        long before = _engine.Memory.LiveBytes;
        var e = Assert.Throws<CheckpointFormatException>(() => LlamaModel.Load(_engine, _folder.Path));
        Assert.EndsWith(ending, e.Message, StringComparison.Ordinal);
        Assert.StartsWith(_folder.Path, e.Message, StringComparison.Ordinal);
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }
}
