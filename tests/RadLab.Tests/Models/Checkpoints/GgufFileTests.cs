using System.Buffers.Binary;
using System.Text;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class GgufFileTests
{
    private static readonly KeyValuePair<string, object>[] s_metadata =
    [
        new("a.u8", (byte)1), new("a.i8", (sbyte)-1), new("a.u16", (ushort)2), new("a.i16", (short)-2), new("a.u32", 3u), new("a.i32", -3), new("a.f32", 0.5f), new("a.bool", true),
        new("a.text", "né\n"), new("a.u64", 4ul), new("a.i64", -4L), new("a.f64", 0.25), new("a.texts", new[] { "x", "", "yy" }), new("a.floats", new[] { 1f, 2f }), new("a.none", Array.Empty<int>()),
    ];

    internal static byte[] Small()
    {
        var stream = new MemoryStream();
        using var writer = GgufWriter.Create(stream, s_metadata, [("first", GgufTensorType.F32, [3, 1]), ("second", GgufTensorType.Q4_0, [2, 32]), ("third", GgufTensorType.F16, [5])]);
        writer.Append("first", Bytes(1, 12)[..5]);
        writer.Append("first", Bytes(1, 12)[5..]);
        writer.Append("second", Bytes(2, 36));
        writer.Append("third", Bytes(3, 10));
        writer.Commit();
        return stream.ToArray();
    }

    private static byte[] Bytes(int seed, int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(seed * 50 + i))];

    [Fact]
    public void Everything_that_is_written_is_read()
    {
        using var file = GgufReader.Open(Small(), "made");
        Assert.Equal(3u, file.Version);
        Assert.Equal(s_metadata.Select(p => p.Key), file.Metadata.Keys);
        foreach (var (key, value) in s_metadata)
        {
            Assert.Equal(value.GetType(), file.Metadata[key].GetType());
            Assert.Equal(value, file.Metadata[key]);
        }
        Assert.Equal(["first F32 (3, 1) 0 12", "second Q4_0 (2, 32) 32 36", "third F16 (5) 96 10"], file.Tensors.Select(t => $"{t.Name} {t.Type} {t.ShapeText} {t.Offset} {t.ByteCount}"));
        foreach (var (name, bytes) in new[] { ("first", Bytes(1, 12)), ("second", Bytes(2, 36)), ("third", Bytes(3, 10)) })
        {
            var read = new byte[bytes.Length];
            file.ReadRange(name, 0, read);
            Assert.Equal(bytes, read);
        }
        var part = new byte[2];
        file.ReadRange("second", 34, part);
        Assert.Equal(Bytes(2, 36)[34..], part);
    }

    // The layout byte by byte, without the writer's own reader.
    [Fact]
    public void The_bytes_follow_the_format()
    {
        var stream = new MemoryStream();
        using var writer = GgufWriter.Create(stream, [new("k", 7u)], [("t", GgufTensorType.F32, [2, 1])]);
        writer.Append("t", [1, 2, 3, 4, 5, 6, 7, 8]);
        writer.Commit();
        byte[] header =
        [
            .. "GGUF"u8, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, (byte)'k', 4, 0, 0, 0, 7, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, (byte)'t', 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        byte[] expected = [.. header, .. new byte[(32 - header.Length % 32) % 32], 1, 2, 3, 4, 5, 6, 7, 8, .. new byte[24]];
        Assert.Equal(expected, stream.ToArray());
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "magic", "magic: must be 'GGUF'" },
        { "version", "version: must be 2 or 3, got 9" },
        { "tensors", "tensor count: must fit into the file and be at most 1000000, got 4611686018427387907" },
        { "entries", "metadata count: must fit into the file and be at most 1000000, got 4611686018427387919" },
        { "key length", "metadata key: has a string of 1152921504606846980 bytes; at most 65535 fit" },
        { "utf8", "metadata key: has a string that is not valid UTF-8" },
        { "twice", "metadata 'a.u8': occurs twice" },
        { "value type", "metadata 'a.u8': has the unknown type 99" },
        { "bool", "metadata 'a.bool': must be 0 or 1 for a bool" },
        { "array count", "metadata 'a.texts': has 1152921504606846979 items, more than the file can hold" },
        { "array type", "metadata 'a.texts': must be an array of single values, got type 9" },
        { "cut", "tensor 'second': ends too early" },
        { "dimensions", "tensor 'first', dimensions: must be at most 4, got 5" },
        { "type", "tensor 'first', type: must be a known type, got number 77" },
        { "shape", "tensor 'second', shape: (2, 33) is no whole number of blocks of Q4_0 below 2^63 bytes" },
        { "large", "tensor 'second', shape: (9223372036854775807, 32) is no whole number of blocks of Q4_0 below 2^63 bytes" },
        { "unaligned", "tensor 'second', offset: must be a multiple of 32, got 33" },
        { "overlap", "tensor 'second', offset: must not lie before 12, where the tensor in front of it ends, got 0" },
        { "outside", "tensor 'second', offset: 1048576 and 36 bytes must lie within the 128 bytes of data" },
        { "same tensor", "tensor 'first': occurs twice" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void A_damaged_file_is_reported_by_field(string damage, string problem)
    {
        byte[] file = Damage(Small(), damage);
        var e = Assert.Throws<CheckpointFormatException>(() => GgufReader.Open(file, "made"));
        Assert.StartsWith("made: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.EndsWith("; the file is damaged, cut short or no GGUF file of version 2 or 3: copy or download it again.", e.Message, StringComparison.Ordinal);
    }

    private static byte[] Damage(byte[] file, string damage)
    {
        switch (damage)
        {
            case "magic": file[0] = 0; break;
            case "version": file[4] = 9; break;
            case "tensors": file[15] = 0x40; break;
            case "entries": file[23] = 0x40; break;
            case "key length": file[31] = 0x10; break;
            case "utf8": file[32] = 0xFF; break;
            case "twice": "a.u8"u8.CopyTo(file.AsSpan(At(file, "a.i8"))); break;
            case "value type": file[At(file, "a.u8") + 4] = 99; break;
            case "bool": file[At(file, "a.bool") + 10] = 2; break;
            case "array count": file[At(file, "a.texts") + 7 + 4 + 4 + 7] = 0x10; break;
            case "array type": file[At(file, "a.texts") + 7 + 4] = 9; break;
            case "cut": return file[..(At(file, "second") + 8)];
            case "dimensions": file[At(file, "first") + 5] = 5; break;
            case "type": file[At(file, "first") + 5 + 4 + 16] = 77; break;
            case "shape": file[At(file, "second") + 6 + 4] = 33; break;
            case "large": BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(At(file, "second") + 6 + 4 + 8), ulong.MaxValue); break;
            case "unaligned": file[At(file, "second") + 6 + 4 + 16 + 4] = 33; break;
            case "overlap": file[At(file, "second") + 6 + 4 + 16 + 4] = 0; break;
            case "outside": file[At(file, "second") + 6 + 4 + 16 + 4 + 2] = 16; file[At(file, "second") + 6 + 4 + 16 + 4] = 0; break;
            case "same tensor": "first"u8.CopyTo(file.AsSpan(At(file, "third"))); break;
        }
        return file;
    }

    private static int At(byte[] file, string text) => file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void A_writer_that_is_misused_says_how()
    {
        var stream = new MemoryStream();
        using var writer = GgufWriter.Create(stream, [], [("a", GgufTensorType.F32, [2]), ("b", GgufTensorType.F32, [1])]);
        Assert.Equal("GgufWriter.Append: the next tensor must be 'a', got 'b'; follow the order of Tensors.", Assert.Throws<InvalidOperationException>(() => writer.Append("b", [])).Message);
        Assert.StartsWith("GgufWriter.Append: 'a' has room for 8 more bytes, got 9.", Assert.Throws<ArgumentException>(() => writer.Append("a", new byte[9])).Message, StringComparison.Ordinal);
        Assert.Equal("GgufWriter.Commit: 'a' must have 8 bytes, got 0; append the rest first.", Assert.Throws<InvalidOperationException>(writer.Commit).Message);
        Assert.Equal("GgufWriter: tensor 'c' must have rows of whole blocks, got shape (2, 31) of Q8_0.", Assert.Throws<ArgumentException>(() => GgufWriter.Create(stream, [], [("c", GgufTensorType.Q8_0, [2, 31])])).Message);
        Assert.Equal("GgufWriter: a metadata value must be a number, a bool, a string or an array of these, got Decimal.", Assert.Throws<ArgumentException>(() => GgufWriter.Create(stream, [new("k", 1m)], [])).Message);
    }

    [Fact]
    public void A_file_that_is_not_complete_leaves_nothing()
    {
        using var folder = new TemporaryModelFolder();
        using (var writer = GgufWriter.Create(folder.File("x.gguf"), [], [("a", GgufTensorType.F32, [2])])) writer.Append("a", new byte[4]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_tokenizer_goes_into_the_metadata_and_must_be_consistent()
    {
        var bpe = new GgufTokenizer("gpt2", ["a", "b", "ab"], [1, 1, 3], 2, 2, Merges: ["a b"], PreTokenizer: "llama-bpe").Metadata().ToDictionary();
        Assert.Equal(["tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token"], bpe.Keys);
        Assert.Equal(new[] { 0f, -1f }, new GgufTokenizer("llama", ["a", "b"], [1, 6], 0, 1, Scores: [0, -1]).Metadata().ToDictionary()["tokenizer.ggml.scores"]);
        var e = Assert.Throws<ArgumentException>(() => new GgufTokenizer("llama", ["a", "b"], [1], 0, 1).Metadata().ToList());
        Assert.Equal("GgufTokenizer: tokens, types and scores must be equally many, got 2, 1 and 2.", e.Message);
    }
}
