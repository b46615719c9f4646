using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace RadLab.Models;

/// <summary>Reads a GGUF file (versions 2 and 3): metadata and the list of tensors, which are read into buffers of the caller.</summary>
/// <remarks>Every length and count is checked against what is left of the file before anything of that size is allocated.</remarks>
public sealed class GgufReader : IDisposable
{
    internal const uint Magic = 0x46554747;   // "GGUF"
    internal const int DefaultAlignment = 32;
    internal const string AlignmentKey = "general.alignment";

    private const int MaxEntries = 1_000_000;
    private const int MaxStringBytes = 1 << 20;
    private const int MaxKeyBytes = 65_535;
    private const int MaxDimensions = 4;
    private const int MaxAlignment = 1 << 16;
    private const string Advice = "the file is damaged, cut short or no GGUF file of version 2 or 3: copy or download it again";

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stream _stream;
    private readonly long _length;
    private readonly long _dataStart;
    private readonly Dictionary<string, GgufTensor> _byName = [];

    private GgufReader(string file, Stream stream)
    {
        (File, _stream, _length) = (file, stream, stream.Length);
        if (UInt32("magic") != Magic) throw Fail("magic", "must be 'GGUF'");
        Version = UInt32("version");
        if (Version is not (2 or 3)) throw Fail("version", Text($"must be 2 or 3, got {Version}"));
        ulong tensors = UInt64("tensor count"), entries = UInt64("metadata count");
        // of each at least name length, dimensions, type and offset; of each at least key length and type
        if (tensors > MaxEntries || (long)tensors > Left / 24) throw Fail("tensor count", Text($"must fit into the file and be at most {MaxEntries}, got {tensors}"));
        if (entries > MaxEntries || (long)entries > Left / 12) throw Fail("metadata count", Text($"must fit into the file and be at most {MaxEntries}, got {entries}"));

        var metadata = new OrderedDictionary<string, object>();
        for (ulong i = 0; i < entries; i++)
        {
            string key = String("metadata key", MaxKeyBytes);
            string field = $"metadata {CheckpointFormatException.Quote(key)}";
            if (!metadata.TryAdd(key, Value(field))) throw Fail(field, "occurs twice");
        }
        Metadata = metadata;

        var list = new List<GgufTensor>();
        for (ulong i = 0; i < tensors; i++) list.Add(Tensor());
        int alignment = Alignment();
        _dataStart = (_stream.Position + alignment - 1) / alignment * alignment;
        Check(list, alignment);
        Tensors = list;
    }

    /// <summary>The file as the caller named it.</summary>
    public string File { get; }

    public uint Version { get; }

