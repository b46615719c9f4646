using System.Globalization;
using System.Text;

namespace RadLab.Models;

/// <summary>
/// Where each tensor of a new file goes, and the header that says so: widest dtype first, then by name as UTF-8 bytes; metadata
/// in front; padded with spaces so that the data starts at a multiple of 8. Equal input gives equal bytes.
/// </summary>
internal sealed class SafeTensorsLayout
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public SafeTensorsLayout(IEnumerable<SafeTensorsSpec> tensors, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        var sorted = tensors.Select(t => (Spec: t, Utf8: Utf8(t.Name))).ToList();
        sorted.Sort((a, b) => a.Spec.DType != b.Spec.DType
            ? b.Spec.DType.CompareTo(a.Spec.DType)
            : a.Utf8.AsSpan().SequenceCompareTo(b.Utf8));

        var entries = new List<SafeTensorsEntry>(sorted.Count);
        var names = new HashSet<string>();
        long end = 0;
        foreach (var (spec, _) in sorted)
        {
            string name = CheckpointFormatException.Quote(spec.Name);
            if (spec.Name == SafeTensorsHeader.MetadataKey) throw Invalid($"a tensor must not be called {name}");
            if (!names.Add(spec.Name)) throw Invalid($"tensor {name} must occur once, got it twice");
            if (spec.Shape.Count > SafeTensorsHeader.MaxDimensions)
                throw Invalid(string.Create(CultureInfo.InvariantCulture, $"tensor {name} must have at most {SafeTensorsHeader.MaxDimensions} dimensions, got {spec.Shape.Count}"));
            if (!spec.DType.TryByteCount(spec.Shape, out long bytes) || bytes > long.MaxValue - SafeTensorsHeader.MaxBytes - 8 - end)
                throw Invalid($"tensor {name} must fill whole bytes of a file below 2^63, got shape {SafeTensorsEntry.TextOf(spec.Shape)} of {spec.DType.Name()}");
            entries.Add(new SafeTensorsEntry(spec.Name, spec.DType, [.. spec.Shape], end, end += bytes));
        }
        Entries = entries;
        Header = WriteHeader(entries, metadata);
    }

    /// <summary>In the order of the data.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>The JSON with its padding, without the eight bytes of length.</summary>
    public byte[] Header { get; }

    private static byte[] WriteHeader(List<SafeTensorsEntry> entries, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        var json = new StringBuilder("{");
        var keys = new HashSet<string>();
        foreach (var (key, value) in metadata ?? [])
        {
            if (!keys.Add(key)) throw Invalid($"metadata key {CheckpointFormatException.Quote(key)} must occur once, got it twice");
            json.Append(keys.Count == 1 ? $"\"{SafeTensorsHeader.MetadataKey}\":{{" : ",");
            AppendString(json, key);
            json.Append(':');
            AppendString(json, value);
        }
        if (keys.Count > 0) json.Append('}');
        foreach (var entry in entries)
        {
            if (json.Length > 1) json.Append(',');
            AppendString(json, entry.Name);
            json.Append(CultureInfo.InvariantCulture,
                $":{{\"dtype\":\"{entry.DType.Name()}\",\"shape\":[{string.Join(',', entry.Shape)}],\"data_offsets\":[{entry.Begin},{entry.End}]}}");
        }
        json.Append('}');

        byte[] text = Utf8(json.ToString());
        var header = new byte[(text.Length + 7) / 8 * 8];
        if (header.Length > SafeTensorsHeader.MaxBytes || entries.Count > SafeTensorsHeader.MaxTensors)
            throw Invalid(string.Create(CultureInfo.InvariantCulture,
                $"a header must have at most {SafeTensorsHeader.MaxBytes} bytes and {SafeTensorsHeader.MaxTensors} tensors, got {header.Length} and {entries.Count}; write several files"));
        text.CopyTo(header, 0);
        header.AsSpan(text.Length).Fill((byte)' ');
        return header;
    }

    // Only what JSON demands is escaped, as the reference writer does: System.Text.Json would also escape '<', '+' and all of non-ASCII.
    private static void AppendString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }
        json.Append('"');
    }

    private static byte[] Utf8(string text)
    {
        try
        {
            return s_strictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw Invalid("names and metadata must be valid Unicode, got half of a surrogate pair");
        }
    }

    private static ArgumentException Invalid(string problem) => new($"SafeTensorsWriter: {problem}.");
}
