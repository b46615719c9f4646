using System.Globalization;

namespace RadLab.Models;

/// <summary>
/// The JSON at the start of a safetensors file: per tensor <c>{"dtype","shape","data_offsets":[begin,end]}</c>, and <c>__metadata__</c>
/// from string to string. The tensors must cover the data section exactly: no hole, no overlap, nothing behind the last one.
/// </summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>The limit of the reference implementation.</summary>
    public const int MaxBytes = 100_000_000;

    public const int MaxTensors = 1_000_000;
    public const int MaxDimensions = 32;
    public const string MetadataKey = "__metadata__";

    private const int MaxDepth = 3;   // file, tensor, shape
    private const string Advice = "the file is damaged, cut short or no safetensors file: copy or download it again";

    private SafeTensorsHeader(IReadOnlyList<SafeTensorsEntry> entries, OrderedDictionary<string, string> metadata)
    {
        Entries = entries;
        Metadata = metadata;
    }

    /// <summary>In the order of the data.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>In the order of the file.</summary>
    public OrderedDictionary<string, string> Metadata { get; }

    /// <summary>Checks the eight bytes in front of the header.</summary>
    /// <returns>The length of the header.</returns>
    public static int CheckLength(ulong length, long fileLength, string file)
    {
        if (length > MaxBytes)
            throw Fail(file, "header length", Text($"must be at most {MaxBytes} bytes, got {length}"));
        if ((long)length > fileLength - 8)
            throw Fail(file, "header length", Text($"must fit into the {fileLength - 8} bytes that follow it, got {length}"));
        return (int)length;
    }

    /// <param name="dataLength">Bytes between the end of the header and the end of the file.</param>
    public static SafeTensorsHeader Parse(ReadOnlySpan<byte> header, long dataLength, string file)
    {
        var text = header.TrimEnd((byte)' ');
        if (text.IsEmpty || text[0] != '{') throw Fail(file, "header", "must start with '{'");
        if (text[^1] != '}') throw Fail(file, "header", "must end with '}', followed by nothing but spaces");

        var json = new StrictJson(text, file, "header", MaxDepth, Advice);
        var metadata = new OrderedDictionary<string, string>();
        var entries = new List<SafeTensorsEntry>();
        var names = new HashSet<string>();
        var fields = new HashSet<string>();
        json.BeginObject("header");
        while (json.TryKey(names, "header", out string name))
        {
            if (name == MetadataKey)
            {
                ReadMetadata(ref json, metadata);
                continue;
            }
            if (entries.Count == MaxTensors) throw json.Fail("header", Text($"must name at most {MaxTensors} tensors"));
            fields.Clear();
            entries.Add(ReadTensor(ref json, name, fields));
        }
        json.End();
        return new SafeTensorsHeader(InDataOrder(entries, dataLength, file), metadata);
    }

    private static void ReadMetadata(ref StrictJson json, OrderedDictionary<string, string> metadata)
    {
        var seen = new HashSet<string>();
        json.BeginObject(MetadataKey);
        while (json.TryKey(seen, MetadataKey, out string key)) metadata.Add(key, json.ReadString(MetadataKey));
    }

    private static SafeTensorsEntry ReadTensor(ref StrictJson json, string name, HashSet<string> fields)
    {
        string tensor = $"tensor {CheckpointFormatException.Quote(name)}";
        SafeTensorsDType? dtype = null;
        List<long>? shape = null, offsets = null;
        json.BeginObject(tensor);
        while (json.TryKey(fields, tensor, out string key))
        {
            switch (key)
            {
                case "dtype":
                    string type = json.ReadString($"{tensor}, dtype");
                    if (!SafeTensorsDTypes.TryParse(type, out var parsed))
                        throw json.Fail($"{tensor}, dtype", $"is {CheckpointFormatException.Quote(type)}, which is not known");
                    dtype = parsed;
                    break;
                case "shape":
                    shape = ReadNumbers(ref json, $"{tensor}, shape", MaxDimensions);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(ref json, $"{tensor}, data_offsets", 2);
                    break;
                default:
                    throw json.Fail(tensor, $"has the unknown field {CheckpointFormatException.Quote(key)}");
            }
        }
        if (dtype is null || shape is null || offsets is null) throw json.Fail(tensor, "must have dtype, shape and data_offsets");
        if (offsets.Count != 2 || offsets[0] > offsets[1])
            throw json.Fail($"{tensor}, data_offsets", "must be two numbers, the second not below the first");
        if (!dtype.Value.TryByteCount(shape, out long bytes))
            throw json.Fail($"{tensor}, shape", $"{SafeTensorsEntry.TextOf(shape)} of {dtype.Value.Name()} is no whole number of bytes below 2^63");
        if (bytes != offsets[1] - offsets[0])
            throw json.Fail($"{tensor}, data_offsets",
                Text($"must span {bytes} bytes for shape {SafeTensorsEntry.TextOf(shape)} of {dtype.Value.Name()}, got {offsets[1] - offsets[0]}"));
        return new SafeTensorsEntry(name, dtype.Value, shape, offsets[0], offsets[1]);
    }

    private static List<long> ReadNumbers(ref StrictJson json, string field, int max)
    {
        var numbers = new List<long>();
        json.BeginArray(field);
        while (json.TryItem(field, out long number))
        {
            if (numbers.Count == max) throw json.Fail(field, Text($"must hold at most {max} numbers"));
            numbers.Add(number);
        }
        return numbers;
    }

    private static SafeTensorsEntry[] InDataOrder(List<SafeTensorsEntry> entries, long dataLength, string file)
    {
        // A stable sort: empty tensors at one place keep the order of the header.
        SafeTensorsEntry[] sorted = [.. entries.OrderBy(e => e.Begin).ThenBy(e => e.End)];
        long end = 0;
        foreach (var entry in sorted)
        {
            if (entry.Begin != end)
                throw Fail(file, $"tensor {CheckpointFormatException.Quote(entry.Name)}, data_offsets",
                    Text($"must begin at {end}, where the tensor before it ends, got {entry.Begin} ({(entry.Begin < end ? "an overlap" : "a hole")})"));
            end = entry.End;
        }
        if (end != dataLength)
            throw Fail(file, "data", Text($"must be {end} bytes long, as the header says, got {dataLength}"));
        return sorted;
    }

    internal static CheckpointFormatException Fail(string file, string field, string problem) => new(file, field, problem, Advice);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
