using System.Buffers.Binary;
using System.Globalization;

namespace RadLab.Models;

/// <summary>
/// Writes a safetensors file tensor by tensor, so that no more than the caller's buffer is in memory. The file appears under its name
/// only when it is complete and on disk: until <see cref="Commit"/> it is <c>PATH.tmp</c>, and disposing without it leaves nothing.
/// </summary>
/// <example><code>
/// using var writer = SafeTensorsWriter.Create(path, specs, metadata);
/// foreach (var entry in writer.Entries) writer.Append(entry.Name, bytesOf(entry));   // in parts, if need be
/// writer.Commit();
/// </code></example>
public sealed class SafeTensorsWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly string? _path;
    private int _current;
    private long _written;
    private bool _done;

    private SafeTensorsWriter(Stream stream, string? path, SafeTensorsLayout layout)
    {
        _stream = stream;
        _path = path;
        Entries = layout.Entries;
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)layout.Header.Length);
        stream.Write(length);
        stream.Write(layout.Header);
        SkipComplete();
    }

    /// <summary>The tensors in the order in which they must be appended.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <param name="tensors">In any order.</param>
    /// <param name="metadata">In the order in which it is to appear.</param>
    public static SafeTensorsWriter Create(string path, IEnumerable<SafeTensorsSpec> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        var layout = new SafeTensorsLayout(tensors, metadata);
        var stream = new FileStream(TemporaryName(path), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        try
        {
            return new SafeTensorsWriter(stream, path, layout);
        }
        catch
        {
            stream.Dispose();
            File.Delete(TemporaryName(path));
            throw;
        }
    }

    /// <summary>Writes to a stream that stays open, for example in memory.</summary>
    public static SafeTensorsWriter Create(Stream stream, IEnumerable<SafeTensorsSpec> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null) =>
        new(stream, null, new SafeTensorsLayout(tensors, metadata));

    /// <summary>Appends bytes to a tensor, which must be the one whose turn it is.</summary>
    public void Append(string name, ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_done, this);
        if (_current == Entries.Count || Entries[_current].Name != name)
        {
            if (bytes.IsEmpty && Entries.Any(e => e.Name == name && e.ByteCount == 0)) return;
            throw new InvalidOperationException(
                $"SafeTensorsWriter.Append: {(_current == Entries.Count ? "all tensors are complete" : $"the next tensor must be {CheckpointFormatException.Quote(Entries[_current].Name)}")}, got {CheckpointFormatException.Quote(name)}; follow the order of Entries.");
        }
        long left = Entries[_current].ByteCount - _written;
        if (bytes.Length > left)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"SafeTensorsWriter.Append: {CheckpointFormatException.Quote(name)} has room for {left} more bytes, got {bytes.Length}."), nameof(bytes));
        _stream.Write(bytes);
        if (_path is not null) FileOperations.Done(_path);
        _written += bytes.Length;
        SkipComplete();
    }

    /// <summary>Flushes the file to disk and gives it its name, replacing one that is there.</summary>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_done, this);
        if (_current < Entries.Count)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"SafeTensorsWriter.Commit: {CheckpointFormatException.Quote(Entries[_current].Name)} must have {Entries[_current].ByteCount} bytes, got {_written}; append the rest first."));
        if (_path is null)
        {
            _stream.Flush();
        }
        else
        {
            ((FileStream)_stream).Flush(flushToDisk: true);
            FileOperations.Done(_path);
            _stream.Dispose();
            File.Move(TemporaryName(_path), _path, overwrite: true);
            FileOperations.Done(_path);
        }
        _done = true;
    }

    public void Dispose()
    {
        if (_done) return;
        _done = true;
        if (_path is null) return;
        _stream.Dispose();
        File.Delete(TemporaryName(_path));
    }

    private static string TemporaryName(string path) => path + ".tmp";

    private void SkipComplete()
    {
        while (_current < Entries.Count && _written == Entries[_current].ByteCount)
        {
            _current++;
            _written = 0;
        }
    }
}
