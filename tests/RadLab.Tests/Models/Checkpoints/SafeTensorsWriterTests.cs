using System.Text;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class SafeTensorsWriterTests
{
    private static byte[] Write(IReadOnlyList<SafeTensorsSpec> specs, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        var stream = new MemoryStream();
        using var writer = SafeTensorsWriter.Create(stream, specs, metadata);
        byte value = 1;
        foreach (var entry in writer.Entries)
            writer.Append(entry.Name, Enumerable.Repeat(value++, (int)entry.ByteCount).ToArray());
        writer.Commit();
        return stream.ToArray();
    }

    private static string HeaderOf(byte[] file) => Encoding.UTF8.GetString(file, 8, (int)BitConverter.ToUInt64(file, 0));

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        byte[] file = Write([new("attn.0", SafeTensorsDType.U8, [2, 2])]);
        // 60 bytes of JSON, padded to 64
        const string Header = """{"attn.0":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}    """;
        Assert.Equal(64, Header.Length);
        Assert.Equal([64, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(Header), 1, 1, 1, 1], file);
    }

    [Fact]
    public void An_empty_file_is_two_braces_and_padding() =>
        Assert.Equal([8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32], Write([]));

    [Fact]
    public void Metadata_comes_first_in_the_given_order()
    {
        string header = HeaderOf(Write([new("a", SafeTensorsDType.U8, [0])], [new("z", "1"), new("b", "2")]));
        Assert.StartsWith("""{"__metadata__":{"z":"1","b":"2"},"a":{""", header, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_are_sorted_by_dtype_from_wide_to_narrow_and_then_by_name()
    {
        // every type once, in the order BOOL ... U64, so the file must have them backwards
        var all = Enum.GetValues<SafeTensorsDType>();
        string[] expected = ["U64", "I64", "F64", "C64", "F32", "U32", "I32", "BF16", "F16", "U16", "I16", "F8_E5M2FNUZ", "F8_E4M3FNUZ",
            "F8_E8M0", "F8_E4M3", "F8_E5M2", "I8", "U8", "F6_E3M2", "F6_E2M3", "F4", "BOOL"];
        using var reader = SafeTensorsReader.Open(Write([.. all.Select(t => new SafeTensorsSpec(t.Name(), t, [4]))]), "f");
        Assert.Equal(expected, reader.Entries.Select(e => e.Name));

        using var named = SafeTensorsReader.Open(Write([new("b", SafeTensorsDType.F32, [1]), new("a", SafeTensorsDType.F32, [1]), new("B", SafeTensorsDType.F32, [1])]), "f");
        Assert.Equal(["B", "a", "b"], named.Entries.Select(e => e.Name));
    }

    [Fact]
    public void Names_are_ordered_by_UTF8_bytes_and_not_by_UTF16_units()
    {
        // U+FF61 is EF BD A1, U+1F600 is F0 9F 98 80; in UTF-16 the second starts with D83D and would come first
        using var reader = SafeTensorsReader.Open(Write([new("\U0001F600", SafeTensorsDType.U8, [1]), new("\uFF61", SafeTensorsDType.U8, [1])]), "f");
        Assert.Equal(["\uFF61", "\U0001F600"], reader.Entries.Select(e => e.Name));
    }

    [Fact]
    public void Only_what_JSON_demands_is_escaped()
    {
        string header = HeaderOf(Write([], [new("k", "a\"b\\c/d\n\t\r\b\f\u0001\u007f<é>+\U0001F600")]));
        Assert.Equal("{\"__metadata__\":{\"k\":\"a\\\"b\\\\c/d\\n\\t\\r\\b\\f\\u0001\u007f<é>+\U0001F600\"}}", header.TrimEnd(' '));
    }

    [Fact]
    public void The_order_of_the_specs_does_not_change_the_bytes()
    {
        SafeTensorsSpec[] specs = [new("a", SafeTensorsDType.BF16, [3]), new("b", SafeTensorsDType.F32, [2, 2]), new("c", SafeTensorsDType.U8, []), new("d", SafeTensorsDType.F32, [0, 5])];
        Assert.Equal(Write(specs), Write([.. specs.Reverse()]));
    }

    [Fact]
    public void A_tensor_may_be_appended_in_parts_and_the_file_appears_only_at_the_end()
    {
        using var folder = new TemporaryModelFolder();
        string path = folder.Write("w.safetensors", "old");
        using (var writer = SafeTensorsWriter.Create(path, [new("a", SafeTensorsDType.U8, [3]), new("none", SafeTensorsDType.I64, [0])]))
        {
            writer.Append("none", []);
            writer.Append("a", [1]);
            writer.Append("a", [2, 3]);
            Assert.Equal("old", File.ReadAllText(path));
            writer.Commit();
        }
        Assert.Equal(["w.safetensors"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName));
        using var reader = SafeTensorsReader.Open(path);
        var bytes = new byte[3];
        reader.Read("a", bytes);
        Assert.Equal([1, 2, 3], bytes);
    }

    [Fact]
    public void A_writer_that_is_not_committed_leaves_nothing_behind()
    {
        using var folder = new TemporaryModelFolder();
        using (var writer = SafeTensorsWriter.Create(folder.File("w.safetensors"), [new("a", SafeTensorsDType.U8, [3])]))
            writer.Append("a", [1]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Bytes_for_the_wrong_tensor_too_many_or_too_few_are_refused()
    {
        using var writer = SafeTensorsWriter.Create(new MemoryStream(), [new("a", SafeTensorsDType.U8, [3]), new("b", SafeTensorsDType.U8, [1])]);
        var order = Assert.Throws<InvalidOperationException>(() => writer.Append("b", [1]));
        Assert.Equal("SafeTensorsWriter.Append: the next tensor must be 'a', got 'b'; follow the order of Entries.", order.Message);
        writer.Append("a", [1]);
        var many = Assert.Throws<ArgumentException>(() => writer.Append("a", [1, 2, 3]));
        Assert.StartsWith("SafeTensorsWriter.Append: 'a' has room for 2 more bytes, got 3.", many.Message, StringComparison.Ordinal);
        var few = Assert.Throws<InvalidOperationException>(writer.Commit);
        Assert.Equal("SafeTensorsWriter.Commit: 'a' must have 3 bytes, got 1; append the rest first.", few.Message);
        writer.Append("a", [1, 2]);
        writer.Append("b", [1]);
        var done = Assert.Throws<InvalidOperationException>(() => writer.Append("b", [1]));
        Assert.Equal("SafeTensorsWriter.Append: all tensors are complete, got 'b'; follow the order of Entries.", done.Message);
        writer.Commit();
        Assert.Throws<ObjectDisposedException>(writer.Commit);
    }

    public static TheoryData<string, long[], string> BadSpecs => new()
    {
        { "__metadata__", [1], "a tensor must not be called '__metadata__'." },
        { "twice", [1], "tensor 'twice' must occur once, got it twice." },
        { "a", [-1], "tensor 'a' must fill whole bytes of a file below 2^63, got shape (-1) of U8." },
        { "a", [long.MaxValue, 2], "tensor 'a' must fill whole bytes of a file below 2^63, got shape (9223372036854775807, 2) of U8." },
        { "a", [long.MaxValue], "tensor 'a' must fill whole bytes of a file below 2^63, got shape (9223372036854775807) of U8." },
    };

    [Theory, MemberData(nameof(BadSpecs))]
    public void An_impossible_tensor_is_refused_before_a_file_is_made(string name, long[] shape, string problem)
    {
        using var folder = new TemporaryModelFolder();
        SafeTensorsSpec[] specs = [new("twice", SafeTensorsDType.U8, [1]), new(name, SafeTensorsDType.U8, shape)];
        var e = Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Create(folder.File("w"), specs));
        Assert.Equal("SafeTensorsWriter: " + problem, e.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused_instead_of_being_replaced()
    {
        const string Problem = "SafeTensorsWriter: names and metadata must be valid Unicode, got half of a surrogate pair.";
        Assert.Equal(Problem, Assert.Throws<ArgumentException>(() => Write([new("\ud800", SafeTensorsDType.U8, [1])])).Message);
        Assert.Equal(Problem, Assert.Throws<ArgumentException>(() => Write([], [new("k", "\udc00")])).Message);
    }

    [Fact]
    public void A_repeated_metadata_key_and_too_many_dimensions_are_refused()
    {
        Assert.Equal("SafeTensorsWriter: metadata key 'k' must occur once, got it twice.",
            Assert.Throws<ArgumentException>(() => Write([], [new("k", "1"), new("k", "2")])).Message);
        Assert.Equal("SafeTensorsWriter: tensor 'a' must have at most 32 dimensions, got 33.",
            Assert.Throws<ArgumentException>(() => Write([new("a", SafeTensorsDType.U8, new long[33])])).Message);
    }
}
