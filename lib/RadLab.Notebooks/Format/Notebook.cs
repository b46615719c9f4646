using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace RadLab.Notebooks;

/// <summary>
/// A Jupyter notebook (nbformat 4). Reading and writing an unchanged notebook gives the same bytes; a changed one keeps
/// every byte outside the changed values: unknown fields, ids, order, escapes.
/// </summary>
public sealed class Notebook
{
    /// <summary>Larger files are refused before they are read.</summary>
    public const long MaxBytes = 256L << 20;

    /// <summary>More cells are refused: a notebook of that length is a broken or hostile file.</summary>
    public const int MaxCells = 20_000;

    private readonly JsonObjectText _json;
    private readonly JsonLayout _layout;
    private readonly byte[] _prefix;
    private readonly List<NotebookCell> _cells = [];
    private readonly byte[] _cellsEnd;

    private Notebook(string file, byte[] bytes)
    {
        File = file;
        _prefix = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes[..3] : [];
        var text = bytes.AsMemory(_prefix.Length);
        if (!Utf8.IsValid(text.Span)) throw new NotebookFormatException(file, "the file is not UTF-8 text");
        _layout = JsonLayout.Of(text.Span);
        using (Parse(text)) { }
        try
        {
            _json = new JsonObjectText(text, _layout, depth: 0);
        }
        catch (JsonException e)
        {
            throw new NotebookFormatException(file, $"not a notebook: {e.Message}", e);
        }
        CheckVersion();
        if (_json.Get("cells") is not { } cells || cells.Span.IsEmpty || cells.Span[0] != '[')
            throw new NotebookFormatException(file, "the list 'cells' is missing, so this is not an nbformat 4 notebook");
        _cellsEnd = ReadCells(cells);
    }

    /// <summary>The name under which the notebook was opened, as messages show it.</summary>
    public string File { get; }

    public IReadOnlyList<NotebookCell> Cells => _cells;

    public JsonElement Metadata => _json.Read("metadata");

    /// <summary>Language of the notebook's kernel ("C#", "python"); null when the metadata name none.</summary>
    public string? KernelLanguage
    {
        get
        {
            if (Metadata is not { ValueKind: JsonValueKind.Object } metadata) return null;
            foreach (var (section, member) in new[] { ("kernelspec", "language"), ("kernelspec", "name"), ("language_info", "name") })
                if (metadata.TryGetProperty(section, out var own) && own.ValueKind == JsonValueKind.Object
                    && own.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String)
                    return value.GetString();
            return null;
        }
    }

    /// <summary>Language of cells that name none, as cells name it: "csharp" or "fsharp"; null when RadLab does not run the notebook's language.</summary>
    public string? CellLanguage => KernelLanguage?.ToLowerInvariant() switch
    {
        "c#" or "csharp" or "cs" or ".net-csharp" or "radlab-csharp" => "csharp",
        "f#" or "fsharp" or "fs" or ".net-fsharp" => "fsharp",
        _ => null,
    };

