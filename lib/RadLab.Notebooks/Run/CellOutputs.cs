using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

/// <summary>Collects what one cell shows as nbformat outputs, in order; prints in a row become one stream output.</summary>
internal sealed class CellOutputs : ICellOutput
{
    /// <summary>Characters of printed text kept per cell; a note stands for the rest.</summary>
    public const int MaxPrinted = 1 << 20;

    /// <summary>Characters of displayed content kept per cell, all forms together.</summary>
    public const int MaxDisplayed = 32 << 20;

    private readonly Lock _lock = new();
    private readonly List<object> _items = [];
    private readonly Dictionary<string, Shown> _byId = [];
    private long _printed, _displayed;

    private sealed record Printed(string Stream, StringBuilder Text);

    private sealed record Shown(string? ResultOf)
    {
        public required MimeBundle Content { get; set; }
    }

    public void Write(string stream, string text)
    {
        lock (_lock)
        {
            long before = _printed;
            _printed += text.Length;
            if (before >= MaxPrinted) return;
            if (_items.LastOrDefault() is not Printed last || last.Stream != stream) _items.Add(last = new Printed(stream, new StringBuilder()));
            last.Text.Append(text, 0, (int)Math.Min(text.Length, MaxPrinted - before));
        }
    }

    public void Display(string id, MimeBundle content)
    {
        lock (_lock)
        {
            var shown = new Shown(ResultOf: null) { Content = Bounded(content) };
            _byId[id] = shown;
            _items.Add(shown);
        }
    }

    public void Update(string id, MimeBundle content)
    {
        lock (_lock)
        {
            if (_byId.TryGetValue(id, out var shown)) shown.Content = Bounded(content);
        }
    }

    /// <summary>The value with which the cell ended.</summary>
    public void Result(MimeBundle content)
    {
        lock (_lock) _items.Add(new Shown(ResultOf: "result") { Content = Bounded(content) });
    }

    public JsonArray ToJson(int executionCount, CellError? error)
    {
        lock (_lock)
        {
            var outputs = new JsonArray();
            foreach (object item in _items) outputs.Add(ToJson(item, executionCount));
            if (_printed > MaxPrinted)
                outputs.Add(Stream("stderr", FormattableString.Invariant($"[output cut: {_printed - MaxPrinted} of {_printed} printed characters left out]\n")));
            if (error is not null) outputs.Add(Error(error));
            return outputs;
        }
    }

    public static JsonObject Error(CellError error) => new()
    {
        ["output_type"] = "error",
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["traceback"] = new JsonArray([.. error.Traceback.Select(line => (JsonNode)line)]),
    };

    private MimeBundle Bounded(MimeBundle content)
    {
        long size = content.Forms.Sum(f => (long)f.Value.Length);
        if (_displayed + size > MaxDisplayed)
            return new MimeBundle(("text/plain", FormattableString.Invariant($"[output cut: {size} characters would exceed the {MaxDisplayed} kept per cell]")));
        _displayed += size;
        foreach (var (mimeType, text) in content.Forms)
            if (IsJson(mimeType)) CheckJson(mimeType, text);
        return content;
    }

    private static JsonObject ToJson(object item, int executionCount)
    {
        if (item is Printed printed) return Stream(printed.Stream, printed.Text.ToString());
        var shown = (Shown)item;
        var data = new JsonObject();
        foreach (var (mimeType, content) in shown.Content.Forms) data[mimeType] = Content(mimeType, content);
        return shown.ResultOf is null
            ? new JsonObject { ["output_type"] = "display_data", ["data"] = data, ["metadata"] = new JsonObject() }
            : new JsonObject { ["output_type"] = "execute_result", ["execution_count"] = executionCount, ["data"] = data, ["metadata"] = new JsonObject() };
    }

    private static JsonObject Stream(string name, string text) =>
        new() { ["output_type"] = "stream", ["name"] = name, ["text"] = NotebookCell.Lines(text) };

    private static JsonNode? Content(string mimeType, string content)
    {
        if (IsJson(mimeType)) return JsonNode.Parse(content);
        return mimeType.StartsWith("text/", StringComparison.Ordinal) || mimeType == "image/svg+xml" ? NotebookCell.Lines(content) : content;
    }

    private static bool IsJson(string mimeType) => mimeType == "application/json" || mimeType.EndsWith("+json", StringComparison.Ordinal);

    private static void CheckJson(string mimeType, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"display: the content of {mimeType} is not JSON: {e.Message}", e);
        }
    }
}
