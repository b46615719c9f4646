using System.Globalization;
using System.Text;

namespace RadLab.Models;

/// <summary>
/// Writes a GGUF file of version 3 tensor by tensor. The file appears under its name only when it is complete and on disk: until
/// <see cref="Commit"/> it is <c>PATH.tmp</c>, and disposing without it leaves nothing.
/// </summary>
internal sealed class GgufWriter : IDisposable
{
    private const uint Version = 3;

    private readonly Stream _stream;
    private readonly string? _path;
    private int _current;
    private long _written;
    private bool _done;

    private GgufWriter(Stream stream, string? path, IEnumerable<KeyValuePair<string, object>> metadata, IEnumerable<(string Name, GgufTensorType Type, IReadOnlyList<long> Shape)> tensors)
    {
        (_stream, _path) = (stream, path);
        Tensors = Place(tensors);
        var header = new MemoryStream();
        WriteHeader(new BinaryWriter(header), [.. metadata]);
        header.WriteTo(stream);
        Pad(header.Length);
    }

    /// <summary>The tensors in the order in which they must be appended.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    public static GgufWriter Create(string path, IEnumerable<KeyValuePair<string, object>> metadata, IEnumerable<(string Name, GgufTensorType Type, IReadOnlyList<long> Shape)> tensors)
    {
        string temporary = path + ".tmp";
        var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        try
        {
            return new GgufWriter(stream, path, metadata, tensors);
        }
        catch
        {
            stream.Dispose();
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes to a stream that stays open, for example in memory.</summary>
    public static GgufWriter Create(Stream stream, IEnumerable<KeyValuePair<string, object>> metadata, IEnumerable<(string Name, GgufTensorType Type, IReadOnlyList<long> Shape)> tensors) =>
        new(stream, null, metadata, tensors);

    /// <summary>Appends bytes to a tensor, which must be the one whose turn it is.</summary>
    public void Append(string name, ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_done, this);
        if (_current == Tensors.Count || Tensors[_current].Name != name)
            throw new InvalidOperationException($"GgufWriter.Append: {(_current == Tensors.Count ? "all tensors are complete" : $"the next tensor must be '{Tensors[_current].Name}'")}, got '{name}'; follow the order of Tensors.");
        long left = Tensors[_current].ByteCount - _written;
        if (bytes.Length > left)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GgufWriter.Append: '{name}' has room for {left} more bytes, got {bytes.Length}."), nameof(bytes));
        _stream.Write(bytes);
        _written += bytes.Length;
        if (_written < Tensors[_current].ByteCount) return;
        Pad(_written);
        _current++;
        _written = 0;
    }

    /// <summary>Flushes the file to disk and gives it its name, replacing one that is there.</summary>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_done, this);
        if (_current < Tensors.Count)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"GgufWriter.Commit: '{Tensors[_current].Name}' must have {Tensors[_current].ByteCount} bytes, got {_written}; append the rest first."));
        if (_path is null)
        {
            _stream.Flush();
        }
        else
        {
            ((FileStream)_stream).Flush(flushToDisk: true);
            _stream.Dispose();
            File.Move(_path + ".tmp", _path, overwrite: true);
        }
        _done = true;
    }

    public void Dispose()
    {
        if (_done) return;
        _done = true;
        if (_path is null) return;
        _stream.Dispose();
        File.Delete(_path + ".tmp");
    }

    private static List<GgufTensor> Place(IEnumerable<(string Name, GgufTensorType Type, IReadOnlyList<long> Shape)> tensors)
    {
        var placed = new List<GgufTensor>();
        long offset = 0;
        foreach (var (name, type, shape) in tensors)
        {
            if (!type.TryByteCount(shape, out long bytes))
                throw new ArgumentException($"GgufWriter: tensor '{name}' must have rows of whole blocks, got shape {SafeTensorsEntry.TextOf(shape)} of {type}.");
            placed.Add(new GgufTensor(name, type, [.. shape], offset, bytes));
            offset += (bytes + GgufReader.DefaultAlignment - 1) / GgufReader.DefaultAlignment * GgufReader.DefaultAlignment;
        }
        return placed;
    }

    private void WriteHeader(BinaryWriter writer, List<KeyValuePair<string, object>> metadata)
    {
        writer.Write(GgufReader.Magic);
        writer.Write(Version);
        writer.Write((ulong)Tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            WriteString(writer, key);
            if (value is Array array)
            {
                writer.Write(GgufValues.Array);
                writer.Write(GgufValues.NumberOf(array.GetType().GetElementType()!));
                writer.Write((ulong)array.Length);
                foreach (object item in array) WriteValue(writer, item);
            }
            else
            {
                writer.Write(GgufValues.NumberOf(value.GetType()));
                WriteValue(writer, value);
            }
        }
        foreach (var tensor in Tensors)
        {
            WriteString(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Count);
            foreach (long size in tensor.Shape.Reverse()) writer.Write((ulong)size);
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)tensor.Offset);
        }
        writer.Flush();
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte v: writer.Write(v); break;
            case sbyte v: writer.Write(v); break;
            case ushort v: writer.Write(v); break;
            case short v: writer.Write(v); break;
            case uint v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case bool v: writer.Write(v); break;
            case string v: WriteString(writer, v); break;
            case ulong v: writer.Write(v); break;
            case long v: writer.Write(v); break;
            case double v: writer.Write(v); break;
        }
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)utf8.Length);
        writer.Write(utf8);
    }

    private void Pad(long length)
    {
        int rest = (int)(length % GgufReader.DefaultAlignment);
        if (rest != 0) _stream.Write(new byte[GgufReader.DefaultAlignment - rest]);
    }
}
