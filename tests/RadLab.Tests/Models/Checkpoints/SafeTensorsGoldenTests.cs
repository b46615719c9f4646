using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Files that another implementation wrote are read, and come out of the writer as the same bytes.</summary>
public sealed class SafeTensorsGoldenTests
{
    public static TheoryData<string, string> OneDType => Files(["model", "expected.lora", "expected.rslora", "expected.dora", "expected.greedy"]);

    public static TheoryData<string, string> SeveralDTypes => Files(["expected.full"]);

    [Theory, MemberData(nameof(OneDType))]
    public void A_file_of_another_writer_is_rewritten_byte_for_byte(string model, string file)
    {
        string path = Path.Combine(LlamaGoldens.Folder(model), file);
        using var reader = SafeTensorsReader.Open(path);
        Assert.True(File.ReadAllBytes(path).AsSpan().SequenceEqual(Rewrite(reader)), $"{model}/{file} differs after a round trip");
    }

    // Their writer sorts by name alone, which differs from the format's order where a wider type comes later.
    [Theory, MemberData(nameof(SeveralDTypes))]
    public void A_file_in_another_order_keeps_its_tensors(string model, string file)
    {
        using var reader = SafeTensorsReader.Open(Path.Combine(LlamaGoldens.Folder(model), file));
        Assert.Equal(reader.Entries.Select(e => e.Name).Order(StringComparer.Ordinal), reader.Entries.Select(e => e.Name));
        using var copy = SafeTensorsReader.Open(Rewrite(reader), "copy");
        Assert.Equal(["input_ids", "labels"], copy.Entries.Take(2).Select(e => e.Name));   // I64 before F32
        Assert.Equal(reader.Entries.Count, copy.Entries.Count);
        foreach (var entry in reader.Entries)
        {
            Assert.Equal((entry.DType, entry.ShapeText), (copy.Get(entry.Name).DType, copy.Get(entry.Name).ShapeText));
            Assert.Equal(BytesOf(reader, entry.Name), BytesOf(copy, entry.Name));
        }
    }

    private static TheoryData<string, string> Files(string[] stems)
    {
        var files = new TheoryData<string, string>();
        foreach (string model in LlamaGoldens.Models)
            foreach (string stem in stems) files.Add(model, stem + ".safetensors");
        return files;
    }

    private static byte[] Rewrite(SafeTensorsReader reader)
    {
        var copy = new MemoryStream();
        // reversed, so that the order of the result is the writer's own
        using var writer = SafeTensorsWriter.Create(copy, reader.Entries.Reverse().Select(e => new SafeTensorsSpec(e.Name, e.DType, e.Shape)), reader.Metadata);
        foreach (var entry in writer.Entries) writer.Append(entry.Name, BytesOf(reader, entry.Name));
        writer.Commit();
        return copy.ToArray();
    }

    private static byte[] BytesOf(SafeTensorsReader reader, string name)
    {
        var bytes = new byte[reader.Get(name).ByteCount];
        reader.Read(name, bytes);
        return bytes;
    }

    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void A_model_folder_has_exactly_the_parameters_of_its_config(string model)
    {
        var config = LlamaConfig.Load(LlamaGoldens.Folder(model));
        using var checkpoint = ShardedCheckpoint.Open(LlamaGoldens.Folder(model));
        var expected = LlamaWeights.Parameters(config).Select(p => $"{p.Name} {ShapeText(p.Shape)}").Order(StringComparer.Ordinal);
        Assert.Equal(expected, checkpoint.Entries.Select(e => $"{e.Name} {e.ShapeText}").Order(StringComparer.Ordinal));
        Assert.Equal(LlamaWeights.Count(config) * sizeof(float), checkpoint.TotalBytes);
    }

    private static string ShapeText(int[] shape) => $"({string.Join(", ", shape)})";
}
