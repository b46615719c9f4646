using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Notebooks;
using Spectre.Console;

namespace RadLab.Cli;

/// <summary>One notebook of a run as the summary shows it.</summary>
internal sealed record NotebookRow(string File, string Status, int Cells, int Executed, double Seconds, string? Error, string? Copy, string? Html, string? Restricted)
{
    public const string Passed = "passed";
    public const string Failed = "failed";
    public const string TimedOut = "timed out";
    public const string BadInput = "bad input";
}

/// <summary>What <c>notebooks run</c> prints: progress and a table on a terminal, plain lines elsewhere, or one JSON object.</summary>
internal sealed class NotebooksRunReport(bool json)
{
    private readonly bool _terminal = !json && !Console.IsOutputRedirected;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, string> _running = new(StringComparer.Ordinal);
    private readonly List<string> _errors = [];
    private StatusContext? _status;

    public void Begin()
    {
        if (json) return;
        DoctorVerb.Print(Console.Out);
        Console.WriteLine("Notebooks");
    }

    /// <summary>Shows what runs while the work goes on.</summary>
    public async Task<IReadOnlyList<NotebookRow>> ShowAsync(Func<Task<IReadOnlyList<NotebookRow>>> work)
    {
        if (!_terminal) return await work();
        var rows = await AnsiConsole.Status().StartAsync("starting", context =>
        {
            _status = context;
            return work();
        });
        // beside a line that moves they could not be read
        foreach (string error in _errors) await Console.Error.WriteLineAsync(error);
        return rows;
    }

    /// <summary>Where a notebook says how far it is.</summary>
    public IProgress<CellProgress> Progress(string file) => new Inline(p => Running(file, $"{file}: cell {p.Cell} of {p.Cells}"));

    /// <summary>A notebook has ended, and those before it have.</summary>
    public void Done(NotebookRow row)
    {
        Running(row.File, null);
        if (!json && !_terminal) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {row.File}: {row.Status}, {Count(row)}, {row.Seconds:0.0} s"));
        if (row.Error is null) return;
        string error = $"radlab: {row.File}: {row.Error}";
        if (_terminal) _errors.Add(error);
        else Console.Error.WriteLine(error);
    }

    private void Running(string file, string? state)
    {
        if (!_terminal) return;
        lock (_gate)
        {
            if (state is null) _running.Remove(file);
            else _running[file] = state;
            _status?.Status(Markup.Escape(string.Join(" · ", _running.Values)));
        }
    }

    public void End(IReadOnlyList<NotebookRow> rows)
    {
        if (json) Console.WriteLine(ToJson(rows).ToJsonString(DoctorVerb.Json));
        else if (rows.Count == 0) Console.WriteLine("  none: there is no folder 'notebooks' with *.ipynb files here or above");
        else if (_terminal) AnsiConsole.Write(ToTable(rows));
        if (json || rows.Count == 0) return;

        foreach (var row in rows.Where(r => r.Restricted is not null && r.Copy is not null))
            Console.WriteLine($"{row.File} has read data that restricts its outputs ({row.Restricted}): {Path.GetDirectoryName(row.Copy)}");
        int passed = rows.Count(r => r.Status == NotebookRow.Passed);
        string folders = string.Join(", ", rows.Select(r => r.Copy).OfType<string>().Select(Path.GetDirectoryName).Distinct());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} of {rows.Count} passed in {_clock.Elapsed.TotalSeconds:0.0} s{(folders.Length > 0 ? $"; executed copies and HTML pages: {folders}" : "")}"));
    }

    private static Table ToTable(IReadOnlyList<NotebookRow> rows)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            new TableColumn("notebook"), new TableColumn("result"), new TableColumn("cells").RightAligned(), new TableColumn("seconds").RightAligned());
        foreach (var row in rows)
        {
            string colour = row.Status == NotebookRow.Passed ? "green" : "red";
            table.AddRow(Markup.Escape(row.File), $"[{colour}]{row.Status}[/]", Count(row), row.Seconds.ToString("0.0", CultureInfo.InvariantCulture));
        }
        return table;
    }

    private static JsonObject ToJson(IReadOnlyList<NotebookRow> rows)
    {
        var result = DoctorVerb.ToJson();
        var list = new JsonArray();
        foreach (var r in rows)
        {
            list.Add(new JsonObject
            {
                ["file"] = r.File, ["status"] = r.Status, ["cells"] = r.Cells, ["executed"] = r.Executed,
                ["seconds"] = Math.Round(r.Seconds, 1), ["error"] = r.Error, ["copy"] = r.Copy, ["html"] = r.Html, ["restricted"] = r.Restricted,
            });
        }
        result["notebooks"] = list;
        return result;
    }

    private static string Count(NotebookRow row) =>
        row.Executed == row.Cells ? $"{row.Cells} {(row.Cells == 1 ? "cell" : "cells")}" : $"{row.Executed} of {row.Cells} cells";

    // Progress<T> would report on another thread and after the fact.
    private sealed class Inline(Action<CellProgress> report) : IProgress<CellProgress>
    {
        public void Report(CellProgress value) => report(value);
    }
}
