using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

/// <summary>
/// A JSON object kept as text. Members that are not replaced are written back byte for byte: order, blanks, escapes,
/// number spelling and members nobody here knows.
/// </summary>
internal sealed class JsonObjectText
{
    private sealed record Member(string Name, int ValueStart, int ValueEnd)
    {
        public byte[]? Replacement { get; set; }
    }

    private readonly ReadOnlyMemory<byte> _text;
    private readonly JsonLayout _layout;
    private readonly int _depth;
    private readonly List<Member> _members = [];
    private readonly List<(string Name, byte[] Value)> _added = [];

    /// <param name="text">Exactly one JSON object, blanks around it allowed.</param>
    /// <param name="depth">How many levels the object's closing brace is indented; new members go one level deeper.</param>
    public JsonObjectText(ReadOnlyMemory<byte> text, JsonLayout layout, int depth)
    {
        (_text, _layout, _depth) = (text, layout, depth);
        var reader = new Utf8JsonReader(text.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("expected an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (Find(name) is not null) throw new JsonException($"'{name}' occurs twice");
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            _members.Add(new Member(name, start, (int)reader.BytesConsumed));
        }
    }

    /// <summary>The member's bytes as they stand now; null when there is no such member.</summary>
    public ReadOnlyMemory<byte>? Get(string name)
    {
        if (Find(name) is { } member) return member.Replacement ?? _text[member.ValueStart..member.ValueEnd];
        int added = _added.FindIndex(a => a.Name == name);
        return added < 0 ? default(ReadOnlyMemory<byte>?) : _added[added].Value;
    }

    /// <summary>The member parsed; undefined (<see cref="JsonValueKind.Undefined"/>) when there is none.</summary>
    public JsonElement Read(string name)
    {
        if (Get(name) is not { } bytes) return default;
        var reader = new Utf8JsonReader(bytes.Span);
        return JsonElement.ParseValue(ref reader);
    }

    public void Set(string name, JsonNode? value) => SetText(name, _layout.Serialize(value, _depth + 1));

    public void SetText(string name, byte[] value)
    {
        if (Find(name) is { } member) member.Replacement = value;
        else if (_added.FindIndex(a => a.Name == name) is >= 0 and var at) _added[at] = (name, value);
        else _added.Add((name, value));
    }

    public void WriteTo(ArrayBufferWriter<byte> output)
    {
        var text = _text.Span;
        int done = 0;
        foreach (var member in _members)
        {
            if (member.Replacement is not { } replacement) continue;
            output.Write(text[done..member.ValueStart]);
            output.Write(replacement);
            done = member.ValueEnd;
        }
        if (_added.Count > 0)
        {
            int end = _members.Count > 0 ? _members[^1].ValueEnd : text.IndexOf((byte)'{') + 1;
            if (end > done) output.Write(text[done..end]);
            done = Math.Max(done, end);
            for (int i = 0; i < _added.Count; i++)
            {
                string comma = _members.Count + i > 0 ? "," : "";
                string name = _layout.Serialize(_added[i].Name);
                output.Write(Encoding.UTF8.GetBytes($"{comma}{_layout.LineBreak(_depth + 1)}{name}{_layout.Colon}"));
                output.Write(_added[i].Value);
            }
            if (_members.Count == 0)
            {
                output.Write(Encoding.UTF8.GetBytes(_layout.LineBreak(_depth)));
                done = text.LastIndexOf((byte)'}');
            }
        }
        output.Write(text[done..]);
    }

    private Member? Find(string name) => _members.Find(m => m.Name == name);
}