    public static Notebook Load(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists) throw new NotebookFormatException(path, "no such file");
        if (info.Length > MaxBytes)
            throw new NotebookFormatException(path, $"{info.Length >> 20} MiB; notebooks are read up to {MaxBytes >> 20} MiB, clear its outputs first");
        return Parse(System.IO.File.ReadAllBytes(path), path);
    }

    /// <param name="file">Only for messages.</param>
    public static Notebook Parse(byte[] bytes, string file)
    {
        try
        {
            return new Notebook(file, bytes);
        }
        catch (InvalidOperationException e)
        {
            // GetString on an escape such as \ud800 alone.
            throw new NotebookFormatException(file, "a string holds half a character (a lone surrogate escape)", e);
        }
    }

    public byte[] ToBytes()
    {
        var cells = new ArrayBufferWriter<byte>();
        cells.Write("["u8);
        for (int i = 0; i < _cells.Count; i++)
        {
            cells.Write(Lead(i));
            _cells[i].Json.WriteTo(cells);
        }
        cells.Write(_cells.Count > 0 && _cellsEnd.Length == 1 ? Encoding.UTF8.GetBytes(_layout.LineBreak(1) + "]") : _cellsEnd);
        if (!cells.WrittenSpan.SequenceEqual(_json.Get("cells")!.Value.Span)) _json.SetText("cells", cells.WrittenSpan.ToArray());

        var all = new ArrayBufferWriter<byte>();
        all.Write(_prefix);
        _json.WriteTo(all);
        return all.WrittenSpan.ToArray();
    }

    /// <summary>Writes a temporary file, flushes it, and renames it to <paramref name="path"/>.</summary>
    public void Save(string path) => AtomicFile.Write(path, ToBytes());

    public NotebookCell InsertCode(int index, string source, JsonObject metadata)
    {
        var json = new JsonObject { ["cell_type"] = "code", ["execution_count"] = null, ["metadata"] = metadata, ["outputs"] = new JsonArray(), ["source"] = NotebookCell.Lines(source) };
        var cell = new NotebookCell(new JsonObjectText(_layout.Serialize(json, depth: 2), _layout, depth: 2), lead: null);
        _cells.Insert(index, cell);
        return cell;
    }

    public void RemoveAt(int index) => _cells.RemoveAt(index);

    /// <summary>Sets one entry of the notebook's metadata and leaves the others alone.</summary>
    public void SetMetadata(string name, JsonNode value)
    {
        var own = new JsonObjectText(_json.Get("metadata") ?? "{}"u8.ToArray(), _layout, depth: 1);
        own.Set(name, value);
        var text = new ArrayBufferWriter<byte>();
        own.WriteTo(text);
        _json.SetText("metadata", text.WrittenSpan.ToArray());
    }

    /// <summary>
    /// Makes the notebook nbformat 4.5, which gives each cell an id. New ids follow from the cell's place and text, so
    /// two runs of the same notebook write the same file.
    /// </summary>
    public void EnsureIds()
    {
        if (_json.Read("nbformat_minor") is not { ValueKind: JsonValueKind.Number } minor || !minor.TryGetInt32(out int n) || n < 5)
            _json.Set("nbformat_minor", 5);
        var taken = _cells.Where(c => c.Id is not null).Select(c => c.Id!).ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < _cells.Count; i++)
        {
            if (_cells[i].Id is not null) continue;
            for (int attempt = 0; ; attempt++)
            {
                byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{i}.{attempt}:{_cells[i].Source}")));
                string id = Convert.ToHexStringLower(hash.AsSpan(0, 4));
                if (!taken.Add(id)) continue;
                _cells[i].SetId(id);
                break;
            }
        }
    }

    private ReadOnlySpan<byte> Lead(int i)
    {
        byte[] lead = _cells[i].Lead ?? _cells.Find(c => c.Lead is not null)?.Lead ?? Encoding.UTF8.GetBytes(_layout.LineBreak(2));
        bool hasComma = lead.AsSpan().Contains((byte)',');
        if (i > 0 == hasComma) return lead;
        string blanks = Encoding.UTF8.GetString(lead).Replace(",", "", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(i > 0 ? "," + blanks : blanks);
    }

    // Whole-file syntax check first: its message gives the line, and everything after it deals with valid JSON.
    private JsonDocument Parse(ReadOnlyMemory<byte> text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            string at = e.LineNumber is { } line ? $" at line {line + 1}, byte {e.BytePositionInLine + 1}" : "";
            throw new NotebookFormatException(File, $"broken JSON{at}; repair the file or restore it from version control", e);
        }
    }

    private void CheckVersion()
    {
        var major = _json.Read("nbformat");
        if (major.ValueKind != JsonValueKind.Number || !major.TryGetInt32(out int version))
            throw new NotebookFormatException(File, "'nbformat' is missing, so this is not a notebook");
        if (version != 4)
            throw new NotebookFormatException(File, $"nbformat {version} is not supported, RadLab reads nbformat 4; convert it with: jupyter nbconvert --to notebook --nbformat 4");
    }

    private byte[] ReadCells(ReadOnlyMemory<byte> array)
    {
        var reader = new Utf8JsonReader(array.Span);
        reader.Read();
        int done = (int)reader.BytesConsumed;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (_cells.Count == MaxCells) throw new NotebookFormatException(File, $"more than {MaxCells} cells");
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            int end = (int)reader.BytesConsumed;
            try
            {
                _cells.Add(new NotebookCell(new JsonObjectText(array[start..end], _layout, depth: 2), array[done..start].ToArray()));
            }
            catch (JsonException e)
            {
                throw new NotebookFormatException(File, $"cell {_cells.Count + 1} of the file: {e.Message}", e);
            }
            done = end;
        }
        return array[done..].ToArray();
    }
}
