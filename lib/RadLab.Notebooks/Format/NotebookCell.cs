using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

public enum CellKind
{
    Code,
    Markdown,
    Raw,
}

/// <summary>One cell of a <see cref="Notebook"/>. What is not set stays as it stands in the file.</summary>
public sealed class NotebookCell
{
    private readonly HashSet<string> _tags;

    internal NotebookCell(JsonObjectText json, byte[]? lead)
    {
        (Json, Lead) = (json, lead);
        Kind = Text("cell_type") switch
        {
            "code" => CellKind.Code,
            "markdown" => CellKind.Markdown,
            "raw" => CellKind.Raw,
            null => throw new JsonException("'cell_type' is missing"),
            var other => throw new JsonException($"cell_type '{other}' is unknown; nbformat 4 has code, markdown and raw"),
        };
        Source = Joined(json.Read("source")) ?? throw new JsonException("'source' must be a string or a list of strings");
        Id = Text("id");
        _tags = ReadTags();
        Language = ReadLanguage();
    }

    internal JsonObjectText Json { get; }

    /// <summary>The bytes between the cell before and this one; null for a cell that was not in the file.</summary>
    internal byte[]? Lead { get; }

    public CellKind Kind { get; }
    public string Source { get; }
    public string? Id { get; private set; }
    public IReadOnlySet<string> Tags => _tags;

    /// <summary>The cell's own language as the metadata of Polyglot Notebooks, .NET Interactive or VS Code state it; null when they do not.</summary>
    public string? Language { get; }

    /// <summary>The stored outputs, one JSON object each; empty for cells that have none.</summary>
    public IReadOnlyList<JsonElement> Outputs =>
        Json.Read("outputs") is { ValueKind: JsonValueKind.Array } outputs ? [.. outputs.EnumerateArray()] : [];

    public int? ExecutionCount =>
        Json.Read("execution_count") is { ValueKind: JsonValueKind.Number } n && n.TryGetInt32(out int count) ? count : null;

    /// <summary>Images pasted into a markdown cell: file name → MIME type → base64.</summary>
    public JsonElement Attachments => Json.Read("attachments");

    public void SetResult(int? executionCount, JsonArray outputs)
    {
        if (Kind != CellKind.Code) throw new InvalidOperationException($"NotebookCell: only code cells have outputs, this one is {Kind}.");
        Json.Set("execution_count", executionCount);
        Json.Set("outputs", outputs);
    }

    internal void SetId(string id)
    {
        Id = id;
        Json.Set("id", id);
    }

    /// <summary>A multi-line string as nbformat stores it: a list of lines that keep their line ends.</summary>
    internal static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }
        return lines;
    }

    /// <summary>The opposite of <see cref="Lines"/>; also takes a plain string. Null for anything else.</summary>
    internal static string? Joined(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        if (value.ValueKind != JsonValueKind.Array) return null;
        var text = new StringBuilder();
        foreach (var line in value.EnumerateArray())
        {
            if (line.ValueKind != JsonValueKind.String) return null;
            text.Append(line.GetString());
        }
        return text.ToString();
    }

    private string? Text(string member) => Json.Read(member) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private HashSet<string> ReadTags()
    {
        var tags = new HashSet<string>(StringComparer.Ordinal);
        if (Metadata("tags") is { ValueKind: JsonValueKind.Array } list)
            foreach (var tag in list.EnumerateArray())
                if (tag.ValueKind == JsonValueKind.String) tags.Add(tag.GetString()!);
        return tags;
    }

    private string? ReadLanguage()
    {
        foreach (var (extension, member) in new[] { ("polyglot_notebook", "kernelName"), ("dotnet_interactive", "language"), ("vscode", "languageId") })
            if (Metadata(extension) is { ValueKind: JsonValueKind.Object } own
                && own.TryGetProperty(member, out var name) && name.ValueKind == JsonValueKind.String)
                return name.GetString();
        return null;
    }

    private JsonElement Metadata(string name) =>
        Json.Read("metadata") is { ValueKind: JsonValueKind.Object } metadata && metadata.TryGetProperty(name, out var value) ? value : default;
}