    /// <summary>In the order of the file: numbers, bools and strings as their C# types, arrays as C# arrays.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="CheckpointFormatException">The file is not a well-formed GGUF file.</exception>
    public static GgufReader Open(string path)
    {
        if (!System.IO.File.Exists(path)) throw new FileNotFoundException($"{path}: GGUF file: must be an existing file; check the path.", path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try
        {
            return new GgufReader(path, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that is in memory already.</summary>
    /// <param name="name">What messages call it.</param>
    public static GgufReader Open(byte[] bytes, string name) => new(name, new MemoryStream(bytes, writable: false));

    /// <exception cref="CheckpointFormatException">The file has no tensor of that name.</exception>
    public GgufTensor Get(string name) => _byName.TryGetValue(name, out var tensor) ? tensor
        : throw new CheckpointFormatException(File, $"tensor {CheckpointFormatException.Quote(name)}", Text($"is not among the {Tensors.Count} tensors of the file"), "check that file and model belong together");

    /// <summary>Reads a part of a tensor's bytes; one thread at a time.</summary>
    public void ReadRange(string name, long offset, Span<byte> destination)
    {
        var tensor = Get(name);
        if (offset < 0 || destination.Length > tensor.ByteCount - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), Text($"GgufReader.ReadRange: offset {offset} and length {destination.Length} must lie within the {tensor.ByteCount} bytes of {CheckpointFormatException.Quote(name)}."));
        _stream.Position = _dataStart + tensor.Offset + offset;
        Fill(destination, "data");
    }

    public void Dispose() => _stream.Dispose();

    private long Left => _length - _stream.Position;

    private GgufTensor Tensor()
    {
        string name = String("tensor name", MaxKeyBytes);
        string field = $"tensor {CheckpointFormatException.Quote(name)}";
        uint dimensions = UInt32(field);
        if (dimensions > MaxDimensions) throw Fail(field + ", dimensions", Text($"must be at most {MaxDimensions}, got {dimensions}"));
        var shape = new long[dimensions];
        for (int i = shape.Length - 1; i >= 0; i--) shape[i] = (long)Math.Min(UInt64(field), long.MaxValue);
        var type = (GgufTensorType)UInt32(field);
        ulong offset = UInt64(field);
        if (type.Block().Elements == 0) throw Fail(field + ", type", Text($"must be a known type, got number {(uint)type}"));
        if (!type.TryByteCount(shape, out long bytes)) throw Fail(field + ", shape", $"{SafeTensorsEntry.TextOf(shape)} is no whole number of blocks of {type} below 2^63 bytes");
        var tensor = new GgufTensor(name, type, shape, (long)Math.Min(offset, long.MaxValue), bytes);
        if (!_byName.TryAdd(name, tensor)) throw Fail(field, "occurs twice");
        return tensor;
    }

    private int Alignment()
    {
        if (!Metadata.TryGetValue(AlignmentKey, out object? value)) return DefaultAlignment;
        return value is uint and >= 8 and <= MaxAlignment && BitOperations.IsPow2((uint)value) ? (int)(uint)value
            : throw Fail($"metadata '{AlignmentKey}'", Text($"must be a power of two from 8 to {MaxAlignment}"));
    }

    private void Check(List<GgufTensor> tensors, int alignment)
    {
        long data = Math.Max(0, _length - _dataStart), end = 0;
        foreach (var tensor in tensors.OrderBy(t => t.Offset).ThenBy(t => t.ByteCount))
        {
            string field = $"tensor {CheckpointFormatException.Quote(tensor.Name)}, offset";
            if (tensor.Offset % alignment != 0) throw Fail(field, Text($"must be a multiple of {alignment}, got {tensor.Offset}"));
            if (tensor.Offset < end) throw Fail(field, Text($"must not lie before {end}, where the tensor in front of it ends, got {tensor.Offset}"));
            if (tensor.ByteCount > data - tensor.Offset) throw Fail(field, Text($"{tensor.Offset} and {tensor.ByteCount} bytes must lie within the {data} bytes of data"));
            end = tensor.Offset + tensor.ByteCount;
        }
    }

    private object Value(string field)
    {
        uint type = UInt32(field);
        return type == GgufValues.Array ? Array(field) : Single(type, field);
    }

    private Array Array(string field)
    {
        uint type = UInt32(field);
        ulong count = UInt64(field);
        int size = GgufValues.Bytes(type);
        if (size == 0) throw Fail(field, Text($"must be an array of single values, got type {type}"));
        if (count > (ulong)(Left / size)) throw Fail(field, Text($"has {count} items, more than the file can hold"));
        var array = System.Array.CreateInstance(GgufValues.TypeOf(type), (int)count);
        for (int i = 0; i < array.Length; i++) array.SetValue(Single(type, field), i);
        return array;
    }

    private object Single(uint type, string field)
    {
        if (type == GgufValues.String) return String(field, MaxStringBytes);
        int size = GgufValues.Bytes(type);
        if (size == 0) throw Fail(field, Text($"has the unknown type {type}"));
        Span<byte> b = stackalloc byte[8];
        Fill(b[..size], field);
        return type switch
        {
            0 => b[0],
            1 => (sbyte)b[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(b),
            3 => BinaryPrimitives.ReadInt16LittleEndian(b),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(b),
            5 => BinaryPrimitives.ReadInt32LittleEndian(b),
            6 => BinaryPrimitives.ReadSingleLittleEndian(b),
            7 => b[0] <= 1 ? b[0] == 1 : throw Fail(field, "must be 0 or 1 for a bool"),
            10 => BinaryPrimitives.ReadUInt64LittleEndian(b),
            11 => BinaryPrimitives.ReadInt64LittleEndian(b),
            _ => BinaryPrimitives.ReadDoubleLittleEndian(b),
        };
    }

    private string String(string field, int max)
    {
        ulong length = UInt64(field);
        if (length > (ulong)Math.Min(max, Left)) throw Fail(field, Text($"has a string of {length} bytes; at most {max} fit"));
        if (length == 0) return "";
        var bytes = new byte[length];
        Fill(bytes, field);
        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Fail(field, "has a string that is not valid UTF-8");
        }
    }

    private uint UInt32(string field)
    {
        Span<byte> b = stackalloc byte[4];
        Fill(b, field);
        return BinaryPrimitives.ReadUInt32LittleEndian(b);
    }

    private ulong UInt64(string field)
    {
        Span<byte> b = stackalloc byte[8];
        Fill(b, field);
        return BinaryPrimitives.ReadUInt64LittleEndian(b);
    }

    private void Fill(Span<byte> destination, string field)
    {
        if (_stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length) throw Fail(field, "ends too early");
    }

    private CheckpointFormatException Fail(string field, string problem) => new(File, field, problem, Advice);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
