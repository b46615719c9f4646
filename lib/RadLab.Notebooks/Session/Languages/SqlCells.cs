using System.Globalization;
using Microsoft.Data.Sqlite;
using RadLab.Radiology;
using SQLitePCL;

namespace RadLab.Notebooks;

/// <summary>
/// SQL cells on SQLite files and on tables loaded into memory. <c>--db FILE [--as NAME]</c> attaches a file (read only),
/// <c>--csv FILE [--as NAME]</c> and <c>--jsonl FILE [--as NAME]</c> load one; <c>--name NAME</c> keeps the answer for other
/// languages; <c>--write</c> lets the cell's statements change data. Parameters (<c>@limit</c>) are the variables of that name.
/// </summary>
internal sealed class SqlCells(Session session) : ICellLanguage
{
    public const string Help = "#!sql [--db FILE | --csv FILE | --jsonl FILE] [--as TABLE] [--name RESULT] [--write]";

    private const string LongHelp = Help + """

          --db FILE      make the tables of a SQLite file known; it is opened to read only
          --csv FILE     load a CSV file with a header as a table, into memory
          --jsonl FILE   load a file of JSON objects, one a line, as a table, into memory
          --as TABLE     the name of the table or database; without it, that of the file
          --name RESULT  what the answer is called: #!share --from sql RESULT makes it a C# variable; without it, 'result'
          --write        let the statements of this cell change data, and with --db the file too
        @name in a statement is the C# variable of that name. Sequences become tables with #!share --from csharp NAME in a SQL cell.
        """;

    private const string DefaultResult = "result";

    private static readonly string[] s_options = ["db", "csv", "jsonl", "as", "name"];

    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqlTable> _results = new(StringComparer.Ordinal);
    private SqlDatabase? _database;

    public IEnumerable<object?> Held => _values.Values;

    public Task<CellResult> RunAsync(CellPart part, CellPlace place)
    {
        // the options stand on the line above the text
        var magic = part with { Line = part.Line - 1 };
        var (options, rest) = MagicOptions.Read(magic, ["write", "help"]);
        if (rest.Count > 0) throw new UnsupportedCellException($"#!sql: '{rest[0]}' is no option; {Help}", magic.Line);
        if (options.Keys.FirstOrDefault(k => k is not ("write" or "help") && !s_options.Contains(k)) is { } unknown) throw new UnsupportedCellException($"#!sql: --{unknown} is not known; {Help}", magic.Line);
        if (options.ContainsKey("help")) Tell(LongHelp.ReplaceLineEndings("\n"));
        _database ??= new SqlDatabase();
        bool write = options.ContainsKey("write");
        Open(options, write, magic, place);
        return Task.FromResult(Execute(part, place, write, options.GetValueOrDefault("name") ?? DefaultResult));
    }

    public object? Get(string name, int line) =>
        _results.TryGetValue(name, out var table) ? table : _values.TryGetValue(name, out object? value) ? value
        : throw new UnsupportedCellException($"SQL has no result '{name}'; name one with #!sql --name {name} (the last one is '{DefaultResult}')", line);

    public void Declare(string name, object? value, int line)
    {
        SqlSource? rows;
        try
        {
            rows = SqlSource.Of(value);
            if (rows is null) _values[name] = SqlSource.Plain(value);
            else (_database ??= new SqlDatabase()).Load(name, rows, session.Cancellation);
        }
        catch (Exception e) when (e is DataFormatException or ArgumentException)
        {
            throw new UnsupportedCellException($"#!share: '{name}' cannot be a table: {e.Message}", line);
        }
        if (rows is null) Tell($"parameter @{name}");
    }

    public void Dispose() => _database?.Dispose();

