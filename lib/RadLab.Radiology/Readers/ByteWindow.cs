namespace RadLab.Radiology;

/// <summary>
/// A moving view of a stream: the bytes of the record at hand, never more than a bound. Readers ask for more until the record's end is in view, then move on.
/// </summary>
internal sealed class ByteWindow(Stream stream, int maxBytes) : IDisposable
{
    private byte[] _buffer = new byte[Math.Min(64 << 10, maxBytes)];
    private int _start, _end;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, _end - _start);

    /// <summary>All bytes of the stream are in view or behind it.</summary>
    public bool Ended { get; private set; }

    public bool IsFull => _end - _start == maxBytes;

    /// <summary>Brings more bytes into view; false when there are none, or when the view is as long as it may get.</summary>
    public bool More()
    {
        if (Ended || IsFull) return false;
        if (_end == _buffer.Length)
        {
            if (_start > 0) _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            else Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, maxBytes));
            (_start, _end) = (0, _end - _start);
        }
        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        if (read == 0) Ended = true;
        _end += read;
        return read > 0;
    }

    public void Advance(int bytes) => _start += bytes;

    /// <summary>Moves to the byte after the next line feed, however far it is, in constant memory.</summary>
    public void SkipLine()
    {
        while (true)
        {
            int at = Bytes.IndexOf((byte)'\n');
            if (at >= 0)
            {
                Advance(at + 1);
                return;
            }
            Advance(Bytes.Length);
            if (!More()) return;
        }
    }

    /// <summary>Skips a UTF-8 byte order mark. Says which encoding a foreign mark or a NUL pattern shows, or null.</summary>
    public string? SkipByteOrderMark()
    {
        while (Bytes.Length < 4 && More()) { }
        var b = Bytes;
        if (b.StartsWith(ByteOrderMark))
        {
            Advance(ByteOrderMark.Length);
            return null;
        }
        if (b.Length < 4) return null;
        return (b[0], b[1], b[2], b[3]) switch
        {
            (0xFF, 0xFE, 0, 0) or (0, 0, 0xFE, 0xFF) => "UTF-32",
            (0xFF, 0xFE, _, _) or (0xFE, 0xFF, _, _) or (not 0, 0, not 0, 0) or (0, not 0, 0, not 0) => "UTF-16",
            (0x1F, 0x8B, _, _) => "gzip",
            (0x50, 0x4B, 3, 4) => "ZIP",
            _ => null,
        };
    }

    public static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    public void Dispose() => stream.Dispose();
}
