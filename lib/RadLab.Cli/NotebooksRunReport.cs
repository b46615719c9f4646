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

    public void Begin()
    {
        if (json) return;
        DoctorVerb.Print(Console.Out);
        Console.WriteLine("Notebooks");
    }

    public async Task<NotebookRow> ShowAsync(string file, Func<IProgress<CellProgress>, Task<NotebookRow>> run)
    {
        NotebookRow row;
        if (_terminal)
            row = await AnsiConsole.Status().StartAsync(Markup.Escape(file), context => run(new Inline(p => context.Status(Markup.Escape($"{file}: cell {p.Cell} of {p.Cells}")))));
        else
            row = await run(new Inline(_ => { }));
        if (!json && !_terminal) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {row.File}: {row.Status}, {Count(row)}, {row.Seconds:0.0} s"));
        if (row.Error is not null) await Console.Error.WriteLineAsync($"radlab: {row.File}: {row.Error}");
        return row;
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
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} of {rows.Count} passed in {rows.Sum(r => r.Seconds):0.0} s{(folders.Length > 0 ? $"; executed copies and HTML pages: {folders}" : "")}"));
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
