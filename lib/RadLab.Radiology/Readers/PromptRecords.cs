using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>One record to be answered.</summary>
/// <param name="Id">Unique in its file.</param>
/// <param name="Input">Findings or note.</param>
/// <param name="Instruction">Of a prepared example; null for plain records.</param>
/// <param name="Task">As <paramref name="Instruction"/>.</param>
public sealed record PromptRecord(string Id, string Input, string? Instruction, string? Task)
{
    /// <summary>Prints no text, not even the id: an order number leads to a person.</summary>
    public override string ToString() => "Prompt record";
}

/// <summary>What a first look at a file of records found.</summary>
/// <param name="Task">Of prepared examples; null for plain records.</param>
public sealed record PromptRecordCount(long Records, string? Task);

/// <summary>
/// Records to be answered, from JSON lines or CSV, one at a time (only <see cref="Check"/> keeps something: about 25 bytes for each id): prepared examples (JSON lines with <c>id</c>, <c>instruction</c>, <c>input</c>, <c>task</c>) and plain
/// records with an id and an input column. Other columns are passed over.
/// </summary>
public sealed class PromptRecords
{
    private readonly string _path, _file, _id, _input;
    private readonly bool _csv;
    private readonly ReaderLimits _limits;

    /// <param name="path">A file whose name ends in .jsonl or .csv.</param>
    /// <param name="idColumn">Column or field with the id.</param>
    /// <param name="inputColumn">Column or field with the text.</param>
    public PromptRecords(string path, string idColumn = "id", string inputColumn = "input", ReaderLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path)) throw new DataFormatException($"{path}: there is no such file; check the path");
        _csv = path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
        if (!_csv && !path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)) throw new DataFormatException($"{path}: must be JSON lines (.jsonl) or CSV (.csv); rename or convert it");
        if (idColumn == inputColumn) throw new DataFormatException($"{path}: id and input must be two columns, got {idColumn} for both");
        (_path, _file, _id, _input, _limits) = (path, Path.GetFileName(path), idColumn, inputColumn, limits ?? ReaderLimits.Default);
    }

    /// <summary>The records in their order, each with its line.</summary>
    /// <exception cref="DataFormatException">A record cannot be read: by file and line, never by what it says.</exception>
    public IEnumerable<(PromptRecord Record, long Line)> Read() => _csv ? Csv() : JsonLines();

    /// <summary>Reads the whole file once: every record must be readable, and no id may come twice. Ids are remembered as 128-bit hashes, about 25 bytes each.</summary>
    /// <param name="limit">Records at most, the first ones.</param>
    /// <exception cref="DataFormatException">A record cannot be read, an id comes twice, or tasks differ.</exception>
    public PromptRecordCount Check(long limit = long.MaxValue, CancellationToken cancellation = default)
    {
        var lines = new HashTable128();
        string? task = null;
        long count = 0;
        foreach (var (record, line) in Read())
        {
            if (count == limit) break;
            if ((count & 0xFFF) == 0) cancellation.ThrowIfCancellationRequested();
            int first = lines.GetOrAdd(Hash128.OfBytes(Encoding.UTF8.GetBytes(record.Id)), (int)Math.Min(line, int.MaxValue - 1), out bool added);
            if (!added) throw Bad(line, string.Create(CultureInfo.InvariantCulture, $"has the id of line {first}; each record needs an id of its own"));
            if (count++ == 0) task = record.Task;
            else if (record.Task != task) throw Bad(line, "has another task than the first record; split the file by task");
        }
        return new PromptRecordCount(count, task);
    }

    private IEnumerable<(PromptRecord, long)> Csv()
    {
        using var csv = new CsvReader(Open(), _file, _limits);
        if (!csv.Read()) throw new DataFormatException($"{_file}:1: is empty; it must begin with a header row");
        if (csv.Error is not null) throw new DataFormatException($"{_file}:1: the header row {csv.Error}");
        string[] header = [.. Enumerable.Range(0, csv.FieldCount).Select(i => csv[i].Trim())];
        int id = Column(header, _id, "--id-column"), input = Column(header, _input, "--input-column");
        while (csv.Read())
        {
            if (csv.Error is not null) throw Bad(csv.Line, csv.Error);
            if (csv.FieldCount != header.Length) throw Bad(csv.Line, string.Create(CultureInfo.InvariantCulture, $"has {csv.FieldCount} fields where the header has {header.Length}"));
            yield return (Make(csv[id], csv[input], null, null, csv.Line), csv.Line);
        }
    }

    private int Column(string[] header, string name, string option) => header.Count(h => h == name) switch
    {
        1 => Array.IndexOf(header, name),
        0 => throw new DataFormatException($"{_file}:1: has no column {name}; name it with {option}"),
        _ => throw new DataFormatException($"{_file}:1: the column {name} stands twice; rename one"),
    };

    private IEnumerable<(PromptRecord, long)> JsonLines()
    {
        using var lines = new LineReader(Open(), _file, _limits);
        while (lines.Read())
        {
            if (lines.Error is not null) throw Bad(lines.Line, lines.Error);
            if (lines.Bytes.Trim(" \t"u8).IsEmpty) continue;
            yield return (Parse(lines.Bytes, lines.Line), lines.Line);
        }
    }

    private PromptRecord Parse(ReadOnlySpan<byte> bytes, long line)
    {
        string? id = null, input = null, instruction = null, task = null;
        try
        {
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = _limits.MaxJsonDepth });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw Bad(line, "is not a JSON object");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals(_id)) id = Text(ref json, _id, id, line, number: true);
                else if (json.ValueTextEquals(_input)) input = Text(ref json, _input, input, line);
                else if (json.ValueTextEquals("instruction")) instruction = Text(ref json, "instruction", instruction, line);
                else if (json.ValueTextEquals("task")) task = Text(ref json, "task", task, line);
                else json.Skip();
            }
            while (json.Read()) { }   // what follows the object is an error too
        }
        catch (JsonException)
        {
            throw Bad(line, "is not valid JSON");
        }
        catch (InvalidOperationException)
        {
            throw Bad(line, "has a text with half of a surrogate pair");
        }
        return Make(id, input, instruction, task, line);
    }

    private string? Text(ref Utf8JsonReader json, string field, string? before, long line, bool number = false)
    {
        json.Read();
        if (before is not null) throw Bad(line, $"gives {field} twice");
        return json.TokenType switch
        {
            JsonTokenType.String => json.GetString(),
            JsonTokenType.Number when number => Encoding.UTF8.GetString(json.ValueSpan),
            JsonTokenType.Null => null,
            _ => throw Bad(line, $"has {field} as {json.TokenType}, which must be a text"),
        };
    }

    private PromptRecord Make(string? id, string? input, string? instruction, string? task, long line)
    {
        if (string.IsNullOrWhiteSpace(id)) throw Bad(line, $"has no {_id}; name the column of the ids with --id-column");
        if (string.IsNullOrWhiteSpace(input)) throw Bad(line, $"has no {_input}; name the column of the texts with --input-column");
        if (id.Length > 256) throw Bad(line, "has an id of more than 256 characters; check --id-column");
        return new PromptRecord(id, input, instruction, task);
    }

    private FileStream Open() => new(_path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);

    private DataFormatException Bad(long line, string reason) => DataFormatException.At(new Rejection(_file, line, reason));
}
