using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RadLab.Notebooks;

/// <summary>A database in memory to which files are attached. It reads; it writes only while it is told to.</summary>
internal sealed class SqlDatabase : IDisposable
{
    public const int MaxLoadedRows = 5_000_000;

    private const int MostTextPerAnswer = 64 << 20;
    private const int ReadOnlyDatabase = 8, Interrupted = 9, AuthorityDenied = 23;

    private readonly SqliteConnection _connection;

    public SqlDatabase()
    {
        try
        {
            Batteries_V2.Init();
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException { InnerException: DllNotFoundException })
        {
            throw new PlatformNotSupportedException(
                $"SQL cells: SQLite's library e_sqlite3 is not there for {RuntimeInformation.RuntimeIdentifier}; RadLab brings it for 64-bit Windows, Linux and macOS. Put it beside radlab.dll (it is in the NuGet package SourceGear.sqlite3), or use C# cells.", e);
        }
        // a file URI, so that attached files may say how they are opened
        _connection = new SqliteConnection("Data Source=file::memory:;Pooling=False");
        _connection.Open();
        Write(false);
    }

    /// <summary>Makes the tables of a SQLite file known; the file itself cannot change unless <paramref name="writable"/>.</summary>
    public void Attach(string path, string name, bool writable)
    {
        string uri = $"file:{Uri.EscapeDataString(Path.GetFullPath(path).Replace('\\', '/')).Replace("%2F", "/", StringComparison.Ordinal)}?mode={(writable ? "rw" : "ro")}";
        if (Attached().Contains(name)) Execute($"DETACH DATABASE {Quoted(name)}");
        using var command = _connection.CreateCommand();
        command.CommandText = $"ATTACH DATABASE $uri AS {Quoted(name)}";
        command.Parameters.AddWithValue("$uri", uri);
        command.ExecuteNonQuery();
        // a file that is no database is noticed only when it is read
        try
        {
            Execute($"SELECT count(*) FROM {Quoted(name)}.sqlite_master");
        }
        catch (SqliteException)
        {
            Execute($"DETACH DATABASE {Quoted(name)}");
            throw;
        }
    }

    /// <summary>Loads a table into memory in place of one of the same name; returns how many rows it has.</summary>
    public long Load(string name, SqlSource source, CancellationToken cancellation)
    {
        Write(true);
        try
        {
            using var transaction = _connection.BeginTransaction(deferred: true);
            Execute($"DROP TABLE IF EXISTS main.{Quoted(name)}");
            Execute($"CREATE TABLE main.{Quoted(name)} ({string.Join(", ", source.Columns.Select(c => $"{Quoted(c.Name)} {c.Type}"))})");
            using var insert = _connection.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = $"INSERT INTO main.{Quoted(name)} VALUES ({string.Join(", ", source.Columns.Select((_, i) => Parameter(i)))})";
            for (int i = 0; i < source.Columns.Count; i++) insert.Parameters.Add(new SqliteParameter(Parameter(i), null));
            long count = 0;
            foreach (object?[] row in source.Rows)
            {
                if (++count > MaxLoadedRows) throw new ArgumentException(FormattableString.Invariant($"more than {MaxLoadedRows} rows; keep such a table in a SQLite file and open it with --db"));
                if (count % 1024 == 0) cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < row.Length; i++) insert.Parameters[i].Value = row[i] ?? DBNull.Value;
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
            return count;
        }
        finally
        {
            Write(false);
        }
    }

    /// <summary>Runs one statement; null when it has no rows to show.</summary>
    /// <param name="value">Of a parameter that the statement names; throws where there is none.</param>
    public (SqlTable? Table, int Changed) Run(string statement, IEnumerable<string> parameters, Func<string, object?> value, bool write, CancellationToken cancellation)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = statement;
        foreach (string parameter in parameters) command.Parameters.AddWithValue(parameter, value(parameter[1..]) ?? DBNull.Value);
        using var stop = cancellation.Register(() => raw.sqlite3_interrupt(_connection.Handle));
        Write(write);
        try
        {
            using var reader = command.ExecuteReader();
            return (reader.FieldCount == 0 ? null : Read(reader), reader.RecordsAffected);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == Interrupted)
        {
            throw new OperationCanceledException("the SQL statement was interrupted", e, cancellation);
        }
        finally
        {
            Write(false);
        }
    }

    /// <summary>What SQLite says, without its frame; a refused change says how to allow it.</summary>
    public static string Reason(SqliteException e)
    {
        if (e.SqliteErrorCode is ReadOnlyDatabase or AuthorityDenied) return "the statement changes data, and SQL cells only read; write #!sql --write above it if it shall (and open a file with --db FILE --write if it shall change that)";
        int first = e.Message.IndexOf('\'', StringComparison.Ordinal), last = e.Message.LastIndexOf('\'');
        return first >= 0 && last > first ? e.Message[(first + 1)..last] : e.Message;
    }

    public IReadOnlyList<string> Tables()
    {
        var names = new List<string>();
        foreach (string database in Attached())
        {
            using var command = _connection.CreateCommand();
            command.CommandText = $"SELECT name FROM {Quoted(database)}.sqlite_master WHERE type IN ('table', 'view') ORDER BY name LIMIT 1000";
            using var reader = command.ExecuteReader();
            while (reader.Read()) names.Add(database == "main" ? reader.GetString(0) : $"{database}.{reader.GetString(0)}");
        }
        return names;
    }

    public void Dispose() => _connection.Dispose();

    private static SqlTable Read(SqliteDataReader reader)
    {
        var table = new SqlTable([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)]);
        long text = 0;
        while (reader.Read())
        {
            if (table.Count == SqlTable.MaxRows || text > MostTextPerAnswer)
            {
                table.IsCut = true;
                break;
            }
            object?[] row = new object?[reader.FieldCount];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                text += row[i] switch { string s => s.Length, byte[] b => b.Length, _ => 0 };
            }
            table.Add(row);
        }
        return table;
    }

    private List<string> Attached()
    {
        var names = new List<string>();
        using var command = _connection.CreateCommand();
        command.CommandText = "PRAGMA database_list";
        using var reader = command.ExecuteReader();
        while (reader.Read()) names.Add(reader.GetString(1));
        return names;
    }

    private void Write(bool allowed) => Execute($"PRAGMA query_only = {(allowed ? "OFF" : "ON")}");

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Parameter(int i) => "$p" + i.ToString(CultureInfo.InvariantCulture);

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
