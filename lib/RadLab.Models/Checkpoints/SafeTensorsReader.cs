using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace RadLab.Models;

/// <summary>Reads the tensors of a safetensors file into buffers of the caller; nothing but the header is held in memory.</summary>
/// <remarks>
/// The file is read by position and not mapped: a mapped file that another process cuts short kills this one with a bus error,
/// whereas a read past the end comes back short and becomes an exception. Safe to call from several threads.
/// </remarks>
public sealed class SafeTensorsReader : IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafeTensorsEntry> _byName;

    private SafeTensorsReader(string file, SafeFileHandle? handle, ReadOnlyMemory<byte> memory, long length)
    {
        File = file;
        _handle = handle;
        _memory = memory;

        Span<byte> prefix = stackalloc byte[8];
        if (length < 8)
            throw SafeTensorsHeader.Fail(file, "header length", string.Create(CultureInfo.InvariantCulture, $"needs 8 bytes, but the file has {length}"));
        ReadAt(0, prefix);
        // The length is checked against the file before anything of that size is allocated.
        var header = new byte[SafeTensorsHeader.CheckLength(BinaryPrimitives.ReadUInt64LittleEndian(prefix), length, file)];
        ReadAt(8, header);

        _dataStart = 8 + header.Length;
        var parsed = SafeTensorsHeader.Parse(header, length - _dataStart, file);
        Entries = parsed.Entries;
        Metadata = parsed.Metadata;
        _byName = parsed.Entries.ToDictionary(e => e.Name);
    }

    /// <summary>The file as the caller named it.</summary>
    public string File { get; }

    /// <summary>All tensors, in the order of the data.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary><c>__metadata__</c>, in the order of the file; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="CheckpointFormatException">The file is not a well-formed safetensors file.</exception>
    public static SafeTensorsReader Open(string path)
    {
        if (!System.IO.File.Exists(path))
            throw new FileNotFoundException($"{path}: safetensors file: must be an existing file; check the path.", path);
        var handle = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None);
        try
        {
            return new SafeTensorsReader(path, handle, default, RandomAccess.GetLength(handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that is in memory already.</summary>
    /// <param name="name">What messages call it.</param>
    public static SafeTensorsReader Open(ReadOnlyMemory<byte> bytes, string name) => new(name, null, bytes, bytes.Length);

    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out SafeTensorsEntry entry) =>
        _byName.TryGetValue(name, out entry);

    /// <exception cref="CheckpointFormatException">The file has no tensor of that name.</exception>
    public SafeTensorsEntry Get(string name) => TryGet(name, out var entry) ? entry
        : throw new CheckpointFormatException(File, $"tensor {CheckpointFormatException.Quote(name)}",
            string.Create(CultureInfo.InvariantCulture, $"is not among the {Entries.Count} tensors of the file"),
            "check that file and model belong together");

    /// <summary>Reads a whole tensor.</summary>
    /// <param name="destination">Exactly as long as the tensor.</param>
    public void Read(string name, Span<byte> destination)
    {
        long bytes = Get(name).ByteCount;
        if (destination.Length != bytes)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"SafeTensorsReader.Read: destination must have the {bytes} bytes of {CheckpointFormatException.Quote(name)}, got {destination.Length}; use ReadRange for a part."), nameof(destination));
        ReadRange(name, 0, destination);
    }

    /// <summary>Reads a part of a tensor: the way for tensors larger than a span (2 GB).</summary>
    /// <param name="offset">First byte, counted from the start of the tensor.</param>
    public void ReadRange(string name, long offset, Span<byte> destination)
    {
        var entry = Get(name);
        if (offset < 0 || destination.Length > entry.ByteCount - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), string.Create(CultureInfo.InvariantCulture,
                $"SafeTensorsReader.ReadRange: offset {offset} and length {destination.Length} must lie within the {entry.ByteCount} bytes of {CheckpointFormatException.Quote(name)}."));
        ReadAt(_dataStart + entry.Begin + offset, destination);
    }

    public void Dispose() => _handle?.Dispose();

    private void ReadAt(long position, Span<byte> destination)
    {
        if (_handle is null)
        {
            _memory.Span.Slice((int)position, destination.Length).CopyTo(destination);
            return;
        }
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_handle, destination, position);
            if (read == 0)
                throw SafeTensorsHeader.Fail(File, "data", string.Create(CultureInfo.InvariantCulture, $"ends at byte {position}: the file was cut short after it was opened"));
            position += read;
            destination = destination[read..];
        }
    }
}
