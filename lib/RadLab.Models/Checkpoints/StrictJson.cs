using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace RadLab.Models;

/// <summary>
/// Reads JSON of a known form token by token: valid UTF-8, bounded depth, no key twice in an object, no comments, nothing after the end.
/// Whatever is wrong becomes a <see cref="CheckpointFormatException"/> that names the field.
/// </summary>
internal ref struct StrictJson
{
    private readonly string _file;
    private readonly string _part;
    private readonly string _advice;
    private Utf8JsonReader _reader;

    /// <param name="part">What the text is, for messages: <c>header</c>, <c>index</c>.</param>
    public StrictJson(ReadOnlySpan<byte> utf8, string file, string part, int maxDepth, string advice)
    {
        _file = file;
        _part = part;
        _advice = advice;
        // The reader below checks UTF-8 only in the strings that somebody asks for.
        if (!Utf8.IsValid(utf8)) throw Fail(part, "is not valid UTF-8");
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = maxDepth });
    }

    public readonly CheckpointFormatException Fail(string field, string problem, Exception? inner = null) =>
        new(_file, field, problem, _advice, inner);

    public void BeginObject(string field)
    {
        Next(field);
        Require(JsonTokenType.StartObject, field, "must be an object");
    }

    /// <summary>Moves to the next key, or past the end of the object.</summary>
    /// <param name="seen">The keys of this object so far.</param>
    public bool TryKey(HashSet<string> seen, string field, out string key)
    {
        Next(field);
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            key = "";
            return false;
        }
        key = Text(field);
        if (!seen.Add(key)) throw Fail(field, $"has the key {CheckpointFormatException.Quote(key)} twice");
        return true;
    }

    public string ReadString(string field)
    {
        Next(field);
        Require(JsonTokenType.String, field, "must be a string");
        return Text(field);
    }

    public void BeginArray(string field)
    {
        Next(field);
        Require(JsonTokenType.StartArray, field, "must be an array");
    }

    /// <summary>Reads the next whole number of an array, or moves past its end.</summary>
    public bool TryItem(string field, out long value)
    {
        Next(field);
        value = 0;
        if (_reader.TokenType == JsonTokenType.EndArray) return false;
        // As unsigned: a minus sign, a fraction or an exponent is refused whatever its value.
        if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetUInt64(out ulong number) || number > long.MaxValue)
            throw Fail(field, "must hold whole numbers from 0 to 2^63 - 1");
        value = (long)number;
        return true;
    }

    /// <summary>Reads a number of any form, as a double.</summary>
    public double ReadNumber(string field)
    {
        Next(field);
        if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetDouble(out double value) || !double.IsFinite(value))
            throw Fail(field, "must be a finite number");
        return value;
    }

    /// <summary>Skips the value that follows, within the depth limit.</summary>
    public void SkipValue(string field)
    {
        Next(field);
        try
        {
            _reader.Skip();
        }
        catch (JsonException e)
        {
            throw NotJson(e);
        }
    }

    /// <summary>Checks that nothing but white space follows.</summary>
    public void End()
    {
        bool more;
        try
        {
            more = _reader.Read();
        }
        catch (JsonException e)
        {
            throw NotJson(e);
        }
        if (more) throw Fail(_part, "continues after its closing brace");
    }

    private void Next(string field)
    {
        bool read;
        try
        {
            read = _reader.Read();
        }
        catch (JsonException e)
        {
            throw NotJson(e);
        }
        if (!read) throw Fail(field, "ends too early");
    }

    private readonly void Require(JsonTokenType type, string field, string requirement)
    {
        if (_reader.TokenType != type) throw Fail(field, requirement);
    }

    private readonly string Text(string field)
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException e)   // an escape that is half of a surrogate pair
        {
            throw Fail(field, "holds a string that is not valid Unicode", e);
        }
    }

    // The reader's own message may quote the text, so only the position is passed on.
    private readonly CheckpointFormatException NotJson(JsonException e) =>
        Fail(_part, string.Create(CultureInfo.InvariantCulture, $"is not valid JSON near byte {_reader.BytesConsumed}, or is nested too deeply"), e);
}
