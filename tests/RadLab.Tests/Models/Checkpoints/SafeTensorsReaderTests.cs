using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class SafeTensorsReaderTests
{
    private const string Advice = "the file is damaged, cut short or no safetensors file: copy or download it again.";

    private static SafeTensorsReader Open(string header, params byte[] data) =>
        SafeTensorsReader.Open(RawSafeTensors.Build(header, data), "f.safetensors");

    [Fact]
    public void Entries_come_in_the_order_of_the_data_with_metadata_apart()
    {
        using var reader = Open(
            """{"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},"__metadata__":{"z":"1","a":"é"},"a":{"data_offsets":[0,4],"shape":[2,1],"dtype":"BF16"}}   """,
            1, 2, 3, 4, 5, 6, 7);

        Assert.Equal(["a", "b"], reader.Entries.Select(e => e.Name));
        Assert.Equal(["z", "a"], reader.Metadata.Keys);
        Assert.Equal("é", reader.Metadata["a"]);
        Assert.Equal(SafeTensorsDType.BF16, reader.Get("a").DType);
        Assert.Equal([2, 1], reader.Get("a").Shape);
        var bytes = new byte[3];
        reader.Read("b", bytes);
        Assert.Equal([5, 6, 7], bytes);
    }

    [Fact]
    public void A_scalar_has_one_element_and_an_empty_tensor_none()
    {
        using var reader = Open(
            """{"none":{"dtype":"F32","shape":[2,0],"data_offsets":[0,0]},"one":{"dtype":"I32","shape":[],"data_offsets":[0,4]},"last":{"dtype":"F64","shape":[0],"data_offsets":[4,4]}}""",
            7, 0, 0, 0);
        Assert.Equal(0, reader.Get("none").ByteCount);
        Assert.Equal("()", reader.Get("one").ShapeText);
        reader.Read("last", []);
        var scalar = new byte[4];
        reader.Read("one", scalar);
        Assert.Equal(7, BinaryPrimitives.ReadInt32LittleEndian(scalar));
    }

    [Fact]
    public void A_file_without_tensors_is_valid()
    {
        using var reader = Open("{}      ");
        Assert.Empty(reader.Entries);
        Assert.Empty(reader.Metadata);
    }

    [Theory]
    [InlineData("BOOL", 8), InlineData("U8", 8), InlineData("I8", 8), InlineData("F8_E5M2", 8), InlineData("F8_E4M3", 8), InlineData("F8_E8M0", 8)]
    [InlineData("F8_E4M3FNUZ", 8), InlineData("F8_E5M2FNUZ", 8), InlineData("I16", 16), InlineData("U16", 16), InlineData("F16", 16), InlineData("BF16", 16)]
    [InlineData("I32", 32), InlineData("U32", 32), InlineData("F32", 32), InlineData("F64", 64), InlineData("I64", 64), InlineData("U64", 64)]
    [InlineData("F4", 4), InlineData("F6_E2M3", 6), InlineData("F6_E3M2", 6), InlineData("C64", 64)]
    public void Every_dtype_has_its_width(string dtype, int bits)
    {
        int bytes = 12 * bits / 8;
        using var reader = Open($$$"""{"t":{"dtype":"{{{dtype}}}","shape":[3,4],"data_offsets":[0,{{{bytes}}}]}}""", new byte[bytes]);
        Assert.Equal(bytes, reader.Get("t").ByteCount);
        Assert.Equal(dtype, reader.Get("t").DType.Name());
    }

    public static TheoryData<string, int, string> BadHeaders => new()
    {
        { "", 0, "header: must start with '{'" },
        { " {}", 0, "header: must start with '{'" },
        { "[]", 0, "header: must start with '{'" },
        { "{}\n", 0, "header: must end with '}', followed by nothing but spaces" },
        { "{}{}", 0, "header: is not valid JSON near byte 2, or is nested too deeply" },
        { "{\"a\":}", 0, "header: is not valid JSON near byte 5, or is nested too deeply" },
        { "{/**/}", 0, "header: is not valid JSON near byte 1, or is nested too deeply" },
        { "{\"a\":1}", 0, "tensor 'a': must be an object" },
        { """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "header: has the key 'a' twice" },
        { """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "header: has the key 'a' twice" },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, "header: has the key '__metadata__' twice" },
        { """{"__metadata__":{"k":"1","k":"2"}}""", 0, "__metadata__: has the key 'k' twice" },
        { """{"__metadata__":{"k":1}}""", 0, "__metadata__: must be a string" },
        { """{"__metadata__":null}""", 0, "__metadata__: must be an object" },
        { """{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "tensor 'a': has the key 'dtype' twice" },
        { """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"stride":[1]}}""", 0, "tensor 'a': has the unknown field 'stride'" },
        { """{"a":{"dtype":"U8","shape":[0]}}""", 0, "tensor 'a': must have dtype, shape and data_offsets" },
        { """{"a":{"dtype":"f32","shape":[0],"data_offsets":[0,0]}}""", 0, "tensor 'a', dtype: is 'f32', which is not known" },
        { """{"a":{"dtype":8,"shape":[0],"data_offsets":[0,0]}}""", 0, "tensor 'a', dtype: must be a string" },
        { """{"a":{"dtype":"U8","shape":0,"data_offsets":[0,0]}}""", 0, "tensor 'a', shape: must be an array" },
        { """{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}""", 0, "tensor 'a', shape: must hold whole numbers from 0 to 2^63 - 1" },
        { """{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}""", 0, "tensor 'a', shape: must hold whole numbers from 0 to 2^63 - 1" },
        { """{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", 1, "tensor 'a', shape: must hold whole numbers from 0 to 2^63 - 1" },
        { """{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}""", 1, "tensor 'a', shape: must hold whole numbers from 0 to 2^63 - 1" },
        { """{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0]}}""", 0, "tensor 'a', shape: must hold whole numbers from 0 to 2^63 - 1" },
        { """{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}""", 1, "header: is not valid JSON near byte 28, or is nested too deeply" },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "tensor 'a', shape: (4294967296, 4294967296) of F32 is no whole number of bytes below 2^63" },
        { """{"a":{"dtype":"U8","shape":[9223372036854775807,9223372036854775807,9223372036854775807],"data_offsets":[0,1]}}""", 1, "tensor 'a', shape: (9223372036854775807, 9223372036854775807, 9223372036854775807) of U8 is no whole number of bytes below 2^63" },
        { """{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, "tensor 'a', shape: (3) of F4 is no whole number of bytes below 2^63" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "tensor 'a', data_offsets: must span 8 bytes for shape (2) of F32, got 4" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "tensor 'a', data_offsets: must be two numbers, the second not below the first" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "tensor 'a', data_offsets: must be two numbers, the second not below the first" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1, "tensor 'a', data_offsets: must hold at most 2 numbers" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "tensor 'a', data_offsets: must begin at 0, where the tensor before it ends, got 1 (a hole)" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "tensor 'b', data_offsets: must begin at 2, where the tensor before it ends, got 1 (an overlap)" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 3, "data: must be 2 bytes long, as the header says, got 3" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, "data: must be 2 bytes long, as the header says, got 1" },
        { """{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "header: holds a string that is not valid Unicode" },
    };

    [Theory, MemberData(nameof(BadHeaders))]
    public void A_malformed_header_is_refused_by_field(string header, int dataBytes, string problem)
    {
        var e = Assert.Throws<CheckpointFormatException>(() => Open(header, new byte[dataBytes]));
        Assert.Equal($"f.safetensors: {problem}; {Advice}", e.Message);
        Assert.Equal("f.safetensors", e.File);
    }

    [Fact]
    public void More_dimensions_than_32_are_refused()
    {
        string shape = string.Join(',', Enumerable.Repeat("1", 33));
        var e = Assert.Throws<CheckpointFormatException>(() => Open($$$"""{"a":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,1]}}""", 0));
        Assert.Equal("tensor 'a', shape", e.Field);
        Assert.Contains("must hold at most 32 numbers", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"__metadata__":{"k":"?"}}""");
        header[Array.IndexOf(header, (byte)'?')] = 0xFF;
        var e = Assert.Throws<CheckpointFormatException>(() => SafeTensorsReader.Open(RawSafeTensors.Build(header, []), "f"));
        Assert.Equal($"f: header: is not valid UTF-8; {Advice}", e.Message);
    }

    [Theory]
    [InlineData(100_000_001UL, "must be at most 100000000 bytes, got 100000001")]
    [InlineData(ulong.MaxValue, "must be at most 100000000 bytes, got 18446744073709551615")]
    [InlineData(100_000_000UL, "must fit into the 2 bytes that follow it, got 100000000")]
    [InlineData(3UL, "must fit into the 2 bytes that follow it, got 3")]
    public void A_header_length_beyond_the_file_is_refused_before_anything_is_allocated(ulong length, string problem)
    {
        byte[] file = RawSafeTensors.Build("{}");
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<CheckpointFormatException>(() => SafeTensorsReader.Open(file, "f"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal($"f: header length: {problem}; {Advice}", e.Message);
    }

    [Fact]
    public void A_file_shorter_than_its_length_field_is_refused()
    {
        var e = Assert.Throws<CheckpointFormatException>(() => SafeTensorsReader.Open(new byte[7], "f"));
        Assert.StartsWith("f: header length: needs 8 bytes, but the file has 7;", e.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_file_cut_short_while_open_gives_an_exception_and_not_a_crash()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows does not let another program cut a file that is open");
        using var folder = new TemporaryModelFolder();
        byte[] data = new byte[1 << 16];
        string path = folder.Write("t.safetensors", RawSafeTensors.Build($$$"""{"a":{"dtype":"U8","shape":[{{{data.Length}}}],"data_offsets":[0,{{{data.Length}}}]}}""", data));
        using var reader = SafeTensorsReader.Open(path);
        CutFile.To(path, 5000);

        var e = Assert.Throws<CheckpointFormatException>(() => reader.Read("a", new byte[data.Length]));
        Assert.Contains("data: ends at byte 5000: the file was cut short after it was opened", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var e = Assert.Throws<FileNotFoundException>(() => SafeTensorsReader.Open("no/such.safetensors"));
        Assert.Equal("no/such.safetensors: safetensors file: must be an existing file; check the path.", e.Message);
    }

    [Fact]
    public void Reading_a_part_starts_at_the_offset_within_the_tensor()
    {
        using var folder = new TemporaryModelFolder();
        string path = folder.Write("t.safetensors", RawSafeTensors.Build(
            """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 1, 2, 3, 4, 5, 6));
        using var reader = SafeTensorsReader.Open(path);
        var part = new byte[2];
        reader.ReadRange("b", 1, part);
        Assert.Equal([4, 5], part);
        reader.ReadRange("b", 4, []);

        var e = Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadRange("b", 3, part));
        Assert.StartsWith("SafeTensorsReader.ReadRange: offset 3 and length 2 must lie within the 4 bytes of 'b'.", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadRange("b", -1, part));
    }

    [Fact]
    public void A_buffer_of_another_size_and_an_unknown_tensor_are_refused()
    {
        using var reader = Open("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, 2);
        var size = Assert.Throws<ArgumentException>(() => reader.Read("a", new byte[3]));
        Assert.StartsWith("SafeTensorsReader.Read: destination must have the 2 bytes of 'a', got 3; use ReadRange for a part.", size.Message, StringComparison.Ordinal);
        var name = Assert.Throws<CheckpointFormatException>(() => reader.Get("b"));
        Assert.Equal("f.safetensors: tensor 'b': is not among the 1 tensors of the file; check that file and model belong together.", name.Message);
    }

    [Fact]
    public void A_hostile_name_cannot_break_the_line_of_a_message()
    {
        string name = "\\n\\u001b[2J" + new string('x', 500);
        var e = Assert.Throws<CheckpointFormatException>(() => Open($$$"""{"{{{name}}}":1}"""));
        Assert.DoesNotContain(e.Message, char.IsControl);
        Assert.InRange(e.Message.Length, 1, 300);
    }
}
