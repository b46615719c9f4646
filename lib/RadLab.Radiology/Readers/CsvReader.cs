using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace RadLab.Radiology;

/// <summary>
/// Comma-separated values after RFC 4180, read from bytes in constant memory: fields in double quotes may hold commas, line feeds and doubled quotes. A row
/// that breaks the rules is reported with its line and reading goes on at the line after its first one, so that one unclosed quote costs one line, not the file.
/// </summary>
internal sealed class CsvReader : IDisposable
{
    private static readonly SearchValues<byte> s_delimiters = SearchValues.Create(",\n\""u8);

    private readonly ByteWindow _window;
    private readonly string _file;
    private readonly ReaderLimits _limits;
    private readonly List<(int Start, int Length, bool Quoted)> _fields = [];
    private int _recordBytes, _recordLines;

    /// <param name="file">Name for messages.</param>
    public CsvReader(Stream stream, string file, ReaderLimits limits)
    {
        (_window, _file, _limits) = (new ByteWindow(stream, limits.MaxRecordBytes), file, limits);
        if (_window.SkipByteOrderMark() is { } encoding) throw new DataFormatException($"{file}:1: is {encoding}, not UTF-8; convert it first");
    }

    /// <summary>1-based line on which the current row begins.</summary>
    public long Line { get; private set; }

    private long _nextLine = 1;

    public int FieldCount => _fields.Count;

    /// <summary>Why the current row cannot be used, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Moves to the next row; false at the end.</summary>
    public bool Read()
    {
        _window.Advance(_recordBytes);
        (_recordBytes, Error) = (0, null);
        while (true)
        {
            if (_window.Bytes.IsEmpty && !_window.More()) return false;
            if (_window.Bytes[0] == '\n')
            {
                _window.Advance(1);
                _nextLine++;
                continue;
            }
            if (_window.Bytes[0] == '\r' && (_window.Bytes.Length > 1 || _window.More()) && _window.Bytes[1] == '\n')
            {
                _window.Advance(2);
                _nextLine++;
                continue;
            }
            break;
        }
        (Line, _recordLines) = (_nextLine, 0);
        _fields.Clear();
        Error = Parse() ?? Bad(_window.Bytes[.._recordBytes]);
        if (Error is not null)
        {
            _recordBytes = 0;
            _window.SkipLine();
            _nextLine++;
        }
        else
        {
            _nextLine += _recordLines;
        }
        return true;
    }

    public string this[int field]
    {
        get
        {
            var (start, length, quoted) = _fields[field];
            string text = Encoding.UTF8.GetString(_window.Bytes.Slice(start, length));
            return quoted ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
        }
    }

    private string? Parse()
    {
        int at = 0;
        while (true)
        {
            if (_fields.Count == _limits.MaxColumns) return string.Create(CultureInfo.InvariantCulture, $"has more than {_limits.MaxColumns} fields; is it comma-separated?");
            string? error = At(at) == '"' ? Quoted(ref at) : Plain(ref at);
            if (error is not null) return error;
            int end = At(at);
            if (end == ',')
            {
                at++;
                continue;
            }
            _recordBytes = end < 0 ? at : at + 1;
            _recordLines++;
            return null;
        }
    }

    /// <summary>Leaves <paramref name="at"/> on the comma or line feed after the field, or at the end.</summary>
    private string? Plain(ref int at)
    {
        int start = at;
        while (true)
        {
            int found = _window.Bytes[at..].IndexOfAny(s_delimiters);
            if (found >= 0)
            {
                at += found;
                break;
            }
            at = _window.Bytes.Length;
            if (!_window.More())
            {
                if (!_window.Ended) return TooLong();
                break;
            }
        }
        int end = at;
        if (At(at) == '"') return string.Create(CultureInfo.InvariantCulture, $"field {_fields.Count + 1} has a quote inside an unquoted field; quote the whole field and double the quotes in it");
        if (At(at) != ',' && end > start && _window.Bytes[end - 1] == '\r') end--;
        _fields.Add((start, end - start, false));
        return null;
    }

    private string? Quoted(ref int at)
    {
        int start = ++at;
        bool doubled = false;
        while (true)
        {
            int quote = _window.Bytes[at..].IndexOf((byte)'"');
            if (quote < 0)
            {
                _recordLines += _window.Bytes[at..].Count((byte)'\n');
                at = _window.Bytes.Length;
                if (_window.More()) continue;
                return string.Create(CultureInfo.InvariantCulture, $"field {_fields.Count + 1} opens a quote that is never closed{(_window.Ended ? "" : $" within {_limits.MaxRecordBytes} bytes")}");
            }
            _recordLines += _window.Bytes.Slice(at, quote).Count((byte)'\n');
            at += quote + 1;
            if (At(at) != '"') break;
            doubled = true;
            at++;
        }
        _fields.Add((start, at - 1 - start, doubled));
        int next = At(at);
        if (next == '\r' && At(at + 1) == '\n') next = At(++at);
        return next is ',' or '\n' or < 0 ? null
            : string.Create(CultureInfo.InvariantCulture, $"field {_fields.Count} has text after its closing quote; double the quotes inside the field");
    }

    /// <summary>The byte at a place of the record, or −1 at the end of the file.</summary>
    private int At(int at)
    {
        while (at >= _window.Bytes.Length)
            if (!_window.More()) return -1;
        return _window.Bytes[at];
    }

    private string TooLong() => string.Create(CultureInfo.InvariantCulture, $"is longer than {_limits.MaxRecordBytes} bytes; a record may not be");

    /// <summary>Bytes that no text has, or null.</summary>
    public static string? Bad(ReadOnlySpan<byte> record) =>
        record.Contains((byte)0) ? "has a NUL byte; the file is damaged or not text" : Utf8.IsValid(record) ? null : "is not UTF-8; convert the file from its encoding (often Windows-1252 or Latin-1)";

    public void Dispose() => _window.Dispose();
}
