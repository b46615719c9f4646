using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>A JSON-lines file being written: counts its records and hashes its bytes.</summary>
internal sealed class PreparedWriter : IDisposable
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly string _name;
    private long _bytes, _records;

    public PreparedWriter(string folder, string name) =>
        (_name, _stream) = (name, new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 256 << 10));

    public long Records => _records;

    /// <param name="line">A whole record without its line feed.</param>
    public void Write(ReadOnlySpan<byte> line)
    {
        _stream.Write(line);
        _stream.WriteByte((byte)'\n');
        _hash.AppendData(line);
        _hash.AppendData("\n"u8);
        _bytes += line.Length + 1;
        _records++;
    }

    public PreparedFile Close()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        return new PreparedFile(_name, Convert.ToHexStringLower(_hash.GetHashAndReset()), _bytes, _records);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    public static byte[] Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Line(PromptExample example) => Line(json =>
    {
        json.WriteString("id", example.Id);
        json.WriteString("task", example.Task);
        json.WriteString("split", example.Split);
        json.WriteString("instruction", example.Instruction);
        json.WriteString("input", example.Input);
        json.WriteString("answer", example.Answer);
        if (example.Problems is not null) json.WriteString("problems", example.Problems);
        if (example.Admissible.Count == 0) return;
        json.WriteStartArray("admissible");
        foreach (string answer in example.Admissible) json.WriteStringValue(answer);
        json.WriteEndArray();
    });

    public static byte[] Line(Rejection rejection) => Line(json =>
    {
        json.WriteString("file", rejection.File);
        json.WriteNumber("line", rejection.Line);
        json.WriteString("reason", rejection.Reason);
    });

    public static byte[] Line(string id, AuditEntry entry) => Line(json =>
    {
        json.WriteString("id", id);
        json.WriteString("step", entry.Step);
        json.WriteString("section", entry.Section);
        json.WriteNumber("start", entry.Start);
        json.WriteNumber("length", entry.Length);
        json.WriteString("kind", entry.Kind);
        json.WriteNumber("newLength", entry.NewLength);
        if (entry.Token is not null) json.WriteString("token", entry.Token);
    });
}