    private void Open(Dictionary<string, string> options, bool write, CellPart part, CellPlace place)
    {
        string[] kinds = [.. options.Keys.Where(k => k is "db" or "csv" or "jsonl")];
        if (kinds.Length > 1) throw new UnsupportedCellException($"#!sql: --{kinds[0]} and --{kinds[1]} exclude each other; open one file on each line", part.Line);
        if (kinds.Length == 0)
        {
            if (options.ContainsKey("as")) throw new UnsupportedCellException($"#!sql: --as names what --db, --csv or --jsonl opens; {Help}", part.Line);
            return;
        }
        string given = options[kinds[0]], path = Path.GetFullPath(Path.Combine(place.Folder, given)), name = options.GetValueOrDefault("as") ?? Path.GetFileNameWithoutExtension(path);
        if (!File.Exists(path)) throw new UnsupportedCellException($"#!sql --{kinds[0]} {given}: there is no such file beside the notebook", part.Line);
        if (name.Length is 0 or > 128) throw new UnsupportedCellException($"#!sql: a table's name has 1 to 128 characters; give one with --as", part.Line);
        DataUse.Opened(path);
        try
        {
            if (kinds[0] == "db")
            {
                _database!.Attach(path, name, write);
                return;
            }
            if (new FileInfo(path).Length > SqlSource.MaxFileBytes) throw new DataFormatException($"{given}: is longer than {SqlSource.MaxFileBytes >> 20} MiB; keep such a table in a SQLite file and open it with --db");
            long rows = _database!.Load(name, kinds[0] == "csv" ? SqlSource.Csv(path) : SqlSource.JsonLines(path), session.Cancellation);
            Tell(string.Create(CultureInfo.InvariantCulture, $"{name}: {rows} rows of {given}"));
        }
        catch (SqliteException e)
        {
            throw new UnsupportedCellException($"#!sql --{kinds[0]} {given}: {SqlDatabase.Reason(e)}", part.Line);
        }
        catch (Exception e) when (e is DataFormatException or ArgumentException)
        {
            throw new UnsupportedCellException($"#!sql --{kinds[0]} {given}: {e.Message}", part.Line);
        }
    }

    private CellResult Execute(CellPart part, CellPlace place, bool write, string name)
    {
        SqlTable? last = null;
        foreach (var statement in SqlText.Statements(part.Text, text => raw.sqlite3_complete(text) != 0))
        {
            session.Cancellation.ThrowIfCancellationRequested();
            try
            {
                var (table, changed) = _database!.Run(statement.Text, statement.Parameters, p => Value(p, part, statement), write, session.Cancellation);
                if (table is null)
                {
                    if (changed > 0) Tell(string.Create(CultureInfo.InvariantCulture, $"{changed} {(changed == 1 ? "row" : "rows")} changed"));
                    continue;
                }
                if (last is not null) Cells.display(last);
                last = table;
            }
            catch (SqliteException e)
            {
                string reason = SqlDatabase.Reason(e);
                int line = LineOf(part, statement, reason);
                if (reason.StartsWith("no such table", StringComparison.Ordinal) && _database!.Tables() is { Count: > 0 } tables) reason += $"; there are {string.Join(", ", tables)}";
                return new CellResult(false, null, new CellError("SqlError", reason, place.Cell, line, [FormattableString.Invariant($"cell {place.Cell}, line {line}: {reason}")]));
            }
        }
        if (last is null) return new CellResult(false, null, null);
        _results[name] = last;
        return new CellResult(true, last, null);
    }

    private object? Value(string parameter, CellPart part, SqlStatement statement)
    {
        object? value;
        if (!_values.TryGetValue(parameter, out value) && !session.Variables.TryGetValue(parameter, out value))
            throw new UnsupportedCellException($"the parameter @{parameter} has no value; declare a C# variable '{parameter}' or give one with #!set or #!share", LineOf(part, statement, ""));
        if (SqlSource.Of(value) is not null) throw new UnsupportedCellException($"the parameter @{parameter} is a sequence; make it a table with #!share --from csharp {parameter} in a SQL cell", LineOf(part, statement, ""));
        return SqlSource.Plain(value);
    }

    // The line of the word that SQLite names, where it names one, else of the statement.
    private static int LineOf(CellPart part, SqlStatement statement, string reason)
    {
        int at = 0;
        foreach (var (before, after) in new[] { ("near \"", "\""), ("no such table: ", ""), ("no such column: ", ""), ("no such function: ", "") })
        {
            int from = reason.IndexOf(before, StringComparison.Ordinal);
            if (from < 0) continue;
            from += before.Length;
            int to = after.Length == 0 ? reason.Length : reason.IndexOf(after, from, StringComparison.Ordinal);
            if (to > from) at = Math.Max(0, statement.Text.IndexOf(reason[from..to], StringComparison.OrdinalIgnoreCase));
        }
        return part.Line + part.Text.AsSpan(0, statement.Start + at).Count('\n');
    }

    private static void Tell(string text) => CellOutput.Current?.Write("stdout", text + "\n");
}
