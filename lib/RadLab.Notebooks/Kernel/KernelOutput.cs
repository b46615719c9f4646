using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

/// <summary>
/// Sends what a cell shows to the clients. Printed text is gathered for 50 ms or 16 KB, since a message per call would
/// drown them, and goes out before anything that comes after it.
/// </summary>
internal sealed class KernelOutput(Action<string, JsonObject> publish, Func<string, bool, string> ask) : ICellOutput, ICellInput, IDisposable
{
    private const int Most = 16 << 10;
    private const int Milliseconds = 50;

    private readonly Lock _gate = new();
    private readonly StringBuilder _printed = new();
    private string _stream = "stdout";
    private Timer? _timer;

    public void Write(string stream, string text)
    {
        lock (_gate)
        {
            if (stream != _stream) FlushLocked();
            _stream = stream;
            _printed.Append(text);
            if (_printed.Length >= Most) FlushLocked();
            else _timer ??= new Timer(_ => Flush(), null, Milliseconds, Timeout.Infinite);
        }
    }

    public void Display(string id, MimeBundle content) => Show("display_data", id, content);

    public void Update(string id, MimeBundle content) => Show("update_display_data", id, content);

    public void Clear(bool wait)
    {
        Flush();
        publish("clear_output", new JsonObject { ["wait"] = wait });
    }

    public string Ask(string prompt, bool secret)
    {
        Flush();
        return ask(prompt, secret);
    }

    public void Flush()
    {
        lock (_gate) FlushLocked();
    }

    public void Dispose() => Flush();

    /// <summary>The forms as the protocol carries them: JSON as JSON, everything else as text.</summary>
    public static JsonObject Data(MimeBundle content)
    {
        var data = new JsonObject();
        foreach (var (mimeType, text) in content.Forms)
            data[mimeType] = mimeType == "application/json" || mimeType.EndsWith("+json", StringComparison.Ordinal) ? JsonNode.Parse(text) : JsonValue.Create(text);
        return data;
    }

    private void Show(string type, string id, MimeBundle content)
    {
        var message = new JsonObject { ["data"] = Data(content), ["metadata"] = new JsonObject(), ["transient"] = new JsonObject { ["display_id"] = id } };
        lock (_gate)
        {
            FlushLocked();
            publish(type, message);
        }
    }

    private void FlushLocked()
    {
        _timer?.Dispose();
        _timer = null;
        if (_printed.Length == 0) return;
        publish("stream", new JsonObject { ["name"] = _stream, ["text"] = _printed.ToString() });
        _printed.Clear();
    }
}
