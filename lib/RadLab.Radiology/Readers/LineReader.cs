using System.Globalization;

namespace RadLab.Radiology;

/// <summary>The lines of a UTF-8 file as bytes, in constant memory: a line above the bound is reported and passed over.</summary>
internal sealed class LineReader : IDisposable
{
    private readonly ByteWindow _window;
    private readonly ReaderLimits _limits;
    private int _start, _length, _advance;

    /// <param name="file">Name for messages.</param>
    public LineReader(Stream stream, string file, ReaderLimits limits)
    {
        (_window, _limits) = (new ByteWindow(stream, limits.MaxRecordBytes), limits);
        if (_window.SkipByteOrderMark() is { } encoding) throw new DataFormatException($"{file}:1: is {encoding}, not UTF-8; convert it first");
    }

    /// <summary>1-based.</summary>
    public long Line { get; private set; }

    /// <summary>Why the current line cannot be used, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Without its line end; empty where <see cref="Error"/> is set.</summary>
    public ReadOnlySpan<byte> Bytes => _window.Bytes.Slice(_start, _length);

    public bool Read()
    {
        _window.Advance(_advance);
        (_start, _length, _advance, Error) = (0, 0, 0, null);
        if (_window.Bytes.IsEmpty && !_window.More()) return false;
        Line++;
        int seen = 0, end;
        while ((end = _window.Bytes[seen..].IndexOf((byte)'\n')) < 0)
        {
            seen = _window.Bytes.Length;
            if (_window.More()) continue;
            if (_window.Ended) break;
            Error = string.Create(CultureInfo.InvariantCulture, $"is longer than {_limits.MaxRecordBytes} bytes; a record may not be");
            _window.SkipLine();
            return true;
        }
        _length = end < 0 ? _window.Bytes.Length : seen + end;
        _advance = end < 0 ? _length : _length + 1;
        if (_length > 0 && _window.Bytes[_length - 1] == '\r') _length--;
        Error = CsvReader.Bad(_window.Bytes[.._length]);
        if (Error is not null) _length = 0;
        return true;
    }

    public void Dispose() => _window.Dispose();
}
